/* test_linear_kernel.c -- linear attention in chunks, in double: against its quadratic form, itself in parts, and differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "linear_problem.h"
#include "tensor/ops.h"
#include "tensor/product.h"

static const struct kernel *k;

static void near(const char *what, double got, double wanted, double tolerance)
{
    if (fabs(got - wanted) <= tolerance * (1 + fabs(wanted))) return;
    fail_msg("%s: got %.17g, wanted %.17g, tolerance %g", what, got, wanted, tolerance);
}

/* Errors relative to the largest value of the array. */
static void near_rows(const struct linear_spec *s, const char *what, const real *got, const real *before, size_t stride,
                      const double *wanted, size_t rows, size_t cols)
{
    double most = 1;
    for (size_t i = 0; i < rows * cols; i++) most = fmax(most, fabs(wanted[i]));
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < cols; c++) {
            const double x = got[i * stride + c] - (before ? before[i * stride + c] : 0), y = wanted[i * cols + c];
            if (fabs(x - y) <= 1e-12 * most) continue;
            fail_msg("%s[%zu][%zu]: got %.15g, wanted %.15g; rows %zu, F %zu, Dv %zu, sees %d, decay %g, normalise %d, state %d, hidden %d, segment %zu, bptt %zd, delta %d",
                     what, i, c, x, y, s->rows, s->F, s->Dv, s->sees, s->decay, s->normalise, s->with_state, s->hidden,
                     s->segment, (ptrdiff_t)s->bptt, s->delta);
        }
    }
}

static void gaps_untouched(const struct linear_spec *s, const real *got, const real *before, size_t used, size_t stride)
{
    for (size_t i = 0; i < s->rows; i++) assert_memory_equal(got + i * stride + used, before + i * stride + used, (stride - used) * sizeof(real));
}

static void one_spec(const struct linear_spec *s, const void *about)
{
    (void)about;
    struct linear_problem *p = linear_problem_new(s, k, 1), *was = linear_problem_new(s, k, 1);
    struct linear_wanted w = linear_want(p);
    const size_t wide_q = p->head.q_stride, wide_v = p->head.v_stride;
    k->linear_forward(&p->head, p->scratch);
    near_rows(s, "out", p->out, NULL, wide_v, w.out, s->rows, s->Dv);
    if (s->with_state) near_rows(s, "state_out", p->state_out, NULL, s->Dv + 1, w.state_out, s->F, s->Dv + 1);
    k->linear_backward(&p->head, p->scratch);
    near_rows(s, "dq", p->dq, was->dq, wide_q, w.dq, s->rows, s->F);
    near_rows(s, "dk", p->dk, was->dk, wide_q, w.dk, s->rows, s->F);
    near_rows(s, "dv", p->dv, was->dv, wide_v, w.dv, s->rows, s->Dv);
    if (s->with_state) near_rows(s, "d_state_in", p->d_state_in, was->d_state_in, s->Dv + 1, w.d_state_in, s->F, s->Dv + 1);
    gaps_untouched(s, p->out, was->out, s->Dv, wide_v);
    gaps_untouched(s, p->dq, was->dq, s->F, wide_q);
    gaps_untouched(s, p->dk, was->dk, s->F, wide_q);
    gaps_untouched(s, p->dv, was->dv, s->Dv, wide_v);
    assert_memory_equal(p->state_in, was->state_in, p->n_state * sizeof(real));
    linear_wanted_free(&w);
    linear_problem_free(p);
    linear_problem_free(was);
}

static void quadratic_form(void **state)
{
    (void)state;
    linear_each_spec(one_spec, NULL);
}

static void memory_in_segments(void **state)
{
    (void)state;
    linear_each_memory(one_spec, NULL);
}

/* The quadratic form's own gradients, and so the kernel's, by central differences of the kernel. */
static double loss_of(struct linear_problem *p)
{
    double loss = 0;
    k->linear_forward(&p->head, p->scratch);
    for (size_t i = 0; i < p->spec.rows; i++)
        for (size_t c = 0; c < p->spec.Dv; c++) loss += p->out[i * p->head.out_stride + c] * p->d_out[i * p->head.out_stride + c];
    for (size_t i = 0; p->spec.with_state && i < p->n_state; i++) loss += p->state_out[i] * p->d_state_out[i];
    return loss;
}

