#include "fovea/paf.h"
#include "paf.h"

typedef struct {
    double score;
    int32_t parts, limbs, alive;
} person;

typedef struct {
    const double *peaks, *rules;
    const int32_t *counts, *minor;
    int slots, joints, count;
    person *people;
    int32_t *rows;  /* [people, joints] */
    int32_t *owner; /* [joints, slots] */
    int32_t *passed, *order, *spare;
    double *scores; /* of those who passed */
} crowd;

static int64_t lay_out(crowd *c, void *scratch, int link_count, int slots, int joints)
{
    arena a = {scratch, 0};
    const int64_t most = link_count + (int64_t)joints * slots;
    c->people = fv_k_take(&a, most * (int64_t)sizeof(person));
    c->rows = fv_k_take(&a, most * joints * 4);
    c->owner = fv_k_take(&a, (int64_t)joints * slots * 4);
    c->passed = fv_k_take(&a, most * 4), c->order = fv_k_take(&a, most * 4), c->spare = fv_k_take(&a, most * 4);
    c->scores = fv_k_take(&a, most * 8);
    return a.used;
}

int fv_paf_people_scratch(int link_count, int slots, int joints)
{
    if (link_count < 0 || slots < 0 || joints < 0 || fv_too_big((int64_t)joints * 4) || fv_too_big((int64_t)joints * slots)) return FV_E_SHAPE;
    const int64_t most = link_count + (int64_t)joints * slots;
    if (fv_too_big(most * 32) || fv_too_big(most * joints)) return FV_E_SHAPE;
    crowd c;
    const int64_t bytes = lay_out(&c, NULL, link_count, slots, joints);
    return fv_too_big(bytes) ? FV_E_SHAPE : (int)bytes;
}

static int32_t *row_of(const crowd *c, int p) { return c->rows + (int64_t)p * c->joints; }
static double peak_score(const crowd *c, int joint, int peak) { return c->peaks[3 * ((int64_t)joint * c->slots + peak) + 2]; }
static int32_t *owner_of(const crowd *c, int joint, int peak) { return c->owner + (int64_t)joint * c->slots + peak; }

static int begin(crowd *c)
{
    const person nobody = {0, 0, 0, 1};
    c->people[c->count] = nobody;
    memset(row_of(c, c->count), 0xff, (size_t)c->joints * 4);
    return c->count++;
}

static void give(crowd *c, int p, int joint, int peak)
{
    row_of(c, p)[joint] = peak;
    c->people[p].parts++;
    c->people[p].score += peak_score(c, joint, peak);
}

static void link_up(crowd *c, int p, double score) { c->people[p].limbs++, c->people[p].score += score; }

static void begin_with(crowd *c, const int32_t *limb, const int32_t *link, double score)
{
    const int p = begin(c);
    give(c, p, limb[0], link[1]);
    give(c, p, limb[1], link[2]);
    link_up(c, p, score);
}

static int are_disjoint(const crowd *c, int p, int q)
{
    for (int j = 0; j < c->joints; j++)
        if (row_of(c, p)[j] >= 0 && row_of(c, q)[j] >= 0) return 0;
    return 1;
}

/* All that q is becomes p's. */
static void merge(crowd *c, int p, int q)
{
    for (int j = 0; j < c->joints; j++)
        if (row_of(c, q)[j] >= 0) row_of(c, p)[j] = row_of(c, q)[j];
    c->people[p].parts += c->people[q].parts;
    c->people[p].limbs += c->people[q].limbs;
    c->people[p].score += c->people[q].score;
    c->people[q].alive = 0;
}

