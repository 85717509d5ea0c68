#include "fovea/track.h"
#include "oks.h"
#include "sort.h"

enum { MOST = 1 << 24 };

static int is_finite(float v) { return v - v == 0; }

/* To be made least, row by row. Rows are the fewer of the two: where they are the columns, the costs are read across. */
typedef struct {
    double *costs;
    int rows, columns;
} cost_matrix;

/* A forbidden pair costs more than all that can be gained by making it. */
static void read_costs(const cost_matrix *c, const float *costs, int n, int m, int maximize)
{
    float largest = 0;
    for (int i = 0; i < n * m; i++) {
        const float size = costs[i] < 0 ? -costs[i] : costs[i];
        if (is_finite(size) && size > largest) largest = size;
    }
    const double forbidden = 4. * c->rows * largest + 1;
    const int across = n > m;
    for (int i = 0; i < c->rows; i++)
        for (int j = 0; j < c->columns; j++) {
            const float v = across ? costs[j * m + i] : costs[i * m + j];
            c->costs[i * c->columns + j] = is_finite(v) ? (maximize ? -(double)v : (double)v) : forbidden;
        }
}

typedef struct {
    double *row_price, *column_price, *distance;
    int32_t *row_of, *column_of, *from, *row_seen, *column_seen;
} matching;

static int64_t matching_bytes(int64_t rows, int64_t columns) { return 16 * rows + 28 * columns + 64; }

static matching divide(void *scratch, int rows, int columns)
{
    matching a;
    a.row_price = scratch, a.column_price = a.row_price + rows, a.distance = a.column_price + columns;
    a.row_of = (int32_t *)(a.distance + columns), a.from = a.row_of + columns, a.column_seen = a.from + columns;
    a.column_of = a.column_seen + columns, a.row_seen = a.column_of + rows;
    for (int i = 0; i < rows; i++) a.row_price[i] = 0, a.column_of[i] = -1;
    for (int j = 0; j < columns; j++) a.column_price[j] = 0, a.row_of[j] = -1;
    return a;
}

/* Dijkstra over reduced costs, from a row to the nearest column that is free. Returns it; its distance is the path's. */
static int nearest_free(const matching *a, const cost_matrix *c, int start)
{
    for (int j = 0; j < c->columns; j++) a->distance[j] = (double)FV_INFINITY, a->column_seen[j] = 0;
    for (int i = 0; i < c->rows; i++) a->row_seen[i] = 0;
    double so_far = 0;
    for (int row = start;;) {
        a->row_seen[row] = 1;
        const double *costs = c->costs + row * c->columns, paid = so_far - a->row_price[row];
        int best = -1;
        for (int j = 0; j < c->columns; j++) {
            if (a->column_seen[j]) continue;
            const double there = costs[j] + paid - a->column_price[j];
            if (there < a->distance[j]) a->distance[j] = there, a->from[j] = row;
            const int nearer = best < 0 || a->distance[j] < a->distance[best];
            if (nearer || (a->distance[j] == a->distance[best] && a->row_of[j] < 0 && a->row_of[best] >= 0)) best = j;
        }
        so_far = a->distance[best];
        a->column_seen[best] = 1;
        if (a->row_of[best] < 0) return best;
        row = a->row_of[best];
    }
}

/* Prices that keep every reduced cost at least 0, and those of the pairs at 0. */
static void reprice(const matching *a, const cost_matrix *c, int start, int end)
{
    const double length = a->distance[end];
    a->row_price[start] += length;
    for (int i = 0; i < c->rows; i++)
        if (a->row_seen[i] && i != start) a->row_price[i] += length - a->distance[a->column_of[i]];
    for (int j = 0; j < c->columns; j++)
        if (a->column_seen[j]) a->column_price[j] -= length - a->distance[j];
}

static void hungarian(const matching *a, const cost_matrix *c)
{
    for (int start = 0; start < c->rows; start++) {
        int column = nearest_free(a, c, start), row;
        reprice(a, c, start, column);
        do {
            row = a->from[column];
            a->row_of[column] = row;
            const int before = a->column_of[row];
            a->column_of[row] = column;
            column = before;
        } while (row != start);
    }
}

static void greedy(const matching *a, const float *costs, int n, int m, int maximize, uint64_t *items)
{
    int count = 0;
    for (int i = 0; i < n * m; i++)
        if (is_finite(costs[i])) items[count++] = fv_item(fv_descending(maximize ? costs[i] : -costs[i]), i);
    items = fv_sort(items, items + n * (int64_t)m, count);
    for (int i = 0; i < count; i++) {
        const int at = (int32_t)items[i], line = at / m, place = at % m;
        const int row = n > m ? place : line, column = n > m ? line : place;
        if (a->column_of[row] >= 0 || a->row_of[column] >= 0) continue;
        a->column_of[row] = column, a->row_of[column] = row;
    }
}

