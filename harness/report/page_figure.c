/* page_figure.c -- figures inside the page: gnuplot's SVG without its prolog, with ids of its own and words for who cannot see it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "report/figure.h"
#include "report/html.h"
#include "report/page_part.h"
#include "report/plot.h"
#include "report/speed.h"

struct drawn {
    FILE                 *first, *rest;
    size_t                n; /* so far */
    const struct section *section;
    char                  folder[32]; /* for the pictures, one at a time */
};

static bool begins(const char *text, const char *end, const char *with)
{
    const size_t n = strlen(with);
    return (size_t)(end - text) >= n && memcmp(text, with, n) == 0;
}

/* Copy the SVG, and where an id is given or used put `id` and a dash before it; titles that gnuplot gives to curves name its
 * input and are left out. */
static void copy_svg(FILE *out, const char *p, const char *end, const char *id)
{
    static const char *const before[] = {" id=\"", " id='", "\tid=\"", "href=\"#", "href='#", "url(#", NULL};
    while (p < end) {
        const char *skip = begins(p, end, "<title>") ? "</title>" : begins(p, end, "<desc>") ? "</desc>" : NULL;
        const char *stop = skip ? strstr(p, skip) : NULL;
        if (stop) {
            p = stop + strlen(skip);
            continue;
        }
        size_t i = 0;
        while (before[i] && !begins(p, end, before[i])) i++;
        if (before[i]) {
            fprintf(out, "%s%s-", before[i], id);
            p += strlen(before[i]);
        } else {
            fputc(*p++, out);
        }
    }
}

static void print_point(FILE *out, const struct point *p)
{
    fprintf(out, "%.4g at %.6g", p->y, p->x);
}

/* Every curve from its first to its last point, then the lines of the predictors. */
static void describe(FILE *out, const struct figure *f)
{
    fprintf(out, "%s against %s.", f->y_label, f->x_label);
    for (size_t i = 0; i < f->n; i++) {
        const struct curve *c = &f->curve[i];
        fprintf(out, " %s: ", c->label);
        print_point(out, &c->at[0]);
        if (c->n > 1) fputs(", ", out), print_point(out, &c->at[c->n - 1]);
        fputc('.', out);
    }
    for (size_t i = 0; i < f->n_floors; i++) {
        fprintf(out, " Line %s: ", f->floors[i].name);
        fprintf(out, "%.4g.", f->floors[i].y);
    }
}

status page_svg(FILE *out, const char *path, const char *id, const char *title, const char *words)
{
    struct file_content svg;
    TRY(file_read(path, &svg));
    const char *text = (const char *)svg.at, *end = text + svg.n;
    const char *begin = strstr(text, "<svg"), *body = begin ? strchr(begin, '>') : NULL;
    if (body) {
        fprintf(out, "<svg role=\"img\" aria-labelledby=\"%s-title\" aria-describedby=\"%s-words\" ", id, id);
        copy_svg(out, begin + strlen("<svg"), body + 1, id);
        fprintf(out, "\n<title id=\"%s-title\">", id);
        html_put(out, "", title, "</title>");
        fprintf(out, "<desc id=\"%s-words\">", id);
        html_put(out, "", words, "</desc>");
        while (end > body && end[-1] == '\n') end--;
        copy_svg(out, body + 1, end, id);
        fputc('\n', out);
    }
    file_close(&svg);
    if (!body) FAIL(ERR_IO, "%s: gnuplot drew no SVG", path);
    return OK;
}

static status take(void *self, const struct figure *f)
{
    struct drawn *d = self;
    char path[FILE_PATH], id[300], name[200], *words = NULL;
    size_t size = 0;
    html_id(f->name, name, sizeof name);
    snprintf(id, sizeof id, "%s-%s", d->section->id, name);
    snprintf(path, sizeof path, "%s/%s.svg", d->folder, f->name);
    TRY(figure_draw(f, d->section->page->plots_dir, d->folder, "svg", NULL));
    FILE *w = open_memstream(&words, &size);
    if (!w) status_no_memory("a figure's words", size);
    describe(w, f);
    fclose(w);
    FILE *out = d->n++ == 0 && strcmp(f->script, "loss_by_length") == 0 ? d->first : d->rest;
    html_put(out, "<figure>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Figure: ", f->title, "\">\n");
    const status s = page_svg(out, path, id, f->title, words);
    unlink(path);
    free(words);
    html_print(out, "</div>\n<figcaption>%s: %s against %s</figcaption>\n</figure>\n", f->title, f->y_label, f->x_label);
    return s;
}

status page_draw(FILE *first, FILE *rest, const struct section *s, figure_source *source, const void *of)
{
    struct drawn d = {.first = first, .rest = rest, .section = s, .folder = "/tmp/reach-page-XXXXXX"};
    if (!mkdtemp(d.folder)) FAIL(ERR_IO, "no temporary folder %s", d.folder);
    const status e = source(of, take, &d);
    rmdir(d.folder);
    return e;
}

static status of_task(const void *task, figure_take *to, void *self)
{
    return plot_task(task, to, self);
}

status page_figures(FILE *first, FILE *rest, const struct section *s, size_t task)
{
    return page_draw(first, rest, s, of_task, &s->all.task[task]);
}

static status of_all(const void *all, figure_take *to, void *self)
{
    return speed_figure(all, to, self);
}

status page_speed(FILE *out, const struct section *s)
{
    return page_draw(out, out, s, of_all, &s->all);
}
