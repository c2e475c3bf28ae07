/* claim_plot.c -- the verdicts of a config's claims as a picture. */
#include "report/claim_plot.h"

#include <math.h>
#include <string.h>

#include "report/figure.h"
#include "report/grid.h"

#define SAYS_MOST 58 /* columns of a row's text */

bool claim_margin(const struct claim_part *p, double *low, double *middle, double *high)
{
    const struct interval *i = &p->said.of;
    const double size = fmax(fabs(p->left), fabs(p->right)), unit = (p->test.less ? -100 : 100) / (size > 0 ? size : 1);
    if (i->n == 0) return false;
    *middle = i->mean * unit;
    *low = *high = *middle;
    if (i->n < 2) return true;
    *low = fmin(i->low * unit, i->high * unit);
    *high = fmax(i->low * unit, i->high * unit);
    return true;
}

const struct claim_part *claim_deciding(const struct claim *c)
{
    const struct claim_part *best = NULL;
    double least = INFINITY, low, middle, high;
    for (size_t i = 0; i < c->n; i++) {
        const struct claim_part *p = &c->part[i];
        if (!claim_margin(p, &low, &middle, &high)) middle = 1e300; /* one with a number is worth more of a row */
        if (best && p->said.verdict != best->said.verdict && verdict_weaker(p->said.verdict, best->said.verdict) == best->said.verdict) continue;
        if (best && p->said.verdict == best->said.verdict && middle >= least) continue;
        best = p;
        least = middle;
    }
    return best;
}

/* Cut at a blank, so that it fits its column. */
static void shorten(const char *text, char *out, size_t size)
{
    snprintf(out, size, "%s", text);
    if (text_width(out) <= SAYS_MOST) return;
    char *blank;
    while (text_width(out) > SAYS_MOST - 1 && (blank = strrchr(out, ' '))) *blank = 0;
    size_t n = strlen(out);
    while (n && strchr(":,;(", out[n - 1])) n--;
    out[n < size - 4 ? n : size - 4] = 0;
    strcat(out, "…");
}

static void put_element(FILE *out, const char *array, size_t i, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%s[%zu]", array, i + 1);
    figure_put_text(out, name, text);
}

static void put_row(FILE *out, const struct claim *c, const char *per, size_t i)
{
    const struct claim_part *p = claim_deciding(c);
    char says[320], label[80], note[80];
    double low = NAN, middle = NAN, high = NAN;
    const bool any = p && claim_margin(p, &low, &middle, &high);
    shorten(c->says, says, sizeof says);
    snprintf(label, sizeof label, "%s", c->id);
    snprintf(note, sizeof note, "%s", c->verdict == VERDICT_ELSEWHERE ? "other implementation" : verdict_name(c->verdict));
    if (any) snprintf(note + strlen(note), sizeof note - strlen(note), ", %zu %s%s", p->said.of.n, per, p->said.of.n == 1 ? "" : "s");
    put_element(out, "label", i, label);
    put_element(out, "says", i, says);
    put_element(out, "note", i, note);
    if (any) fprintf(out, "low[%zu] = %.8g\nmiddle[%zu] = %.8g\nhigh[%zu] = %.8g\n", i + 1, low, i + 1, middle, i + 1, high);
    fprintf(out, "any[%zu] = %d\nverdict[%zu] = %d\n", i + 1, any, i + 1, (int)c->verdict);
}

/* The axis ends where every interval does, but not far beyond what has a meaning. */
static double limit_of(const struct claims *c)
{
    static const double ends[] = {10, 30, 100, 200};
    double most = 0, low, middle, high;
    for (size_t i = 0; i < c->n; i++) {
        const struct claim_part *p = claim_deciding(&c->at[i]);
        if (p && claim_margin(p, &low, &middle, &high)) most = fmax(most, fmax(fabs(middle), fmin(200, fmax(fabs(low), fabs(high)))));
    }
    size_t i = 0;
    while (i < 3 && ends[i] < most) i++;
    return ends[i];
}

struct summary_of { const struct config *config; const struct claims *claims; };

static bool put_settings(FILE *out, const void *self)
{
    const struct summary_of *s = self;
    const size_t n = s->claims->n;
    size_t widest = 0;
    char title[300];
    snprintf(title, sizeof title, "Claims: %s", s->config->title);
    figure_put_text(out, "figure_title", title);
    figure_put_text(out, "per", s->claims->per);
    fprintf(out, "n = %zu\nlimit = %g\narray label[%zu]\narray says[%zu]\narray note[%zu]\narray low[%zu]\narray middle[%zu]\narray high[%zu]\n"
            "array any[%zu]\narray verdict[%zu]\n", n, limit_of(s->claims), n, n, n, n, n, n, n, n);
    for (size_t i = 0; i < n; i++) {
        put_row(out, &s->claims->at[i], s->claims->per, i);
        const size_t width = text_width(s->claims->at[i].id);
        widest = width > widest ? width : widest;
    }
    fprintf(out, "widest = %zu\n", widest);
    return !ferror(out);
}

status claims_plot(const struct config *c, const struct claims *claims, const char *plots_dir, const char *out_dir, const char *format, FILE *log)
{
    if (claims->n == 0) return OK;
    const struct summary_of of = {c, claims};
    const struct figure_files files = {.script = "claims", .name = "claims", .settings = put_settings, .self = &of};
    return figure_draw_files(&files, plots_dir, out_dir, format, log);
}