static void differences(void **state)
{
    (void)state;
    for (int kind = 0; kind < 18; kind++) { /* from 10 on, memories in segments */
        const bool memory = kind >= 10;
        const struct linear_spec s = memory ? (struct linear_spec){
                                      .rows = 150, .F = 5, .Dv = 3, .sees = LINEAR_MEMORY, .decay = 1, .normalise = kind / 2 % 2, .with_state = 1,
                                      .hidden = 1, .segment = kind >= 14 ? 65 : 7, .bptt = SIZE_MAX, .delta = kind % 2} : (struct linear_spec){.rows = 67, .F = 5, .Dv = 3, .sees = (enum linear_sight[]){LINEAR_CAUSAL, LINEAR_BOTH, LINEAR_CAUSAL,
                                      LINEAR_BOTH, LINEAR_MEMORY}[kind % 5], .decay = kind % 5 == 2 || kind % 5 == 3 ? 0.9 : 1,
                                      .normalise = kind / 5, .with_state = 1, .hidden = 1};
        struct linear_problem *p = linear_problem_new(&s, k, 2), *was = linear_problem_new(&s, k, 2);
        (void)loss_of(p);
        k->linear_backward(&p->head, p->scratch);
        real *const x[] = {p->q, p->k, p->v, p->state_in}, *const dx[] = {p->dq, p->dk, p->dv, p->d_state_in};
        real *const before[] = {was->dq, was->dk, was->dv, was->d_state_in};
        const size_t n[] = {p->n_q, p->n_q, p->n_v, p->n_state};
        for (int a = 0; a < 4; a++) {
            for (size_t i = 0; i < n[a]; i += 11) {
                const double was_x = x[a][i], h = 1e-5;
                x[a][i] = was_x + h;
                const double up = loss_of(p);
                x[a][i] = was_x - h;
                const double down = loss_of(p);
                x[a][i] = was_x;
                near("slope", dx[a][i] - before[a][i], (up - down) / (2 * h), 1e-7);
            }
        }
        linear_problem_free(p);
        linear_problem_free(was);
    }
}

/* Two parts with the state carried over are one pass: values, and gradients that come back through the state. */
static void parts_are_one_pass(void **state)
{
    (void)state;
    static const size_t cuts[] = {1, 13, 64, 100, 129};
    for (int kind = 0; kind < 4; kind++) {
        const struct linear_spec s = {.rows = 130, .F = 7, .Dv = 5, .sees = LINEAR_CAUSAL, .decay = kind & 1 ? 0.95 : 1, .normalise = kind / 2,
                                      .with_state = 1};
        struct linear_problem *p = linear_problem_new(&s, k, 3);
        k->linear_forward(&p->head, p->scratch);
        k->linear_backward(&p->head, p->scratch);
        for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
            struct linear_problem *q = linear_problem_new(&s, k, 3);
            real *middle = linear_numbers(q->n_state, 0, 1), *d_middle = calloc(q->n_state, sizeof *d_middle);
            struct linear_head a = q->head, b = q->head;
            a.rows = cuts[c], b.rows -= cuts[c];
            a.state_out = middle, b.state_in = middle, a.d_state_out = d_middle, b.d_state_in = d_middle;
            const size_t at_q = cuts[c] * b.q_stride, at_v = cuts[c] * b.v_stride;
            b.q += at_q, b.k += at_q, b.v += at_v, b.out += at_v, b.d_out += at_v, b.dq += at_q, b.dk += at_q, b.dv += at_v, b.den += cuts[c];
            b.states = malloc((k->linear_states(&b) + 1) * sizeof(real));
            k->linear_forward(&a, q->scratch);
            k->linear_forward(&b, q->scratch);
            k->linear_backward(&b, q->scratch);
            k->linear_backward(&a, q->scratch);
            for (size_t i = 0; i < q->n_v; i++) near("out", q->out[i], p->out[i], 1e-12), near("dv", q->dv[i], p->dv[i], 1e-11);
            for (size_t i = 0; i < q->n_q; i++) near("dq", q->dq[i], p->dq[i], 1e-11), near("dk", q->dk[i], p->dk[i], 1e-11);
            for (size_t i = 0; i < q->n_state; i++)
                near("state", q->state_out[i], p->state_out[i], 1e-12), near("d_state", q->d_state_in[i], p->d_state_in[i], 1e-11);
            free(middle), free(d_middle), free(b.states);
            linear_problem_free(q);
        }
        linear_problem_free(p);
    }
}

