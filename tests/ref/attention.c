/* attention.c -- softmax over pieces, the slow and obvious way.
 *
 *   s_ij = scale q_i . k_j + term_ij,  w_i = softmax(s_i),  out_i = sum_j m_ij w_ij v_j      (m: dropout, 0 or 1/keep)
 *   dw_ij = m_ij dout_i . v_j,  ds_ij = w_ij (dw_ij - sum_l w_il dw_il),  dv_j += m_ij w_ij dout_i
 *   dq_i += scale ds_ij k_j,  dk_j += scale ds_ij q_i
 *
 * j runs over the keys of all pieces.  One row at a time: time O(queries keys D), memory O(keys).
 */
#include "tests/ref/attention.h"

#include <math.h>
#include <stdlib.h>

int ref_attention_sees(const struct attention_head *h, const struct attention_piece *p, size_t i, size_t j)
{
    const ptrdiff_t delta = (h->first + (ptrdiff_t)i) - (p->first + (ptrdiff_t)j);
    if (p->visible && !p->visible[j]) return 0;
    return p->pattern.near <= delta && delta <= p->pattern.far && delta % p->pattern.every == 0;
}

real ref_dropout(const struct dropout *d, uint32_t row, uint32_t column, uint32_t example_id, uint32_t site)
{
    if (!(d->rate > 0)) return 1;
    const uint32_t counter[4] = {row, column / 8, example_id, site}, lane = column % 8;
    const uint32_t threshold = (uint32_t)lrint((double)d->rate * 65536);
    uint32_t word[4];
    random_block(d->key, counter, word);
    const uint32_t bits = (word[lane / 2] >> (16 * (lane % 2))) & 0xffff;
    return bits >= threshold ? (real)(1 / (1 - threshold / 65536.0)) : 0;
}

static struct score_tile one_score(const struct attention_head *h, const struct attention_piece *p, size_t i, size_t j)
{
    return (struct score_tile){.head = h->head, .example = h->example, .queries = 1, .keys = 1, .stride = 1,
                               .query = i, .key = j, .query_position = h->first + (ptrdiff_t)i,
                               .key_position = p->first + (ptrdiff_t)j, .query_step = 1, .key_step = 1};
}

static size_t columns_of(const struct attention_head *h)
{
    size_t n = 0;
    for (size_t a = 0; a < h->pieces; a++) n += h->piece[a].keys;
    return n;
}

/* Scores of row i, -inf where the pattern forbids; returns the log of the sum of their exponentials. */
static real score_row(const struct attention_head *h, size_t i, real *s)
{
    real max = -INFINITY, sum = 0;
    size_t column = 0;
    for (size_t a = 0; a < h->pieces; a++) {
        const struct attention_piece *p = h->piece + a;
        for (size_t j = 0; j < p->keys; j++, column++) {
            s[column] = -INFINITY;
            if (!ref_attention_sees(h, p, i, j)) continue;
            real dot = 0, term = 0;
            for (size_t c = 0; c < h->D; c++) dot += p->q[i * p->q_stride + c] * p->k[j * p->k_stride + c];
            const struct score_tile at = one_score(h, p, i, j);
            if (p->term) p->term->add(p->term, &at, &term);
            s[column] = h->scale * dot + term;
            if (s[column] > max) max = s[column];
        }
    }
    if (max == -INFINITY) return -INFINITY;
    for (size_t j = 0; j < column; j++)
        if (s[j] != -INFINITY) sum += exp(s[j] - max);
    return max + log(sum);
}

void ref_attention_forward(const struct attention_head *h)
{
    const size_t columns = columns_of(h);
    real *s = malloc((columns + 1) * sizeof *s);
    if (!s) abort();
    for (size_t i = 0; i < h->queries; i++) {
        real *out = h->out + i * h->out_stride;
        h->lse[i] = score_row(h, i, s);
        for (size_t c = 0; c < h->Dv; c++) out[c] = 0;
        size_t column = 0;
        for (size_t a = 0; a < h->pieces; a++) {
            const struct attention_piece *p = h->piece + a;
            for (size_t j = 0; j < p->keys; j++, column++) {
                if (s[column] == -INFINITY) continue;
                const real m = ref_dropout(&h->drop, (uint32_t)(h->first + (ptrdiff_t)i), (uint32_t)column,
                                           h->example_id, (uint32_t)h->head);
                const real w = m * exp(s[column] - h->lse[i]);
                for (size_t c = 0; c < h->Dv; c++) out[c] += w * p->v[j * p->v_stride + c];
            }
        }
    }
    free(s);
}

void ref_attention_received(const struct attention_head *h)
{
    real *s = malloc((columns_of(h) + 1) * sizeof *s);
    if (!s) abort();
    for (size_t i = 0; i < h->queries; i++) {
        const real lse = score_row(h, i, s);
        size_t column = 0;
        for (size_t a = 0; a < h->pieces; a++)
            for (size_t j = 0; j < h->piece[a].keys; j++, column++)
                if (h->piece[a].received && s[column] != -INFINITY) h->piece[a].received[j] += exp(s[column] - lse);
    }
    free(s);
}

void ref_attention_backward(const struct attention_head *h)
{
    const size_t columns = columns_of(h);
    real *s = malloc((columns + 1) * sizeof *s), *dw = malloc((columns + 1) * sizeof *dw);
    if (!s || !dw) abort();
    for (size_t i = 0; i < h->queries; i++) {
        const real *d_out = h->d_out + i * h->out_stride;
        const real lse = score_row(h, i, s);
        real delta = 0;
        size_t column = 0;
        for (size_t a = 0; a < h->pieces; a++) {
            const struct attention_piece *p = h->piece + a;
            for (size_t j = 0; j < p->keys; j++, column++) {
                if (s[column] == -INFINITY) continue;
                const real m = ref_dropout(&h->drop, (uint32_t)(h->first + (ptrdiff_t)i), (uint32_t)column,
                                           h->example_id, (uint32_t)h->head);
                const real w = exp(s[column] - lse);
                dw[column] = 0;
                for (size_t c = 0; c < h->Dv; c++) {
                    dw[column] += m * d_out[c] * p->v[j * p->v_stride + c];
                    if (p->dv) p->dv[j * p->v_stride + c] += m * w * d_out[c];
                }
                delta += w * dw[column];
            }
        }
        column = 0;
        for (size_t a = 0; a < h->pieces; a++) {
            const struct attention_piece *p = h->piece + a;
            for (size_t j = 0; j < p->keys; j++, column++) {
                if (s[column] == -INFINITY) continue;
                const real ds = exp(s[column] - lse) * (dw[column] - delta);
                const struct score_tile at = one_score(h, p, i, j);
                if (p->term && p->term->backward) p->term->backward(p->term, &at, &ds);
                for (size_t c = 0; c < h->D; c++) {
                    if (p->dq) p->dq[i * p->q_stride + c] += h->scale * ds * p->k[j * p->k_stride + c];
                    if (p->dk) p->dk[j * p->k_stride + c] += h->scale * ds * p->q[i * p->q_stride + c];
                }
            }
        }
    }
    free(s);
    free(dw);
}
