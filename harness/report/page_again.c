/* page_again.c -- how to run it again exactly: commands, the config with everything laid over it, every option of a run. */
#include <stdlib.h>
#include <string.h>

#include "config/yaml_print.h"
#include "report/html.h"
#include "report/page_part.h"
#include "tasks/task.h"

/* As the shell takes it for one word. */
static void print_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%";
    if (word[0] && strspn(word, plain) == strlen(word)) {
        html_text(out, word);
        return;
    }
    html_text(out, "'");
    for (; *word; word++) {
        const char one[] = {*word, 0};
        if (*word == '\'') html_text(out, "'\\''");
        else if ((unsigned char)*word < 0x80) html_text(out, one);
        else fputc(*word, out);
    }
    html_text(out, "'");
}

/* "./reach NAME FILE --budget B --set ... --only ..." */
static void print_command(FILE *out, const struct section *s, const char *name)
{
    const struct config_request *q = &s->config->request;
    html_print(out, "./reach %s ", name);
    print_word(out, q->path);
    if (s->config->config->budget[0]) fputs(" --budget ", out), print_word(out, s->config->config->budget);
    for (size_t i = 0; i < q->n_set; i++) fputs(" --set ", out), print_word(out, q->set[i]);
    for (size_t i = 0; i < q->n_only; i++) fputs(" --only ", out), print_word(out, q->only[i]);
    fputc('\n', out);
}

/* The commit of all runs; NULL if there is none, or more than one (*several). */
static const char *commit_of_all(const struct section *s, bool *several)
{
    const char *commit = NULL;
    *several = false;
    const struct frame *f = measurement_file(&s->measured);
    if (f && frame_environment(f, "commit")[0]) commit = frame_environment(f, "commit");
    for (size_t i = 0; i < s->all.config->n_runs; i++) {
        const char *mine = results_environment(&s->all.at[i].results, "commit");
        if (mine[0] && commit && strcmp(mine, commit) != 0) *several = true;
        if (mine[0]) commit = mine;
    }
    return *several || (commit && strcmp(commit, "unknown") == 0) ? NULL : commit;
}

static void print_config(FILE *out, const struct section *s)
{
    static const char *const not_wanted[] = {"budgets", "extends", NULL};
    char *text = NULL;
    size_t size = 0;
    if (!s->config->config->root) return;
    FILE *f = open_memstream(&text, &size);
    if (!f) status_no_memory("a config", size);
    yaml_print(f, s->config->config->root, not_wanted);
    fclose(f);
    html_put(out, "<details>\n<summary>The config, with its base, budget and changed settings laid over it (YAML; runs as it is)</summary>\n<pre><code>",
             text, "</code></pre>\n</details>\n");
    free(text);
}

static void print_run(FILE *out, const struct section *s)
{
    const struct run *r = s->config->config->runs;
    if (s->config->config->n_runs == 0 || !r->attention || !r->position) return;
    char *text = config_print(r);
    html_print(out, "<details>\n<summary>Every option of the first run, %s on %s (each file has its own in /config)</summary>\n<pre><code>%s</code></pre>\n"
               "</details>\n", r->label, r->task->name, text);
    free(text);
}

void page_again(FILE *out, const struct section *s)
{
    bool several;
    const char *commit = commit_of_all(s, &several);
    html_print(out, "<h3 id=\"%s-again\">How to run this again</h3>\n", s->id);
    if (several) fputs("<p>The runs were made by several commits: each file names its own in /environment.</p>\n", out);
    fputs("<pre><code>", out);
    if (commit) html_print(out, "git checkout %s\n", commit);
    fputs("make\n", out);
    if (!s->config->config->measured) fputs("./reach data list      # what the tasks need, and the command that gets it\n", out);
    print_command(out, s, "run");
    print_command(out, s, "report");
    fputs("</code></pre>\n", out);
    if (s->config->config->cost) fputs("<p>Times are of a machine, and of what else it does; bytes and operations are the same everywhere.</p>\n", out);
    else if (s->config->config->approximation) fputs("<p>On the same kind of CPU the same binary gives the same bits, with any number of threads.</p>\n", out);
    else fputs("<p>On the same kind of CPU the same binary gives the same bits: <code>./reach digest</code> prints the digests that stand "
          "beside the files below.</p>\n", out);
    print_config(out, s);
    print_run(out, s);
}