/* The last row has seen everything either way; a decay near 0 leaves the diagonal; without decay and normaliser, plain sums. */
static void special_cases(void **state)
{
    (void)state;
    struct linear_spec s = {.rows = 130, .F = 6, .Dv = 4, .sees = LINEAR_CAUSAL, .decay = 1, .normalise = 1};
    struct linear_problem *causal = linear_problem_new(&s, k, 4);
    s.sees = LINEAR_BOTH;
    struct linear_problem *both = linear_problem_new(&s, k, 4);
    k->linear_forward(&causal->head, causal->scratch);
    k->linear_forward(&both->head, both->scratch);
    for (size_t c = 0; c < s.Dv; c++) near("last row", causal->out[129 * causal->head.out_stride + c], both->out[129 * both->head.out_stride + c], 1e-13);
    for (size_t c = 0; c < s.Dv; c++) near("first row", causal->out[c], causal->v[c], 1e-14);
    s.decay = 1e-200, s.normalise = 0;
    for (int sees = LINEAR_CAUSAL; sees <= LINEAR_BOTH; sees++) {
        s.sees = (enum linear_sight)sees;
        struct linear_problem *p = linear_problem_new(&s, k, 4);
        k->linear_forward(&p->head, p->scratch);
        for (size_t i = 0; i < s.rows; i++) {
            double a = 0;
            for (size_t f = 0; f < s.F; f++) a += p->q[i * p->head.q_stride + f] * p->k[i * p->head.k_stride + f];
            for (size_t c = 0; c < s.Dv; c++) near("diagonal", p->out[i * p->head.out_stride + c], a * p->v[i * p->head.v_stride + c], 1e-14);
        }
        linear_problem_free(p);
    }
    linear_problem_free(causal);
    linear_problem_free(both);
}

/* Later rows change no bit of earlier outputs and of the gradients of their q; rows that see nothing are 0. */
static void causal_exactly(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        const struct linear_spec s = {.rows = 140, .F = 9, .Dv = 5, .sees = LINEAR_CAUSAL, .decay = kind & 1 ? 0.9 : 1, .normalise = kind / 2, .hidden = 1};
        for (size_t cut = 1; cut < 140; cut += 9) {
            struct linear_problem *a = linear_problem_new(&s, k, 5), *b = linear_problem_new(&s, k, 5);
            for (size_t i = cut * b->head.q_stride; i < b->n_q; i++) b->k[i] *= 1000, b->q[i] = 7;
            for (size_t i = cut * b->head.v_stride; i < b->n_v; i++) b->v[i] -= 1e6;
            struct linear_problem *const each[] = {a, b};
            for (int i = 0; i < 2; i++) {
                k->linear_forward(&each[i]->head, each[i]->scratch);
                k->linear_backward(&each[i]->head, each[i]->scratch);
            }
            assert_memory_equal(a->out, b->out, cut * a->head.out_stride * sizeof(real));
            assert_memory_equal(a->dq, b->dq, cut * a->head.q_stride * sizeof(real));
            linear_problem_free(a);
            linear_problem_free(b);
        }
    }
    const struct linear_spec s = {.rows = 9, .F = 4, .Dv = 3, .sees = LINEAR_CAUSAL, .decay = 1, .normalise = 1, .hidden = 1};
    struct linear_problem *p = linear_problem_new(&s, k, 6), *was = linear_problem_new(&s, k, 6);
    memset(p->visible, 0, s.rows);
    for (size_t i = 0; i < p->n_v; i++) p->v[i] = NAN; /* never looked at */
    k->linear_forward(&p->head, p->scratch);
    k->linear_backward(&p->head, p->scratch);
    for (size_t i = 0; i < s.rows; i++)
        for (size_t c = 0; c < s.Dv; c++) assert_true(p->out[i * p->head.out_stride + c] == 0);
    assert_memory_equal(p->dq, was->dq, p->n_q * sizeof(real));
    assert_memory_equal(p->dk, was->dk, p->n_q * sizeof(real));
    linear_problem_free(p);
    linear_problem_free(was);
}

