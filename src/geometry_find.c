#include "geometry.h"
#include "sort.h"

enum {
    MEDIAN_OF = 63,
    CHUNK = 16,         /* fours of correspondences, after which a model may be given up */
    FIRST_LOOKS = 20,   /* samples before the best is optimised locally for the first time, */
    LEAST_SAMPLES = 50, /* and before the search may end */
    LOCAL_PAIRS = 400,  /* enough to optimise a model locally */
    LOCAL_STEPS = 3,
    LAST_STEPS = 30,
    MOST_SAMPLES = 1000000
};
#define CHANCE -6.9 /* ln of one in a thousand */
#define HOPELESS 16. /* a model this far below what the best one has so far, in variances, is given up */

typedef struct {
    const fv_model *kind;
    fv_pairs pairs;
    fv_pairs32 fast;
    int32_t *order;  /* pairs are shuffled: which correspondence each is */
    int32_t *ranked; /* pairs from the best quality to the worst; or null */
    uint64_t *items; /* twice as many, to sort */
    double *distance; /* squared, of the pairs from the best model */
    double limit;    /* the threshold, normalised */
    uint32_t random;
    double best[9], score;
} search;

/* Below n; Marsaglia's xorshift, its high bits by Lemire's product. */
static int draw(search *s, int n)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return (int)((uint64_t)(s->random * 2654435769u) * (uint32_t)n >> 32);
}

static double median(double *values, int n)
{
    for (int i = 1; i < n; i++) {
        const double v = values[i];
        int k = i;
        for (; k > 0 && values[k - 1] > v; k--) values[k] = values[k - 1];
        values[k] = v;
    }
    return values[n / 2];
}

/* The median of some, and one over their median distance from it: what is far outside does not count. */
static fv_frame frame_of(const double *xs, const double *ys, int count)
{
    double some[MEDIAN_OF], far = 0;
    const int n = fv_min(count, MEDIAN_OF);
    fv_frame f = {0, 0, 1};
    memcpy(some, xs, n * sizeof *some);
    f.x = median(some, n);
    memcpy(some, ys, n * sizeof *some);
    f.y = median(some, n);
    for (int i = 0; i < n; i++) {
        const double x = xs[i] - f.x, y = ys[i] - f.y;
        some[i] = (x < 0 ? -x : x) + (y < 0 ? -y : y);
        far += some[i] / n;
    }
    const double middle = median(some, n), size = middle > 0 ? middle : far;
    if (size > 0 && fv_there(1 / size)) f.scale = 1 / size;
    return f;
}

static void shuffle(search *s, const double *from, const double *to, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        if (fv_pair_there(from, to, i)) s->order[count++] = i;
    for (int i = count; i > 1; i--) {
        const int at = draw(s, i), last = s->order[i - 1];
        s->order[i - 1] = s->order[at], s->order[at] = last;
    }
    fv_pairs *p = &s->pairs;
    p->count = count;
    for (int i = 0; i < count; i++) {
        const int64_t at = 2 * (int64_t)s->order[i];
        p->x[i] = from[at], p->y[i] = from[at + 1], p->u[i] = to[at], p->v[i] = to[at + 1];
    }
}

static void rank(search *s, const double *quality)
{
    const int n = s->pairs.count;
    for (int i = 0; i < n; i++) {
        const double q = quality[s->order[i]];
        s->items[i] = fv_item(fv_descending(q == q ? (float)fv_clamp(q, -1e30, 1e30) : -FV_INFINITY), i);
    }
    const uint64_t *sorted = fv_sort(s->items, s->items + n, n);
    for (int i = 0; i < n; i++) s->ranked[i] = (int32_t)(uint32_t)sorted[i];
}

