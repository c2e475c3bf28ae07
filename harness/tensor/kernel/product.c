/* product.c -- C = alpha op(A) op(B) + beta C for the shapes of linear layers.
 *
 * Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008), with the packing left
 * out where it does not pay: a register tile only broadcasts from A, so an A that is not transposed can be read in place.
 *
 *   for each DEPTH of k, for each ACROSS columns: pack op(B) into panels of PANEL columns, zeros past the last
 *     for each ROUND of rows: pack A if it is transposed or its rows lie a multiple of 2 KB apart (they would share
 *     the same few lines of L1)
 *       for each panel (it stays in L1), for each strip of ROWS rows:
 *         a register tile of ROWS x PANEL sums over DEPTH
 *
 * Each element of C is summed in the order of k, DEPTH at a time: bits do not depend on the number of rows or columns
 * around it.
 */
#include "tensor/kernel/functions.h"

#if LANES == 16
#define ROWS 6
#define VECS 4
#elif LANES == 8
#define ROWS 6
#define VECS 2
#else
#define ROWS 4
#define VECS 2
#endif
#define PANEL  (VECS * LANES)
#define DEPTH  128 /* a panel is 32 KB with AVX-512 */
#define ACROSS 256
#define ROUND  480 /* a multiple of ROWS            */

#define STRIP_ROOM (DEPTH * ROWS + 16)
#define ROW_ROOM   (DEPTH + 16)
#define MOST_STRIPS (ROUND / ROWS)

/* c[r][0..PANEL] = (fresh ? 0 : c[r]) + sum over k of a[r][k step] panel[k]: a register tile.  Kept out of line and free
 * of everything else, so that the accumulators stay in registers. */
INLINE void register_tile(size_t depth, const real *const a[ROWS], size_t step, const real *panel, real *const c[ROWS],
                          int fresh)
{
    vec acc[ROWS][VECS];
    if (fresh) {
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < VECS; v++) acc[r][v] = (vec){0};
    } else {
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < VECS; v++) acc[r][v] = load(c[r] + v * LANES);
    }
    for (size_t k = 0; k < depth; k++) {
        vec x[VECS];
        for (int v = 0; v < VECS; v++) {
            x[v] = load(panel + k * PANEL + v * LANES);
            PIN(x[v]);
        }
        for (int r = 0; r < ROWS; r++) {
            const vec y = all(a[r][k * step]);
            for (int v = 0; v < VECS; v++) acc[r][v] += y * x[v];
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < VECS; v++) store(c[r] + v * LANES, acc[r][v]);
}

#define TILE static __attribute__((noinline)) void

TILE tile_of_rows(size_t depth, const real *const a[ROWS], const real *panel, real *const c[ROWS], int fresh)
{
    register_tile(depth, a, 1, panel, c, fresh);
}

TILE tile_of_strip(size_t depth, const real *strip, const real *panel, real *const c[ROWS], int fresh)
{
    const real *a[ROWS];
    for (int r = 0; r < ROWS; r++) a[r] = strip + r;
    register_tile(depth, a, ROWS, panel, c, fresh);
}

/* Rows of C against one panel.  A: rows `lda` apart, or strips (lda = 0). */
static void all_rows(size_t rows, size_t depth, const real *A, size_t lda, const real *panel, int fresh, real *C,
                     size_t ldc, size_t columns)
{
    for (size_t i = 0; i < rows; i += ROWS) {
        /* Past the last row: the last one again, into a place of its own; past the last column: a copy. */
        real aside[ROWS][PANEL], *c[ROWS];
        const size_t here = rows - i < ROWS ? rows - i : ROWS;
        for (size_t r = 0; r < ROWS; r++) c[r] = r < here && columns == PANEL ? C + (i + r) * ldc : aside[r];
        if (here < ROWS || columns < PANEL) {
            memset(aside, 0, sizeof aside);
            if (columns < PANEL && !fresh)
                for (size_t r = 0; r < here; r++) memcpy(aside[r], C + (i + r) * ldc, columns * sizeof(real));
        }
        if (lda == 0) {
            tile_of_strip(depth, A + i / ROWS * STRIP_ROOM, panel, c, fresh);
        } else {
            const real *a[ROWS];
            for (size_t r = 0; r < ROWS; r++) a[r] = A + (r < here ? i + r : rows - 1) * lda;
            tile_of_rows(depth, a, panel, c, fresh);
        }
        if (columns < PANEL)
            for (size_t r = 0; r < here; r++) memcpy(C + (i + r) * ldc, aside[r], columns * sizeof(real));
    }
}

