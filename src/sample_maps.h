/* What the operators of the room share: maps as they lie in memory, and the checks of what is asked for. */
#ifndef FV_SAMPLE_MAPS_H
#define FV_SAMPLE_MAPS_H

#include "grid_row.h"
#include "sample_inside.h"
#include "sample_taps.h"

#define FV_ROW_CHUNK 256 /* points of an affine grid at a time */

/* A batch entry's maps and where its results go. */
typedef struct {
    fv_sampler sampler;
    fv_inside inside;
    int channels, last;       /* last: channels are side by side */
    int64_t channel_step;     /* floats from a channel to the next, in the map */
    int64_t floats;           /* of an entry */
} fv_maps;

/* Returns 0, or an error and then *maps is undefined. */
int fv_make_maps(fv_maps *maps, int n, int channels, int depth, int height, int width, int dims, int layout, int64_t points,
                 int mode, int padding, int coords);

/* The points of an output of these sides; -1 where they are too many, or a side is none. */
int64_t fv_grid_points(int depth, int height, int width);

#endif
