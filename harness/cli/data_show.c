/* data_show.c -- reach data show: what a model sees.
 *
 * Examples of a task, drawn by a seed without repetition: a contact sheet if they are images, else words on the screen.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/random.h"
#include "cli/data_commands.h"
#include "report/sheet.h"

#define IMAGES 64 /* shown if not told how many */
#define TEXTS  4

struct shown {
    const struct task *t;
    void              *self;
    const void        *options;
    enum split         split;
    size_t             n, tokens;
    uint64_t           seed;
};

static status split_named(const char *name, enum split *out)
{
    *out = SPLIT_TRAIN;
    while (name && *out < SPLITS && strcmp(name, split_names[*out]) != 0) (*out)++;
    if (*out == SPLITS) FAIL(ERR_CONFIG, "--split %s: want one of train, valid, test", name);
    return OK;
}

/* "key=value" into the task's options; `named` collects the keys. */
static status set_options(const struct data_show *how, const struct task *t, void *options)
{
    for (size_t i = 0; i < how->n_set; i++) {
        char name[64];
        const char *equals = strchr(how->set[i], '=');
        const size_t n = equals ? (size_t)(equals - how->set[i]) : 0;
        if (n == 0 || n >= sizeof name) FAIL(ERR_CONFIG, "--set %s: NAME=VALUE was expected", how->set[i]);
        snprintf(name, sizeof name, "%.*s", (int)n, how->set[i]);
        const struct option *o = option_find(t->options, name);
        if (!o) FAIL(ERR_CONFIG, "--set %s: %s has no option \"%s\"; reach list %s shows them", how->set[i], t->name, name, t->name);
        TRY(option_set_text(o, options, equals + 1));
    }
    return OK;
}

/* Of a task that draws and keeps its examples, ask for no more than are shown. */
static status draw_few(const struct data_show *how, const struct shown *s, void *options)
{
    char number[32];
    for (int k = 0; k < SPLITS && s->t->draws; k++) {
        bool given = false;
        const size_t n = strlen(split_names[k]);
        for (size_t i = 0; i < how->n_set; i++) given = given || (strncmp(how->set[i], split_names[k], n) == 0 && how->set[i][n] == '=');
        snprintf(number, sizeof number, "%zu", k == (int)s->split ? s->n : 1);
        if (!given) TRY(option_set_text(option_find(s->t->options, split_names[k]), options, number));
    }
    return OK;
}

/* n different ones of `count` things, in the order drawn; all of them if there are no more. */
static size_t *draw_places(uint64_t seed, size_t *n, size_t count)
{
    random_stream r = random_stream_of(seed, RANDOM_SUBSET, 0, 0);
    const uint32_t below = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
    if (*n > count) *n = count;
    size_t *at = malloc((*n + 1) * sizeof *at);
    if (!at) status_no_memory("places", *n * sizeof *at);
    for (size_t i = 0; i < *n;) {
        size_t j = 0;
        at[i] = *n == count ? i : random_below(&r, below);
        while (j < i && at[j] != at[i]) j++;
        if (j == i) i++;
    }
    return at;
}

/* ---- images -------------------------------------------------------------------------------------------------- */

static status show_images(const struct shown *s, struct example *e, const size_t *place, const char *out)
{
    const size_t pixels = s->t->longest(s->self), side = (size_t)lround(sqrt((double)pixels)), classes = s->t->classes(s->self);
    struct sheet *sheet = sheet_new(s->n, side);
    uint8_t *gray = malloc(pixels);
    size_t *of_label = calloc(classes, sizeof *of_label);
    if (!gray || !of_label) status_no_memory("an image", pixels);
    status err = OK;
    for (size_t i = 0; i < s->n && err == OK; i++) {
        err = s->t->example(s->self, s->split, place[i], e);
        for (size_t p = 0; p < pixels && err == OK; p++) gray[p] = (uint8_t)e->token[p];
        if (err == OK) sheet_put(sheet, i, gray, e->label);
        if (err == OK) of_label[e->label]++;
    }
    if (err == OK) err = sheet_write(sheet, out);
    if (err == OK) printf("%s: %zu of %zu %s images of %zu x %zu;", out, s->n, s->t->count(s->self, s->split), split_names[s->split], side, side);
    for (size_t k = 0; k < classes && err == OK; k++)
        if (of_label[k]) printf(" label %zu: %zu, %s%s", k, of_label[k], sheet_colours[k % SHEET_COLOURS], k + 1 < classes ? ";" : "");
    if (err == OK) putchar('\n');
    sheet_free(sheet);
    free(gray);
    free(of_label);
    return err;
}

/* ---- words --------------------------------------------------------------------------------------------------- */