/* strips[i / ROWS][k][i % ROWS] = A[k][i].  Copies of 8 run over into the next k, which is written later; STRIP_ROOM
 * leaves room for the last one.  Past the last row, whatever was there. */
static void pack_strips(size_t rows, size_t depth, const real *A, size_t lda, real *strips)
{
    for (size_t k = 0; k < depth; k++) {
        const real *from = A + k * lda;
        size_t i = 0;
        for (; i + 8 <= rows; i += ROWS) memcpy(strips + i / ROWS * STRIP_ROOM + k * ROWS, from + i, 8 * sizeof(real));
        for (; i < rows; i++) strips[i / ROWS * STRIP_ROOM + k * ROWS + i % ROWS] = from[i];
    }
}

/* The rows of A, further apart by a little. */
static void pack_rows(size_t rows, size_t depth, const real *A, size_t lda, real *copy)
{
    for (size_t i = 0; i < rows; i++) memcpy(copy + i * ROW_ROOM, A + i * lda, depth * sizeof(real));
}

/* panel[k][j] = alpha op(B)[k][j] */
static void pack_panel(int transposed, size_t depth, size_t columns, real alpha, const real *B, size_t ldb, real *panel)
{
    if (columns < PANEL) memset(panel, 0, depth * PANEL * sizeof(real));
    if (transposed) {
        transpose_rows(B, ldb, columns, depth, panel, PANEL);
    } else if (columns == PANEL) {
        for (size_t k = 0; k < depth; k++)
            for (int v = 0; v < VECS; v++) store(panel + k * PANEL + v * LANES, load(B + k * ldb + v * LANES));
    } else {
        for (size_t k = 0; k < depth; k++) memcpy(panel + k * PANEL, B + k * ldb, columns * sizeof(real));
    }
    if (alpha != 1)
        for (size_t i = 0; i < depth * PANEL; i += LANES) store(panel + i, alpha * load(panel + i));
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

void NAME(product)(int ta, int tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda, const real *B,
                   size_t ldb, real beta, real *C, size_t ldc)
{
    static _Thread_local real panels[DEPTH * ACROSS] __attribute__((aligned(64)));
    static _Thread_local real strips[MOST_STRIPS * ROWS * ROW_ROOM + MOST_STRIPS * 16] __attribute__((aligned(64)));
    const int far_apart = !ta && lda * sizeof(real) % 2048 == 0;
    if (beta != 0 && beta != 1)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) C[i * ldc + j] *= beta;
    if (k == 0 && beta == 0)
        for (size_t i = 0; i < m; i++) memset(C + i * ldc, 0, n * sizeof(real));
    for (size_t k0 = 0; k0 < k; k0 += DEPTH) {
        const size_t depth = smaller(k - k0, DEPTH);
        const int fresh = k0 == 0 && beta == 0;
        for (size_t n0 = 0; n0 < n; n0 += ACROSS) {
            const size_t across = smaller(n - n0, ACROSS);
            for (size_t j = 0; j < across; j += PANEL)
                pack_panel(tb, depth, smaller(across - j, PANEL), alpha,
                           B + (tb ? (n0 + j) * ldb + k0 : k0 * ldb + n0 + j), ldb, panels + j * depth);
            for (size_t m0 = 0; m0 < m; m0 += ROUND) {
                const size_t rows = smaller(m - m0, ROUND);
                const real *a = ta ? A + k0 * lda + m0 : A + m0 * lda + k0;
                if (ta) pack_strips(rows, depth, a, lda, strips);
                if (far_apart) pack_rows(rows, depth, a, lda, strips);
                for (size_t j = 0; j < across; j += PANEL)
                    all_rows(rows, depth, ta || far_apart ? strips : a, ta ? 0 : far_apart ? ROW_ROOM : lda,
                             panels + j * depth, fresh, C + m0 * ldc + n0 + j, ldc, smaller(across - j, PANEL));
            }
        }
    }
}
