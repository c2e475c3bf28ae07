/* test_page.c -- the report: every number of the table is on it, nothing is loaded, tags balance, ids are unique, labels are text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <unistd.h>

#include "base/file.h"
#include "report/grid_html.h"
#include "report/page.h"
#include "report/table.h"
#include "synthetic.h"
#include "variants/variant.h"

static char folder[] = "/tmp/reach-page-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* ---- reading a page ---- */

static bool is_void(const char *tag)
{
    static const char *const tags[] = {"meta", "br", "link", "img", "hr", "col", NULL};
    for (size_t i = 0; tags[i]; i++)
        if (strcmp(tags[i], tag) == 0) return true;
    return false;
}

/* Every tag that opens closes, in order; "<" and ">" stand only in tags, but for the > that a style sheet and gnuplot's
 * texts may have. */
static void balanced(const char *page)
{
    char open[64][24], tag[24];
    size_t n = 0;
    const char *p = strchr(page, '>') + 1; /* <!DOCTYPE html> */
    for (const char *text = p; (p = strchr(p, '<')); text = p) {
        for (; text < p; text++)
            if (*text == '>' && !(n && (strcmp(open[n - 1], "style") == 0 || strcmp(open[n - 1], "text") == 0))) fail_msg("a bare > before: %.80s", p);
        const bool close = p[1] == '/';
        size_t k = 0;
        for (p += 1 + close; (isalnum((unsigned char)*p) || *p == '-') && k + 1 < sizeof tag; p++) tag[k++] = *p;
        tag[k] = 0;
        if (!k) fail_msg("no tag at: %.80s", p - 1);
        for (char quote = 0; *p && (quote || *p != '>'); p++) {
            if (!quote && (*p == '"' || *p == '\'')) quote = *p;
            else if (*p == quote) quote = 0;
            if (*p == '<') fail_msg("a < in <%s ...: %.80s", tag, p);
        }
        const bool empty = p[-1] == '/';
        p++;
        if (close) {
            if (!n || strcmp(open[n - 1], tag) != 0) fail_msg("</%s> closes <%s>: %.80s", tag, n ? open[n - 1] : "nothing", p);
            n--;
        } else if (!empty && !is_void(tag)) {
            assert_true(n < 64);
            memcpy(open[n++], tag, sizeof tag);
        }
    }
    if (n) fail_msg("<%s> stays open", open[n - 1]);
}

/* The values of an attribute, one after another; NULL at the end. */
static const char *next_value(const char **p, const char *attribute, char out[512])
{
    char begin[64];
    for (const char *at; (at = strstr(*p, attribute)); *p = at + 1) {
        *p = at + strlen(attribute);
        snprintf(begin, sizeof begin, "%.2s", *p);
        if (at[-1] != ' ' && at[-1] != '\t' && at[-1] != ':') continue;
        if (begin[0] != '=' || (begin[1] != '"' && begin[1] != '\'')) continue;
        const char quote[] = {begin[1], 0};
        snprintf(out, 512, "%.*s", (int)strcspn(*p + 2, quote), *p + 2);
        return out;
    }
    return NULL;
}

static void unique_ids(const char *page)
{
    char (*ids)[512] = NULL;
    size_t n = 0;
    char id[512];
    for (const char *p = page; next_value(&p, "id", id); n++) {
        for (size_t i = 0; i < n; i++)
            if (strcmp(ids[i], id) == 0) fail_msg("id %s stands twice", id);
        ids = realloc(ids, (n + 1) * sizeof *ids);
        memcpy(ids[n], id, sizeof id);
    }
    assert_true(n > 5);
    for (const char *p = page; next_value(&p, "href", id);) { /* every link inside the page has an end */
        bool found = id[0] != '#';
        for (size_t i = 0; i < n && !found; i++) found = strcmp(ids[i], id + 1) == 0;
        if (!found) fail_msg("a link to %s leads nowhere", id);
    }
    free(ids);
}

/* No address, no script: links lead to a place of the page or to a relative path. */
static void stands_alone(const char *page)
{
    static const char *const never[] = {"<script", "<link", "<img", "<iframe", "<object", "@import", "src=", "javascript:", "DOCTYPE svg", "<?xml", NULL};
    char value[512];
    for (size_t i = 0; never[i]; i++)
        if (strstr(page, never[i])) fail_msg("%s: %.60s", never[i], strstr(page, never[i]));
    for (const char *p = page; next_value(&p, "href", value);)
        if (value[0] != '#' && (strchr(value, ':') || value[0] == '/')) fail_msg("a link to %s", value);
    for (const char *p = page; (p = strstr(p, "url(")); p++)
        if (p[4] != '#') fail_msg("%.40s", p);
}

