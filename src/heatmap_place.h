/* What forward and backward share: the maps as asked for, and each joint's distribution. */
#ifndef FV_HEATMAP_PLACE_H
#define FV_HEATMAP_PLACE_H

#include "heatmap_sum.h"

/* A coordinate is slope * cell + shift. */
typedef struct {
    double slope, shift;
} fv_unit;

typedef struct {
    fv_field field; /* of the first joint of the first entry */
    int n, joints, dims, normalize, window;
    int side_by_side; /* joints lie so, and whole vectors of them */
    int axis[3];      /* which coordinate runs along each axis of the field */
    int64_t entry, joint;
    float scale;
    double eps;
    fv_unit unit[3]; /* by axis of the field */
} fv_heatmaps;

/* The distribution of one joint: over which cells, and where its mass is. */
typedef struct {
    fv_field field;
    int low[3];       /* its first cell in the whole map */
    float most;       /* as fv_sum's; 0 where there is none */
    int found;        /* whether there is any value */
    double sum, norm; /* of weights, and what they are divided by; 0: nothing has weight */
    double place[3];  /* along the axes of the field, in cells of the part */
} fv_place;

/* Returns 0, or an error and then *m is undefined. */
int fv_read_maps(fv_heatmaps *m, const void *maps, int type, float zero, float scale, int n, int joints, int depth, int height, int width, int dims,
                 const int32_t *strides, int normalize, float beta, float eps, int window, int unit);

/* Of `lanes` joints from `joint` on, as fv_lanes says. `tile`: FV_TILE floats, aligned to 16. */
void fv_find_places(fv_place *places, const fv_heatmaps *m, int entry, int joint, int lanes, float *tile);

/* How many joints from `*joint` on are taken at once, at most FV_LANES; it may step back, so that vectors are whole. */
int fv_lanes(const fv_heatmaps *m, int *joint);

fv_field fv_field_of(const fv_heatmaps *m, int entry, int joint);

#endif