static void settle(search *s)
{
    fv_pairs *p = &s->pairs;
    p->from = frame_of(p->x, p->y, p->count), p->to = frame_of(p->u, p->v, p->count);
    fv_pairs_settle(p);
    for (int i = 0; i < p->count + (-p->count & 3); i++) {
        s->fast.x[i] = (float)p->x[i], s->fast.y[i] = (float)p->y[i];
        s->fast.u[i] = (float)p->u[i], s->fast.v[i] = (float)p->v[i];
    }
    s->fast.ratio = (float)p->ratio;
}

/* The score, or what a model has that cannot, or will hardly, pass the best one's. */
static double score_of(const search *s, const double *model)
{
    float m[9];
    const int n = s->pairs.count, fours = (n + 3) / 4;
    const double share = s->score / n, spread = HOPELESS * share * (1 - share);
    double sum = 0;
    for (int i = 0; i < 9; i++) m[i] = (float)model[i];
    for (int first = 0; first < fours; first += CHUNK) {
        const int few = fv_min(CHUNK, fours - first), seen = fv_min(4 * (first + few), n);
        sum += (double)s->kind->score(m, &s->fast, 4 * first, few, (float)s->limit);
        const double behind = share * seen - sum;
        if (sum + (n - seen) < s->score || (behind > 0 && behind * behind > spread * seen)) break;
    }
    return sum;
}

/* The distances of the best model. Returns how many are within the limit. */
static int measure(search *s)
{
    int count = 0;
    for (int i = 0; i < s->pairs.count; i++) {
        s->distance[i] = s->kind->distance(s->best, &s->pairs, i);
        count += s->distance[i] <= s->limit * s->limit;
    }
    return count;
}

static void keep(search *s, const double *model, double score)
{
    if (!(score > 0 && score >= s->score)) return;
    memcpy(s->best, model, sizeof s->best);
    s->score = score;
}

/* Optimise the best model over the first pairs, by limits that fall, and keep what is best of all. */
static void optimise(search *s, int count, int steps)
{
    double model[9];
    memcpy(model, s->best, sizeof model);
    for (int k = 0; k < 2; k++) {
        fv_descend(model, s->kind, &s->pairs, count, FV_SUM_ROBUST, s->limit / (1 + k), steps);
        keep(s, model, score_of(s, model));
    }
}

/* Different numbers below n, the last one given where it is not negative. */
static void choose(search *s, int *chosen, int count, int n, int last)
{
    int k = 0;
    if (last >= 0) chosen[k++] = last;
    while (k < count) {
        const int one = draw(s, n);
        int is_new = 1;
        for (int i = 0; i < k; i++) is_new &= chosen[i] != one;
        if (is_new) chosen[k++] = one;
    }
}

/* So many samples, each with a chance of share^minimal to be of inliers alone, miss with a chance of 1 - confidence. */
static int samples_needed(const search *s, int inliers, double confidence, int most)
{
    const double share = (double)inliers / s->pairs.count;
    double all = 1;
    for (int i = 0; i < s->kind->minimal; i++) all *= share;
    if (!(all > 1e-12)) return most;
    const double needed = all < 1 - 1e-12 ? fv_log64(1 - confidence) / fv_log64(1 - all) + 1 : 0;
    return (int)fv_clamp(needed, fv_min(LEAST_SAMPLES, most), most);
}

