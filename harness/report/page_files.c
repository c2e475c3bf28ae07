/* page_files.c -- links to the HDF5 files, each with its digest. */
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/page_part.h"
#include "tasks/task.h"

static void print_link(FILE *out, const struct section *s, const struct run *r)
{
    char name[256];
    snprintf(name, sizeof name, "%s.h5", r->stem);
    fputs("<a href=\"", out);
    html_path(out, s->home[0] ? s->home : ".");
    fputc('/', out);
    html_path(out, name);
    html_put(out, "\">", name, "</a>");
}

/* With the parameters where the file keeps them, as `reach digest` has it. */
static void digest_of(const struct section *s, const struct loaded *l, char out[33])
{
    struct results whole;
    char path[4096];
    results_digest(&l->results, out);
    if (!l->run->train.keep_checkpoint && l->usable) return;
    snprintf(path, sizeof path, "%.2000s/%s/%s.h5", s->page->results_dir, s->config->config->name, l->run->stem);
    results_init(&whole);
    if (results_read(&whole, path, true) == OK) results_digest(&whole, out);
    results_done(&whole);
}

static void print_file(FILE *out, const struct section *s, const struct loaded *l)
{
    static const char *const ends[] = {[RUN_RUNNING] = "unfinished", [RUN_DONE] = "done", [RUN_DIVERGED] = "diverged"};
    char digest[33], number[32];
    if (l->run->refused[0]) return;
    snprintf(number, sizeof number, "%llu", (unsigned long long)l->run->seed);
    html_print(out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td>", l->run->label, l->run->task->name, number);
    if (!l->here) {
        html_put(out, "<td class=\"off\">", l->note, "</td><td></td><td></td></tr>\n");
        return;
    }
    html_put(out, "<td>", ends[l->results.status], "</td><td>");
    print_link(out, s, l->run);
    digest_of(s, l, digest);
    html_put(out, "</td><td><code>", digest, "</code></td></tr>\n");
}

void page_files(FILE *out, const struct section *s)
{
    static const char *const heads[] = {"variant", "task", "seed", "state", "file", "digest"};
    html_print(out, "<h3 id=\"%s-files\">Files</h3>\n<details>\n<summary>HDF5 files, one a run</summary>\n"
               "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Files\">\n<table>\n<thead>\n<tr>", s->id);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) html_put(out, "<th scope=\"col\">", heads[i], "</th>");
    fputs("</tr>\n</thead>\n<tbody>\n", out);
    for (size_t i = 0; i < s->all.config->n_runs; i++) print_file(out, s, &s->all.at[i]);
    fputs("</tbody>\n</table>\n</div>\n</details>\n", out);
}
