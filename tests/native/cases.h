/*
 * Calls of the core with seeded inputs, the very same natively and in wasm. A case draws its
 * sizes, options and values, takes buffers of exactly the documented sizes (natively from
 * malloc, so that ASan sees one byte too many; in wasm with guard bands), calls, and ends with
 * a hash of the result and of every output.
 */
#ifndef FV_TEST_CASES_H
#define FV_TEST_CASES_H

#include <stddef.h>
#include <stdint.h>

typedef enum { FLOATS, WORDS, BYTES } element; /* how an output is hashed: every NaN is the same float */

enum { MAX_BUFFERS = 16 };

typedef struct {
    uint8_t *start; /* as allocated: the front guard */
    uint8_t *bytes;
    size_t size;
    element type;
    int is_output;
} buffer;

typedef struct {
    uint32_t random;
    int number; /* of the case: small ones try what is small */
    uint64_t hash;
    buffer buffers[MAX_BUFFERS];
    int count;
    const char *failure;
} run;

typedef struct {
    const char *name;
    void (*call)(run *r);
    int cases;
} group;

extern const group image_groups[];
extern const group box_groups[];
extern const group detect_groups[];
extern const group sample_groups[];
extern const group align_groups[];
extern const group path_groups[];
extern const group heatmap_groups[];
extern const group target_groups[];
extern const group argmax_groups[];
extern const group loss_groups[];
extern const group error_groups[];
extern const group paf_groups[];
extern const group pose_groups[];
extern const group blazepose_groups[];
extern const group metric_groups[];
extern const group track_groups[];
extern const group match_groups[];
extern const group geometry_groups[];

/* Draws; clang evaluates arguments from left to right on every target. */
uint32_t draw(run *r);
int pick(run *r, int low, int high); /* both may come */
int one_in(run *r, int n);
float uniform(run *r, float low, float high);
float special(run *r);                         /* NaN, infinities, zeros, subnormals, 1e30, the largest ... */
float value(run *r, float low, float high);    /* uniform, and in one case of three now and then special */

/* Memory; all of it lives until the case ends. */
void *input(run *r, size_t bytes);
float *floats(run *r, size_t count, float low, float high); /* an input of values */
void *output(run *r, size_t count, element type);
void *scratch(run *r, int bytes);

/* Take the result of the call into the hash; after an error no output may have been written. */
void finish(run *r, int result);
void expect(run *r, int condition, const char *what);

/* Case `number` of a group, from nothing to its hash. */
void run_case(run *r, const group *g, int which, int number);

#endif
