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
#ifndef DEPTH
#define DEPTH  256
#endif
#define PANEL  (VECS * LANES)
#ifndef ACROSS
#define ACROSS 256
#endif
#ifndef ROUND
#define ROUND  240
#endif

#define STRIP_ROOM (DEPTH * ROWS + 16)
#define ROW_ROOM   (DEPTH + 16)
#define MOST_STRIPS ((ROUND + ROWS - 1) / ROWS)

/* One register tile.  Row r of op(A) starts at a[r]; its next element is `step` further. */
INLINE void register_tile(size_t depth, const real *const a[ROWS], size_t step, const real *panel, real alpha, real beta,
                          real *const c[ROWS], size_t columns)
{
    vec acc[ROWS][VECS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < VECS; v++) acc[r][v] = (vec){0};
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
    if (columns == PANEL) {
        for (int r = 0; r < ROWS; r++) {
            for (int v = 0; v < VECS; v++) {
                real *to = c[r] + v * LANES;
                const vec sum = alpha * acc[r][v];
                store(to, beta != 0 ? sum + beta * load(to) : sum);
            }
        }
    } else {
        for (int r = 0; r < ROWS; r++) {
            real sum[PANEL];
            for (int v = 0; v < VECS; v++) store(sum + v * LANES, alpha * acc[r][v]);
            for (size_t j = 0; j < columns; j++) c[r][j] = beta != 0 ? sum[j] + beta * c[r][j] : sum[j];
        }
    }
}

/* Rows of C against one panel.  a_row, a_step: from row to row and from k to k of op(A). */
INLINE void all_rows(size_t rows, size_t depth, const real *A, size_t a_row, size_t a_step, const real *panel,
                     real alpha, real beta, real *C, size_t ldc, size_t columns)
{
    real dump[PANEL] = {0};
    const real *a[ROWS];
    real *c[ROWS];
    size_t i = 0;
    for (; i + ROWS <= rows; i += ROWS) {
        for (size_t r = 0; r < ROWS; r++) a[r] = A + (i + r) * a_row, c[r] = C + (i + r) * ldc;
        register_tile(depth, a, a_step, panel, alpha, beta, c, columns);
    }
    if (i == rows) return;
    for (size_t r = 0; r < ROWS; r++) { /* the last strip: rows that do not exist repeat the last one, into the dump */
        a[r] = A + (i + r < rows ? i + r : rows - 1) * a_row;
        c[r] = i + r < rows ? C + (i + r) * ldc : dump;
    }
    register_tile(depth, a, a_step, panel, alpha, beta, c, columns);
}

static __attribute__((noinline)) void rows_plain(size_t rows, size_t depth, const real *A, size_t lda,
                                                 const real *panel, real alpha, real beta, real *C, size_t ldc,
                                                 size_t columns)
{
    all_rows(rows, depth, A, lda, 1, panel, alpha, beta, C, ldc, columns);
}

/* A packed by pack_strips. */
static __attribute__((noinline)) void rows_packed(size_t rows, size_t depth, const real *strips, const real *panel,
                                                  real alpha, real beta, real *C, size_t ldc, size_t columns)
{
    for (size_t i = 0; i < rows; i += ROWS) {
        const size_t here = rows - i < ROWS ? rows - i : ROWS;
        all_rows(here, depth, strips + i / ROWS * STRIP_ROOM, 1, ROWS, panel, alpha, beta, C + i * ldc, ldc, columns);
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
        for (; i < rows; i += ROWS)
            memcpy(strips + i / ROWS * STRIP_ROOM + k * ROWS, from + i, (rows - i < ROWS ? rows - i : ROWS) * sizeof(real));
    }
}

/* The rows of A, further apart by a little. */
static void pack_rows(size_t rows, size_t depth, const real *A, size_t lda, real *copy)
{
    for (size_t i = 0; i < rows; i++) memcpy(copy + i * ROW_ROOM, A + i * lda, depth * sizeof(real));
}

/* panel[k][j] = op(B)[k][j] */
static void pack(int transposed, size_t depth, size_t columns, const real *B, size_t ldb, real *panel)
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
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

void NAME(product)(int ta, int tb, size_t m, size_t n, size_t k, real alpha, const real *A, size_t lda, const real *B,
                   size_t ldb, real beta, real *C, size_t ldc)
{
    static _Thread_local real panels[DEPTH * ACROSS] __attribute__((aligned(64)));
    static _Thread_local real strips[MOST_STRIPS * ROWS * ROW_ROOM + MOST_STRIPS * 16] __attribute__((aligned(64)));
    const int far_apart = !ta && lda * sizeof(real) % 2048 == 0;
    for (size_t k0 = 0; k0 < k; k0 += DEPTH) {
        const size_t depth = smaller(k - k0, DEPTH);
        for (size_t n0 = 0; n0 < n; n0 += ACROSS) {
            const size_t across = smaller(n - n0, ACROSS);
            for (size_t j = 0; j < across; j += PANEL)
                pack(tb, depth, smaller(across - j, PANEL), B + (tb ? (n0 + j) * ldb + k0 : k0 * ldb + n0 + j), ldb,
                     panels + j * depth);
            for (size_t m0 = 0; m0 < m; m0 += ROUND) {
                const size_t rows = smaller(m - m0, ROUND);
                const real *a = ta ? A + k0 * lda + m0 : A + m0 * lda + k0;
                if (ta) pack_strips(rows, depth, a, lda, strips);
                if (far_apart) pack_rows(rows, depth, a, lda, strips);
                for (size_t j = 0; j < across; j += PANEL) {
                    const size_t columns = smaller(across - j, PANEL);
                    real *c = C + m0 * ldc + n0 + j;
                    if (ta) rows_packed(rows, depth, strips, panels + j * depth, alpha, beta, c, ldc, columns);
                    else
                        rows_plain(rows, depth, far_apart ? strips : a, far_apart ? ROW_ROOM : lda, panels + j * depth,
                                   alpha, beta, c, ldc, columns);
                }
            }
        }
        beta = 1;
    }
}
