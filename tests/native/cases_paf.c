/* Part affinity fields: peaks, limbs and people, of maps as networks give them and as they do not. */
#include "../../src/math.h"
#include "cases.h"
#include "fovea/paf.h"

enum { MOST_LIMBS = 5 };

/* One of the programs, and now and then a rule of its own. */
static double *rules_of(run *r)
{
    double *rules = input(r, FV_PAF_COUNT * sizeof *rules);
    const int kind = pick(r, 0, 4), is_cmu = kind > 2, is_blurred = kind == 1 || kind == 2;
    const int factors[] = {1, 1, 2, 3, 4, 8};
    for (int i = 0; i < FV_PAF_COUNT; i++) rules[i] = 0;
    rules[FV_PAF_FACTOR] = factors[pick(r, 0, 5)];
    rules[FV_PAF_KERNEL] = pick(r, FV_KERNEL_BILINEAR, FV_KERNEL_CUBIC);
    rules[FV_PAF_BLUR] = is_blurred ? (one_in(r, 3) ? 3 : (double)uniform(r, 0, 2)) : 0;
    rules[FV_PAF_PEAK_THRESHOLD] = one_in(r, 5) ? (double)value(r, -0.5f, 0.5f) : 0.1;
    rules[FV_PAF_PEAK_EQUAL] = kind == 0, rules[FV_PAF_CORNERS] = kind > 1, rules[FV_PAF_TIES] = is_blurred;
    rules[FV_PAF_BORDER] = is_cmu ? FV_BORDER_RING : kind == 2 ? FV_BORDER_NONE : FV_BORDER_ZERO;
    rules[FV_PAF_DISTANCE] = kind == 0 ? pick(r, 1, 6) : 0;
    rules[FV_PAF_REFINE] = is_cmu ? pick(r, 0, 3) : 0, rules[FV_PAF_SHIFT] = is_cmu ? 0.5 : 0;
    rules[FV_PAF_SAMPLES] = is_cmu ? 0 : pick(r, 1, 12), rules[FV_PAF_LAST] = pick(r, 0, 1), rules[FV_PAF_HALF_UP] = pick(r, 0, 1);
    rules[FV_PAF_SAMPLE_THRESHOLD] = one_in(r, 5) ? (double)value(r, -1, 1) : 0.05;
    rules[FV_PAF_SAMPLE_RATIO] = (double)uniform(r, 0, 0.95f), rules[FV_PAF_MEAN_OF_ALL] = is_blurred;
    rules[FV_PAF_REACH] = is_blurred ? 0.5 : 0, rules[FV_PAF_NEAR] = is_cmu ? 0.1 : 0;
    rules[FV_PAF_LIMB_THRESHOLD] = one_in(r, 6) ? -1 : 0;
    rules[FV_PAF_ASSEMBLY] = kind == 0 ? FV_ASSEMBLY_FOLLOW : is_blurred ? FV_ASSEMBLY_SHARE : kind == 3 ? FV_ASSEMBLY_LONE : FV_ASSEMBLY_RANKED;
    rules[FV_PAF_MIN_PARTS] = pick(r, 0, 4), rules[FV_PAF_MIN_SCORE] = (double)uniform(r, -0.2f, 0.6f);
    rules[FV_PAF_RETRY_PARTS] = is_cmu ? 1 : 0;
    return rules;
}

typedef struct {
    int count, height, width, map, row, column;
    float *maps;
} volume;

/* Noise, bumps, plateaus, specials; planes or rows of channels. */
static volume maps_of(run *r, int count, int height, int width, float low)
{
    volume v = {count, height, width, height * width, width, 1, floats(r, (size_t)count * height * width, low, 1)};
    if (one_in(r, 2)) v.map = 1, v.row = width * count, v.column = count;
    const int how = pick(r, 0, 3);
    for (int i = 0; i < count * height * width; i++) {
        if (how == 0 && !one_in(r, 12)) v.maps[i] *= 0.05f;
        if (how == 1) v.maps[i] = (float)(int)fv_clamp((double)v.maps[i] * 4, -4, 4) * 0.25f;
    }
    return v;
}

