#include "argmax.h"
#include "taps.h"

enum { LARGEST = 16384, TAPS = 4 };

/* By how much at most a bicubic value lies above all four it is made of, in parts of what lies between them: A t (1 - t) <= .1875. */
static const double OVERSHOOT = 0.19;

/* The taps of a column of the resized map. */
typedef struct {
    int32_t start, count;
    float weights[TAPS + 2];
} column;

typedef struct {
    column *columns;
    double *line;
} room;

int fv_argmax_roi_scratch(int width, int columns)
{
    const int64_t bytes = (int64_t)sizeof(column) * columns + 8 * (int64_t)width;
    return width < 1 || columns < 1 || columns > LARGEST || fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

/* A row of the map resized to `rows` rows. Whether a value along it may be larger than `best`. */
static int stretch(double *line, fv_map m, int rows, int row, double best)
{
    int start;
    float weights[TAPS];
    const int count = fv_taps(FV_RESIZE_BICUBIC, m.height, rows, row, &start, weights);
    double least = FV_INFINITY, most = -FV_INFINITY;
    for (int x = 0; x < m.width; x++) {
        double sum = 0;
        for (int k = 0; k < count; k++) sum += (double)weights[k] * fv_cell(m, x, start + k);
        line[x] = sum;
        least = sum < least ? sum : least, most = sum > most ? sum : most;
    }
    return most + OVERSHOOT * (most - least) >= best || most - least != most - least;
}

typedef struct {
    int x, y, found;
    double value;
} spot;

static spot largest(fv_map m, int columns, int rows, const room *r)
{
    spot best = {0, 0, 0, -FV_INFINITY};
    for (int y = 0; y < rows; y++) {
        if (!stretch(r->line, m, rows, y, best.value)) continue;
        for (int x = 0; x < columns; x++) {
            const column *c = &r->columns[x];
            double sum = 0;
            for (int k = 0; k < c->count; k++) sum += (double)c->weights[k] * r->line[c->start + k];
            if (sum > best.value || (!best.found && sum == sum)) best = (spot){x, y, 1, sum};
        }
    }
    return best;
}

static double softmax(fv_map m, double value)
{
    double sum = 0;
    for (int i = 0; i < m.height * m.width; i++) {
        const float v = (float)(m.cells[i] - value);
        if (v == v) sum += fv_exp(v);
    }
    return 1 / sum;
}

static double side(float from, float to)
{
    const double length = (double)to - from;
    return length > 1 ? length : 1;
}

static int whole(double length) { return (int)length + (length > (int)length); }

int fv_argmax_rois(float *keypoints, float *scores, const float *maps, int n, int map_count, int height, int width, const float *rois,
                   int columns, int score, void *scratch)
{
    if (!keypoints || !scores || !maps || !rois || !scratch) return FV_E_NULL;
    if (n < 0 || map_count < 0 || height < 1 || width < 1) return FV_E_SHAPE;
    int64_t cells = 4;
    const int sizes[4] = {n, map_count, height, width};
    for (int i = 0; i < 4; i++)
        if (fv_too_big(cells *= fv_max(sizes[i], 1))) return FV_E_SHAPE;
    if (fv_too_big((int64_t)n * map_count * 12) || fv_too_big((int64_t)n * 16) || fv_argmax_roi_scratch(width, columns) < 0) return FV_E_SHAPE;
    if (score < FV_SCORE_LOGIT || score > FV_SCORE_SOFTMAX) return FV_E_VALUE;
    for (int64_t i = 0; i < n; i++)
        for (int axis = 0; axis < 2; axis++) {
            const float from = rois[4 * i + axis], to = rois[4 * i + axis + 2];
            if (from - from != 0 || to - to != 0 || side(from, to) > LARGEST) return FV_E_VALUE;
            if (!axis && side(from, to) > columns) return FV_E_CAPACITY;
        }
    const room r = {(column *)((double *)scratch + width), scratch};
    for (int64_t i = 0; i < n; i++) {
        const float *roi = rois + 4 * i;
        const double w = side(roi[0], roi[2]), h = side(roi[1], roi[3]);
        const int wide = whole(w), rows = whole(h);
        for (int x = 0; x < wide; x++) r.columns[x].count = fv_taps(FV_RESIZE_BICUBIC, width, wide, x, &r.columns[x].start, r.columns[x].weights);
        for (int64_t which = i * map_count; which < (i + 1) * map_count; which++) {
            const fv_map m = {maps + which * height * width, height, width, 1};
            const spot best = largest(m, wide, rows, &r);
            keypoints[3 * which] = (float)((best.x + 0.5) * w / wide + roi[0]);
            keypoints[3 * which + 1] = (float)((best.y + 0.5) * h / rows + roi[1]);
            keypoints[3 * which + 2] = (float)best.found;
            scores[which] = (float)(!best.found ? 0 : score == FV_SCORE_LOGIT ? best.value : softmax(m, best.value));
        }
    }
    return 0;
}
