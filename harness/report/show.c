/* show.c -- `reach show RUN.h5`: one run on one page. */
#include "report/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/caption.h"
#include "report/grid.h"
#include "report/summary.h"

static void show_head(FILE *out, const struct results *r, const char *path)
{
    static const char *const ends[] = {[RUN_RUNNING] = "unfinished", [RUN_DONE] = "done", [RUN_DIVERGED] = "diverged"};
    fprintf(out, "%s\n", path);
    if (r->title[0]) fprintf(out, "%s\n", r->title);
    fprintf(out, "%s", r->label);
    if (strcmp(r->label, r->variant) != 0) fprintf(out, " (%s)", r->variant);
    fprintf(out, " on %s, seed %llu: %s%s%s\n", r->task, (unsigned long long)r->seed, ends[r->status], r->reason[0] ? ": " : "",
            r->reason);
    if (r->train_id[0]) fprintf(out, "train id %s\n", r->train_id);
}

static void show_training(FILE *out, const struct results *r)
{
    char tokens[32];
    if (!r->n_train) return;
    const struct train_row *t = &r->train[r->n_train - 1];
    short_number(t->tokens, tokens, sizeof tokens);
    fprintf(out, "\nTraining    step %lld, %s tokens, %.0f s; loss %.4f nats (%.4f bits), accuracy %.1f %%, rate %.3g, "
            "gradient %.3g\n", (long long)t->step, tokens, t->seconds, t->loss, t->loss * BITS_PER_NAT, t->accuracy * 100,
            t->learning_rate, t->gradient_norm);
}

static const struct eval_row *best_eval(const struct results *r)
{
    const struct eval_row *best = &r->eval[0];
    for (size_t i = 1; i < r->n_eval; i++)
        if (isnan(best->loss) || r->eval[i].loss < best->loss) best = &r->eval[i];
    return best;
}

static void show_validation(FILE *out, const struct results *r)
{
    if (!r->n_eval) return;
    const struct eval_row *last = &r->eval[r->n_eval - 1], *best = best_eval(r);
    fprintf(out, "Validation  step %lld: loss %.4f nats (%.4f bits), accuracy %.1f %%, %lld targets", (long long)last->step,
            last->loss, last->loss * BITS_PER_NAT, last->accuracy * 100, (long long)last->n);
    if (best != last) fprintf(out, "; best %.4f at step %lld", best->loss, (long long)best->step);
    fputc('\n', out);
}

static void set_score(struct grid *g, size_t row, size_t from, double loss, double accuracy)
{
    if (!isnan(loss)) {
        grid_set(g, row, from, "%.4f", loss);
        grid_set(g, row, from + 1, "%.4f", loss * BITS_PER_NAT);
    }
    if (!isnan(accuracy)) grid_set(g, row, from + 2, "%.2f", accuracy * 100);
}

enum { LENGTH = 1, TARGETS, NATS, BITS, RIGHT, ERROR };

static void add_test(struct grid *g, const struct test_row *t)
{
    char name[80];
    snprintf(name, sizeof name, "%s %s %s", t->split, t->text, t->mode);
    const size_t row = grid_row(g, name);
    if (t->length) grid_set(g, row, LENGTH, "%lld", (long long)t->length);
    if (t->reason[0]) {
        grid_set(g, row, TARGETS, "n/a");
        return;
    }
    grid_set(g, row, TARGETS, "%lld", (long long)t->n);
    set_score(g, row, NATS, t->loss, t->accuracy);
    if (!isnan(t->loss_error)) grid_set(g, row, ERROR, "%.4f", t->loss_error);
}

static void show_reasons(FILE *out, const struct results *r)
{
    for (size_t i = 0; i < r->n_test; i++) {
        const struct test_row *t = &r->test[i];
        bool said = !t->reason[0];
        for (size_t j = 0; j < i && !said; j++) said = strcmp(r->test[j].reason, t->reason) == 0;
        if (!said) fprintf(out, "n/a: %s\n", t->reason);
    }
}

static void show_tests(FILE *out, const struct results *r)
{
    static const char *const heads[] = {"test", "length", "targets", "nats", "bits", "accuracy, %", "std. error"};
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    grid_init(g, "");
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) grid_column(g, "", heads[i]);
    for (size_t i = 0; i < r->n_test; i++) add_test(g, &r->test[i]);
    if (r->n_predictor) g->rule = g->n_rows;
    for (size_t i = 0; i < r->n_predictor; i++)
        set_score(g, grid_row(g, r->predictor[i].name), NATS, r->predictor[i].loss, r->predictor[i].accuracy);
    if (g->n_rows) grid_print(out, g, TABLE_TEXT, false);
    grid_done(g);
    free(g);
    show_reasons(out, r);
}

static void show_number(FILE *out, const char *name, double value, const char *unit)
{
    char number[32];
    if (!(value > 0)) return; /* not measured */
    short_number(value, number, sizeof number);
    fprintf(out, "  %-18s %s%s%s\n", name, number, unit[0] ? " " : "", unit);
}

static void show_cost(FILE *out, const struct cost *c)
{
    fputs("\nCost\n", out);
    show_number(out, "parameters", c->parameters, "");
    show_number(out, "training", c->seconds, "s");
    show_number(out, "speed", c->tokens_per_second, "tokens/s");
    show_number(out, "computation", c->flops_per_token, "FLOP per token");
    show_number(out, "activations", c->activation_bytes_per_token, "bytes per token");
    show_number(out, "largest pack", c->activation_bytes, "bytes of activations");
    show_number(out, "peak memory", c->peak_rss_bytes, "bytes");
}

static void show_list(FILE *out, const char *title, const struct attribute *list, size_t n)
{
    if (n) fprintf(out, "\n%s\n", title);
    for (size_t i = 0; i < n; i++) fprintf(out, "  %-18s %s\n", list[i].name, list[i].text);
}

static void show_config(FILE *out, const char *text)
{
    if (!text || !text[0]) return;
    fputs("\nSettings\n", out);
    while (*text) {
        const size_t n = strcspn(text, "\n");
        fprintf(out, "  %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

status report_show(FILE *out, const char *path)
{
    struct results r;
    results_init(&r);
    TRY(results_read(&r, path, false));
    show_head(out, &r, path);
    show_training(out, &r);
    show_validation(out, &r);
    show_tests(out, &r);
    show_cost(out, &r.cost);
    show_list(out, "Environment", r.environment, r.n_environment);
    show_config(out, r.config);
    results_done(&r);
    return OK;
}
