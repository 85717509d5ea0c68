#include "fovea/detect.h"
#include "math.h"

/* What fv_detect_select is given, and the candidates it makes. */
typedef struct {
    int32_t *rows, *classes;
    float *scores;
    int count;
    const float *logits, *objectness;
    int position_stride, class_count, class_stride, objectness_stride;
    int first_row, activation, background, multi_label;
    float threshold, gate; /* gate: no logit up to it can pass the threshold */
} selection;

/* Below logit(threshold), by more than the rounding of exp and log. */
static float gate_of(float threshold, int activation)
{
    if (activation == FV_ACTIVATION_NONE) return threshold;
    if (!(threshold > 1e-30f)) return threshold < 0 ? -FV_INFINITY : -89.f; /* e^-89 is 0 to fv_exp */
    if (activation == FV_ACTIVATION_SOFTMAX) return fv_log(threshold) - 1e-3f; /* against the largest logit */
    if (threshold >= 1) return FV_INFINITY;
    return fv_log(threshold / (1 - threshold)) - 1e-3f;
}

static float activate(const selection *s, float logit)
{
    return s->activation == FV_ACTIVATION_SIGMOID ? fv_sigmoid(logit) : logit;
}

static void append(selection *s, int position, int class_id, float score)
{
    if (!(score > s->threshold) || class_id == s->background) return;
    s->rows[s->count] = s->first_row + position;
    s->classes[s->count] = class_id;
    s->scores[s->count++] = score;
}

static float logit_at(const selection *s, int position, int class_id)
{
    return s->logits[(int64_t)position * s->position_stride + (int64_t)class_id * s->class_stride];
}

/* All of a position's classes that pass; the block's other forms end here where they must. */
static void take_labels(selection *s, int position, float objectness)
{
    for (int c = 0; c < s->class_count; c++) {
        const float logit = logit_at(s, position, c);
        if (logit > s->gate) append(s, position, c, activate(s, logit) * objectness);
    }
}

static void take_softmax(selection *s, int position)
{
    float largest = -FV_INFINITY, sum = 0, best = -FV_INFINITY;
    for (int c = 0; c < s->class_count; c++) {
        const float logit = logit_at(s, position, c);
        largest = logit > largest ? logit : largest;
        if (c != s->background && logit > best) best = logit;
    }
    if (!(best - largest > s->gate)) return;
    for (int c = 0; c < s->class_count; c++) sum += fv_exp(logit_at(s, position, c) - largest);
    for (int c = 0; c < s->class_count; c++) {
        const float logit = logit_at(s, position, c);
        if (!(s->multi_label ? logit - largest > s->gate : logit == best && c != s->background)) continue;
        append(s, position, c, fv_exp(logit - largest) / sum);
        if (!s->multi_label) return;
    }
}

/* The best class of one position. */
static void take_best(selection *s, int position, float objectness)
{
    float best = s->gate;
    int best_class = -1;
    for (int c = 0; c < s->class_count; c++) {
        const float logit = logit_at(s, position, c);
        if (logit > best && c != s->background) best = logit, best_class = c;
    }
    if (best_class >= 0) append(s, position, best_class, activate(s, best) * objectness);
}

/* Whether any of the classes side by side passes; most positions end here. A background may seem to. */
static int any_passes(const selection *s, int position)
{
    const float *row = s->logits + (int64_t)position * s->position_stride;
    const f32x4 gate = SPLAT(s->gate);
    v128_t any = SPLATI(0);
    int c = s->background == 0;
    for (; c + 4 <= s->class_count; c += 4) any = wasm_v128_or(any, GT(LOAD(row + c), gate));
    int passes = wasm_v128_any_true(any);
    for (; c < s->class_count; c++) passes |= row[c] > s->gate;
    return passes;
}

static void take(selection *s, int position)
{
    float objectness = 1;
    if (s->class_stride == 1 && !s->objectness && !any_passes(s, position)) return;
    if (s->objectness) {
        const float logit = s->objectness[(int64_t)position * s->objectness_stride];
        if (!(logit > s->gate)) return;
        objectness = activate(s, logit);
    }
    if (s->multi_label) take_labels(s, position, objectness);
    else take_best(s, position, objectness);
}

/* Sixteen neighbouring positions of a planar head: the running maximum of each over the classes. */
static void take_planar(selection *s, int position)
{
    f32x4 best[4], best_class[4];
    for (int k = 0; k < 4; k++) best[k] = SPLAT(s->gate), best_class[k] = SPLATI(-1);
    for (int c = 0; c < s->class_count; c++) {
        if (c == s->background) continue;
        const float *row = s->logits + position + (int64_t)c * s->class_stride;
        const i32x4 this_class = SPLATI(c);
        for (int k = 0; k < 4; k++) {
            const f32x4 logit = LOAD(row + 4 * k);
            const v128_t better = GT(logit, best[k]);
            best[k] = PICK(logit, best[k], better);
            best_class[k] = PICK(this_class, best_class[k], better);
        }
    }
    const v128_t none = wasm_v128_and(wasm_v128_and(best_class[0], best_class[1]), wasm_v128_and(best_class[2], best_class[3]));
    if (wasm_i32x4_all_true(wasm_i32x4_eq(none, SPLATI(-1)))) return;

    float logits[16];
    int32_t classes[16];
    for (int k = 0; k < 4; k++) STORE(logits + 4 * k, best[k]), STORE(classes + 4 * k, best_class[k]);
    for (int k = 0; k < 16; k++) {
        if (classes[k] < 0) continue;
        if (s->multi_label) take_labels(s, position + k, 1);
        else append(s, position + k, classes[k], activate(s, logits[k]));
    }
}

int fv_detect_select(int32_t *rows, int32_t *classes, float *scores, int count, int capacity, const float *logits, int positions,
                     int position_stride, int class_count, int class_stride, const float *objectness, int objectness_stride,
                     int first_row, int activation, int background, float threshold, int multi_label)
{
    if (!rows || !classes || !scores || !logits) return FV_E_NULL;
    if (positions < 0 || position_stride < 0 || class_count < 1 || class_stride < 0 || objectness_stride < 0) return FV_E_SHAPE;
    if (count < 0 || capacity < count || first_row < 0 || fv_too_big((int64_t)first_row + positions)) return FV_E_SHAPE;
    if (activation < FV_ACTIVATION_NONE || activation > FV_ACTIVATION_SOFTMAX) return FV_E_VALUE;
    if (activation == FV_ACTIVATION_SOFTMAX && objectness) return FV_E_VALUE;
    if (threshold != threshold) return FV_E_VALUE;
    if ((int64_t)positions * (multi_label ? class_count : 1) > capacity - count) return FV_E_CAPACITY;

    selection s = {rows, classes, scores, count, logits, objectness, position_stride, class_count, class_stride,
                   objectness_stride, first_row, activation, background, multi_label, threshold, gate_of(threshold, activation)};
    int p = 0;
    if (activation == FV_ACTIVATION_SOFTMAX)
        for (; p < positions; p++) take_softmax(&s, p);
    if (position_stride == 1 && !objectness)
        for (; p + 16 <= positions; p += 16) take_planar(&s, p);
    for (; p < positions; p++) take(&s, p);
    return s.count;
}
