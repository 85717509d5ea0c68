#include "argmax.h"

enum { REACH = 2, SIDE = 2 * REACH + 1 };

typedef struct {
    double least, most;
} range;

static const range TAYLOR = {1e-10, 1e300}, UDP = {1e-3, 50};
static const double EPSILON = 0x1p-23;

/*
 * Logarithms of the blurred map about (x, y), the border repeated. The map is scaled to its old maximum only where that
 * decides what lies within the range: a factor is lost in the differences, and a blurred map is nowhere larger than it was.
 */
static int modulate(double s[SIDE][SIDE], fv_map m, int x, int y, float value, range within, const fv_blur *blur, float *work)
{
    const int from = fv_max(x - REACH, 0), to = fv_min(x + REACH + 1, m.width);
    float row[SIDE], line[SIDE + FV_KERNEL_MOST];
    double scale = value > within.most ? 0 : 1;
    for (int i = 0; i < SIDE; i++) {
        fv_blur_row(row, m, fv_min(fv_max(y + i - REACH, 0), m.height - 1), from, to, blur, line);
        for (int j = 0; j < SIDE; j++) {
            s[i][j] = row[fv_min(fv_max(x + j - REACH, 0), m.width - 1) - from];
            if (!(s[i][j] >= within.least)) scale = 0;
        }
    }
    if (scale == 0) scale = value / (double)fv_blur_peak(m, blur, work).value;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            const double v = s[i][j] * scale;
            if (v - v != 0) return 0;
            s[i][j] = fv_log64(fv_clamp(v, within.least, within.most));
        }
    return 1;
}

/* -inverse(H) g */
static void newton(double *move, double dx, double dy, double dxx, double dxy, double dyy)
{
    const double det = dxx * dyy - dxy * dxy;
    if (det == 0) return;
    move[0] = (dxy * dy - dyy * dx) / det;
    move[1] = (dxy * dx - dxx * dy) / det;
}

static void taylor(double *move, fv_map m, int x, int y, float value, const fv_blur *blur, float *work)
{
    double s[SIDE][SIDE];
    if (!(x > 1 && x < m.width - 2 && y > 1 && y < m.height - 2) || !modulate(s, m, x, y, value, TAYLOR, blur, work)) return;
    newton(move, 0.5 * (s[2][3] - s[2][1]), 0.5 * (s[3][2] - s[1][2]), 0.25 * (s[2][4] - 2 * s[2][2] + s[2][0]),
           0.25 * (s[3][3] - s[1][3] - s[3][1] + s[1][1]), 0.25 * (s[4][2] - 2 * s[2][2] + s[0][2]));
}

static void udp(double *move, fv_map m, int x, int y, float value, const fv_blur *blur, float *work)
{
    double s[SIDE][SIDE];
    if (!modulate(s, m, x, y, value, UDP, blur, work)) return;
    newton(move, 0.5 * (s[2][3] - s[2][1]), 0.5 * (s[3][2] - s[1][2]), s[2][3] - 2 * s[2][2] + s[2][1] + EPSILON,
           0.5 * (s[3][3] - s[2][3] - s[3][2] + 2 * s[2][2] - s[2][1] - s[1][2] + s[1][1]), s[3][2] - 2 * s[2][2] + s[1][2] + EPSILON);
}

static double vertex(double before, double at, double after)
{
    const double bend = before - 2 * at + after;
    return bend < 0 ? 0.5 * (before - after) / bend : 0;
}

/* A quarter towards what is larger: 0 of equals, and of what is no number. */
static double quarter(float before, float after) { return after > before ? 0.25 : before > after ? -0.25 : 0; }

static void quarters(double *move, fv_map m, int x, int y, int by_axes)
{
    const int in_x = x > 1 && x < m.width - 1, in_y = y > 1 && y < m.height - 1;
    if (in_x && (by_axes ? y > 0 : in_y)) move[0] = quarter(fv_cell(m, x - 1, y), fv_cell(m, x + 1, y));
    if (in_y && (by_axes ? x > 0 : in_x)) move[1] = quarter(fv_cell(m, x, y - 1), fv_cell(m, x, y + 1));
}

static void megvii(double *move, fv_map m, int x, int y, const fv_blur *blur)
{
    if (!(x > 1 && x < m.width - 1 && y > 1 && y < m.height - 1)) return;
    float rows[3][3], line[3 + FV_KERNEL_MOST];
    for (int i = 0; i < 3; i++) fv_blur_row(rows[i], m, y + i - 1, x - 1, x + 2, blur, line);
    move[0] = 0.5 + quarter(rows[1][0], rows[1][2]);
    move[1] = 0.5 + quarter(rows[0][1], rows[2][1]);
}

void fv_refine(double *move, fv_map m, int x, int y, float value, int refine, const fv_blur *blur, float *work)
{
    move[0] = move[1] = 0;
    switch (refine) {
    case FV_REFINE_QUARTER:
    case FV_REFINE_QUARTER_AXES: quarters(move, m, x, y, refine == FV_REFINE_QUARTER_AXES); break;
    case FV_REFINE_TAYLOR: taylor(move, m, x, y, value, blur, work); break;
    case FV_REFINE_UDP: udp(move, m, x, y, value, blur, work); break;
    case FV_REFINE_PARABOLA:
        if (x > 0 && x < m.width - 1) move[0] = vertex(fv_cell(m, x - 1, y), value, fv_cell(m, x + 1, y));
        if (y > 0 && y < m.height - 1) move[1] = vertex(fv_cell(m, x, y - 1), value, fv_cell(m, x, y + 1));
        break;
    case FV_REFINE_MEGVII: megvii(move, m, x, y, blur); break;
    default: break;
    }
    if (move[0] - move[0] != 0 || move[1] - move[1] != 0) move[0] = move[1] = 0;
}

double fv_refine_vector(fv_map m, int x, float value, const fv_blur *blur, float *work)
{
    double s[SIDE][SIDE];
    if (!modulate(s, m, x, 0, value, UDP, blur, work)) return 0;
    const double move = -0.5 * (s[2][3] - s[2][1]) / (1e-9 + 0.25 * (s[2][4] - 2 * s[2][2] + s[2][0]));
    return move - move == 0 ? move : 0;
}
