/*
 * Pictures laid over one another by any theta: nothing is read or written outside, what overlaps is counted rightly, losses stay in
 * their range, the Hessian is symmetric and no curvature negative, and Huber's with a bound beyond all residuals is L2's.
 */
#include "../../src/math.h"
#include "fovea/align.h"
#include "fuzz.h"

typedef struct {
    int channels, dims, depth, height, width, out_depth, out_height, out_width, projective, size;
    const float *moving, *fixed, *theta;
    void *scratch;
} task;

/* Plain pictures, or any floats. */
static float *picture(reader *r, size_t count)
{
    if (!pick(r, 0, 1)) return reals(r, count);
    float *p = room(r, count * sizeof *p);
    const uint32_t seed = bits(r, 2);
    for (size_t i = 0; i < count; i++) p[i] = (float)((i * 2654435761u + seed) >> 8 & 255) / 255;
    return p;
}

static task read_task(reader *r)
{
    task t = {.channels = pick(r, 1, 3), .dims = pick(r, 2, 3), .depth = 1, .out_depth = 1};
    t.height = pick(r, 1, 12), t.width = pick(r, 1, 12);
    t.out_height = pick(r, 1, 9), t.out_width = pick(r, 0, 7) ? pick(r, 1, 9) : pick(r, 1, 140);
    if (t.dims == 3) t.depth = pick(r, 1, 4), t.out_depth = pick(r, 1, 3);
    t.projective = t.dims == 2 && pick(r, 0, 1);
    t.size = (t.projective ? 3 : t.dims) * (t.dims + 1);
    t.moving = picture(r, (size_t)t.channels * t.depth * t.height * t.width);
    t.fixed = picture(r, (size_t)t.channels * t.out_depth * t.out_height * t.out_width);
    float *theta = reals(r, (size_t)t.size);
    const int near = pick(r, 0, 3), columns = t.dims + 1;
    for (int i = 0; near && i < t.size; i++) theta[i] = theta[i] * 0.05f + (i % columns == i / columns);
    t.theta = theta;
    t.scratch = room(r, (size_t)fv_align_scratch(t.channels, t.dims, t.out_depth, t.out_height, t.out_width));
    return t;
}

static int align(double *out, const task *t, int loss, float delta)
{
    return fv_align(out, t->moving, t->channels, t->depth, t->height, t->width, t->dims, t->fixed, t->out_depth, t->out_height, t->out_width,
                    t->theta, t->projective, loss, delta, t->scratch);
}

static int tame(const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] > -1e4f && values[i] < 1e4f)) return 0;
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {data, size, {0}, 0};
    const int loss = pick(&r, 0, FV_LOSS_NCC);
    const float delta = real(&r);
    const task t = read_task(&r);
    const size_t numbers = 1 + (size_t)t.size + (size_t)t.size * t.size;
    const int points = t.out_depth * t.out_height * t.out_width;
    double *out = room(&r, numbers * 8), *again = room(&r, numbers * 8);
    const int inside = align(out, &t, loss, delta);
    if (!(delta > 0)) {
        CHECK(inside == FV_E_VALUE);
        release(&r);
        return 0;
    }
    CHECK(inside >= 0 && inside <= points);
    CHECK(align(again, &t, loss, delta) == inside && !memcmp(out, again, numbers * 8));

    const double *hessian = out + 1 + t.size;
    if (!inside) CHECK(out[0] == FV_INFINITY && out[1] == 0 && hessian[0] == 0);
    const int known = inside && tame(t.moving, (size_t)t.channels * t.depth * t.height * t.width)
                      && tame(t.fixed, (size_t)t.channels * points) && tame(t.theta, (size_t)t.size) && !t.projective;
    if (known) {
        CHECK(out[0] >= -1e-9 && (loss != FV_LOSS_NCC || out[0] <= 2 + 1e-9));
        for (size_t i = 0; i < numbers; i++) CHECK(out[i] - out[i] == 0);
        for (int i = 0; i < t.size; i++) {
            CHECK(hessian[i * t.size + i] >= 0);
            for (int k = 0; k < i; k++) {
                const double a = hessian[i * t.size + k], b = hessian[k * t.size + i], scale = hessian[i * t.size + i] + hessian[k * t.size + k];
                CHECK(a - b <= 1e-6 * scale && b - a <= 1e-6 * scale);
            }
        }
        CHECK(align(out, &t, FV_LOSS_L2, delta) == inside && align(again, &t, FV_LOSS_HUBER, 1e30f) == inside);
        CHECK(!memcmp(out, again, numbers * 8));
    }
    release(&r);
    return 0;
}