/* ---- the operation on the tape: packs, and state as a node ---- */

#define H 2
#define F 3
#define DV 2
static const size_t offset[] = {0, 5, 75, 76};
static const ptrdiff_t first[3];
static const uint64_t ids[3];
static const struct pack three = {.n = 3, .offset = offset, .id = ids, .first = first};

struct inputs { real *q, *k, *v, *state, *dq, *dk, *dv, *d_state; };

static double weight(size_t i) { return 0.3 + sin(1.7 * (double)i + 0.4); }

static void weigh_backward(tape *tp, node *y)
{
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->in[0]->rows * y->in[0]->cols; i++) dx[i] += y->grad[0] * weight(i);
}

static node *weigh(tape *tp, node *x)
{
    node *y = tape_node(tp, 1, 1, weigh_backward, x, NULL, NULL);
    y->val[0] = 0;
    for (size_t i = 0; i < x->rows * x->cols; i++) y->val[0] += weight(i) * x->val[i];
    return y;
}

/* Two layers in a row: the second reads the state that the first leaves.  `use`: 1 the first's output, 2 the second's. */
static double two_passes(const struct inputs *x, const real *decay, enum linear_sight second, unsigned use, bool gradients)
{
    arena *memory = arena_new("test");
    tape tp;
    tape_init(&tp, memory, k, true);
    node *q = tape_leaf(&tp, 76, H * F, x->q, gradients ? x->dq : NULL), *kk = tape_leaf(&tp, 76, H * F, x->k, gradients ? x->dk : NULL);
    node *v = tape_leaf(&tp, 76, H * DV, x->v, gradients ? x->dv : NULL);
    node *state = tape_leaf(&tp, 3 * H * F, DV + 1, x->state, gradients ? x->d_state : NULL);
    struct linear_request rq = {.pack = &three, .heads = H, .sees = LINEAR_CAUSAL, .normalise = true, .decay = decay, .q = q, .k = kk, .v = v, .state = state};
    node *y = linear_attention(&tp, &rq, &rq.state), *middle = rq.state;
    rq.sees = second;
    if (second == LINEAR_MEMORY) rq.decay = NULL;
    node *z = linear_attention(&tp, &rq, NULL);
    node *loss = use == 1 ? weigh(&tp, y) : use == 2 ? weigh(&tp, z) : add(&tp, add(&tp, weigh(&tp, y), weigh(&tp, z)), weigh(&tp, middle));
    const double value = loss->val[0];
    tape_backward(&tp, loss, 1);
    arena_free(memory);
    return value;
}

static void state_as_a_node(void **state)
{
    (void)state;
    static const real decay[H] = {0.9, 1};
    const size_t n[] = {76 * H * F, 76 * H * F, 76 * H * DV, 3 * H * F * (DV + 1)};
    for (unsigned kind = 0; kind < 6; kind++) {
        struct inputs x = {linear_numbers(n[0], 0.1, 1), linear_numbers(n[1], 0.1, 2), linear_numbers(n[2], 0, 3), linear_numbers(n[3], 0.1, 4),
                           calloc(n[0], sizeof(real)), calloc(n[1], sizeof(real)), calloc(n[2], sizeof(real)), calloc(n[3], sizeof(real))};
        const enum linear_sight second = kind & 1 ? LINEAR_MEMORY : LINEAR_CAUSAL;
        (void)two_passes(&x, decay, second, kind / 2 + 1, true);
        real *const at[] = {x.q, x.k, x.v, x.state}, *const d[] = {x.dq, x.dk, x.dv, x.d_state};
        for (int a = 0; a < 4; a++) {
            for (size_t i = 0; i < n[a]; i += 13) {
                const double was = at[a][i], h = 1e-5;
                at[a][i] = was + h;
                const double up = two_passes(&x, decay, second, kind / 2 + 1, false);
                at[a][i] = was - h;
                const double down = two_passes(&x, decay, second, kind / 2 + 1, false);
                at[a][i] = was;
                near("slope", d[a][i], (up - down) / (2 * h), 1e-7);
            }
        }
        for (int a = 0; a < 4; a++) free(at[a]), free(d[a]);
    }
}

