/*
 * Natively a program that prints one line per case: group, number, hash. In wasm the same
 * lines come from three exports; tests/native/differential.js compares.
 */
#include "cases.h"
#include <string.h>

static const group *const rooms[] = {
    image_groups,
    box_groups,
    detect_groups,
    sample_groups,
    align_groups,
    path_groups,
    heatmap_groups,
    target_groups,
    argmax_groups,
    loss_groups,
    error_groups,
    paf_groups,
    pose_groups,
    blazepose_groups,
    metric_groups,
    track_groups,
    match_groups,
    geometry_groups,
    paf_groups,
};

static const group *find(int which)
{
    for (size_t room = 0; room < sizeof rooms / sizeof *rooms; room++)
        for (const group *g = rooms[room]; g->name; g++)
            if (which-- == 0) return g;
    return NULL;
}

#if defined(__wasm__)
#define EXPORT(name) __attribute__((used, export_name(name)))

EXPORT("cases") int cases(int which)
{
    const group *g = find(which);
    return g ? g->cases : -1;
}

EXPORT("name") const char *name(int which) { return find(which)->name; }

/* out: the hash, low word first. Returns what failed, or null. */
EXPORT("run") const char *run_one(uint64_t *out, int which, int number)
{
    static run r;
    run_case(&r, find(which), which, number);
    *out = r.hash;
    return r.failure;
}

EXPORT("room") void *room_for_hash(void)
{
    static uint64_t hash;
    return &hash;
}
#else
#include <inttypes.h>
#include <stdio.h>

int main(void)
{
    static run r;
    const group *g;
    int failures = 0;
    for (int which = 0; (g = find(which)); which++)
        for (int number = 0; number < g->cases; number++) {
            run_case(&r, g, which, number);
            printf("%s %d %016" PRIx64 "\n", g->name, number, r.hash);
            if (r.failure) fprintf(stderr, "%s %d: %s\n", g->name, number, r.failure), failures++;
        }
    return failures != 0;
}
#endif
