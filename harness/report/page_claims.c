/* page_claims.c -- the claims of papers and what the runs say to them: one picture, one table, its notes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "report/claim_plot.h"
#include "report/claim_table.h"
#include "report/html.h"
#include "report/page_part.h"

/* "P1 reproduced, P2 undecided" */
static void words_of(const struct claims *c, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s %s", i ? ", " : "", c->at[i].id, verdict_name(c->at[i].verdict));
}

static status picture(FILE *out, const struct section *s, const struct claims *c)
{
    char folder[32] = "/tmp/reach-page-XXXXXX", path[FILE_PATH], id[160], words[4096] = "";
    if (!mkdtemp(folder)) FAIL(ERR_IO, "no temporary folder %s", folder);
    snprintf(path, sizeof path, "%s/claims.svg", folder);
    snprintf(id, sizeof id, "%s-claims-picture", s->id);
    words_of(c, words, sizeof words);
    status e = claims_plot(s->config->config, c, s->page->plots_dir, folder, "svg", NULL);
    if (e == OK) {
        fputs("<figure>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Figure: claims\">\n", out);
        e = page_svg(out, path, id, "Claims of papers and what these runs say to them", words);
        fprintf(out, "</div>\n<figcaption>Claims: how far the estimate lies on the claim's side, with its 95 %% interval over %ss</figcaption>\n</figure>\n", c->per);
    }
    unlink(path);
    rmdir(folder);
    return e;
}

static void table(FILE *out, const struct section *s, const struct claims *c)
{
    char anchor[160];
    struct notes notes = {0};
    struct grid *g = malloc(sizeof *g);
    if (!g) status_no_memory("a table", sizeof *g);
    snprintf(anchor, sizeof anchor, "%s-claims", s->id);
    notes.anchor = anchor;
    claims_grid(g, c, &notes);
    g->anchor = anchor;
    g->n_notes = notes.n;
    grid_print(out, g, TABLE_HTML, false);
    claims_reading(out, c, TABLE_HTML);
    notes_print(out, &notes, TABLE_HTML);
    notes_done(&notes);
    grid_done(g);
    free(g);
}

status page_claims(FILE *out, const struct section *s)
{
    struct claims c = {0};
    const bool costs = s->config->config->cost;
    TRY(claims_read(s->config->config, &c));
    status e = OK;
    if (c.n) {
        claims_judge(&c, &(struct evidence){.runs = &s->all, .costs = costs ? &s->measured.sweeps : NULL});
        html_print(out, "<h3 id=\"%s-claims\">Claims</h3>\n", s->id);
        e = picture(out, s, &c);
        table(out, s, &c);
    }
    claims_done(&c);
    return e;
}
