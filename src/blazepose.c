#include "fovea/blazepose.h"
#include "math.h"

typedef struct {
    const float *logits;
    int height, width;
    int64_t cell_stride, channel_stride;
    float step_x, step_y, threshold;
    int reach, rule;
} heatmap_rule;

/* The cell in the middle of the window: towards 0, as a conversion to int has it; -1 for what is no number. */
static int cell_of(float pixel, float step) { return (int)fv_clamp((double)(pixel / step), -1, 1 << 30); }

static void refine(float *point, const heatmap_rule *m, int channel)
{
    const int column = cell_of(point[0], m->step_x), row = cell_of(point[1], m->step_y);
    const int compared = m->rule == FV_BLAZEPOSE_TFJS ? column : row;
    if (column < 0 || column >= m->width || row < 0 || compared >= m->height) return;

    const int left = fv_max(column - m->reach, 0), right = fv_min(column + m->reach, m->width - 1);
    const int top = fv_max(row - m->reach, 0), bottom = fv_min(row + m->reach, m->height - 1);
    double sum = 0, sum_x = 0, sum_y = 0;
    float most = 0;
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            const float p = fv_sigmoid(m->logits[((int64_t)y * m->width + x) * m->cell_stride + channel * m->channel_stride]);
            most = p > most ? p : most;
            sum += p, sum_x += (double)p * x, sum_y += (double)p * y;
        }
    if (!(most >= m->threshold && sum > 0)) return;
    point[0] = (float)(sum_x / sum * m->step_x);
    point[1] = (float)(sum_y / sum * m->step_y);
}

int fv_blazepose_landmarks(float *dst, const float *landmarks, int n, const float *heatmap, int height, int width,
                           int cell_stride, int channel_stride, float step_x, float step_y, int kernel, float threshold, int rule)
{
    if (!dst || !landmarks) return FV_E_NULL;
    if (n < 0 || fv_too_big((int64_t)n * 20) || height < 1 || width < 1 || fv_too_big((int64_t)height * width * 4)) return FV_E_SHAPE;
    if (cell_stride < 0 || channel_stride < 0) return FV_E_SHAPE;
    if (!(step_x > 0 && step_x < FV_INFINITY && step_y > 0 && step_y < FV_INFINITY)) return FV_E_VALUE;
    if (kernel < 1 || kernel > 65535 || kernel % 2 == 0 || rule < FV_BLAZEPOSE_MEDIAPIPE || rule > FV_BLAZEPOSE_TFJS) return FV_E_VALUE;
    const heatmap_rule m = {heatmap, height, width, cell_stride, channel_stride, step_x, step_y, threshold, kernel / 2, rule};
    for (int i = 0; i < n; i++) {
        const float *from = landmarks + 5 * (int64_t)i;
        float *to = dst + 5 * (int64_t)i;
        to[0] = from[0], to[1] = from[1], to[2] = from[2];
        to[3] = fv_sigmoid(from[3]), to[4] = fv_sigmoid(from[4]);
        if (heatmap) refine(to, &m, i);
    }
    return 0;
}

int fv_blazepose_mask(float *dst, const float *logits, int count)
{
    if (!dst || !logits) return FV_E_NULL;
    if (count < 0 || fv_too_big((int64_t)count * 4)) return FV_E_SHAPE;
    const f32x4 one = SPLAT(1.f);
    int i = 0;
    for (; i + 4 <= count; i += 4) STORE(dst + i, DIV(one, ADD(one, fv_exp4(wasm_f32x4_neg(LOAD(logits + i))))));
    for (; i < count; i++) dst[i] = fv_sigmoid(logits[i]);
    return 0;
}