static void all(run *r)
{
    const int joints = pick(r, 1, 4), limb_count = pick(r, 0, MOST_LIMBS), slots = pick(r, 0, 12);
    const int height = pick(r, 1, 9), width = pick(r, 1, 11), fields = pick(r, 2, 6);
    double *rules = rules_of(r);
    const int ranked = rules[FV_PAF_ASSEMBLY] >= FV_ASSEMBLY_RANKED;
    const volume heat = maps_of(r, joints, height, width, -0.2f), field = maps_of(r, fields, height, width, -1);
    double *peaks = scratch(r, joints * slots * 24);
    int32_t *counts = output(r, (size_t)joints, WORDS);
    for (int i = 0; i < joints * slots * 3; i++) peaks[i] = 0;
    int result = fv_paf_peaks(peaks, counts, slots, heat.maps, joints, height, width, heat.map, heat.row, heat.column, rules,
                              scratch(r, fv_paf_peaks_scratch(height, width, rules)));
    expect(r, result <= slots, "peaks");
    if (result < 0) {
        finish(r, result);
        return;
    }

    int32_t *limbs = input(r, MOST_LIMBS * 20), *minor = input(r, (size_t)joints * 4);
    int capacity = 0, room = 0;
    for (int j = 0; j < joints; j++) minor[j] = one_in(r, 4);
    for (int l = 0; l < limb_count; l++) {
        int32_t *limb = limbs + 5 * l;
        limb[0] = pick(r, 0, joints - 1), limb[1] = pick(r, 0, joints - 1);
        limb[2] = pick(r, 0, fields - 1), limb[3] = pick(r, 0, fields - 1), limb[4] = one_in(r, 4);
        const int a = counts[limb[0]], b = counts[limb[1]];
        capacity += ranked ? a * b : fv_min(a, b), room = ranked ? capacity : fv_max(room, a * b);
    }
    int32_t *links = output(r, (size_t)capacity * 3, WORDS);
    double *scores = scratch(r, capacity * 8);
    for (int i = 0; i < capacity; i++) links[3 * i] = links[3 * i + 1] = links[3 * i + 2] = 0, scores[i] = 0;
    const int found = fv_paf_limbs(links, scores, capacity, peaks, counts, slots, joints, field.maps, fields, height, width, field.map, field.row,
                                   field.column, limbs, limb_count, room, rules, scratch(r, fv_paf_limbs_scratch(room, slots, height, width, rules)));
    expect(r, found >= 0 && found <= capacity, "limbs");

    const int most = pick(r, 0, 8);
    int32_t *people = output(r, (size_t)most * joints, WORDS);
    double *totals = scratch(r, most * 8);
    for (int i = 0; i < most; i++) totals[i] = 0;
    for (int i = 0; i < most * joints; i++) people[i] = 0;
    result = fv_paf_people(people, totals, most, links, scores, found, peaks, counts, slots, joints, minor, limbs, limb_count, rules,
                           scratch(r, fv_paf_people_scratch(found, slots, joints)));
    for (int i = 1; i < result; i++) expect(r, totals[i] <= totals[i - 1], "best first");
    for (int i = 0; i < result * joints; i++) expect(r, people[i] >= -1 && people[i] < counts[i % joints], "peaks there are");
    uint8_t *doubles = output(r, (size_t)joints * slots * 24 + (size_t)(capacity + most) * 8, BYTES);
    memcpy(doubles, peaks, (size_t)joints * slots * 24);
    memcpy(doubles + joints * slots * 24, scores, (size_t)capacity * 8);
    memcpy(doubles + joints * slots * 24 + capacity * 8, totals, (size_t)most * 8);
    finish(r, result);
}

const group paf_groups[] = {{"paf.all", all, 6000}, {0}};
