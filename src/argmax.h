/* What the files of the room share. */
#ifndef FV_ARGMAX_ROOM_H
#define FV_ARGMAX_ROOM_H

#include "fovea/argmax.h"
#include "kernel.h"

typedef struct {
    const float *cells;
    int height, width;
    int64_t step; /* from one cell to the next */
} fv_map;

/* The first largest value; index -1 where there is no number. */
typedef struct {
    int index;
    float value;
} fv_peak;

typedef struct {
    float taps[FV_KERNEL_MOST / 2 + 1];
    int half, zeros; /* 0 beyond the map, else reflected */
} fv_blur;

static inline float fv_cell(fv_map m, int x, int y) { return m.cells[((int64_t)y * m.width + x) * m.step]; }

enum { FV_PEAKS_MOST = 16 };

/* Of maps that lie `stride` apart, all as large as m: fastest of FV_PEAKS_MOST or of 4 that lie side by side. */
void fv_map_peaks(fv_peak *peaks, fv_map m, int64_t stride, int count, int nan_wins);

void fv_blur_make(fv_blur *blur, int kernel, int zeros);

/* Columns `from` to `to`, not included, of row y of the blurred map. line: to - from + 2 * half floats. */
void fv_blur_row(float *dst, fv_map m, int y, int from, int to, const fv_blur *blur, float *line);

/* The largest of the whole blurred map. work: fv_argmax_scratch() bytes. */
fv_peak fv_blur_peak(fv_map m, const fv_blur *blur, float *work);

/* How far (x, y), which is the largest, is from the point; 0 where that is not defined. blurred: by zeros. */
void fv_refine(double *move, fv_map m, int x, int y, float value, int refine, const fv_blur *blur, float *work);

/* The same of a vector. */
double fv_refine_vector(fv_map m, int x, float value, const fv_blur *blur, float *work);

#endif
