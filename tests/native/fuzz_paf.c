/* Maps, rules and skeletons of any content: peaks against their definition, limbs and people within their bounds. */
#include "../../src/math.h"
#include "fovea/paf.h"
#include "fuzz.h"

static void read_rules(reader *r, double *rules)
{
    static const int bounded[][3] = {
        {FV_PAF_FACTOR, 1, 9}, {FV_PAF_KERNEL, 0, 1}, {FV_PAF_PEAK_EQUAL, 0, 1}, {FV_PAF_CORNERS, 0, 1}, {FV_PAF_TIES, 0, 1}, {FV_PAF_BORDER, 0, 2},
        {FV_PAF_REFINE, 0, 3}, {FV_PAF_SAMPLES, 0, 12}, {FV_PAF_LAST, 0, 1}, {FV_PAF_HALF_UP, 0, 1}, {FV_PAF_MEAN_OF_ALL, 0, 1}, {FV_PAF_ASSEMBLY, 0, 3},
        {FV_PAF_BLUR, 0, 2},
    };
    for (int i = 0; i < FV_PAF_COUNT; i++) rules[i] = (double)real(r);
    if (pick(r, 0, 15) == 0) return;
    for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) rules[bounded[i][0]] = pick(r, bounded[i][1], bounded[i][2]);
    for (int i = 0; i < FV_PAF_COUNT; i++) rules[i] = rules[i] != rules[i] ? 0 : rules[i];
    rules[FV_PAF_DISTANCE] = pick(r, 0, 7);
    if (!(rules[FV_PAF_SHIFT] > -1e6 && rules[FV_PAF_SHIFT] < 1e6)) rules[FV_PAF_SHIFT] = 0.5;
}

/* Where nothing is enlarged, a peak can be told by looking. */
static void check_peaks(const double *rules, const float *maps, int height, int width, const double *peaks, const int32_t *counts, int joints, int slots)
{
    if (rules[FV_PAF_FACTOR] != 1 || rules[FV_PAF_BLUR] * 4 + 0.5 >= 1 || rules[FV_PAF_REFINE] != 0 || rules[FV_PAF_SHIFT] != 0) return;
    for (int j = 0; j < joints; j++)
        for (int i = 0; i < counts[j]; i++) {
            const double *peak = peaks + 3 * (j * slots + i);
            const int x = (int)peak[0], y = (int)peak[1];
            CHECK(x == peak[0] && y == peak[1] && x >= 0 && y >= 0 && x < width && y < height);
            const float *map = maps + j * height * width, v = map[y * width + x];
            CHECK((double)v == peak[2] && (double)v >= rules[FV_PAF_PEAK_THRESHOLD]);
            CHECK(!x || v >= map[y * width + x - 1]);
            CHECK(!y || v >= map[(y - 1) * width + x]);
            CHECK(x + 1 == width || v >= map[y * width + x + 1]);
            CHECK(y + 1 == height || v >= map[(y + 1) * width + x]);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reader r = {.data = data, .left = size};
    const int joints = pick(&r, 0, 5), limb_count = pick(&r, 0, 6), slots = pick(&r, 0, 14), height = pick(&r, 1, 8), width = pick(&r, 1, 9), fields = pick(&r, 0, 4);
    double rules[FV_PAF_COUNT];
    read_rules(&r, rules);
    const float *heat = reals(&r, (size_t)joints * height * width), *field = reals(&r, (size_t)fields * height * width);
    double *peaks = room(&r, (size_t)joints * slots * 24);
    int32_t *counts = room(&r, (size_t)joints * 4);
    int bytes = fv_paf_peaks_scratch(height, width, rules);
    int result = fv_paf_peaks(peaks, counts, slots, heat, joints, height, width, height * width, width, 1, rules, room(&r, bytes < 0 ? 1 : (size_t)bytes));
    CHECK((result < 0) == (bytes < 0) && result <= slots);
    if (result >= 0) {
        check_peaks(rules, heat, height, width, peaks, counts, joints, slots);
        int32_t *limbs = room(&r, (size_t)limb_count * 20), *minor = room(&r, (size_t)joints * 4);
        const int ranked = rules[FV_PAF_ASSEMBLY] >= FV_ASSEMBLY_RANKED;
        int capacity = 0, candidates = 0;
        for (int j = 0; j < joints; j++) minor[j] = pick(&r, 0, 1);
        for (int l = 0; l < limb_count; l++) {
            for (int k = 0; k < 5; k++) limbs[5 * l + k] = pick(&r, 0, k < 2 ? joints : fields);
            if (limbs[5 * l] >= joints || limbs[5 * l + 1] >= joints) continue;
            const int a = counts[limbs[5 * l]], b = counts[limbs[5 * l + 1]];
            capacity += ranked ? a * b : fv_min(a, b), candidates = ranked ? capacity : fv_max(candidates, a * b);
        }
        int32_t *links = room(&r, (size_t)capacity * 12);
        double *scores = room(&r, (size_t)capacity * 8);
        bytes = fv_paf_limbs_scratch(candidates, slots, height, width, rules);
        const int found = fv_paf_limbs(links, scores, capacity, peaks, counts, slots, joints, field, fields, height, width, height * width, width, 1, limbs,
                                       limb_count, candidates, rules, room(&r, (size_t)bytes));
        CHECK(found <= capacity && found != FV_E_CAPACITY && found != FV_E_NULL);
        if (found >= 0) {
            const int most = pick(&r, 0, 20);
            int32_t *people = room(&r, (size_t)most * joints * 4);
            double *totals = room(&r, (size_t)most * 8);
            result = fv_paf_people(people, totals, most, links, scores, found, peaks, counts, slots, joints, minor, limbs, limb_count, rules,
                                   room(&r, (size_t)fv_paf_people_scratch(found, slots, joints)));
            CHECK(result >= 0 && result <= most);
            for (int i = 0; i < result * joints; i++) CHECK(people[i] >= -1 && people[i] < counts[i % joints]);
            for (int i = 0; i + 1 < result; i++) CHECK(totals[i] >= totals[i + 1]);
        }
    }
    release(&r);
    return 0;
}
