#include "fovea/detect.h"
#include "math.h"

static int check_rows(const int32_t *rows, int count, int first_row, int positions)
{
    for (int i = 0; i < count; i++)
        if (rows[i] < first_row || rows[i] - first_row >= positions) return FV_E_VALUE;
    return 0;
}

typedef struct {
    float x, y, unit_x, unit_y, width, height;
} prior;

typedef struct {
    const float *head, *priors, *coder;
    int position_stride, value_stride, grid_width, anchors;
} block;

static prior prior_of(const block *b, int position)
{
    const float sx = b->coder[FV_CODER_STEP_X], sy = b->coder[FV_CODER_STEP_Y], offset = b->coder[FV_CODER_OFFSET];
    prior p = {0, 0, sx, sy, sx, sy};
    if (b->grid_width) {
        const int cell = position / b->anchors, anchor = position % b->anchors;
        p.x = ((float)(cell % b->grid_width) + offset) * sx;
        p.y = ((float)(cell / b->grid_width) + offset) * sy;
        if (b->priors) p.width = b->priors[2 * anchor], p.height = b->priors[2 * anchor + 1];
    } else if (b->priors) {
        const float *q = b->priors + 4 * (int64_t)position;
        p.x = q[0], p.y = q[1];
        p.unit_x = p.width = q[2], p.unit_y = p.height = q[3];
    }
    return p;
}

static float shaped(float t, int shape, const float *coder)
{
    switch (shape) {
    case FV_SHAPE_EXP: return fv_exp(t < coder[FV_CODER_LIMIT] ? t : coder[FV_CODER_LIMIT]);
    case FV_SHAPE_SIGMOID: return coder[FV_CODER_GAIN] * fv_sigmoid(t) - (coder[FV_CODER_GAIN] - 1) * 0.5f;
    case FV_SHAPE_SQUARE_SIGMOID: {
        const float s = 2 * fv_sigmoid(t);
        return s * s;
    }
    default: return t;
    }
}

/* The mean of softmax over `bins` values. */
static float expectation(const float *t, int bins, int stride)
{
    float best = t[0], sum = 0, moment = 0;
    for (int i = 1; i < bins; i++) best = t[(int64_t)i * stride] > best ? t[(int64_t)i * stride] : best;
    for (int i = 0; i < bins; i++) {
        const float p = fv_exp(t[(int64_t)i * stride] - best);
        sum += p;
        moment += p * (float)i;
    }
    return moment / sum;
}

static int check_coder(const float *coder)
{
    const float code = coder[FV_CODER_CODE], bins = coder[FV_CODER_BINS];
    if (!(code >= FV_CODE_CORNERS && code <= FV_CODE_DISTANCE)) return FV_E_VALUE;
    if (!(bins >= 0 && bins <= 1024)) return FV_E_VALUE;
    for (int i = FV_CODER_CENTRE_SHAPE; i <= FV_CODER_SIZE_SHAPE; i++)
        if (!(coder[i] >= FV_SHAPE_LINEAR && coder[i] <= FV_SHAPE_SQUARE_SIGMOID)) return FV_E_VALUE;
    const float visibility = coder[FV_CODER_VISIBILITY];
    return visibility >= FV_ACTIVATION_NONE && visibility <= FV_ACTIVATION_SIGMOID ? 0 : FV_E_VALUE;
}

static int check(const void *dst, const int32_t *rows, int count, int64_t row_bytes, const float *head, int positions, int position_stride,
                 int value_stride, int first_row, int grid_width, int anchors, const float *coder)
{
    if (!dst || !rows || !head || !coder) return FV_E_NULL;
    if (count < 0 || positions < 0 || position_stride < 0 || value_stride < 0 || first_row < 0) return FV_E_SHAPE;
    if (grid_width < 0 || anchors < 1 || fv_too_big(count * row_bytes) || fv_too_big((int64_t)count * 4)) return FV_E_SHAPE;
    if (fv_too_big((int64_t)first_row + positions) || fv_too_big((int64_t)positions * 16)) return FV_E_SHAPE;
    const int error = check_coder(coder);
    return error ? error : check_rows(rows, count, first_row, positions);
}