/* The page without its tags: what stands in cells comes out as in the text table. */
static char *words_of(const char *page)
{
    char *out = malloc(strlen(page) + 1), *at = out;
    for (const char *p = page; *p; p++) {
        if (*p != '<') *at++ = *p;
        else {
            if (strncmp(p, "<td", 3) == 0 || strncmp(p, "<th", 3) == 0) *at++ = ' ';
            p = strchr(p, '>');
        }
    }
    *at = 0;
    return out;
}

static void numbers_of_the_table(const struct config *c, const char *page)
{
    FILE *f = tmpfile();
    char *words = words_of(page), word[128];
    size_t n = 0;
    assert_int_equal(report_table(f, c, folder, TABLE_TEXT, true), OK);
    rewind(f);
    while (fscanf(f, "%127s", word) == 1) {
        char *from = word, *end;
        if (strncmp(from, "\033[1m", 4) == 0) from += 4;
        if ((end = strchr(from, '\033'))) *end = 0;
        if (!isdigit((unsigned char)from[0]) || !strpbrk(from, ".k")) continue;
        from[strcspn(from, ",;")] = 0;
        if (!strstr(words, from)) fail_msg("%s of the table is not on the page", from);
        n++;
    }
    assert_true(n > 6);
    fclose(f);
    free(words);
}

/* ---- writing one ---- */

static char *read_page(const char *path)
{
    struct file_content content;
    if (file_read(path, &content) != OK) fail_msg("%s", status_message());
    char *text = strndup((const char *)content.at, content.n);
    assert_int_equal(strlen(text), content.n);
    file_close(&content);
    return text;
}

static const char *in(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static char *write_page(const struct page_config *at, size_t n, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s", in(name));
    const struct page p = {.n = n, .at = at, .results_dir = folder, .plots_dir = "plots", .path = path};
    if (page_write(&p) != OK) fail_msg("%s", status_message());
    return read_page(path);
}

static void need_gnuplot(void)
{
    if (system("gnuplot --version > /dev/null 2>&1") != 0) {
        print_message("no gnuplot: pages are not written\n");
        skip();
    }
}

static void whole(const char *page)
{
    balanced(page);
    unique_ids(page);
    stands_alone(page);
}

/* The synthetic runs have no attention: a page must say of real ones what they are. */
static struct config config_of(const struct task *task, size_t variants, size_t seeds, const char *name)
{
    struct config c = synthetic_config(task, variants, seeds);
    snprintf(c.name, sizeof c.name, "%s", name);
    for (size_t i = 0; i < c.n_runs; i++) {
        struct run *r = &c.runs[i];
        r->attention = attention_find(i % 2 ? "longformer" : "vanilla");
        r->position = position_find("rope");
        option_defaults(r->attention->options, r->attention_options, r->attention->options_size);
        option_defaults(r->position->options, r->position_options, r->position->options_size);
    }
    return c;
}

static void three_kinds(void **state)
{
    (void)state;
    need_gnuplot();
    struct config c[] = {config_of(&synthetic_text, 5, 2, "text"), config_of(&synthetic_classify, 3, 2, "classes"),
                         config_of(&synthetic_sequence, 4, 2, "recall")};
    struct page_config at[3];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(synthetic_write(&c[i], folder), OK);
        at[i] = (struct page_config){.request.path = "configs/it's.yaml", .config = &c[i]};
    }
    char *page = write_page(at, 3, "deep/er/report.html"), *again = write_page(at, 3, "deep/er/report.html");
    assert_string_equal(page, again);
    whole(page);
    for (size_t i = 0; i < 3; i++) numbers_of_the_table(&c[i], page);
    assert_non_null(strstr(page, "href=\"../../text/0-lm-1.h5\""));
    assert_non_null(strstr(page, "<svg role=\"img\""));
    assert_non_null(strstr(page, "learned positions end at 256"));
    assert_non_null(strstr(page, "All 10 runs are there."));
    assert_non_null(strstr(page, "./reach run &#39;configs/it&#39;\\&#39;&#39;s.yaml&#39; --budget short"));
    for (size_t i = 0; i < 3; i++) {
        char *alone = write_page(&at[i], 1, "report.html");
        whole(alone);
        numbers_of_the_table(&c[i], alone);
        free(alone);
        free(c[i].runs);
    }
    free(page);
    free(again);
}

