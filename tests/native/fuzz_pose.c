/* Pose heads of any content: the search against every cell, PersonLab within its buffers and as it is described. */
#include "../../src/math.h"
#include "fovea/pose.h"
#include "fuzz.h"
#include <math.h>

typedef struct {
    int width, height, joints, layout, activation;
    const float *map;
} maps;

static float raw_of(const maps *m, int cell, int joint)
{
    return m->map[m->layout == FV_LAYOUT_NHWC ? cell * m->joints + joint : joint * m->width * m->height + cell];
}

static float score_of(const maps *m, int cell, int joint)
{
    return m->activation == FV_ACTIVATION_SIGMOID ? fv_sigmoid(raw_of(m, cell, joint)) : raw_of(m, cell, joint);
}

static maps some_maps(reader *r)
{
    maps m = {.width = pick(r, 1, 12), .height = pick(r, 1, 12), .joints = pick(r, 1, 4), .layout = pick(r, 0, 1), .activation = pick(r, 0, 1)};
    float *values = reals(r, (size_t)m.width * m.height * m.joints);
    if (pick(r, 0, 1)) /* where sigmoids are not flat */
        for (int i = 0; i < m.width * m.height * m.joints; i++) values[i] *= 0.125f;
    m.map = values;
    return m;
}

static float weighed(float score, float distance2, float spread, int falloff)
{
    const float weight = 1.f / (sqrtf(distance2) + spread);
    uint32_t word;
    float half;
    if (falloff == FV_FALLOFF_INVERSE) return score / (sqrtf(distance2) + spread);
    if (falloff == FV_FALLOFF_GAUSS) return score * fv_exp(-distance2 / spread);
    memcpy(&word, &weight, sizeof word);
    word = (word + 0xfff + (word >> 13 & 1)) & ~(uint32_t)0x1fff;
    memcpy(&half, &word, sizeof half);
    return score * half;
}

/* The header's words: every cell. */
static void fuzz_search(reader *r)
{
    const maps m = some_maps(r);
    const int people = pick(r, 0, 3), falloff = pick(r, FV_FALLOFF_INVERSE, FV_FALLOFF_GAUSS), rivals = pick(r, 0, 4), n = people * m.joints;
    const float spread = real(r), *places = reals(r, (size_t)n * 2), *boxes = pick(r, 0, 1) ? reals(r, (size_t)people * 4) : NULL;
    int32_t *cells = room(r, (size_t)n * 4);
    float *scores = room(r, (size_t)n * 4), *centres = room(r, (size_t)n * 8);
    const int result = fv_pose_search(cells, scores, m.map, m.width, m.height, m.joints, m.layout, m.activation, places, boxes, people, rivals,
                                      falloff, spread);
    CHECK(result == (spread >= 1e-6f && spread - spread == 0 ? 0 : FV_E_VALUE));
    if (result < 0) return;
    for (int i = 0; i < n; i++) {
        const int joint = i % m.joints;
        const float px = places[2 * i], py = places[2 * i + 1], *box = boxes ? boxes + 4 * (i / m.joints) : NULL;
        float best = 0;
        int at = -1;
        for (int cell = 0; cell < m.width * m.height && px - px == 0 && py - py == 0; cell++) {
            const float x = (float)(cell % m.width), y = (float)(cell / m.width), dx = x - px, dy = y - py;
            if (box && (x < box[0] || !(x < box[2]) || y < box[1] || !(y < box[3]))) continue;
            const float value = weighed(score_of(&m, cell, joint), dy * dy + dx * dx, spread, falloff);
            if (value > best) best = value, at = cell;
        }
        CHECK(cells[i] == at);
        if (falloff != FV_FALLOFF_GAUSS) CHECK(same_bits(scores[i], at < 0 ? 0 : score_of(&m, at, joint)));
        else CHECK(at < 0 ? scores[i] == 0 : scores[i] >= best);
    }
    CHECK(fv_pose_centroid(centres, cells, people, m.map, m.width, m.height, m.joints, m.layout, m.activation, pick(r, 0, 3)) == 0);
    for (int i = 0; i < n; i++) {
        const float x = centres[2 * i], y = centres[2 * i + 1];
        CHECK(x > -0.01f && x < (float)m.width - 0.99f && y > -0.01f && y < (float)m.height - 0.99f);
    }
}

static void fuzz_peaks(reader *r)
{
    maps m = some_maps(r);
    m.joints = 1;
    const int capacity = pick(r, 0, 9), radius = pick(r, 0, 3);
    const float slack = pick(r, 0, 1) ? 1e-6f : real(r);
    int32_t *cells = room(r, (size_t)capacity * 4);
    float *scores = room(r, (size_t)capacity * 4);
    const int count = fv_pose_peaks(cells, scores, capacity, m.map, m.width, m.height, m.activation, radius, slack);
    CHECK(slack > 0 ? count >= 0 && count <= capacity : count == FV_E_VALUE);
    for (int i = 0; i < count; i++) {
        CHECK(cells[i] >= 0 && cells[i] < m.width * m.height && same_bits(scores[i], score_of(&m, cells[i], 0)) && scores[i] > 0);
        CHECK(!i || scores[i] < scores[i - 1] || (scores[i] == scores[i - 1] && cells[i] > cells[i - 1]));
    }
}

static void fuzz_personlab(reader *r)
{
    const maps m = some_maps(r);
    const int count = pick(r, 0, 4), capacity = pick(r, 0, 6), cells = m.width * m.height;
    const float *offsets = reals(r, (size_t)cells * 2 * m.joints), *forward = reals(r, (size_t)cells * 2 * count);
    const float *backward = reals(r, (size_t)cells * 2 * count), stride = real(r), threshold = real(r) * 0.0625f, radius = real(r);
    int32_t *edges = room(r, (size_t)count * 8);
    for (int i = 0; i < 2 * count; i++) edges[i] = pick(r, 0, m.joints - 1);
    float *points = room(r, (size_t)capacity * m.joints * 12), *scores = room(r, (size_t)capacity * 4);
    void *work = room(r, (size_t)fv_pose_personlab_scratch(m.width, m.height, m.joints));
    const int found = fv_pose_personlab(points, scores, capacity, m.map, offsets, forward, backward, m.width, m.height, m.joints, m.layout,
                                        m.activation, edges, count, stride, threshold, radius, pick(r, 0, 3), work);
    const int good = stride > 0 && stride - stride == 0 && threshold == threshold && radius >= 0;
    CHECK(good ? found >= 0 && found <= capacity : found == FV_E_VALUE);
    for (int i = 0; i < found; i++) {
        int joints = 0;
        for (int k = 0; k < m.joints; k++) {
            const float *p = points + 3 * (i * m.joints + k);
            CHECK(p[0] - p[0] == 0 && p[1] - p[1] == 0 && p[2] >= 0 && (p[2] > 0 || (p[0] == 0 && p[1] == 0)));
            joints += p[2] > 0;
        }
        CHECK(joints > 0 && scores[i] >= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {.data = data, .left = size};
    switch (pick(&r, 0, 3)) {
    case 0: fuzz_peaks(&r); break;
    case 1: fuzz_search(&r); break;
    default: fuzz_personlab(&r);
    }
    release(&r);
    return 0;
}