int fv_detect_boxes(float *boxes, const int32_t *rows, int count, const float *head, int positions, int position_stride,
                    int value_stride, int first_row, const float *priors, int grid_width, int anchors, const float *coder)
{
    const int error = check(boxes, rows, count, 16, head, positions, position_stride, value_stride, first_row, grid_width, anchors, coder);
    if (error) return error;

    const block b = {head, priors, coder, position_stride, value_stride, grid_width, anchors};
    const int code = (int)coder[FV_CODER_CODE], bins = (int)coder[FV_CODER_BINS], swapped = coder[FV_CODER_SWAPPED] != 0;
    const int centre_shape = (int)coder[FV_CODER_CENTRE_SHAPE], size_shape = (int)coder[FV_CODER_SIZE_SHAPE];
    const float centre_scale = coder[FV_CODER_CENTRE_SCALE], size_scale = coder[FV_CODER_SIZE_SCALE];

    for (int i = 0; i < count; i++) {
        const int position = rows[i] - first_row;
        const prior p = prior_of(&b, position);
        const float *at = head + (int64_t)position * position_stride;
        float *out = boxes + 4 * (int64_t)i, t[4];
        for (int v = 0; v < 4; v++) {
            const int value = swapped ? v ^ 1 : v;
            if (bins > 1) t[v] = expectation(at + (int64_t)value * bins * value_stride, bins, value_stride);
            else t[v] = at[(int64_t)value * value_stride];
        }
        if (code == FV_CODE_CENTRE) {
            const float x = p.x + p.unit_x * shaped(t[0] * centre_scale, centre_shape, coder);
            const float y = p.y + p.unit_y * shaped(t[1] * centre_scale, centre_shape, coder);
            const float w = 0.5f * p.width * shaped(t[2] * size_scale, size_shape, coder);
            const float h = 0.5f * p.height * shaped(t[3] * size_scale, size_shape, coder);
            out[0] = x - w, out[1] = y - h, out[2] = x + w, out[3] = y + h;
        } else {
            const float sign = code == FV_CODE_DISTANCE ? -1.f : 1.f;
            out[0] = p.x + sign * p.unit_x * t[0], out[1] = p.y + sign * p.unit_y * t[1];
            out[2] = p.x + p.unit_x * t[2], out[3] = p.y + p.unit_y * t[3];
        }
    }
    return 0;
}

int fv_detect_points(float *points, const int32_t *rows, int count, int keypoints, int values, const float *head, int positions,
                     int position_stride, int value_stride, int first_row, const float *priors, int grid_width, int anchors,
                     const float *coder)
{
    if (keypoints < 0 || (values != 2 && values != 3) || keypoints > 65535) return FV_E_SHAPE;
    const int error = check(points, rows, count, 12 * (int64_t)keypoints, head, positions, position_stride, value_stride, first_row,
                            grid_width, anchors, coder);
    if (error) return error;

    const block b = {head, priors, coder, position_stride, value_stride, grid_width, anchors};
    const float scale = coder[FV_CODER_POINT_SCALE], shift = coder[FV_CODER_POINT_SHIFT];
    const int swapped = coder[FV_CODER_SWAPPED] != 0, sigmoid = coder[FV_CODER_VISIBILITY] == FV_ACTIVATION_SIGMOID;
    for (int i = 0; i < count; i++) {
        const int position = rows[i] - first_row;
        const prior p = prior_of(&b, position);
        for (int k = 0; k < keypoints; k++, points += 3) {
            const float *t = head + (int64_t)position * position_stride + (int64_t)k * values * value_stride;
            points[0] = p.x + p.unit_x * (t[swapped ? value_stride : 0] * scale + shift);
            points[1] = p.y + p.unit_y * (t[swapped ? 0 : value_stride] * scale + shift);
            points[2] = values == 2 ? 1.f : sigmoid ? fv_sigmoid(t[2 * (int64_t)value_stride]) : t[2 * (int64_t)value_stride];
        }
    }
    return 0;
}