/* The delta rule by two calls, first k reads and then what is new is written, and by one: what is already stored leaves the
 * memory as it is.  Its z grows, so a third read finds half of the value. */
static void delta_rule(void **state)
{
    (void)state;
    arena *memory = arena_new("test");
    tape tp;
    tape_init(&tp, memory, k, false);
    static const size_t one[] = {0, 1};
    const struct pack pack = {.n = 1, .offset = one, .id = ids, .first = first};
    real features[] = {0.5, 1.5, 0.25}, values[] = {2.385, -1}, minus[] = {-1};
    node *key = tape_leaf(&tp, 1, F, features, NULL), *v = tape_leaf(&tp, 1, DV, values, NULL), *behind = NULL, *once = NULL;
    for (int times = 0; times < 2; times++) {
        struct linear_request rq = {.pack = &pack, .heads = 1, .sees = LINEAR_MEMORY, .normalise = true, .q = key, .k = key, .v = v, .state = behind};
        node *read = linear_attention(&tp, &rq, NULL);
        if (times) for (int c = 0; c < DV; c++) near("read", read->val[c], values[c], 1e-14);
        rq.v = add(&tp, v, scale_rows(&tp, read, minus));
        (void)linear_attention(&tp, &rq, &behind);
        if (!times) once = behind;
    }
    for (size_t f = 0; f < F; f++) {
        for (size_t e = 0; e < DV; e++) near("M", behind->val[f * (DV + 1) + e], once->val[f * (DV + 1) + e], 1e-14);
        near("z", behind->val[f * (DV + 1) + DV], 2 * features[f], 1e-14);
    }
    static const size_t thrice[] = {0, 3};
    const struct pack rows = {.n = 1, .offset = thrice, .id = ids, .first = first};
    real keys[3 * F], many[3 * DV];
    for (int i = 0; i < 3; i++) memcpy(keys + i * F, features, sizeof features), memcpy(many + i * DV, values, sizeof values);
    node *x = tape_leaf(&tp, 3, F, keys, NULL);
    const struct linear_request rq = {.pack = &rows, .heads = 1, .sees = LINEAR_MEMORY, .normalise = true, .q = x, .k = x, .segment = 1,
                                      .bptt = SIZE_MAX, .delta = true, .v = tape_leaf(&tp, 3, DV, many, NULL)};
    const node *y = linear_attention(&tp, &rq, &behind);
    for (int c = 0; c < DV; c++) near("nothing yet", y->val[c], 0, 0), near("v", y->val[DV + c], values[c], 1e-14), near("v / 2", y->val[2 * DV + c], values[c] / 2, 1e-14);
    for (size_t f = 0; f < F; f++)
        for (size_t e = 0; e < DV; e++) {
            /* the second write leaves M; the third finds v / 2 and adds the other half */
            near("M", behind->val[f * (DV + 1) + e], 1.5 * once->val[f * (DV + 1) + e], 1e-14);
        }
    arena_free(memory);
}

static int setup(void **state)
{
    (void)state;
    product_start();
    k = kernel_choose(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadratic_form),  cmocka_unit_test(memory_in_segments), cmocka_unit_test(differences), cmocka_unit_test(parts_are_one_pass),
        cmocka_unit_test(special_cases),   cmocka_unit_test(causal_exactly),  cmocka_unit_test(state_as_a_node),
        cmocka_unit_test(delta_rule),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
