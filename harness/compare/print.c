/* print.c -- a comparison as tables, and the verdict. */
#include "compare/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/csv.h"
#include "compare/verdict.h"
#include "report/caption.h"
#include "report/notes.h"

struct printing { FILE *out; enum table_format format; bool color; };

static struct grid *new_grid(const char *caption)
{
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    grid_init(g, caption);
    return g;
}

static void put(const struct printing *p, struct grid *g)
{
    if (g->n_rows) grid_print(p->out, g, p->format, p->color);
    if (g->n_rows) fputc('\n', p->out);
    grid_done(g);
    free(g);
}

static void remark(const struct printing *p, const char *text)
{
    if (p->format == TABLE_TEX) fputs("\\par\\noindent\\footnotesize ", p->out);
    paragraph_print(p->out, text, p->format, 0);
    if (p->format == TABLE_TEXT) fputc('\n', p->out);
}

/* "rope", "rope, lm", "rope in results/b". */
static void name_contrast(const struct comparison *all, const struct contrast *c, char *out, size_t size)
{
    bool tasks_differ = false;
    for (size_t i = 0; i < all->n; i++) tasks_differ |= strcmp(all->at[i].task, c->task) != 0;
    char side[240];
    verdict_side(c, true, side, sizeof side);
    if (c->subject[0] && all->n_sets == 2) snprintf(side, sizeof side, "%s", c->subject);
    snprintf(out, size, "%.150s%s%s", side, tasks_differ ? ", " : "", tasks_differ ? c->task : "");
}

static void set_interval(struct grid *g, size_t row, size_t column, const struct interval *d, bool bits)
{
    char low[32], high[32];
    difference_print(d->low, bits, low, sizeof low);
    difference_print(d->high, bits, high, sizeof high);
    if (d->n > 1) grid_set(g, row, column, "[%s, %s]", low, high);
    else grid_set(g, row, column, "%s", d->n ? "one seed" : "–");
}

/* ---- quality ---- */

enum { BASE = 1, NEXT, DIFFERENCE, INTERVAL, SEEDS, LEAST, ANSWER };

static void quality_row(struct grid *g, const struct contrast *c, const struct quality *q, struct notes *notes)
{
    char name[96], d[32];
    const bool bits = quality_in_bits(c);
    quality_name(c, q, name, sizeof name);
    const size_t row = grid_row(g, name);
    if (!q->n) {
        if (q->reason[0]) grid_set(g, row, ANSWER, "n/a [%zu]", notes_add(notes, q->reason));
        else grid_set(g, row, ANSWER, "n/a");
        return;
    }
    grid_set(g, row, BASE, bits ? "%.4f" : "%.2f", q->base);
    grid_set(g, row, NEXT, bits ? "%.4f" : "%.2f", q->next);
    difference_print(q->d.mean, bits, d, sizeof d);
    grid_set(g, row, DIFFERENCE, "%s", d);
    set_interval(g, row, INTERVAL, &q->d, bits);
    grid_set(g, row, SEEDS, "%zu", q->n);
    if (q->n > 1) {
        difference_print(q->d.least, bits, d, sizeof d);
        grid_set(g, row, LEAST, "%s", d + (d[0] == '+'));
    } else {
        grid_set(g, row, LEAST, "–");
    }
    grid_set(g, row, ANSWER, "%s", answer_word(q->answer));
}

/* With one seed there is no interval over seeds; what the test examples alone say is said as such. */
static void remark_examples(const struct printing *p, const struct contrast *c, const struct quality *q, size_t n, bool variants)
{
    char text[2048], name[96], d[32], half[32];
    const bool bits = quality_in_bits(c);
    int used = snprintf(text, sizeof text, "One seed: no interval over seeds, all is undecided. Over the test examples of this seed alone (95 %%, "
                        "the two taken as independent; nothing about other seeds): ");
    bool any = false;
    for (size_t i = 0; i < n && used < 1900; i++) {
        if (!(q[i].first || q[i].further) || q[i].n != 1 || !isfinite(q[i].over_examples)) continue;
        quality_name(c, &q[i], name, sizeof name);
        difference_print(q[i].d.mean, bits, d, sizeof d);
        difference_print(q[i].over_examples, bits, half, sizeof half);
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%s: %s ± %s", any ? "; " : "", name, d, half + (half[0] == '+'));
        any = true;
    }
    if (any) remark(p, text);
    if (any && variants) remark(p, "More seeds, as in --set 'seeds=[1,2,3]', decide more.");
}