/* A limb whose one joint is nowhere: each of the other's peaks that nobody has is somebody. */
static void stand_alone(crowd *c, const int32_t *limb)
{
    const int a = limb[0], b = limb[1], joint = c->counts[a] ? a : b;
    if ((c->counts[a] > 0) == (c->counts[b] > 0)) return;
    for (int peak = 0; peak < c->counts[joint]; peak++) {
        int is_taken = 0;
        for (int p = 0; p < c->count && !is_taken; p++) is_taken = row_of(c, p)[joint] == peak;
        if (!is_taken) give(c, begin(c), joint, peak);
    }
}

static void follow(crowd *c, const int32_t *limb, const int32_t *link, double score)
{
    int found = 0;
    for (int p = 0; p < c->count; p++) {
        int32_t *a = row_of(c, p) + limb[0], *b = row_of(c, p) + limb[1];
        if (limb[4]) {
            if (*a == link[1] && *b < 0) *b = link[2];
            else if (*b == link[2] && *a < 0) *a = link[1];
        } else if (*a == link[1]) {
            give(c, p, limb[1], link[2]);
            link_up(c, p, score);
            found = 1;
        }
    }
    if (!found && !limb[4]) begin_with(c, limb, link, score);
}

static void share(crowd *c, const int32_t *limb, const int32_t *link, double score)
{
    int found = 0, who[2] = {0, 0};
    for (int p = 0; p < c->count; p++) {
        if (!c->people[p].alive || (row_of(c, p)[limb[0]] != link[1] && row_of(c, p)[limb[1]] != link[2])) continue;
        if (found < 2) who[found] = p;
        found++;
    }
    if (found == 0 && !limb[4]) begin_with(c, limb, link, score);
    if (found == 2 && are_disjoint(c, who[0], who[1])) {
        merge(c, who[0], who[1]);
        link_up(c, who[0], score);
    } else if (found == 2 || (found == 1 && row_of(c, who[0])[limb[1]] != link[2])) {
        give(c, who[0], limb[1], link[2]);
        link_up(c, who[0], score);
    }
}

static void join(crowd *c, const int32_t *limb, const int32_t *link, double score)
{
    const int joint[2] = {limb[0], limb[1]};
    const int32_t whose[2] = {*owner_of(c, joint[0], link[1]), *owner_of(c, joint[1], link[2])};
    if (whose[0] < 0 && whose[1] < 0) {
        *owner_of(c, joint[0], link[1]) = *owner_of(c, joint[1], link[2]) = c->count;
        begin_with(c, limb, link, score);
    } else if (whose[0] < 0 || whose[1] < 0) {
        const int end = whose[0] < 0 ? 0 : 1, p = whose[1 - end];
        if (row_of(c, p)[joint[end]] >= 0) return;
        give(c, p, joint[end], link[1 + end]);
        link_up(c, p, score);
        *owner_of(c, joint[end], link[1 + end]) = p;
    } else if (whose[0] == whose[1]) {
        link_up(c, whose[0], score);
    } else if (are_disjoint(c, whose[0], whose[1])) {
        const int p = fv_min(whose[0], whose[1]), q = fv_max(whose[0], whose[1]);
        for (int j = 0; j < c->joints; j++)
            if (row_of(c, q)[j] >= 0) *owner_of(c, j, row_of(c, q)[j]) = p;
        merge(c, p, q);
        link_up(c, p, score);
    }
}

static void assemble(crowd *c, const int32_t *links, const double *scores, int link_count, const int32_t *limbs, int limb_count)
{
    const int assembly = (int)c->rules[FV_PAF_ASSEMBLY];
    c->count = 0;
    memset(c->owner, 0xff, (size_t)c->joints * c->slots * 4);
    int next = 0; /* limbs that no link is of */
    for (int i = 0; i <= link_count; i++) {
        const int kind = i < link_count ? links[3 * (int64_t)i] : limb_count - 1;
        for (; assembly == FV_ASSEMBLY_LONE && next <= kind; next++) stand_alone(c, limbs + 5 * (int64_t)next);
        if (i == link_count) break;
        const int32_t *link = links + 3 * (int64_t)i, *limb = limbs + 5 * (int64_t)kind;
        if (assembly == FV_ASSEMBLY_RANKED) join(c, limb, link, scores[i]);
        else if (assembly == FV_ASSEMBLY_SHARE) share(c, limb, link, scores[i]);
        else follow(c, limb, link, scores[i]);
    }
}