/* Labels, titles and reasons are text, whatever they are. */
static void hostile_texts(void **state)
{
    (void)state;
    need_gnuplot();
    struct config c = config_of(&synthetic_classify, 2, 1, "hostile");
    assert_int_equal(synthetic_write(&c, folder), OK);
    snprintf(c.title, sizeof c.title, "</title><script>alert('\"')</script> & co");
    for (size_t i = 0; i < c.n_runs; i++) snprintf(c.runs[i].label, sizeof c.runs[i].label, "%zu<b>&\"'%%s [1]", i);
    char *page = write_page(&(struct page_config){.request.path = "a.yaml", .config = &c}, 1, "hostile.html");
    whole(page);
    assert_null(strstr(page, "<b>"));
    assert_non_null(strstr(page, "0&lt;b&gt;&amp;&quot;&#39;%s [1]"));
    free(page);
    free(c.runs);
}

static void missing_runs(void **state)
{
    (void)state;
    need_gnuplot();
    struct config c = config_of(&synthetic_classify, 3, 2, "holes"), none = config_of(&synthetic_text, 2, 1, "none"), full = c;
    full.runs = malloc(c.n_runs * sizeof *c.runs);
    memcpy(full.runs, c.runs, c.n_runs * sizeof *c.runs);
    for (size_t i = 0; i < c.n_runs; i++) c.runs[i].train.samples = 100, full.runs[i].train.samples = 2000;
    assert_int_equal(synthetic_write(&c, folder), OK);
    assert_int_equal(unlink(in("holes/0-listops-1.h5")), 0);
    assert_int_equal(truncate(in("holes/1-listops-2.h5"), 100), 0);
    const char *set[] = {"train.samples=100"};
    const struct page_config at[] = {{.request = {.path = "a.yaml", .n_set = 1, .set = set}, .config = &c, .full = &full},
                                     {.request.path = "b.yaml", .config = &none}};
    char *page = write_page(at, 2, "holes.html");
    whole(page);
    assert_non_null(strstr(page, "4 of 6 runs are there."));
    assert_non_null(strstr(page, "missing: not run yet"));
    assert_non_null(strstr(page, "unreadable: "));
    assert_non_null(strstr(page, "0 of 2 runs are there."));
    assert_non_null(strstr(page, "trains 20 times as long"));
    assert_non_null(strstr(page, "Settings changed: <code>train.samples=100</code>."));
    free(page);
    const struct page empty = {.n = 1, .at = &at[1], .results_dir = folder, .plots_dir = "plots", .path = in("empty.html")};
    assert_int_equal(page_write(&empty), ERR_DATA);
    assert_non_null(strstr(status_message(), "reach run"));
    assert_int_not_equal(access(in("empty.html"), F_OK), 0);
    free(c.runs);
    free(full.runs);
    free(none.runs);
}

/* ---- about: and the config as YAML ---- */

static void write_text(const char *path, const char *text)
{
    assert_int_equal(file_write(path, text, strlen(text)), OK);
}

static struct config read_config(const char *path)
{
    struct config c;
    if (config_read(&(struct config_request){.path = path}, &c) != OK) fail_msg("%s", status_message());
    return c;
}

/* The YAML between the first <pre> after the words that lead to it and its end, unescaped. */
static char *config_on(const char *page)
{
    static const char *const escapes[][2] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}};
    const char *p = strstr(strstr(page, "laid over it"), "<pre><code>") + strlen("<pre><code>"), *end = strstr(p, "</code>");
    char *out = calloc((size_t)(end - p) + 1, 1), *at = out;
    while (p < end) {
        size_t k = 0;
        while (k < 5 && strncmp(p, escapes[k][0], strlen(escapes[k][0])) != 0) k++;
        *at++ = k < 5 ? escapes[k][1][0] : *p;
        p += k < 5 ? strlen(escapes[k][0]) : 1;
    }
    return out;
}