static void print_quality(const struct printing *p, const struct contrast *c, bool variants)
{
    struct quality q[QUALITIES_MAX];
    char caption[1024], base[240], next[240];
    struct notes notes = {0};
    size_t several = 0;
    int used;
    bool one = false, other_targets = false;
    const size_t n = qualities_of(c, q);
    verdict_side(c, false, base, sizeof base);
    verdict_side(c, true, next, sizeof next);
    snprintf(caption, sizeof caption, "%s: %s against %s, %s (%s is better)", c->task, next, base,
             quality_in_bits(c) ? "bits per byte" : "accuracy in %", quality_in_bits(c) ? "less" : "more");
    struct grid *g = new_grid(caption);
    const char *const heads[] = {"test", c->subject[0] ? "base" : c->base, c->subject[0] ? "new" : c->next, "new - base", "95 % interval", "seeds", "least", ""};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) grid_column(g, "", heads[i]);
    for (size_t i = 0; i < n; i++) {
        quality_row(g, c, &q[i], &notes);
        several += q[i].n > 1;
        one |= q[i].n == 1;
        other_targets |= q[i].other_targets;
    }
    put(p, g);
    notes_print(p->out, &notes, p->format);
    if (notes.n && p->format == TABLE_TEXT) fputc('\n', p->out);
    notes_done(&notes);
    if (one) remark_examples(p, c, q, n, variants);
    if (several) {
        used = snprintf(caption, sizeof caption, "least: the true difference that so many seeds would show in about 4 of 5 cases.");
        if (several > 4)
            snprintf(caption + used, sizeof caption - (size_t)used, " Each interval is for its own row: of %zu rows without a true difference about %.1f "
                     "would exclude 0 by chance.", several, 0.05 * (double)several);
        remark(p, caption);
    }
    if (other_targets) remark(p, "The two were not scored on as many targets in every test set (other test settings).");
}

/* ---- effect of budget ---- */

static bool all_same(const struct comparison *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->at[i].n && !contrast_same(&all->at[i])) return false;
    return true;
}

static void print_budget(const struct printing *p, const struct comparison *all)
{
    static const char *const words[] = {"–", "undecided", "shrinks", "grows", "changes sides"};
    struct grid *g = new_grid("Effect of budget: difference of validation loss along training (text: bits per byte; else nats)");
    char name[240], d[32];
    bool other = false;
    size_t late = 0;
    grid_column(g, "", "");
    for (size_t s = 0; s < SHARES; s++) {
        char head[32];
        snprintf(head, sizeof head, "at %.0f %%", budget_share[s] * 100);
        grid_column(g, head, "new - base");
        grid_column(g, head, "95 %");
    }
    grid_column(g, "", "it");
    for (size_t i = 0; i < all->n; i++) {
        struct budget b;
        budget_of(&all->at[i], &b);
        if (b.first == SHARES || contrast_same(&all->at[i])) continue;
        name_contrast(all, &all->at[i], name, sizeof name);
        const size_t row = grid_row(g, name);
        for (size_t s = 0; s < SHARES; s++) {
            difference_print(b.d[s].mean, true, d, sizeof d);
            grid_set(g, row, 1 + 2 * s, "%s", d);
            set_interval(g, row, 2 + 2 * s, &b.d[s], true);
        }
        grid_set(g, row, 1 + 2 * SHARES, "%s", words[b.course]);
        other |= b.other_budget;
        if (b.first > late) late = b.first;
    }
    const bool any = g->n_rows > 0;
    put(p, g);
    if (!any && !all_same(all)) remark(p, "Effect of budget: no validation curves on both sides (train.eval_every).");
    if (late > 1) remark(p, "Validation began late in training: a smaller train.eval_every shows the course and makes costs exact.");
    if (other) remark(p, "The trainings are not of one length: 100 % is the shorter one.");
}

/* ---- cost at equal quality ---- */

static void set_ratio(struct grid *g, size_t row, size_t column, const struct interval *r, bool bound)
{
    if (!r->n) grid_set(g, row, column, "–");
    else if (r->n == 1) grid_set(g, row, column, "%s%.2f×", bound ? "~" : "", exp(r->mean));
    else grid_set(g, row, column, "%s%.2f× [%.2f, %.2f]", bound ? "~" : "", exp(r->mean), exp(r->low), exp(r->high));
}

static void set_price(struct grid *g, size_t row, size_t column, double value, size_t reached, size_t n, double best)
{
    char number[32];
    short_number(value, number, sizeof number);
    if (reached == 0) grid_set(g, row, column, "not reached (best %.4f)", best);
    else if (reached < n) grid_set(g, row, column, "not reached by %zu of %zu", n - reached, n);
    else if (isnan(value)) grid_set(g, row, column, "reached");
    else grid_set(g, row, column, "%s", number);
}

