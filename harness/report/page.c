/* page.c -- `reach report`: the results of one or more configs as one HTML page. */
#include "report/page.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/html.h"
#include "report/page_part.h"
#include "report/table.h"

/* ---- places ---- */

static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - path) + (slash == path) : 1, slash ? path : ".");
}

/* From folder `from` to folder `to`, both without links: "../lra", "" if they are one. */
static void relative(const char *from, const char *to, char *out, size_t size)
{
    size_t same = 0, n = 0;
    for (size_t i = 0;; i++) {
        if ((from[i] == '/' || !from[i]) && (to[i] == '/' || !to[i])) same = i;
        if (from[i] != to[i] || !from[i]) break;
    }
    out[0] = 0;
    for (const char *p = from + same; *p && n < size; p++)
        if (*p == '/' && p[1]) n += (size_t)snprintf(out + n, size - n, n ? "/.." : "..");
    const char *rest = to + same + (to[same] == '/');
    if (*rest && n < size) snprintf(out + n, size - n, "%s%s", n ? "/" : "", rest);
}

/* The way to the result files as a link can go it. */
static void find_home(struct section *s)
{
    char folder[PATH_MAX], here[PATH_MAX], there[PATH_MAX], results[PATH_MAX];
    folder_of(s->page->path, folder);
    snprintf(results, sizeof results, "%.3000s/%s", s->page->results_dir, s->config->config->name);
    if (realpath(folder, here) && realpath(results, there)) relative(here, there, s->home, sizeof s->home);
    else snprintf(s->home, sizeof s->home, "%.3900s", results);
}

/* ---- sections ---- */

/* Two configs of one name (another folder, another --set) have ids of their own. */
static void name_section(struct section *list, size_t i)
{
    char id[64];
    size_t same = 1;
    html_id(list[i].config->config->name, id, sizeof id);
    for (size_t j = 0; j < i; j++) same += strcmp(list[j].config->config->name, list[i].config->config->name) == 0;
    if (same == 1) snprintf(list[i].id, sizeof list[i].id, "%s", id);
    else snprintf(list[i].id, sizeof list[i].id, "%s-again-%zu", id, same);
    for (size_t j = 0; j < i; j++) /* "a_b" and "a-b" */
        if (strcmp(list[j].id, list[i].id) == 0) snprintf(list[i].id, sizeof list[i].id, "%.50s-number-%zu", id, i + 1);
}

/* What the task is about as a picture, its tables, then the other pictures. */
static status print_task(FILE *out, const struct section *s, size_t task)
{
    char anchor[160];
    snprintf(anchor, sizeof anchor, "%s-task-%zu", s->id, task + 1);
    html_print(out, "<h3 id=\"%s\">%s</h3>\n", anchor, s->all.task[task].name);
    char *rest = NULL;
    size_t size = 0;
    FILE *below = open_memstream(&rest, &size);
    if (!below) status_no_memory("figures", size);
    const status e = page_figures(out, below, s, task);
    fclose(below);
    table_task(out, &s->all, &s->papers, task, TABLE_HTML, anchor);
    fputs(rest, out);
    free(rest);
    return e;
}

void page_papers(FILE *out, const struct section *s)
{
    if (s->papers.n == 0) return;
    html_print(out, "<h3 id=\"%s-papers\">Tables of papers</h3>\n<details>\n<summary>As printed, and what Reach lacks</summary>\n", s->id);
    table_papers(out, &s->all, &s->papers, TABLE_HTML);
    fputs("</details>\n", out);
}

static status section(FILE *out, const struct section *s, bool alone)
{
    html_print(out, "<section class=\"config\" id=\"%s\">\n<h2>%s</h2>\n", s->id, alone ? "Results" : s->config->config->title);
    TRY(page_about(out, s));
    if (s->config->config->measured) {
        TRY(page_bench(out, s));
        fputs("</section>\n", out);
        return OK;
    }
    page_missing(out, s);
    page_trust(out, s);
    if (s->page->n == 1) page_best(out, s); /* of several configs the head of the page has it */
    table_matrix(out, &s->all, &s->papers, TABLE_HTML);
    TRY(page_claims(out, s));
    for (size_t i = 0; i < s->all.n_tasks; i++) TRY(print_task(out, s, i));
    TRY(page_speed(out, s));
    page_papers(out, s);
    page_setting(out, s);
    page_costs(out, s);
    page_machine(out, s);
    page_again(out, s);
    page_files(out, s);
    fputs("</section>\n", out);
    return OK;
}

/* ---- the whole ---- */

