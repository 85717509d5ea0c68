#include "pose.h"
#include "sort.h"

enum { MOST = 65535 }; /* joints, or edges */

typedef struct {
    double x, y;
} point;

typedef struct {
    joint_maps heat, offsets, forward, backward;
    const int32_t *edges;
    int joints, edge_count, refine_steps;
    double stride, square; /* of the radius */
    float threshold;
} network;

int fv_pose_personlab_scratch(int width, int height, int joints)
{
    if (width < 1 || height < 1 || joints < 1 || fv_too_big((int64_t)width * height)) return FV_E_SHAPE;
    const int64_t cells = (int64_t)width * height;
    return fv_too_big(cells * joints) || fv_too_big(cells * joints * 16) ? FV_E_SHAPE : (int)(cells * joints * 16);
}

/* The two channels of a pair of maps: y of all, then x of all. */
static point pair_at(const joint_maps *m, int cell, int k, int count)
{
    const point p = {fv_raw(m, cell, count + k), fv_raw(m, cell, k)};
    return p;
}

static int index_near(double pixels, double stride, int size)
{
    return (int)fv_clamp(__builtin_floor(pixels / stride + 0.5), 0, size - 1);
}

static int cell_near(const network *n, point p)
{
    return index_near(p.y, n->stride, n->heat.height) * n->heat.width + index_near(p.x, n->stride, n->heat.width);
}

/* Where the offset of a cell puts a joint. */
static point joint_of(const network *n, int cell, int joint)
{
    const point by = pair_at(&n->offsets, cell, joint, n->joints);
    const point p = {cell % n->heat.width * n->stride + by.x, cell / n->heat.width * n->stride + by.y};
    return p;
}

static void put(float *joint, point p, float score)
{
    const float x = (float)p.x, y = (float)p.y;
    if (!fv_is_finite(x) || !fv_is_finite(y) || !(score > 0)) return;
    joint[0] = x, joint[1] = y, joint[2] = score;
}

/* From a joint that was found along an edge, unless the other end was found before. */
static void follow(const network *n, float *pose, int from, int to, const joint_maps *displacements, int edge)
{
    const float *source = pose + 3 * from;
    if (!(source[2] > 0) || pose[3 * to + 2] > 0) return;
    point p = {source[0], source[1]};
    const point by = pair_at(displacements, cell_near(n, p), edge, n->edge_count);
    p.x += by.x, p.y += by.y;
    for (int step = 0; step < n->refine_steps; step++) p = joint_of(n, cell_near(n, p), to);
    put(pose + 3 * to, p, fv_score(&n->heat, fv_raw(&n->heat, cell_near(n, p), to)));
}

static void follow_all(const network *n, float *pose)
{
    for (int e = n->edge_count - 1; e >= 0; e--) follow(n, pose, n->edges[2 * e + 1], n->edges[2 * e], &n->backward, e);
    for (int e = 0; e < n->edge_count; e++) follow(n, pose, n->edges[2 * e], n->edges[2 * e + 1], &n->forward, e);
}

/* Whether the same joint of someone found before is within the radius. */
static int is_known(const network *n, const float *poses, int count, int joint, double x, double y)
{
    for (int i = 0; i < count; i++) {
        const float *other = poses + 3 * ((int64_t)i * n->joints + joint);
        const double dx = other[0] - x, dy = other[1] - y;
        if (other[2] > 0 && dx * dx + dy * dy <= n->square) return 1;
    }
    return 0;
}

static float instance_score(const network *n, const float *poses, int count)
{
    const float *pose = poses + 3 * (int64_t)count * n->joints;
    double sum = 0;
    for (int k = 0; k < n->joints; k++)
        if (pose[3 * k + 2] > 0 && !is_known(n, poses, count, k, pose[3 * k], pose[3 * k + 1])) sum += pose[3 * k + 2];
    return (float)(sum / n->joints);
}

/* Whether no neighbour scores more. Logits are compared: among scores near 1 all are equal. */
static int is_peak(const joint_maps *m, int cell, int joint, float raw)
{
    const int column = cell % m->width, row = cell / m->width;
    for (int y = fv_max(row - 1, 0); y <= fv_min(row + 1, m->height - 1); y++)
        for (int x = fv_max(column - 1, 0); x <= fv_min(column + 1, m->width - 1); x++)
            if (fv_raw(m, y * m->width + x, joint) > raw) return 0;
    return 1;
}

