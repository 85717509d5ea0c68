/* Arrival times by fast marching, and the way back. */
#include "costmap.h"

enum { FAR = -1, DONE = -2 }; /* a cell's place in the heap, else */

typedef struct {
    float *time;
    const float *cost;
    float length, blocked;
    int size[3];
    int64_t step[3], cells;
    int32_t *heap, *place; /* heap: cells, the earliest first; place: of each cell */
    int count;
} march;

static int enterable(const march *m, int64_t cell) { return m->cost[cell] >= 0 && m->cost[cell] <= m->blocked && m->cost[cell] < FV_INFINITY; }

static int before(const march *m, int32_t a, int32_t b) { return m->time[a] < m->time[b]; }

static void put(march *m, int at, int32_t cell)
{
    m->heap[at] = cell;
    m->place[cell] = at;
}

static void rise(march *m, int at)
{
    const int32_t cell = m->heap[at];
    for (; at && before(m, cell, m->heap[(at - 1) / 2]); at = (at - 1) / 2) put(m, at, m->heap[(at - 1) / 2]);
    put(m, at, cell);
}

static int32_t earliest(march *m)
{
    const int32_t first = m->heap[0], cell = m->heap[--m->count];
    int at = 0;
    for (int child; (child = 2 * at + 1) < m->count; at = child) {
        if (child + 1 < m->count && before(m, m->heap[child + 1], m->heap[child])) child++;
        if (!before(m, m->heap[child], cell)) break;
        put(m, at, m->heap[child]);
    }
    if (m->count) put(m, at, cell);
    m->place[first] = DONE;
    return first;
}

static void arrive(march *m, int32_t cell, float time)
{
    if (m->place[cell] == DONE || !(time < m->time[cell])) return;
    m->time[cell] = time;
    if (m->place[cell] == FAR) put(m, m->count, cell), m->count++;
    rise(m, m->place[cell]);
}

/* Godunov's upwind solution of |grad t| = slowness from the earliest neighbour along each axis. */
static float upwind(const march *m, int32_t cell, const int *at)
{
    double t[3], slowness = (double)m->cost[cell] + m->length;
    int axes = 0;
    for (int k = 0; k < 3; k++) {
        float least = FV_INFINITY;
        if (at[k] > 0 && m->place[cell - m->step[k]] == DONE) least = m->time[cell - m->step[k]];
        if (at[k] + 1 < m->size[k] && m->place[cell + m->step[k]] == DONE && m->time[cell + m->step[k]] < least) least = m->time[cell + m->step[k]];
        if (!(least < FV_INFINITY)) continue;
        int i = axes++;
        for (; i && t[i - 1] > least; i--) t[i] = t[i - 1];
        t[i] = least;
    }
    double sum = 0, squares = 0, time = FV_INFINITY;
    for (int n = 1; n <= axes && t[n - 1] < time; n++) {
        sum += t[n - 1] - t[0];
        squares += (t[n - 1] - t[0]) * (t[n - 1] - t[0]);
        const double under = sum * sum - n * (squares - slowness * slowness);
        if (under >= 0) time = t[0] + (sum + __builtin_sqrt(under)) / n;
    }
    return (float)time;
}

static void locate(const march *m, int32_t cell, int *at)
{
    at[0] = cell % m->size[0];
    at[1] = cell / m->size[0] % m->size[1];
    at[2] = (int)(cell / m->step[2]);
}

/* The cells about a source, as late as they are far. */
static void begin(march *m, const float *source, int dims)
{
    for (int corner = 0; corner < 1 << dims; corner++) {
        double square = 0;
        int64_t cell = 0;
        for (int k = 0; k < dims; k++) {
            const double x = fv_clamp(source[k], 0, m->size[k] - 1), near = __builtin_floor(x) + (corner >> k & 1);
            if (near > m->size[k] - 1 || near - x >= 1) goto next;
            square += (near - x) * (near - x);
            cell += (int64_t)near * m->step[k];
        }
        if (enterable(m, cell)) arrive(m, (int32_t)cell, (float)(__builtin_sqrt(square) * (m->cost[cell] + m->length)));
    next:;
    }
}

int fv_costmap_march(float *arrival, const float *cost, int depth, int height, int width, float length, float blocked,
                     const float *sources, int n, int dims, void *scratch)
{
    if (!arrival || !cost || !sources || !scratch) return FV_E_NULL;
    const int bytes = fv_costmap_scratch(depth, height, width);
    if (bytes < 0 || n < 1 || fv_too_big((int64_t)n * 12)) return bytes < 0 ? bytes : FV_E_SHAPE;
    if ((dims != 2 && dims != 3) || (dims == 2 && depth != 1) || !(length > 0 && length < FV_INFINITY) || blocked != blocked) return FV_E_VALUE;
    const int64_t area = (int64_t)width * height, cells = area * depth;
    march m = {.time = arrival, .cost = cost, .length = length, .blocked = blocked, .size = {width, height, depth}, .step = {1, width, area},
               .cells = cells, .heap = scratch, .place = (int32_t *)scratch + cells};
    for (int64_t i = 0; i < cells; i++) arrival[i] = FV_INFINITY, m.place[i] = FAR;
    for (int i = 0; i < n; i++) begin(&m, sources + (int64_t)i * dims, dims);
    while (m.count) {
        int at[3];
        const int32_t cell = earliest(&m);
        locate(&m, cell, at);
        for (int side = 0; side < 6; side++) {
            const int k = side / 2, forth = side % 2;
            if (forth ? at[k] + 1 >= m.size[k] : at[k] == 0) continue;
            const int32_t next = (int32_t)(cell + (forth ? m.step[k] : -m.step[k]));
            if (m.place[next] == DONE || !enterable(&m, next)) continue;
            at[k] += forth ? 1 : -1;
            arrive(&m, next, upwind(&m, next, at));
            at[k] -= forth ? 1 : -1;
        }
    }
    return 0;
}

