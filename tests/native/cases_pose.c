#include "cases.h"
#include "fovea/pose.h"

static int side(run *r) { return r->number < 50 ? pick(r, 1, 3) : pick(r, 1, 24); }

/* Maps of scores or of logits. */
static float *maps(run *r, int width, int height, int joints, int activation)
{
    float *f = floats(r, (size_t)width * height * joints, activation == FV_ACTIVATION_NONE ? 0 : -9, activation == FV_ACTIVATION_NONE ? 1 : 4);
    if (one_in(r, 8)) /* a plateau */
        for (int i = 0; i < width * height * joints; i++) f[i] = f[0];
    return f;
}

static void search(run *r)
{
    const int width = side(r), height = side(r), joints = pick(r, 1, 6), people = pick(r, 0, 5), activation = pick(r, 0, 1);
    const size_t n = (size_t)people * joints;
    int32_t *cells = output(r, n, WORDS);
    float *scores = output(r, n, FLOATS);
    const float *map = maps(r, width, height, joints, activation);
    const float *places = floats(r, 2 * n, -3, (float)width + 3);
    const float *boxes = one_in(r, 2) ? floats(r, (size_t)people * 4, -2, (float)height + 2) : NULL;
    const float spread = one_in(r, 8) ? value(r, 0, 9) : uniform(r, 0.5f, 9);
    finish(r, fv_pose_search(cells, scores, map, width, height, joints, pick(r, 0, 1), activation, places, boxes, people, pick(r, 0, 6),
                             pick(r, FV_FALLOFF_INVERSE, FV_FALLOFF_GAUSS), spread));
}

static void centroid(run *r)
{
    const int width = side(r), height = side(r), joints = pick(r, 1, 6), people = pick(r, 0, 5), activation = pick(r, 0, 1);
    const int n = people * joints;
    float *places = output(r, 2 * (size_t)n, FLOATS);
    int32_t *cells = input(r, (size_t)n * 4);
    for (int i = 0; i < n; i++) cells[i] = pick(r, -1, width * height - 1);
    if (n && one_in(r, 20)) cells[pick(r, 0, n - 1)] = one_in(r, 2) ? width * height : -2;
    const float *map = maps(r, width, height, joints, activation);
    finish(r, fv_pose_centroid(places, cells, people, map, width, height, joints, pick(r, 0, 1), activation, one_in(r, 9) ? 32767 : pick(r, 0, 4)));
}

static void peaks(run *r)
{
    const int width = side(r), height = side(r), capacity = pick(r, 0, 12), activation = pick(r, 0, 1);
    int32_t *cells = output(r, (size_t)capacity, WORDS);
    float *scores = output(r, (size_t)capacity, FLOATS);
    const float *map = maps(r, width, height, 1, activation);
    const int radius = pick(r, 0, 3), count = fv_pose_peaks(cells, scores, capacity, map, width, height, activation, radius, one_in(r, 9) ? value(r, 0, 1) : 1e-6f);
    expect(r, count <= capacity, "no more than there is room for");
    for (int i = 0; i < count; i++) expect(r, cells[i] >= 0 && cells[i] < width * height && scores[i] > 0 && (!i || scores[i] <= scores[i - 1]), "best first");
    for (int i = count; count >= 0 && i < capacity; i++) cells[i] = 0, scores[i] = 0; /* undefined: not to be hashed */
    finish(r, count);
}

static void personlab(run *r)
{
    const int width = side(r), height = side(r), joints = pick(r, 1, 6), count = pick(r, 0, 6), activation = pick(r, 0, 1), capacity = pick(r, 0, 9);
    const size_t area = (size_t)width * height;
    float *points = output(r, (size_t)capacity * joints * 3, FLOATS), *scores = output(r, (size_t)capacity, FLOATS);
    const float *heat = maps(r, width, height, joints, activation), *offsets = floats(r, area * 2 * joints, -12, 12);
    const float *forward = floats(r, area * 2 * count, -40, 40), *backward = floats(r, area * 2 * count, -40, 40);
    int32_t *edges = input(r, (size_t)count * 8);
    for (int i = 0; i < 2 * count; i++) edges[i] = one_in(r, 50) ? pick(r, -1, joints) : pick(r, 0, joints - 1);
    const float stride = one_in(r, 9) ? value(r, 0, 32) : uniform(r, 4, 32), threshold = one_in(r, 9) ? value(r, 0, 1) : uniform(r, 0.1f, 0.9f);
    const float radius = one_in(r, 9) ? value(r, 0, 99) : uniform(r, 0, 30);
    const int found = fv_pose_personlab(points, scores, capacity, heat, offsets, forward, backward, width, height, joints, pick(r, 0, 1), activation,
                                        edges, count, stride, threshold, radius, pick(r, 0, 3), scratch(r, fv_pose_personlab_scratch(width, height, joints)));
    expect(r, found <= capacity, "no more than there is room for");
    for (int i = found; found >= 0 && i < capacity; i++) {
        scores[i] = 0;
        for (int k = 0; k < 3 * joints; k++) points[3 * i * joints + k] = 0; /* undefined */
    }
    finish(r, found);
}

const group pose_groups[] = {{"pose.search", search, 8000}, {"pose.centroid", centroid, 4000}, {"pose.peaks", peaks, 4000}, {"pose.personlab", personlab, 8000}, {0}};