static void print_bytes(const char *byte, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)byte[i];
        if (c == '\n') printf("\\n");
        else if (c >= 0x80 || isprint(c)) putchar(c);
        else printf("\\x%02x", c);
    }
}

/* Tokens as the task spells them, or as numbers; where one is a question, [->ANSWER] behind it. */
static void print_tokens(const struct shown *s, const int32_t *token, const int32_t *target, size_t n)
{
    const size_t most = n < s->tokens ? n : s->tokens;
    char word[TASK_WORD];
    printf("    ");
    for (size_t i = 0; i < most; i++) {
        if (s->t->word) s->t->word(s->self, token[i], word);
        else snprintf(word, sizeof word, "%s%d", i ? " " : "", token[i]);
        print_bytes(word, strlen(word));
        if (!target || target[i] < 0) continue;
        if (s->t->word) s->t->word(s->self, target[i], word);
        else snprintf(word, sizeof word, "%d", target[i]);
        printf("[->");
        print_bytes(word, strlen(word));
        putchar(']');
    }
    printf("%s\n", most < n ? " ..." : "");
}

static status show_examples(const struct shown *s, struct example *e, const size_t *place)
{
    const bool sequence = s->t->kind == TASK_SEQUENCE;
    for (size_t i = 0; i < s->n; i++) {
        TRY(s->t->example(s->self, s->split, place[i], e));
        printf("%s %zu: ", split_names[s->split], place[i]);
        if (!sequence) printf("label %d, ", e->label);
        if (s->t->pairs) printf("%zu + %zu tokens\n", e->n_first, e->n - e->n_first);
        else printf("%zu tokens\n", e->n);
        print_tokens(s, e->token, sequence ? e->target : NULL, s->t->pairs ? e->n_first : e->n);
        if (s->t->pairs) print_tokens(s, e->token + e->n_first, NULL, e->n - e->n_first);
    }
    return OK;
}

static void show_text(struct shown *s)
{
    const struct text text = s->t->text(s->self, s->split);
    const size_t windows = text.n / s->tokens;
    if (windows == 0) s->n = 1;
    size_t *place = draw_places(s->seed, &s->n, windows ? windows : 1);
    for (size_t i = 0; i < s->n; i++) {
        const size_t from = place[i] * s->tokens, n = text.n - from < s->tokens ? text.n - from : s->tokens;
        printf("%s, bytes %zu to %zu of %zu\n    ", split_names[s->split], from, from + n, text.n);
        print_bytes((const char *)text.byte + from, n);
        putchar('\n');
    }
    free(place);
}

/* Tokens of the longest example: test sets may have longer ones than training. */
static size_t room_of(const struct shown *s)
{
    struct test_set set[TASK_SETS];
    const size_t n = s->t->sets ? s->t->sets(s->options, set) : 0;
    size_t room = s->t->longest(s->self) * task_texts(s->t);
    for (size_t i = 0; i < n; i++) room = set[i].length > room ? set[i].length : room;
    return room + 1;
}

static status show_opened(struct shown *s, const char *out)
{
    if (s->t->kind == TASK_TEXT) {
        show_text(s);
        return OK;
    }
    const size_t room = room_of(s);
    struct example e = {.token = calloc(room, sizeof *e.token), .target = calloc(room, sizeof *e.target)};
    if (!e.token || !e.target) status_no_memory("an example", room * sizeof *e.token);
    size_t *place = draw_places(s->seed, &s->n, s->t->count(s->self, s->split));
    const status err = s->t->images ? show_images(s, &e, place, out) : show_examples(s, &e, place);
    free(place);
    free(e.token);
    free(e.target);
    return err;
}

status data_show(const char *name, const struct data_show *how, const char *data)
{
    struct shown s = {.t = task_find(name), .n = how->n, .tokens = how->tokens, .seed = how->seed};
    char out[FILE_PATH];
    if (!s.t) FAIL(ERR_CONFIG, "data show: no task \"%s\"; reach list tasks shows them", name);
    if (how->out && !s.t->images) FAIL(ERR_CONFIG, "data show: --out is for images, and %s is words", name);
    TRY(split_named(how->split, &s.split));
    if (s.n == 0) s.n = s.t->images ? IMAGES : TEXTS;
    snprintf(out, sizeof out, "%s%s", how->out ? how->out : name, how->out ? "" : ".png");
    unsigned char *options = data_default_options(s.t);
    s.options = options;
    status err = set_options(how, s.t, options);
    if (err == OK) err = draw_few(how, &s, options);
    if (err == OK) err = s.t->open(&s.self, options, data);
    if (err == OK) {
        err = show_opened(&s, out);
        s.t->close(s.self);
    }
    free(options);
    return err;
}