static void the_question(void **state)
{
    (void)state;
    need_gnuplot();
    char path[400], again[400];
    snprintf(path, sizeof path, "%s", in("asked.yaml"));
    snprintf(again, sizeof again, "%s", in("again.yaml"));
    write_text(path, "title: \"Why, \\\"how\\\": a # b\"\nabout: |\n  Does it <hold>,\n  or not?\n\n  Second paragraph.\n"
                     "train: {tokens: 1e5}\ntest: {lengths: [64, 128]}\ntasks: [{listops: {max_length: 60}}]\n"
                     "variants: [vanilla, {keynorm: {as: \"a, b: c\", position: alibi}}]\nseeds: [3, 4]\nbudget: small\nbudgets: {small: {train: {tokens: 2e5}}}\n");
    struct config c = read_config(path);
    for (size_t i = 0; i < c.n_runs; i++) {
        struct results r;
        results_init(&r);
        r.status = RUN_DONE;
        char file[400];
        snprintf(file, sizeof file, "%s/asked/%s.h5", folder, c.runs[i].stem);
        results_add_test(&r, &(struct test_row){.split = "test", .mode = "all", .n = 10, .loss = 2, .accuracy = 0.5});
        assert_int_equal(results_write(&r, file), OK);
        results_done(&r);
    }
    char *page = write_page(&(struct page_config){.request.path = path, .config = &c}, 1, "asked.html");
    whole(page);
    assert_non_null(strstr(page, "<p>Does it &lt;hold&gt;,\nor not?</p>\n<p>Second paragraph.\n</p>"));
    char *text = config_on(page);
    write_text(again, text);
    struct config same = read_config(again);
    assert_string_equal(same.title, c.title);
    assert_int_equal(same.n_runs, c.n_runs);
    for (size_t i = 0; i < c.n_runs; i++) {
        char *a = config_print(&c.runs[i]), *b = config_print(&same.runs[i]);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    config_done(&same);
    config_done(&c);
    free(text);
    free(page);
    write_text(path, "about: {no: text}\ntrain: {tokens: 1e5}\ntasks: [listops]\nvariants: [vanilla]\n");
    c = read_config(path);
    snprintf(c.runs[0].stem, sizeof c.runs[0].stem, "vanilla-listops-3");
    const struct page p = {.n = 1, .at = &(struct page_config){.request.path = path, .config = &c}, .results_dir = folder, .plots_dir = "plots", .path = in("x.html")};
    assert_int_equal(page_write(&p), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "asked.yaml:1:8: about wants text"));
    config_done(&c);
}

/* ---- a grid ---- */

static void a_grid(void **state)
{
    (void)state;
    struct grid g;
    char *text = NULL;
    size_t size;
    grid_init(&g, "A & B");
    grid_column(&g, "", "name");
    grid_column(&g, "left", "x");
    grid_column(&g, "left", "y");
    grid_column(&g, "", "z");
    grid_row(&g, "one [1]");
    grid_row(&g, "floor [7]");
    grid_set(&g, 0, 1, "1.5±.1");
    g.row[0][1].best = true;
    g.rule = 1;
    g.anchor = "t";
    g.n_notes = 1;
    FILE *out = open_memstream(&text, &size);
    grid_print(out, &g, TABLE_HTML, false);
    fclose(out);
    grid_done(&g);
    assert_string_equal(text,
"<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"A &amp; B\">\n<table>\n<caption>A &amp; B</caption>\n"
"<colgroup></colgroup><colgroup span=\"2\"></colgroup><colgroup></colgroup>\n<thead>\n"
"<tr><th scope=\"col\" rowspan=\"2\">name</th><th scope=\"colgroup\" class=\"group\" colspan=\"2\">left</th><th scope=\"col\" rowspan=\"2\">z</th></tr>\n"
"<tr><th scope=\"col\">x</th><th scope=\"col\">y</th></tr>\n</thead>\n<tbody>\n"
"<tr><th scope=\"row\">one<sup> <a href=\"#t-note-1\">[1]</a></sup></th><td><strong>1.5<span class=\"sd\">±.1</span></strong></td><td></td><td></td></tr>\n"
"</tbody>\n<tbody class=\"floor\">\n<tr><th scope=\"row\">floor [7]</th><td></td><td></td><td></td></tr>\n</tbody>\n</table>\n</div>\n");
    free(text);
}

static void texts(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    text_print(out, "<a href=\"x\">'&' \001é\xff", TABLE_HTML);
    fclose(out);
    assert_string_equal(text, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;  é\xef\xbf\xbd");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),         cmocka_unit_test(a_grid),       cmocka_unit_test(three_kinds),
        cmocka_unit_test(hostile_texts), cmocka_unit_test(missing_runs), cmocka_unit_test(the_question),
    };
    return cmocka_run_group_tests_name("page", tests, setup, teardown);
}