int fv_track_assign_scratch(int n, int m)
{
    if (n < 0 || m < 0 || (int64_t)n * m > MOST) return FV_E_SHAPE;
    const int64_t bytes = 16 * (int64_t)n * m + matching_bytes(n < m ? n : m, n < m ? m : n);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

int fv_track_assign(int32_t *columns, const float *costs, int n, int m, int maximize, int method, void *scratch)
{
    if (!columns || !costs || !scratch) return FV_E_NULL;
    if (fv_track_assign_scratch(n, m) < 0) return FV_E_SHAPE;
    if (maximize < 0 || maximize > 1 || method < FV_ASSIGN_HUNGARIAN || method > FV_ASSIGN_GREEDY) return FV_E_VALUE;
    const int rows = fv_min(n, m), most = fv_max(n, m);
    const matching a = divide(scratch, rows, most);
    void *rest = (char *)scratch + (matching_bytes(rows, most) & ~(int64_t)15);
    if (method == FV_ASSIGN_GREEDY) {
        greedy(&a, costs, n, m, maximize, rest);
    } else {
        const cost_matrix c = {rest, rows, most};
        read_costs(&c, costs, n, m, maximize);
        hungarian(&a, &c);
    }

    int pairs = 0;
    for (int i = 0; i < n; i++) {
        const int column = n > m ? a.row_of[i] : a.column_of[i];
        const int made = column >= 0 && is_finite(costs[i * (int64_t)m + column]);
        columns[i] = made ? column : -1;
        pairs += made;
    }
    return pairs;
}

/* A similarity of two poses by the joints that both have. */
static float similarity(const float *a, double area, const float *b, const float *sigmas, int k, int min_joints)
{
    double sum = 0;
    int both = 0;
    for (int i = 0; i < k; i++) {
        const float *p = a + 3 * i, *q = b + 3 * i;
        if (!(p[2] > 0 && q[2] > 0)) continue;
        sum += (double)fv_oks_joint((double)p[0] - q[0], (double)p[1] - q[1], sigmas[i], area);
        both++;
    }
    return both >= min_joints && sum >= 0 ? (float)(sum / both) : 0;
}

int fv_track_oks(float *dst, const float *a, const float *areas, int n, const float *b, int m,
                 const float *sigmas, int k, int min_joints)
{
    if (!dst || !a || !areas || !b || !sigmas) return FV_E_NULL;
    if (n < 0 || m < 0 || k < 0 || k > MOST) return FV_E_SHAPE;
    if (fv_too_big((int64_t)n * k * 12) || fv_too_big((int64_t)m * k * 12) || fv_too_big((int64_t)n * m * 4)) return FV_E_SHAPE;
    if (min_joints < 1) return FV_E_VALUE;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            dst[i * (int64_t)m + j] = !(areas[i] >= 0) ? 0 : similarity(a + 3 * (int64_t)k * i, areas[i], b + 3 * (int64_t)k * j, sigmas, k, min_joints);
    return 0;
}

#define FASTEST 1e30

/* Share of the new in a low pass of so many Hz. */
static double share(double seconds, double cutoff) { return seconds / (seconds + 1 / (6.283185307179586 * cutoff)); }

int fv_track_smooth(float *dst, float *state, const float *points, int k, float seconds,
                    float min_cutoff, float beta, float derivative_cutoff, float size)
{
    if (!dst || !state || !points) return FV_E_NULL;
    if (k < 0 || fv_too_big((int64_t)k * 20)) return FV_E_SHAPE;
    const float options[] = {seconds, min_cutoff, beta, derivative_cutoff, size};
    for (int i = 0; i < 5; i++)
        if (!(options[i] >= 0 && is_finite(options[i]))) return FV_E_VALUE;
    if (!(size > 0)) return FV_E_VALUE;
    for (int i = 0; i < k; i++) {
        const float *point = points + 3 * (int64_t)i;
        float *out = dst + 3 * (int64_t)i, *past = state + 5 * (int64_t)i;
        const int found = point[2] > 0 && is_finite(point[0]) && is_finite(point[1]);
        for (int axis = 0; axis < 2; axis++) {
            float *at = past + axis, *rate = past + 2 + axis;
            if (found && past[4] > 0 && seconds > 0) {
                const double step = (double)point[axis] - *at;
                const double new_rate = *rate + share(seconds, derivative_cutoff) * (step / seconds - *rate);
                *rate = (float)fv_clamp(new_rate, -FASTEST, FASTEST);
                const double speed = fv_clamp((*rate < 0 ? -(double)*rate : *rate) / size, 0, FASTEST);
                *at = (float)(*at + share(seconds, min_cutoff + beta * speed) * step);
            } else if (!(found && past[4] > 0)) {
                *at = found ? point[axis] : 0, *rate = 0;
            }
            out[axis] = *at;
        }
        past[4] = found ? 1 : 0;
        out[2] = found ? point[2] : 0;
    }
    return 0;
}
