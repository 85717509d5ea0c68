#include "pose.h"

typedef struct {
    int left, top, right, bottom; /* the last two are not in it */
} window;

typedef struct {
    float x, y, spread;
    int falloff;
} target;

typedef struct {
    const float *places, *boxes;
    int joints, rivals, falloff;
    float spread;
} crowd;

/* A positive float16 in float, rounded to nearest, half to even. */
static float to_half(float value)
{
    const uint32_t bits = fv_to_bits(value);
    return fv_from_bits((bits + 0xfffu + (bits >> 13 & 1)) & ~0x1fffu);
}

static float weigh(const target *t, float score, int x, int y)
{
    const float dx = (float)x - t->x, dy = (float)y - t->y, d2 = dy * dy + dx * dx;
    switch (t->falloff) {
    case FV_FALLOFF_INVERSE: return score / (__builtin_sqrtf(d2) + t->spread);
    case FV_FALLOFF_HALF: return score * to_half(1.f / (__builtin_sqrtf(d2) + t->spread));
    default: return score * fv_exp(-d2 / t->spread);
    }
}

/* The least integer >= v, within 0 .. limit. */
static int ceil_within(double v, int limit)
{
    const double clamped = fv_clamp(v, 0, limit);
    const int down = (int)clamped;
    return down + (clamped > down);
}

static target target_of(const crowd *c, int person, int joint)
{
    const float *place = c->places + 2 * ((int64_t)person * c->joints + joint);
    const target t = {place[0], place[1], c->spread, c->falloff};
    return t;
}

static window window_of(const joint_maps *m, const crowd *c, int person)
{
    const window all = {0, 0, m->width, m->height};
    if (!c->boxes) return all;
    const float *box = c->boxes + 4 * (int64_t)person;
    const window w = {ceil_within(box[0], m->width), ceil_within(box[1], m->height), ceil_within(box[2], m->width), ceil_within(box[3], m->height)};
    return w;
}

/* The part of `w` whose cells lie within `radius` of (x, y) along either axis. */
static window near(window w, double x, double y, double radius)
{
    const window part = {
        w.left + ceil_within(x - radius - w.left, fv_max(w.right - w.left, 0)),
        w.top + ceil_within(y - radius - w.top, fv_max(w.bottom - w.top, 0)),
        w.left + ceil_within(x + radius - w.left, fv_max(w.right - w.left, 0)),
        w.top + ceil_within(y + radius - w.top, fv_max(w.bottom - w.top, 0)),
    };
    return part;
}

/* What a cell must hold, and how near it must be, to equal a weighed score of `best`; a little is given away here too. */
static void bound(const joint_maps *m, const target *t, float best, float *gate, double *reach)
{
    const float share = t->falloff == FV_FALLOFF_GAUSS ? 1.f : t->spread;
    *gate = -FV_INFINITY;
    *reach = FV_INFINITY;
    if (!(best > 1e-30f && best < 1e30f)) return; /* what rounds otherwise */
    best *= 0.999f;
    *gate = fv_gate(m, best * share);
    if (!m->sigmoid) return;
    *reach = 1 + (t->falloff == FV_FALLOFF_GAUSS ? __builtin_sqrt(-t->spread * (double)fv_log(best)) : 1. / best - t->spread);
}

/* What the cell that scores most in a window is weighed as: the best one reaches this at least. */
static float weigh_greatest(const joint_maps *m, window w, int joint, const target *t)
{
    float most = -FV_INFINITY, value = 0;
    int column = -1, row = -1;
    for (int y = w.top; y < w.bottom; y++)
        for (int x = w.left; x < w.right; x++) {
            const float raw = fv_raw(m, y * m->width + x, joint);
            if (raw > most) most = raw, column = x, row = y;
        }
    if (row >= 0) value = weigh(t, fv_score(m, most), column, row);
    return value;
}

/* The best cell of a window, or -1. */
static int scan(const joint_maps *m, window w, int joint, const target *t, float gate)
{
    int at = -1;
    float best = 0;
    for (int y = w.top; y < w.bottom; y++)
        for (int x = w.left; x < w.right; x++) {
            const float raw = fv_raw(m, y * m->width + x, joint);
            if (!(raw >= gate)) continue;
            const float value = weigh(t, fv_score(m, raw), x, y);
            if (value > best) best = value, at = y * m->width + x;
        }
    return at;
}

static int search(const joint_maps *m, window w, int joint, const target *t)
{
    if (!fv_is_finite(t->x) || !fv_is_finite(t->y)) return -1;
    float gate;
    double reach;
    bound(m, t, weigh_greatest(m, near(w, t->x, t->y, 4), joint, t), &gate, &reach);
    return scan(m, near(w, t->x, t->y, reach), joint, t, gate);
}

/* The score of a cell as the person, or the rival that makes most of it, weighs it. */
static float most_weighed(const joint_maps *m, int cell, float score, int joint, const crowd *c, int person)
{
    const int x = cell % m->width, y = cell / m->width;
    target t = target_of(c, person, joint);
    float most = weigh(&t, score, x, y);
    for (int p = 0; p < c->rivals; p++) {
        const window w = window_of(m, c, p);
        if (x < w.left || x >= w.right || y < w.top || y >= w.bottom) continue;
        t = target_of(c, p, joint);
        const float value = weigh(&t, score, x, y);
        if (value > most) most = value;
    }
    return most;
}

