/* csv.c -- every number of a comparison, unrounded, one line each. */
#include "compare/csv.h"

#include <math.h>
#include <stdlib.h>

#include "compare/verdict.h"
#include "report/grid.h"

struct line {
    const char *what, *place, *text, *unit, *word, *note;
    long long   length;
    size_t      n;
    double      base, next;
    struct interval d;     /* n = 0: none            */
    struct interval ratio; /* of logarithms; n = 0: none */
};

static void number(FILE *out, double x)
{
    if (isfinite(x)) fprintf(out, ",%.10g", x);
    else fputc(',', out);
}

static void text(FILE *out, const char *s)
{
    fputc(',', out);
    text_print(out, s ? s : "", TABLE_CSV);
}

static void put(FILE *out, const struct contrast *c, const struct line *l)
{
    text_print(out, c->task, TABLE_CSV);
    text(out, c->subject);
    text(out, c->base);
    text(out, c->next);
    text(out, l->what);
    text(out, l->place);
    text(out, l->text);
    fprintf(out, l->length ? ",%lld" : ",", l->length);
    text(out, l->unit);
    fprintf(out, ",%zu", l->n);
    number(out, l->base);
    number(out, l->next);
    number(out, l->d.n ? l->d.mean : NAN);
    number(out, l->d.n ? l->d.low : NAN);
    number(out, l->d.n ? l->d.high : NAN);
    number(out, l->d.n ? l->d.least : NAN);
    number(out, l->ratio.n ? exp(l->ratio.mean) : NAN);
    number(out, l->ratio.n > 1 ? exp(l->ratio.low) : NAN);
    number(out, l->ratio.n > 1 ? exp(l->ratio.high) : NAN);
    text(out, l->word);
    text(out, l->note);
    fputc('\n', out);
}

static void put_quality(FILE *out, const struct contrast *c)
{
    struct quality q[QUALITIES_MAX];
    const size_t n = qualities_of(c, q);
    for (size_t i = 0; i < n; i++)
        put(out, c, &(struct line){.what = "quality", .place = q[i].mode, .text = q[i].text, .length = q[i].length, .n = q[i].n,
                                   .unit = quality_in_bits(c) ? "bits per byte" : "percent", .base = q[i].base, .next = q[i].next, .d = q[i].d,
                                   .word = answer_word(q[i].answer), .note = q[i].reason});
}

static void put_budget(FILE *out, const struct contrast *c)
{
    static const char *const words[] = {"", "undecided", "shrinks", "grows", "changes sides"};
    struct budget b;
    char share[16];
    budget_of(c, &b);
    for (size_t s = 0; s < SHARES; s++) {
        snprintf(share, sizeof share, "%.2f", budget_share[s]);
        put(out, c, &(struct line){.what = "budget", .place = share, .unit = quality_in_bits(c) ? "bits per byte" : "nats", .n = b.d[s].n,
                                   .base = b.base[s], .next = b.next[s], .d = b.d[s], .word = s == SHARES - 1 ? words[b.course] : ""});
    }
}

static void put_equal(FILE *out, const struct contrast *c)
{
    static const char *const units[PRICES] = {"FLOP", "seconds", "tokens"};
    char why[256];
    for (int of_next = 0; of_next < 2; of_next++)
        for (int p = 0; p < PRICES; p++) {
            struct equal e;
            equal_of(c, of_next, &e);
            if (!e.n || (p == PRICE_SECONDS && !seconds_compare(c, why, sizeof why))) continue;
            put(out, c, &(struct line){.what = "equal", .place = of_next ? "last loss of new" : "last loss of base", .unit = units[p], .n = e.n,
                                       .base = e.base[p], .next = e.next[p], .ratio = e.ratio[p],
                                       .word = e.next_reached < e.n ? "new: not reached" : e.base_reached < e.n ? "base: not reached" : "reached",
                                       .note = e.bound ? "a bound: reached at the first evaluation" : ""});
        }
}

static void put_resources(FILE *out, const struct contrast *c)
{
    for (int r = 0; r < RESOURCES; r++) {
        const struct resource_pair x = resource_of(c, r);
        put(out, c, &(struct line){.what = "resource", .place = resource_title[r], .n = c->n, .base = x.base, .next = x.next,
                                   .ratio = {.n = isfinite(x.next / x.base), .mean = log(x.next / x.base)}});
    }
}

void compare_csv(FILE *out, const struct comparison *c)
{
    char *words = malloc(VERDICT_TEXT);
    if (!words) status_no_memory("a verdict", VERDICT_TEXT);
    fputs("task,subject,base,new,what,place,text,length,unit,seeds,base_value,new_value,difference,low,high,would_show,ratio,ratio_low,"
          "ratio_high,word,note\n", out);
    for (size_t i = 0; i < c->n; i++) {
        put_quality(out, &c->at[i]);
        put_budget(out, &c->at[i]);
        put_equal(out, &c->at[i]);
        put_resources(out, &c->at[i]);
        verdict_of(&c->at[i], words);
        put(out, &c->at[i], &(struct line){.what = "verdict", .n = c->at[i].n, .base = NAN, .next = NAN, .note = words});
    }
    free(words);
}