static void contents(FILE *out, const struct section *s, size_t n)
{
    static const struct { const char *id, *title; bool runs, measured; } parts[] = {
        {"tables", "Tables", false, true}, {"setting", "Setting", true, true}, {"costs", "Costs", true, false},
        {"environment", "Environment", true, true}, {"again", "How to run this again", true, true}, {"files", "Files", true, true}};
    fprintf(out, "<nav aria-label=\"Contents\"%s>\n<p>Contents</p>\n<ol>\n", n > 1 ? " class=\"many\"" : "");
    for (size_t i = 0; i < n; i++) {
        html_print(out, "<li><a href=\"#%s\">%s</a>\n<ol>\n", s[i].id, n > 1 ? s[i].config->config->title : "Results");
        for (size_t t = 0; t < s[i].all.n_tasks; t++) {
            html_print(out, "<li><a href=\"#%s-task-", s[i].id);
            fprintf(out, "%zu\">", t + 1);
            html_put(out, "", s[i].all.task[t].name, "</a></li>\n");
        }
        if (yaml_get(s[i].config->config->root, "claims")) html_print(out, "<li><a href=\"#%s-claims\">Claims</a></li>\n", s[i].id);
        if (s[i].papers.n) html_print(out, "<li><a href=\"#%s-papers\">Tables of papers</a></li>\n", s[i].id);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            if (s[i].config->config->measured ? !parts[k].measured : !parts[k].runs) continue;
            html_print(out, "<li><a href=\"#%s-%s\">%s</a></li>\n", s[i].id, parts[k].id, parts[k].title);
        }
        fputs("</ol>\n</li>\n", out);
    }
    fputs("</ol>\n</nav>\n", out);
}

static void dates(FILE *out, const struct section *s, size_t n)
{
    struct runs_seen all = {0};
    for (size_t i = 0; i < n; i++) {
        const struct runs_seen seen = page_runs(&s[i]);
        if (seen.first[0] && (!all.first[0] || strcmp(seen.first, all.first) < 0)) memcpy(all.first, seen.first, sizeof all.first);
        if (strcmp(seen.last, all.last) > 0) memcpy(all.last, seen.last, sizeof all.last);
    }
    if (!all.first[0]) return;
    bool trains = false;
    for (size_t i = 0; i < n; i++) trains |= !s[i].config->config->measured;
    html_print(out, "<p class=\"dates\">%s by Reach, <time datetime=\"%s\">%s</time>", trains ? "Trained and tested" : "Measured", all.first, all.first);
    if (strcmp(all.first, all.last) != 0) html_print(out, " to <time datetime=\"%s\">%s</time>", all.last, all.last);
    fputs("</p>\n", out);
}

static status print_page(FILE *out, const struct section *s, size_t n)
{
    const char *title = n == 1 ? s[0].config->config->title : "How far does attention reach?";
    html_print(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s</title>\n<style>\n", title);
    for (size_t i = 0; page_style[i]; i++) fputs(page_style[i], out);
    fputs("</style>\n</head>\n<body>\n<div class=\"page\">\n", out);
    html_print(out, "<header>\n<a class=\"skip\" href=\"#main\">To the results</a>\n<h1>%s</h1>\n", title);
    dates(out, s, n);
    if (n > 1) page_summary(out, s, n);
    fputs("</header>\n", out);
    contents(out, s, n);
    fputs("<main id=\"main\">\n", out);
    for (size_t i = 0; i < n; i++) TRY(section(out, &s[i], n == 1));
    fputs("</main>\n<footer>\n<p class=\"small\">Made by <code>reach report</code> from the HDF5 files alone: the same files give the same page. "
          "Bold is the best of its column; below the rule of a table stands what needs no attention.</p>\n</footer>\n</div>\n</body>\n</html>\n", out);
    return OK;
}

static status write_page(const struct page *p, const struct section *s)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) status_no_memory("a page", size);
    status e = print_page(out, s, p->n);
    fclose(out);
    if (e == OK) e = file_write(p->path, text, size);
    free(text);
    return e;
}

status page_write(const struct page *p)
{
    char folder[PATH_MAX];
    folder_of(p->path, folder);
    TRY(file_make_folder(folder));
    struct section *s = calloc(p->n, sizeof *s);
    if (!s) status_no_memory("a page", p->n * sizeof *s);
    size_t usable = 0;
    status e = OK;
    for (size_t i = 0; i < p->n; i++) {
        s[i].page = p;
        s[i].config = &p->at[i];
        if (e == OK) e = references_read(p->at[i].config, &s[i].papers);
        collection_load(&s[i].all, p->at[i].config, p->results_dir);
        if (p->at[i].config->measured && measurement_read(p->at[i].config, p->results_dir, &s[i].measured) != OK)
            snprintf(s[i].unmeasured, sizeof s[i].unmeasured, "%s", status_message());
        usable += collection_usable(&s[i].all) + (measurement_file(&s[i].measured) != NULL);
        name_section(s, i);
        find_home(&s[i]);
    }
    const struct config *first = p->at[0].config;
    if (e == OK) e = usable ? write_page(p, s)
                            : status_fail(ERR_DATA, "%s/%s: no finished run of %s; try: reach run", p->results_dir, first->name, first->name);
    for (size_t i = 0; i < p->n; i++) {
        collection_done(&s[i].all);
        references_done(&s[i].papers);
        measurement_done(&s[i].measured);
    }
    free(s);
    return e;
}