int fv_pose_search(int32_t *cells, float *scores, const float *map, int width, int height, int joints, int layout, int activation,
                   const float *places, const float *boxes, int people, int rivals, int falloff, float spread)
{
    if (!cells || !scores || !places) return FV_E_NULL;
    const int error = fv_check_maps(map, width, height, joints, layout, activation);
    if (error) return error;
    if (people < 0 || rivals < 0 || fv_too_big((int64_t)people * joints) || fv_too_big((int64_t)people * joints * 8)) return FV_E_SHAPE;
    if (falloff < FV_FALLOFF_INVERSE || falloff > FV_FALLOFF_GAUSS || !(spread >= 1e-6f) || !fv_is_finite(spread)) return FV_E_VALUE;

    const joint_maps m = fv_joint_maps(map, width, height, joints, layout, activation);
    const crowd c = {places, boxes, joints, fv_min(rivals, people), falloff, spread};
    for (int i = 0; i < people * joints; i++) {
        const int person = i / joints, joint = i % joints;
        const target t = target_of(&c, person, joint);
        const int cell = search(&m, window_of(&m, &c, person), joint, &t);
        cells[i] = cell;
        scores[i] = cell < 0 ? 0.f : fv_score(&m, fv_raw(&m, cell, joint));
    }
    for (int i = 0; falloff == FV_FALLOFF_GAUSS && i < people * joints; i++)
        if (cells[i] >= 0) scores[i] = most_weighed(&m, cells[i], scores[i], i % joints, &c, i / joints);
    return 0;
}

int fv_pose_centroid(float *places, const int32_t *cells, int people, const float *map, int width, int height, int joints, int layout,
                     int activation, int radius)
{
    if (!places || !cells) return FV_E_NULL;
    const int error = fv_check_maps(map, width, height, joints, layout, activation);
    if (error) return error;
    if (people < 0 || fv_too_big((int64_t)people * joints) || fv_too_big((int64_t)people * joints * 8)) return FV_E_SHAPE;
    if (radius < 0 || radius > 32767) return FV_E_VALUE;
    for (int i = 0; i < people * joints; i++)
        if (cells[i] < -1 || cells[i] >= width * height) return FV_E_VALUE;

    const joint_maps m = fv_joint_maps(map, width, height, joints, layout, activation);
    for (int i = 0; i < people * joints; i++) {
        float *place = places + 2 * (int64_t)i, sum = 0, right = 0, down = 0;
        place[0] = place[1] = 0;
        if (cells[i] < 0) continue;
        const int column = cells[i] % width, row = cells[i] / width;
        for (int y = fv_max(row - radius, 0); y <= fv_min(row + radius, height - 1); y++)
            for (int x = fv_max(column - radius, 0); x <= fv_min(column + radius, width - 1); x++) {
                const float score = fv_score(&m, fv_raw(&m, y * width + x, i % joints));
                const float weight = score * score;
                if (!(score > 0) || !fv_is_finite(weight)) continue;
                sum += weight, right += weight * (float)(x - column), down += weight * (float)(y - row);
            }
        right /= sum, down /= sum;
        place[0] = (float)column + (fv_is_finite(right) ? right : 0.f);
        place[1] = (float)row + (fv_is_finite(down) ? down : 0.f);
    }
    return 0;
}

/* Whether no neighbour outscores a cell's score by `slack` or more. */
static int is_peak(const joint_maps *m, int cell, float score, int radius, float slack)
{
    const int column = cell % m->width, row = cell / m->width;
    const float raw = fv_raw(m, cell, 0);
    for (int y = fv_max(row - radius, 0); y <= fv_min(row + radius, m->height - 1); y++)
        for (int x = fv_max(column - radius, 0); x <= fv_min(column + radius, m->width - 1); x++) {
            const float other = fv_raw(m, y * m->width + x, 0);
            if (other > raw && fv_score(m, other) - score >= slack) return 0;
        }
    return 1;
}

int fv_pose_peaks(int32_t *cells, float *scores, int capacity, const float *map, int width, int height, int activation, int radius,
                  float slack)
{
    if (!cells || !scores) return FV_E_NULL;
    const int error = fv_check_maps(map, width, height, 1, FV_LAYOUT_NHWC, activation);
    if (error) return error;
    if (capacity < 0 || fv_too_big((int64_t)capacity * 4)) return FV_E_SHAPE;
    if (radius < 0 || radius > 32767 || !(slack > 0)) return FV_E_VALUE;

    const joint_maps m = fv_joint_maps(map, width, height, 1, FV_LAYOUT_NHWC, activation);
    int count = 0;
    for (int cell = 0; capacity && cell < width * height; cell++) {
        if (count == capacity) {
            const f32x4 worst = SPLAT(map[cells[count - 1]]);
            while (cell + 4 < width * height && !wasm_v128_any_true(GT(LOAD(map + cell), worst))) cell += 4;
        }
        const float score = fv_score(&m, map[cell]);
        if (!(score > (count == capacity ? scores[count - 1] : 0)) || !is_peak(&m, cell, score, radius, slack)) continue;
        int at = count < capacity ? count++ : count - 1;
        for (; at > 0 && score > scores[at - 1]; at--) scores[at] = scores[at - 1], cells[at] = cells[at - 1];
        scores[at] = score, cells[at] = cell;
    }
    return count;
}