static void equal_row(struct grid *g, const struct comparison *all, const struct contrast *c, bool of_next, bool *bound, char *why, size_t size)
{
    char name[240], side[240], text[512], refused[256];
    struct equal e;
    equal_of(c, of_next, &e);
    if (!e.n || contrast_same(c)) return;
    name_contrast(all, c, name, sizeof name);
    verdict_side(c, of_next, side, sizeof side);
    if (c->subject[0]) snprintf(side, sizeof side, "%s", of_next ? "new" : "base");
    snprintf(text, sizeof text, "%.40s: as %.30s", name, side);
    const size_t row = grid_row(g, text);
    grid_set(g, row, 1, "%.4f", e.level);
    set_price(g, row, 2, e.base[PRICE_FLOPS], e.base_reached, e.n, e.base_best);
    set_price(g, row, 3, e.next[PRICE_FLOPS], e.next_reached, e.n, e.next_best);
    set_ratio(g, row, 4, &e.ratio[PRICE_FLOPS], e.bound);
    set_ratio(g, row, 5, &e.ratio[PRICE_TOKENS], e.bound);
    if (seconds_compare(c, refused, sizeof refused)) {
        set_ratio(g, row, 6, &e.ratio[PRICE_SECONDS], e.bound);
    } else {
        grid_set(g, row, 6, "left out");
        snprintf(why, size, "%s", refused);
    }
    const struct resource_pair bytes = resource_of(c, RESOURCE_BYTES);
    if (isfinite(bytes.next / bytes.base)) grid_set(g, row, 7, "%.2f×", bytes.next / bytes.base);
    else grid_set(g, row, 7, "–");
    *bound |= e.bound && e.ratio[PRICE_FLOPS].n;
}

static void print_equal(const struct printing *p, const struct comparison *all)
{
    static const char *const heads[] = {"", "loss", "base FLOP", "new FLOP", "FLOPs", "tokens", "seconds", "bytes"};
    struct grid *g = new_grid("Cost at equal quality: until validation was down to the last loss of one side; ratios: new / base");
    char why[256] = "", text[512];
    bool bound = false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) grid_column(g, "", heads[i]);
    for (size_t i = 0; i < all->n; i++) {
        equal_row(g, all, &all->at[i], false, &bound, why, sizeof why);
        equal_row(g, all, &all->at[i], true, &bound, why, sizeof why);
    }
    const bool any = g->n_rows > 0;
    put(p, g);
    if (!any) return;
    remark(p, "Linear between evaluations; FLOPs by formula, bytes of activations; seconds as the clock ran. A loss reached on the way stands before "
              "the learning rate has come down, so a training planned for it might get there sooner.");
    if (bound) remark(p, "~: a side was there at its first evaluation already; what it needed is not known better than that.");
    if (why[0]) {
        snprintf(text, sizeof text, "Seconds are left out where the runs were not made on the same machine in the same way (%s).", why);
        remark(p, text);
    }
}

/* ---- what training takes ---- */

static void print_resources(const struct printing *p, const struct comparison *all)
{
    struct grid *g = new_grid("What training takes");
    char name[240], a[32], b[32], why[256];
    grid_column(g, "", "");
    for (size_t r = 0; r < RESOURCES; r++) {
        grid_column(g, resource_title[r], "base");
        grid_column(g, resource_title[r], "new");
    }
    for (size_t i = 0; i < all->n; i++) {
        const struct contrast *c = &all->at[i];
        if (!c->n) continue;
        name_contrast(all, c, name, sizeof name);
        const size_t row = grid_row(g, name);
        for (size_t r = 0; r < RESOURCES; r++) {
            const struct resource_pair x = resource_of(c, r);
            short_number(x.base, a, sizeof a);
            short_number(x.next, b, sizeof b);
            grid_set(g, row, 1 + 2 * r, "%s", isnan(x.base) ? "–" : a);
            if (r == RESOURCE_SPEED && !seconds_compare(c, why, sizeof why)) grid_set(g, row, 2 + 2 * r, "%s", isnan(x.next) ? "–" : b);
            else if (isfinite(x.next / x.base)) grid_set(g, row, 2 + 2 * r, "%s (%.2f×)", b, x.next / x.base);
            else grid_set(g, row, 2 + 2 * r, "%s", isnan(x.next) ? "–" : b);
        }
    }
    put(p, g);
}

static void print_verdicts(const struct printing *p, const struct comparison *all)
{
    char *text = malloc(VERDICT_TEXT);
    if (!text) status_no_memory("a verdict", VERDICT_TEXT);
    if (p->format == TABLE_TEXT) fprintf(p->out, "%sVerdict%s\n", p->color ? "\033[1m" : "", p->color ? "\033[0m" : "");
    else if (p->format == TABLE_MD) fputs("**Verdict**\n\n", p->out);
    else fputs("\\paragraph{Verdict}\n", p->out);
    for (size_t i = 0; i < all->n; i++) {
        verdict_of(&all->at[i], text);
        if (i && p->format == TABLE_TEXT) fputc('\n', p->out);
        paragraph_print(p->out, text, p->format, 0);
        if (p->format == TABLE_TEX) fputc('\n', p->out);
    }
    free(text);
}

void compare_print(FILE *out, const struct comparison *c, enum table_format f, bool color)
{
    const struct printing p = {out, f, color};
    if (f == TABLE_CSV) {
        compare_csv(out, c);
        return;
    }
    for (size_t i = 0; i < c->n; i++)
        if (c->at[i].n && !contrast_same(&c->at[i])) print_quality(&p, &c->at[i], c->n_sets == 0);
    if (comparison_pairs(c)) {
        print_budget(&p, c);
        print_equal(&p, c);
        print_resources(&p, c);
    }
    print_verdicts(&p, c);
}
