/*
 * Part affinity fields: heatmaps to peaks, fields to limbs, limbs to people (Cao et al. 2017). How the
 * programs that users meet differ is data: the rules.
 *
 * Peaks lie in the index coordinates of the enlarged maps: an integer names a pixel's centre, and a map
 * of height x width cells has height * factor x width * factor pixels. What is not needed of them is
 * never computed. All decisions are made in double.
 *
 * Maps are read where they lie: value (y, x) of map c is maps[c * map_stride + y * row_stride + x * column_stride].
 */
#ifndef FOVEA_PAF_H
#define FOVEA_PAF_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rules: FV_PAF_COUNT doubles. */
enum {
    /* how maps are enlarged: pixel centres as in torch's align_corners=False, cells beyond the border are the border's */
    FV_PAF_FACTOR = 0, /* 1 to 16 pixels per cell */
    FV_PAF_KERNEL = 1, /* FV_KERNEL_* */
    FV_PAF_BLUR = 2,   /* sigma, 0 to 16 pixels, of a Gaussian over the enlarged heatmaps that peaks are found in, cut off at 4 sigma,
                          mirrored at the border; the score of a peak is the value before */
    /* what is a peak */
    FV_PAF_PEAK_THRESHOLD = 3, /* it is greater */
    FV_PAF_PEAK_EQUAL = 4,     /* 1: equal is enough */
    FV_PAF_CORNERS = 5,        /* 0: it exceeds its 4 neighbours, 1: those at its corners too */
    FV_PAF_TIES = 6,           /* 1: equal is enough */
    FV_PAF_BORDER = 7,         /* FV_BORDER_* */
    FV_PAF_DISTANCE = 8,       /* > 0: peaks come by x, then y, and one nearer than so many pixels to one kept is dropped; else by y, then x */
    FV_PAF_REFINE = 9,         /* radius, 0 to 8, of a window whose positive values' centroid is the peak's place */
    FV_PAF_SHIFT = 10,         /* added to the place */
    /* what is a limb: samples of the field from peak A towards B, each its dot product with their direction */
    FV_PAF_SAMPLES = 11,          /* 1 to 64 of them; 0: sqrt(5 max(|dx|, |dy|)), from 5 to 25 */
    FV_PAF_LAST = 12,             /* 1: the last one is at B; 0: the next would be */
    FV_PAF_HALF_UP = 13,          /* 1: their coordinates are rounded half up, 0: half to even */
    FV_PAF_SAMPLE_THRESHOLD = 14, /* a sample that is greater counts */
    FV_PAF_SAMPLE_RATIO = 15,     /* more than this share of them must */
    FV_PAF_MEAN_OF_ALL = 16,      /* the score is the mean of all samples, 0: of those that count */
    FV_PAF_REACH = 17,            /* > 0: min(reach * height / length - 1, 0) is added to the score */
    FV_PAF_NEAR = 18,             /* > 0: the score of what fails but is shorter than sqrt(width * height) / 150 */
    FV_PAF_LIMB_THRESHOLD = 19,   /* a score that is greater makes a limb */
    /* who is a person */
    FV_PAF_ASSEMBLY = 20,     /* FV_ASSEMBLY_* */
    FV_PAF_MIN_PARTS = 21,    /* joints a person has, */
    FV_PAF_MIN_SCORE = 22,    /* and its score */
    FV_PAF_RETRY_PARTS = 23,  /* > 0: if nobody passes, these, and minor joints count */
    FV_PAF_RETRY_SCORE = 24,
    FV_PAF_COUNT = 25
};

enum { FV_KERNEL_BILINEAR = 0, FV_KERNEL_CUBIC = 1 /* Keys, A = -0.75 */ };

/* What lies beyond the border, to the peaks on it. */
enum {
    FV_BORDER_ZERO = 0, /* zeros */
    FV_BORDER_NONE = 1, /* nothing */
    FV_BORDER_RING = 2  /* no peak is on the outermost ring of pixels; on the one within, equal is enough */
};

