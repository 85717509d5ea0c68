/*
 * The lightweight decoder as one would write it: maps enlarged whole, then looked at. A rival of the bench, compiled natively.
 * Usage: plain-paf MAPS HEIGHT WIDTH FACTOR TIMES, MAPS a file of 57 float planes and the limbs as 19 x 4 int32. Prints people and milliseconds.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { JOINTS = 18, LIMBS = 19, MAPS = 57, MOST = 256, PEOPLE = 4096 };

typedef struct { int x, y; float score; } peak;
typedef struct { int a, b; double score; } link;
typedef struct { int joint[JOINTS], parts; double score; } person;

static int height, width, factor, H, W;
static float *maps, *wide, *large;
static int limbs[LIMBS][4];
static peak peaks[JOINTS][MOST];
static int counts[JOINTS];
static link links[MOST * MOST];
static person people[PEOPLE];

static void weights(float *w, int *from, int i, int f)
{
    const float x = (i + 0.5f) / f - 0.5f, t = x - floorf(x), A = -0.75f;
    *from = (int)floorf(x) - 1;
    for (int k = 0; k < 4; k++) {
        const float d = k < 2 ? t + 1 - k : k - 1 - t;
        w[k] = d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
    }
}

static int clamp(int v, int n) { return v < 0 ? 0 : v < n ? v : n - 1; }

static void enlarge(float *dst, const float *src)
{
    float w[4];
    int from;
    if (factor == 1) {
        memcpy(dst, src, sizeof *dst * H * W);
        return;
    }
    for (int x = 0; x < W; x++) {
        weights(w, &from, x, factor);
        for (int y = 0; y < height; y++) {
            float sum = 0;
            for (int k = 0; k < 4; k++) sum += w[k] * src[y * width + clamp(from + k, width)];
            wide[y * W + x] = sum;
        }
    }
    for (int y = 0; y < H; y++) {
        weights(w, &from, y, factor);
        const float *r[4];
        for (int k = 0; k < 4; k++) r[k] = wide + clamp(from + k, height) * W;
        for (int x = 0; x < W; x++) dst[y * W + x] = w[0] * r[0][x] + w[1] * r[1][x] + w[2] * r[2][x] + w[3] * r[3][x];
    }
}

static float value(const float *map, int x, int y) { return x < 0 || y < 0 || x >= W || y >= H || map[y * W + x] < 0.1f ? 0 : map[y * W + x]; }

static void find(int j)
{
    const float *map = large + (size_t)j * H * W;
    counts[j] = 0;
    for (int x = 0; x < W; x++)
        for (int y = 0; y < H && counts[j] < MOST; y++) {
            const float v = value(map, x, y);
            if (!(v > 0 && v > value(map, x - 1, y) && v > value(map, x + 1, y) && v > value(map, x, y - 1) && v > value(map, x, y + 1))) continue;
            int is_near = 0;
            for (int i = 0; i < counts[j]; i++) is_near |= hypotf(x - peaks[j][i].x, y - peaks[j][i].y) < 6;
            if (!is_near) peaks[j][counts[j]++] = (peak){x, y, v};
        }
}

static int by_score(const void *p, const void *q)
{
    const link *a = p, *b = q;
    return a->score < b->score ? 1 : a->score > b->score ? -1 : a->a != b->a ? a->a - b->a : a->b - b->b;
}

static int connect(int l)
{
    const int A = limbs[l][0], B = limbs[l][1];
    const float *fx = large + (size_t)(19 + limbs[l][2]) * H * W, *fy = large + (size_t)(19 + limbs[l][3]) * H * W;
    int n = 0, kept = 0, used_a[MOST] = {0}, used_b[MOST] = {0};
    for (int a = 0; a < counts[A]; a++)
        for (int b = 0; b < counts[B]; b++) {
            const double dx = peaks[B][b].x - peaks[A][a].x, dy = peaks[B][b].y - peaks[A][a].y, length = sqrt(dx * dx + dy * dy);
            double sum = 0;
            int passed = 0;
            if (length == 0) continue;
            for (int k = 0; k < 10; k++) {
                const int x = (int)nearbyint(peaks[A][a].x + k * dx / 9), y = (int)nearbyint(peaks[A][a].y + k * dy / 9);
                const double v = (fx[y * W + x] * dx + fy[y * W + x] * dy) / length;
                if (v > 0.05) sum += v, passed++;
            }
            if (passed > 8) links[n++] = (link){a, b, sum / passed};
        }
    qsort(links, n, sizeof *links, by_score);
    for (int i = 0; i < n; i++) {
        if (used_a[links[i].a] || used_b[links[i].b]) continue;
        used_a[links[i].a] = used_b[links[i].b] = 1;
        links[kept++] = links[i];
    }
    return kept;
}

static int assemble(void)
{
    int n = 0, passed = 0;
    for (int l = 0; l < LIMBS; l++) {
        const int A = limbs[l][0], B = limbs[l][1], kept = connect(l);
        for (int i = 0; i < kept; i++) {
            const int a = links[i].a, b = links[i].b;
            int found = 0;
            for (int p = 0; p < n; p++) {
                if (l > 16) {
                    if (people[p].joint[A] == a && people[p].joint[B] < 0) people[p].joint[B] = b;
                    else if (people[p].joint[B] == b && people[p].joint[A] < 0) people[p].joint[A] = a;
                } else if (people[p].joint[A] == a) {
                    people[p].joint[B] = b, people[p].parts++, found = 1;
                    people[p].score += peaks[B][b].score + links[i].score;
                }
            }
            if (found || l > 16 || n == PEOPLE) continue;
            memset(people[n].joint, 0xff, sizeof people[n].joint);
            people[n].joint[A] = a, people[n].joint[B] = b, people[n].parts = 2;
            people[n++].score = peaks[A][a].score + peaks[B][b].score + links[i].score;
        }
    }
    for (int p = 0; p < n; p++) passed += people[p].parts >= 3 && people[p].score / people[p].parts >= 0.2;
    return passed;
}

int main(int argc, char **argv)
{
    if (argc != 6) return 2;
    height = atoi(argv[2]), width = atoi(argv[3]), factor = atoi(argv[4]), H = height * factor, W = width * factor;
    maps = malloc(sizeof *maps * MAPS * height * width), wide = malloc(sizeof *wide * height * W), large = malloc(sizeof *large * MAPS * H * W);
    FILE *file = fopen(argv[1], "rb");
    if (!file || fread(maps, sizeof *maps * height * width, MAPS, file) != MAPS || fread(limbs, sizeof limbs, 1, file) != 1) return 1;
    const int times = atoi(argv[5]);
    int found = 0;
    clock_t start = 0;
    for (int i = -2; i < times; i++) {
        if (i == 0) start = clock();
        for (int m = 0; m < MAPS; m++) if (m != JOINTS) enlarge(large + (size_t)m * H * W, maps + m * height * width);
        for (int j = 0; j < JOINTS; j++) find(j);
        found = assemble();
    }
    printf("%d %g\n", found, 1000.0 * (double)(clock() - start) / CLOCKS_PER_SEC / times);
    return 0;
}
