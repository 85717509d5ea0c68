/* BlazePose: landmarks, read more finely from their heatmaps. */
#ifndef FOVEA_BLAZEPOSE_H
#define FOVEA_BLAZEPOSE_H

#include "core.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FV_BLAZEPOSE_MEDIAPIPE = 0, /* a landmark off its map is left alone */
    FV_BLAZEPOSE_TFJS = 1       /* its column is compared with the height, so one just below its map is drawn in (TensorFlow.js) */
};

/**
 * Landmarks as probabilities, and nearer to what their heatmaps say (MediaPipe's RefineLandmarksFromHeatmap): each moves to
 * the centroid of the probabilities in a window about it, if one of them is as large as the threshold.
 *
 *   dst             [n, 5] x, y, z, visibility, presence: pixels of the tensor, and probabilities
 *   landmarks       [n, 5] as the network gives them: the last two are logits
 *   heatmap         logits, landmark i of cell (y, x) at (y * width + x) * cell_stride + i * channel_stride; null: nothing moves
 *   height, width   of the heatmap
 *   step_x, step_y  pixels of the tensor to a cell, above 0; a cell's place is that of its top left corner
 *   kernel          side of the window, odd, at most 65535
 *   threshold       of a probability
 *   rule            FV_BLAZEPOSE_*
 *
 * Returns 0, FV_E_NULL, FV_E_SHAPE or FV_E_VALUE.
 */
FV_API int fv_blazepose_landmarks(float *dst, const float *landmarks, int n, const float *heatmap, int height, int width,
                                  int cell_stride, int channel_stride, float step_x, float step_y, int kernel, float threshold,
                                  int rule);

/**
 * Logits as probabilities.
 *
 *   dst     [count]
 *   logits  [count]
 *
 * Returns 0, FV_E_NULL or FV_E_SHAPE.
 */
FV_API int fv_blazepose_mask(float *dst, const float *logits, int count);

#ifdef __cplusplus
}
#endif
#endif