/* Samples until it is likely enough that a good one was among them. Returns how many; *sound: of these, not degenerate. */
static int sample(search *s, double confidence, int most, int *sound)
{
    const int n = s->pairs.count, minimal = s->kind->minimal;
    int seen = 0, pool = minimal, chosen[FV_SAMPLE_MOST];
    double optimised = 0, expected = most, grown = 1; /* Chum and Matas 2005: of all samples, those that lie in the pool; when it grows */
    for (int i = 0; i < minimal; i++) expected *= (double)(minimal - i) / (n - i);
    for (int wanted = most; seen < wanted;) {
        double points[FV_SAMPLE_MOST][4], models[FV_ANSWERS_MOST * 9];
        seen++;
        while (seen > grown && pool < n) {
            const double next = expected * (pool + 1) / (pool + 1 - minimal);
            grown += __builtin_ceil(next - expected);
            expected = next, pool++;
        }
        if (s->ranked && pool < n) choose(s, chosen, minimal, pool - 1, pool - 1);
        else choose(s, chosen, minimal, n, -1);
        for (int i = 0; i < minimal; i++) {
            const int at = s->ranked ? s->ranked[chosen[i]] : chosen[i];
            points[i][0] = s->pairs.x[at], points[i][1] = s->pairs.y[at], points[i][2] = s->pairs.u[at], points[i][3] = s->pairs.v[at];
        }
        const int answers = s->kind->through(models, points);
        *sound += answers > 0;
        for (int i = 0; i < answers; i++) {
            s->kind->settle(models + 9 * i);
            keep(s, models + 9 * i, score_of(s, models + 9 * i));
        }
        if (seen < FIRST_LOOKS || !(s->score > optimised)) continue;
        optimise(s, fv_min(LOCAL_PAIRS, n), LOCAL_STEPS);
        optimised = s->score;
        wanted = samples_needed(s, measure(s), confidence, most);
    }
    return seen;
}

/* ln (n over k) from that of k - 1 */
static double next_choice(double before, int n, int k) { return before + fv_log64((double)(n - k + 1) / k); }

/*
 * Whether so many correspondences may agree so well with some model by chance alone: the expected number of sets of k that
 * do, (n - m) (n over k) (k over m) p^(k - m), is not small for any k (Moisan and Stival 2004). p is the
 * chance that a point somewhere is as near as the k-th; the points spread over about 4 x 4 of the frame's units.
 */
static int may_be_chance(const search *s, int is_transfer)
{
    const int n = s->pairs.count, m = s->kind->minimal;
    if (n == m) return 0;
    int found = 0;
    for (int i = 0; i < n; i++) {
        if (s->distance[i] <= s->limit * s->limit) s->items[found] = fv_item(fv_to_bits((float)s->distance[i]), i), found++;
    }
    const uint64_t *sorted = fv_sort(s->items, s->items + found, found);
    double of_all = 0, of_these = 0;
    for (int k = 1; k <= found; k++) {
        of_all = next_choice(of_all, n, k);
        of_these = k > m ? of_these + fv_log64((double)k / (k - m)) : 0;
        if (k <= m) continue;
        const double d = (double)fv_from_bits((uint32_t)(sorted[k - 1] >> 32)), p = is_transfer ? 3.141592653589793 / 16 * d : __builtin_sqrt(d);
        if (fv_log64(n - m) + of_all + of_these + (k - m) * fv_log64(fv_clamp(p, 1e-30, 1)) < CHANCE) return 0;
    }
    return 1;
}

/* How a picture's inliers spread: the sums of squares along their main axis and across, halved. */
typedef struct {
    double middle, across;
} spread;

static spread spread_of(const search *s, const double *xs, const double *ys)
{
    double sum[5] = {0}, count = 0;
    for (int i = 0; i < s->pairs.count; i++) {
        if (!(s->distance[i] <= s->limit * s->limit)) continue;
        const double terms[5] = {xs[i], ys[i], xs[i] * xs[i], xs[i] * ys[i], ys[i] * ys[i]};
        for (int k = 0; k < 5; k++) sum[k] += terms[k];
        count++;
    }
    const double xx = sum[2] - sum[0] * sum[0] / count, xy = sum[3] - sum[0] * sum[1] / count, yy = sum[4] - sum[1] * sum[1] / count;
    const double middle = (xx + yy) / 2, root = __builtin_sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
    return (spread){middle, middle - root};
}

/* Whether the inliers lie on a line, as far as their own distances from the model can tell, in either picture. */
static int is_line(const search *s)
{
    const spread from = spread_of(s, s->pairs.x, s->pairs.y), to = spread_of(s, s->pairs.u, s->pairs.v);
    double missed = 0;
    for (int i = 0; i < s->pairs.count; i++) missed += s->distance[i] <= s->limit * s->limit ? s->distance[i] : 0;
    const double least = 4 * missed / to.middle + 1e-10;
    return !(from.across > least * from.middle && to.across > least * to.middle);
}

