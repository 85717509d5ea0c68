/*
 * Fovea: between the camera and the network, and between the network and the picture.
 *
 * Rules that hold for every function of every room, so that they are not repeated:
 *
 *   Coordinates  the canvas's: (0, 0) is the top-left corner of the top-left pixel,
 *                pixel (i, j) covers [j, j+1) x [i, i+1), its centre is (j+.5, i+.5).
 *                Points are (x, y), boxes are x1, y1, x2, y2.
 *   Tensors      row-major float32, outermost size first.
 *   Memory       the caller owns every buffer. No function allocates, keeps a pointer
 *                or has state. Buffers are aligned to their element and do not
 *                overlap. Scratch is aligned to 16 bytes; fv_*_scratch() gives its size.
 *   Order        dst first, then each input followed by its sizes, then options,
 *                scratch last.
 *   Result       >= 0 is success (a count where the text says so); < 0 is an FV_E_*
 *                code, and then nothing has been written.
 *   NaN          never selected, never counted, never an index. Every value is
 *                untrusted; sizes and strides must describe the buffers truly.
 *   Bits         the same on every engine and in native builds.
 */
#ifndef FOVEA_CORE_H
#define FOVEA_CORE_H

#include <stdint.h>

#if defined(__wasm__)
#define FV_API __attribute__((used, visibility("default")))
#else
#define FV_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Append only: the numbers are part of the interface. */
enum {
    FV_E_NULL = -1,    /* a required pointer is null */
    FV_E_SHAPE = -2,   /* a size is out of range, or a product of sizes passes 2^31 - 1 */
    FV_E_VALUE = -3,   /* an option is outside its documented range */
    FV_E_CAPACITY = -4 /* an output buffer is too small */
};

#ifdef __cplusplus
}
#endif
#endif
