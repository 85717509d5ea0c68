#include "argmax.h"
#include "taps.h"

enum { LARGEST = 16384, TAPS = 4 };

/*
 * What a bicubic value lies at most above all those it is made of, in parts of what lies between them: n = A t (1 - t) <= .1875
 * along one axis, 2 n (1 + n) <= .4454 along both.
 */
static const double OVER_LINE = 0.1875, OVER_MAP = 0.4454;

typedef struct {
    double least, most;
} span;

/* The taps of a column of the resized map. */
typedef struct {
    int32_t start, count;
    float weights[TAPS + 2];
} column;

typedef struct {
    double *line, *limits; /* a row of the map, resized along y; and what values that begin at each of its cells can be at most */
    span *rows;            /* of the map */
    column *columns;
} room;

int fv_argmax_roi_scratch(int height, int width, int columns)
{
    const int64_t bytes = (int64_t)sizeof(column) * columns + 16 * ((int64_t)width + height);
    return height < 1 || width < 1 || columns < 1 || columns > LARGEST || fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static room furnish(void *scratch, int height, int width)
{
    double *next = scratch;
    return (room){.line = next, .limits = next + width, .rows = (span *)(next + 2 * (int64_t)width), .columns = (column *)(next + 2 * ((int64_t)width + height))};
}

/* Of what are numbers. */
static span widened(span s, double v) { return (span){v < s.least ? v : s.least, v > s.most ? v : s.most}; }

static double limit(span s, double over)
{
    const double size = (s.most < 0 ? -s.most : s.most) + (s.least < 0 ? -s.least : s.least);
    return s.most + over * (s.most - s.least) + 1e-6 * size;
}

static span span_of_row(fv_map m, int y)
{
    span s = {FV_INFINITY, -FV_INFINITY};
    for (int x = 0; x < m.width; x++) s = widened(s, fv_cell(m, x, y));
    return s;
}

static void stretch(room *r, fv_map m, int start, int count, const float *weights)
{
    for (int x = 0; x < m.width; x++) {
        double sum = 0;
        for (int k = 0; k < count; k++) sum += (double)weights[k] * fv_cell(m, x, start + k);
        r->line[x] = sum;
    }
    for (int x = 0; x < m.width; x++) {
        span s = {FV_INFINITY, -FV_INFINITY};
        for (int k = x; k < fv_min(x + TAPS, m.width); k++) s = widened(s, r->line[k]);
        r->limits[x] = limit(s, OVER_LINE);
    }
}

typedef struct {
    int x, y, found;
    double value;
} spot;

/* The largest of a row of the resized map, where it is larger than the best so far and may be as large as `least`. */
static void search(spot *best, room *r, fv_map m, int rows, int y, int columns, double least)
{
    int start;
    float weights[TAPS];
    span s = {FV_INFINITY, -FV_INFINITY};
    const int count = fv_taps(FV_RESIZE_BICUBIC, m.height, rows, y, &start, weights);
    for (int k = 0; k < count; k++) s = widened(widened(s, r->rows[start + k].least), r->rows[start + k].most);
    least = best->value > least ? best->value : least;
    if (limit(s, OVER_MAP) < least) return; /* no limit of infinities */
    stretch(r, m, start, count, weights);
    for (int x = 0; x < columns; x++) {
        const column *c = &r->columns[x];
        if (r->limits[c->start] < least) continue;
        double sum = 0;
        for (int k = 0; k < c->count; k++) sum += (double)c->weights[k] * r->line[c->start + k];
        if (sum > best->value || (!best->found && sum == sum)) *best = (spot){x, y, 1, sum};
    }
}

/* The row that the largest cell is in comes first, to know what the others have to reach. */
static spot largest(fv_map m, int columns, int rows, room *r)
{
    const spot none = {0, 0, 0, -FV_INFINITY};
    spot first = none, best = none;
    fv_peak peak;
    fv_map_peaks(&peak, m, 0, 1, 0);
    for (int y = 0; y < m.height; y++) r->rows[y] = span_of_row(m, y);
    if (peak.index >= 0) search(&first, r, m, rows, (int)((peak.index / m.width + 0.5) * rows / m.height), columns, -FV_INFINITY);
    for (int y = 0; y < rows; y++) search(&best, r, m, rows, y, columns, first.value);
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
    if (fv_too_big((int64_t)n * map_count * 12) || fv_too_big((int64_t)n * 16) || fv_argmax_roi_scratch(height, width, columns) < 0) return FV_E_SHAPE;
    if (score < FV_SCORE_LOGIT || score > FV_SCORE_SOFTMAX) return FV_E_VALUE;
    for (int64_t i = 0; i < n; i++)
        for (int axis = 0; axis < 2; axis++) {
            const float from = rois[4 * i + axis], to = rois[4 * i + axis + 2];
            if (from - from != 0 || to - to != 0 || side(from, to) > LARGEST) return FV_E_VALUE;
            if (!axis && side(from, to) > columns) return FV_E_CAPACITY;
        }
    room r = furnish(scratch, height, width);
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