/* The best model over all pairs, and then the least squares of its inliers: where noise is normal none is nearer. */
static void refine(search *s)
{
    optimise(s, s->pairs.count, LOCAL_STEPS);
    if (measure(s) > s->kind->minimal) {
        for (int i = 0; i < s->pairs.count; i++) s->pairs.weight[i] = s->distance[i] <= s->limit * s->limit;
        fv_descend(s->best, s->kind, &s->pairs, s->pairs.count, FV_SUM_SQUARES, 0, LAST_STEPS);
    }
    measure(s);
}

static int conclude(search *s, double *matrix, uint8_t *inliers, int model, int *status)
{
    const int is_transfer = model != FV_MODEL_FUNDAMENTAL;
    refine(s);
    *status = FV_SEARCH_DEGENERATE;
    if (is_transfer && (!fv_has_inverse(s->best) || (s->kind->minimal > 2 && is_line(s)))) return 0;
    *status = FV_SEARCH_NO_CONSENSUS;
    if (may_be_chance(s, is_transfer)) return 0;
    *status = FV_SEARCH_DEGENERATE;
    if (!fv_model_out(matrix, s->best, model, &s->pairs)) return 0;
    *status = FV_SEARCH_FOUND;
    int count = 0;
    for (int i = 0; i < s->pairs.count; i++) {
        const int is_inlier = s->distance[i] <= s->limit * s->limit;
        inliers[s->order[i]] = (uint8_t)is_inlier;
        count += is_inlier;
    }
    return count;
}

int fv_geometry_find(double *matrix, uint8_t *inliers, int32_t *report, const double *from, const double *to, const double *quality, int n,
                     int model, float threshold, float confidence, int iterations, int seed, void *scratch)
{
    if (!matrix || !inliers || !report || !from || !to || !scratch) return FV_E_NULL;
    if (fv_geometry_scratch(n) < 0) return FV_E_SHAPE;
    if (model < FV_MODEL_SIMILARITY || model > FV_MODEL_FUNDAMENTAL || iterations < 1 || iterations > MOST_SAMPLES) return FV_E_VALUE;
    if (!(threshold > 0 && threshold < 1e15f) || !(confidence >= 0 && confidence < 1)) return FV_E_VALUE;
    const int64_t length = n + (-n & 3);
    search s = {.kind = fv_models + model, .random = ((uint32_t)seed ^ 0x9e3779b9u) * 2654435769u | 1};
    fv_pairs_divide(&s.pairs, scratch, n);
    for (int64_t i = 0; i < length; i++) s.pairs.weight[i] = 1;
    s.distance = (double *)scratch + 5 * length;
    s.items = (uint64_t *)scratch + 6 * length;
    s.fast.x = (float *)(s.items + 2 * length), s.fast.y = s.fast.x + length, s.fast.u = s.fast.y + length, s.fast.v = s.fast.u + length;
    s.order = (int32_t *)(s.fast.v + length);
    memset(inliers, 0, (size_t)n);
    for (int i = 0; i < 9; i++) matrix[i] = 0;
    shuffle(&s, from, to, n);
    if (s.pairs.count < s.kind->minimal) {
        report[0] = FV_SEARCH_FEW, report[1] = 0;
        return 0;
    }
    if (quality) s.ranked = s.order + length, rank(&s, quality);
    settle(&s);
    s.limit = (double)threshold * s.pairs.to.scale;
    int sound = 0, status = FV_SEARCH_DEGENERATE, count = 0;
    const int samples = sample(&s, (double)confidence, iterations, &sound);
    if (s.score > 0) count = conclude(&s, matrix, inliers, model, &status);
    else if (sound) status = FV_SEARCH_NO_CONSENSUS;
    report[0] = status, report[1] = samples;
    return count;
}