typedef struct {
    const float *time;
    int dims, size[3];
    int64_t step[3];
} field;

/* The time at a point within the map and its gradient; a corner where nothing arrives is later than the latest of the others. */
static double look(const field *f, const double *at, double *slope)
{
    int64_t base = 0, step[3];
    double way[3], time[8], value = 0, latest = -1;
    for (int k = 0; k < f->dims; k++) {
        const int cell = fv_min((int)at[k], fv_max(f->size[k] - 2, 0));
        base += cell * f->step[k];
        step[k] = f->size[k] > 1 ? f->step[k] : 0;
        way[k] = at[k] - cell;
        slope[k] = 0;
    }
    for (int corner = 0; corner < 1 << f->dims; corner++) {
        int64_t cell = base;
        for (int k = 0; k < f->dims; k++) cell += corner >> k & 1 ? step[k] : 0;
        time[corner] = f->time[cell];
        if (time[corner] < FV_INFINITY && time[corner] > latest) latest = time[corner];
    }
    if (latest < 0) return FV_INFINITY;
    for (int corner = 0; corner < 1 << f->dims; corner++) {
        const double t = time[corner] < FV_INFINITY ? time[corner] : latest + 1;
        double weight = 1;
        for (int k = 0; k < f->dims; k++) weight *= corner >> k & 1 ? way[k] : 1 - way[k];
        value += t * weight;
        for (int k = 0; k < f->dims; k++) {
            double part = corner >> k & 1 ? 1 : -1;
            for (int j = 0; j < f->dims; j++)
                if (j != k) part *= corner >> j & 1 ? way[j] : 1 - way[j];
            slope[k] += t * part;
        }
    }
    return value;
}

/* Half a cell down the slope, if that leads to an earlier point. */
static int descend(const field *f, double *at)
{
    double slope[3], there[3], ignored[3], square = 0;
    const double now = look(f, at, slope);
    if (!(now < FV_INFINITY)) return 0;
    for (int k = 0; k < f->dims; k++) square += slope[k] * slope[k];
    if (!(square > 0)) return 0;
    const double size = __builtin_sqrt(square);
    for (int k = 0; k < f->dims; k++) there[k] = fv_clamp(at[k] - 0.5 * slope[k] / size, 0, f->size[k] - 1);
    if (!(look(f, there, ignored) < now)) return 0;
    for (int k = 0; k < f->dims; k++) at[k] = there[k];
    return 1;
}

/* To the centre of the earliest of the nearest cell's neighbours, if that is earlier than the cell. */
static int hop(const field *f, double *at, float *least)
{
    int64_t cell = 0, best = 0;
    int nearest[3] = {0}, axis = 0;
    for (int k = 0; k < f->dims; k++) {
        nearest[k] = (int)(at[k] + 0.5);
        cell += nearest[k] * f->step[k];
    }
    float time = f->time[cell];
    for (int side = 0; side < 2 * f->dims; side++) {
        const int k = side / 2, forth = side % 2;
        if (forth ? nearest[k] + 1 >= f->size[k] : nearest[k] == 0) continue;
        const int64_t next = forth ? f->step[k] : -f->step[k];
        if (f->time[cell + next] < time) time = f->time[cell + next], best = next, axis = k;
    }
    if (!best || !(time < *least)) return 0;
    *least = time;
    for (int k = 0; k < f->dims; k++) at[k] = nearest[k];
    at[axis] += best > 0 ? 1 : -1;
    return 1;
}

static double square_between(const double *a, const double *b, int dims)
{
    double sum = 0;
    for (int k = 0; k < dims; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

int fv_costmap_trace(float *path, int capacity, const float *arrival, int depth, int height, int width, const float *from, const float *to, int dims)
{
    if (!path || !arrival || !from || !to) return FV_E_NULL;
    const int fault = fv_map_shape(depth, height, width);
    if (fault || capacity < 2 || fv_too_big((int64_t)capacity * 12)) return fault ? fault : FV_E_SHAPE;
    if ((dims != 2 && dims != 3) || (dims == 2 && depth != 1)) return FV_E_VALUE;
    const field f = {arrival, dims, {width, height, depth}, {1, width, (int64_t)width * height}};
    double at[3], end[3];
    int64_t cell = 0;
    for (int k = 0; k < dims; k++) {
        at[k] = fv_clamp(from[k], 0, f.size[k] - 1);
        end[k] = fv_clamp(to[k], 0, f.size[k] - 1);
        cell += (int)(at[k] + 0.5) * f.step[k];
    }
    if (!(arrival[cell] < FV_INFINITY)) return 0;
    float least = FV_INFINITY; /* hops get ever earlier, and between them slopes do: it ends */
    memcpy(path, from, (size_t)dims * sizeof *path);
    int count = 1;
    while (square_between(at, end, dims) > 1 && (descend(&f, at) || hop(&f, at, &least))) {
        if (count == capacity - 1) return FV_E_CAPACITY;
        for (int k = 0; k < dims; k++) path[count * dims + k] = (float)at[k];
        count++;
    }
    if (square_between(at, end, dims) > dims) return count;
    memcpy(path + count * dims, to, (size_t)dims * sizeof *path);
    return count + 1;
}