/* How limbs become people. A person's score is the mean over its parts of all peaks' and limbs' scores it was made of;
   of the last two, over its parts and limbs. A weak limb begins no person, and in FOLLOW and LONE only gives a joint. */
enum {
    FV_ASSEMBLY_FOLLOW = 0, /* limbs in order, each joining the people that have its A */
    FV_ASSEMBLY_SHARE = 1,  /* each joining the one that has its A or B, or two that then merge */
    FV_ASSEMBLY_LONE = 2,   /* as FOLLOW, and every peak whose limb has no other end is somebody */
    FV_ASSEMBLY_RANKED = 3  /* all candidates by score + (peak A + peak B) / 10, joining whom they find, or merging two */
};

/**
 * Peaks of each joint's heatmap.
 *
 *   peaks    [joints, capacity, 3] x, y, score; as many as counts says are written
 *   counts   [joints]; what exceeds capacity is left out, the last in order
 *   rules    [FV_PAF_COUNT]
 *   scratch  fv_paf_peaks_scratch() bytes
 *
 * Returns the largest count, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE (a rule out of range).
 */
FV_API int fv_paf_peaks(double *peaks, int32_t *counts, int capacity, const float *maps, int joints, int height, int width,
                        int map_stride, int row_stride, int column_stride, const double *rules, void *scratch);

/** Bytes of scratch, or an error. */
FV_API int fv_paf_peaks_scratch(int height, int width, const double *rules);

/**
 * Limbs between peaks: of each kind the best first, and no peak twice; for FV_ASSEMBLY_RANKED all that pass, the best of all kinds first.
 *
 *   links     [capacity, 3] kind of limb, and which peak of its joint A and of its joint B
 *   scores    [capacity]
 *   capacity  at least the sum over kinds of the smaller count of peaks, for FV_ASSEMBLY_RANKED of the product of both
 *   peaks, counts, slots  as from fv_paf_peaks, slots its capacity
 *   limbs     [limb_count, 5] joint A, joint B, map of the field's x, map of its y, whether weak
 *   room      for candidates: at least the largest product of counts of a kind, for FV_ASSEMBLY_RANKED their sum
 *   scratch   fv_paf_limbs_scratch() bytes
 *
 * Equal scores: the lower A first, then the lower B. Returns the number of limbs, FV_E_NULL, FV_E_SHAPE, FV_E_VALUE or FV_E_CAPACITY.
 */
FV_API int fv_paf_limbs(int32_t *links, double *scores, int capacity, const double *peaks, const int32_t *counts, int slots, int joints,
                        const float *maps, int map_count, int height, int width, int map_stride, int row_stride, int column_stride,
                        const int32_t *limbs, int limb_count, int room, const double *rules, void *scratch);

/** Bytes of scratch, or an error. */
FV_API int fv_paf_limbs_scratch(int room, int slots, int height, int width, const double *rules);

/**
 * People of limbs, best first.
 *
 *   people    [capacity, joints] which peak of each joint, or -1
 *   scores    [capacity]
 *   links, link_scores  [link_count, 3] and [link_count] as from fv_paf_limbs
 *   minor     [joints] not 0: a joint that does not count towards FV_PAF_MIN_PARTS
 *   scratch   fv_paf_people_scratch() bytes
 *
 * Returns the number of people, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_paf_people(int32_t *people, double *scores, int capacity, const int32_t *links, const double *link_scores, int link_count,
                         const double *peaks, const int32_t *counts, int slots, int joints, const int32_t *minor,
                         const int32_t *limbs, int limb_count, const double *rules, void *scratch);

/** Bytes of scratch, or FV_E_SHAPE. */
FV_API int fv_paf_people_scratch(int link_count, int slots, int joints);

#ifdef __cplusplus
}
#endif
#endif
