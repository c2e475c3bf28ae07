/* activation.c -- GELU (erf and tanh forms; Hendrycks and Gimpel, arXiv:1606.08415), ReLU, SiLU, ELU + 1. */
#include "tensor/ops.h"

static void gelu_erf_backward(tape *tp, node *y)
{
    node *x = y->in[0];
    tp->kernel->gelu_erf_backward(y->rows * y->cols, x->val, y->grad, tape_grad(tp, x));
}

static void gelu_tanh_backward(tape *tp, node *y)
{
    node *x = y->in[0];
    tp->kernel->gelu_tanh_backward(y->rows * y->cols, x->val, y->grad, tape_grad(tp, x));
}

static void silu_backward(tape *tp, node *y)
{
    node *x = y->in[0];
    tp->kernel->silu_backward(y->rows * y->cols, x->val, y->grad, tape_grad(tp, x));
}

static void elu_plus_one_backward(tape *tp, node *y)
{
    node *x = y->in[0];
    tp->kernel->elu_plus_one_backward(y->rows * y->cols, x->val, y->grad, tape_grad(tp, x));
}

static void relu_backward(tape *tp, node *y)
{
    const node *x = y->in[0];
    real *dx = tape_grad(tp, y->in[0]);
    for (size_t i = 0; i < y->rows * y->cols; i++) dx[i] += x->val[i] > 0 ? y->grad[i] : 0;
}

node *activation(tape *tp, node *x, enum activation_kind f)
{
    static void (*const backward[])(tape *, node *) = {gelu_erf_backward, gelu_tanh_backward, relu_backward, silu_backward,
                                                          elu_plus_one_backward};
    node *y = tape_node(tp, x->rows, x->cols, backward[f], x, NULL, NULL);
    const size_t n = x->rows * x->cols;
    switch (f) {
    case GELU_ERF: tp->kernel->gelu_erf(n, x->val, y->val); break;
    case GELU_TANH: tp->kernel->gelu_tanh(n, x->val, y->val); break;
    case SILU: tp->kernel->silu(n, x->val, y->val); break;
    case ELU_PLUS_ONE: tp->kernel->elu_plus_one(n, x->val, y->val); break;
    case RELU: /* written so that NaN stays NaN */
        for (size_t i = 0; i < n; i++) y->val[i] = x->val[i] < 0 ? 0 : x->val[i];
        break;
    }
    return y;
}