static int judge(crowd *c, double min_parts, double min_score, int minor_too)
{
    const int over_limbs = c->rules[FV_PAF_ASSEMBLY] >= FV_ASSEMBLY_LONE;
    int passed = 0;
    for (int p = 0; p < c->count; p++) {
        const person *one = &c->people[p];
        int parts = one->parts;
        for (int j = 0; j < c->joints && !minor_too; j++) parts -= c->minor[j] && row_of(c, p)[j] >= 0;
        const double score = one->score / (one->parts + (over_limbs ? one->limbs : 0));
        if (!one->alive || parts < min_parts || !(score >= min_score)) continue;
        c->scores[passed] = score;
        c->passed[passed++] = p;
    }
    return passed;
}

static int check(const int32_t *links, int link_count, const int32_t *counts, int slots, int joints, const int32_t *limbs, int limb_count)
{
    for (int j = 0; j < joints; j++)
        if (counts[j] < 0 || counts[j] > slots) return FV_E_VALUE;
    for (int64_t l = 0; l < limb_count; l++)
        for (int k = 0; k < 2; k++)
            if (limbs[5 * l + k] < 0 || limbs[5 * l + k] >= joints) return FV_E_VALUE;
    for (int64_t i = 0; i < link_count; i++) {
        if (links[3 * i] < 0 || links[3 * i] >= limb_count) return FV_E_VALUE;
        for (int k = 0; k < 2; k++) {
            const int32_t peak = links[3 * i + 1 + k];
            if (peak < 0 || peak >= counts[limbs[5 * (int64_t)links[3 * i] + k]]) return FV_E_VALUE;
        }
    }
    return 0;
}

int fv_paf_people(int32_t *people, double *scores, int capacity, const int32_t *links, const double *link_scores, int link_count,
                  const double *peaks, const int32_t *counts, int slots, int joints, const int32_t *minor, const int32_t *limbs,
                  int limb_count, const double *rules, void *scratch)
{
    if (!people || !scores || !links || !link_scores || !peaks || !counts || !minor || !limbs || !rules || !scratch) return FV_E_NULL;
    if (capacity < 0 || limb_count < 0 || fv_paf_people_scratch(link_count, slots, joints) < 0) return FV_E_SHAPE;
    if (fv_too_big((int64_t)limb_count * 20) || fv_too_big((int64_t)capacity * 8) || fv_too_big((int64_t)capacity * joints)) return FV_E_SHAPE;
    if (fv_k_paf_check(rules)) return FV_E_VALUE;
    const int error = check(links, link_count, counts, slots, joints, limbs, limb_count);
    if (error) return error;

    crowd c = {.peaks = peaks, .rules = rules, .counts = counts, .minor = minor, .slots = slots, .joints = joints};
    lay_out(&c, scratch, link_count, slots, joints);
    assemble(&c, links, link_scores, link_count, limbs, limb_count);
    int passed = judge(&c, rules[FV_PAF_MIN_PARTS], rules[FV_PAF_MIN_SCORE], 0);
    if (!passed && rules[FV_PAF_RETRY_PARTS] > 0) passed = judge(&c, rules[FV_PAF_RETRY_PARTS], rules[FV_PAF_RETRY_SCORE], 1);
    fv_k_rank(c.order, c.spare, c.scores, passed);
    const int count = fv_min(passed, capacity);
    for (int i = 0; i < count; i++) {
        memcpy(people + (int64_t)i * joints, row_of(&c, c.passed[c.order[i]]), (size_t)joints * 4);
        scores[i] = c.scores[c.order[i]];
    }
    return count;
}