static int add_peak(const network *n, uint64_t *items, int count, int at)
{
    const joint_maps *m = &n->heat;
    const int cells = m->width * m->height, planar = m->cell_stride == 1 && n->joints > 1;
    const int cell = planar ? at % cells : at / n->joints, joint = planar ? at / cells : at % n->joints;
    const float raw = m->values[at];
    if (!(fv_score(m, raw) >= n->threshold) || !is_peak(m, cell, joint, raw)) return count;
    items[count] = fv_item((uint32_t)(cell * n->joints + joint), cell * n->joints + joint);
    return count + 1;
}

/* Peaks in order of cell, then joint; few cells hold any, whatever the layout. */
static int find_peaks(const network *n, uint64_t *items)
{
    const float *values = n->heat.values, gate = fv_gate(&n->heat, n->threshold);
    const int total = n->heat.width * n->heat.height * n->joints;
    int count = 0, i = 0;
    for (; i + 4 <= total; i += 4) {
        if (!wasm_v128_any_true(GE(LOAD(values + i), SPLAT(gate)))) continue;
        for (int k = i; k < i + 4; k++)
            if (values[k] >= gate) count = add_peak(n, items, count, k);
    }
    for (; i < total; i++)
        if (values[i] >= gate) count = add_peak(n, items, count, i);
    return count;
}

/* Best first, in order of cell and joint on ties. Returns where they are. */
static const uint64_t *sort_peaks(const network *n, uint64_t *items, uint64_t *spare, int count)
{
    uint64_t *sorted = n->heat.joint_stride == 1 ? items : fv_sort(items, spare, count);
    for (int i = 0; i < count; i++) {
        const int number = (int)(uint32_t)sorted[i];
        sorted[i] = fv_item(fv_descending(fv_raw(&n->heat, number / n->joints, number % n->joints)), number);
    }
    return fv_sort(sorted, sorted == items ? spare : items, count);
}

static int check(const network *n, int layout, int activation)
{
    const int channels = 2 * fv_max(n->joints, n->edge_count);
    const int error = fv_check_maps(n->heat.values, n->heat.width, n->heat.height, channels, layout, activation);
    if (error) return error;
    if (!(n->stride > 0) || !(n->square >= 0) || n->threshold != n->threshold || n->refine_steps < 0 || n->refine_steps > 1000) return FV_E_VALUE;
    for (int e = 0; e < 2 * n->edge_count; e++)
        if (n->edges[e] < 0 || n->edges[e] >= n->joints) return FV_E_VALUE;
    return 0;
}

int fv_pose_personlab(float *points, float *scores, int capacity, const float *heat, const float *offsets, const float *forward,
                      const float *backward, int width, int height, int joints, int layout, int activation, const int32_t *edges,
                      int edge_count, float stride, float threshold, float radius, int refine_steps, void *scratch)
{
    if (!points || !scores || !heat || !offsets || !forward || !backward || !edges || !scratch) return FV_E_NULL;
    if (joints < 1 || joints > MOST || edge_count < 0 || edge_count > MOST) return FV_E_SHAPE;
    const network n = {
        fv_joint_maps(heat, width, height, joints, layout, activation),
        fv_joint_maps(offsets, width, height, 2 * joints, layout, FV_ACTIVATION_NONE),
        fv_joint_maps(forward, width, height, 2 * edge_count, layout, FV_ACTIVATION_NONE),
        fv_joint_maps(backward, width, height, 2 * edge_count, layout, FV_ACTIVATION_NONE),
        edges, joints, edge_count, refine_steps, stride, (double)radius * radius, threshold,
    };
    const int error = check(&n, layout, activation);
    if (error) return error;
    if (fv_pose_personlab_scratch(width, height, joints) < 0 || capacity < 0 || fv_too_big((int64_t)capacity * joints * 12)) return FV_E_SHAPE;
    if (!fv_is_finite(stride) || !(radius >= 0)) return FV_E_VALUE;

    uint64_t *items = scratch, *spare = items + (int64_t)width * height * joints;
    const int peaks = find_peaks(&n, items);
    const uint64_t *queue = sort_peaks(&n, items, spare, peaks);
    int count = 0;
    for (int i = 0; i < peaks && count < capacity; i++) {
        const int number = (int)(uint32_t)queue[i], cell = number / joints, joint = number % joints;
        const point root = joint_of(&n, cell, joint);
        if (is_known(&n, points, count, joint, root.x, root.y)) continue;
        float *pose = points + 3 * (int64_t)count * joints;
        memset(pose, 0, (size_t)joints * 12);
        put(pose + 3 * joint, root, fv_score(&n.heat, fv_raw(&n.heat, cell, joint)));
        if (!(pose[3 * joint + 2] > 0)) continue;
        follow_all(&n, pose);
        scores[count] = instance_score(&n, points, count);
        count++;
    }
    return count;
}
