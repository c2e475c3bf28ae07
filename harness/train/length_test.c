/* length_test.c -- windows, last block, stride, context, by position; ordinary and repeated text. */
#include "train/length_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/feed.h"
#include "train/streams.h"

#define POSITION_BUCKETS 32
#define PLACES_SEED 20170612 /* the same places for every run: what differs is the model */

static void *take(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    if (!p) status_no_memory("length test", n * size);
    return p;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* What was measured at one length, or why not. */
struct cell {
    const char *text, *mode;
    size_t length;
};

static struct test_row row_of(const struct length_test *t, struct cell c)
{
    struct test_row r = {.length = (int64_t)c.length, .loss = NAN, .loss_error = NAN, .accuracy = NAN};
    snprintf(r.evaluation, sizeof r.evaluation, "%s", t->evaluation);
    snprintf(r.split, sizeof r.split, "%s", t->split);
    snprintf(r.text, sizeof r.text, "%s", c.text);
    snprintf(r.mode, sizeof r.mode, "%s", c.mode);
    return r;
}

static void add_refusal(const struct length_test *t, struct results *r, struct cell c, const char *why)
{
    struct test_row row = row_of(t, c);
    snprintf(row.reason, sizeof row.reason, "%s", why);
    results_add_test(r, &row);
}

/* Mean over targets; error from the spread of the sequences' own means, each weighed by its targets. */
static void add_scores(const struct length_test *t, struct results *r, struct cell c, const struct tally *of, size_t n)
{
    struct test_row row = row_of(t, c);
    struct tally sum = {0};
    for (size_t i = 0; i < n; i++) {
        sum.loss += of[i].loss;
        sum.right += of[i].right;
        sum.n += of[i].n;
    }
    row.n = (int64_t)sum.n;
    row.loss = sum.loss / sum.n;
    row.accuracy = sum.right / sum.n;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        const double off = of[i].loss - row.loss * of[i].n;
        squares += off * off;
    }
    if (n > 1) row.loss_error = sqrt(squares * (double)n / (double)(n - 1)) / sum.n;
    results_add_test(r, &row);
}

static void add_positions(const struct length_test *t, struct results *r, const char *text, size_t length, const struct scores *s)
{
    for (size_t b = 0; b < s->n_buckets; b++) {
        if (s->at[b].n == 0) continue;
        struct position_row row = {.length = (int64_t)length, .from = (int64_t)(b * s->bucket),
                                   .to = (int64_t)smaller((b + 1) * s->bucket, length), .n = (int64_t)s->at[b].n,
                                   .loss = s->at[b].loss / s->at[b].n, .accuracy = s->at[b].right / s->at[b].n};
        snprintf(row.evaluation, sizeof row.evaluation, "%s", t->evaluation);
        snprintf(row.split, sizeof row.split, "%s", t->split);
        snprintf(row.text, sizeof row.text, "%s", text);
        results_add_position(r, &row);
    }
}

static void score(const struct length_test *t, const struct sequence *s, size_t n, size_t length, struct scores *out)
{
    workers_evaluate(t->workers, t->model, s, n, t->pack_rows, length, t->seed, out);
}

/* Bytes [from, to) of a document that ends at `end`. */
struct stretch {
    size_t from, to, end;
};

/* The documents (most 0), or a seeded choice of stretches of `size` bytes that have about `most` bytes in all. */
static struct stretch *choose_stretches(const struct text *x, size_t size, size_t most, size_t *n)
{
    size_t total = 0;
    for (size_t d = 0; d < x->n_documents; d++) total += most ? (x->start[d + 1] - x->start[d] + size - 1) / size : 1;
    struct stretch *s = take(total, sizeof *s);
    *n = 0;
    for (size_t d = 0; d < x->n_documents; d++) {
        const size_t end = x->start[d + 1], width = most ? size : end - x->start[d];
        for (size_t at = x->start[d]; at + 1 < end; at += width)
            s[(*n)++] = (struct stretch){at, at + smaller(width, end - at), end};
    }
    const size_t keep = most ? (most + size - 1) / size : *n;
    if (keep >= *n) return s;
    uint32_t *chosen = feed_choose(PLACES_SEED, SPLIT_TEST, *n, keep);
    for (size_t i = 0; i < keep; i++) s[i] = s[chosen[i]]; /* chosen rises, so nothing is overwritten too early */
    free(chosen);
    *n = keep;
    return s;
}

/* The whole split in windows of `length` (most 0), or stretches of `longest` bytes with about `most` in all, the same for every length. */
static struct sequence *cut_windows(const struct text *x, size_t length, size_t longest, size_t most, size_t *n)
{
    size_t n_stretches, total = 0;
    struct stretch *from = choose_stretches(x, longest, most, &n_stretches);
    for (size_t i = 0; i < n_stretches; i++) total += (from[i].to - from[i].from + length - 1) / length;
    struct sequence *s = take(total, sizeof *s);
    *n = 0;
    for (size_t i = 0; i < n_stretches; i++) {
        for (size_t at = from[i].from; at < from[i].to && at + 1 < from[i].end; at += length) {
            const size_t m = smaller(length, from[i].to - at);
            s[*n] = (struct sequence){.id = *n, .n = m, .byte = x->byte + at, .ends = at + m == from[i].end};
            ++*n;
        }
    }
    free(from);
    return s;
}

static void test_windows(const struct length_test *t, struct results *r, size_t length, size_t longest)
{
    size_t n;
    struct sequence *s = cut_windows(&t->text, length, longest, (size_t)t->options->windows_tokens, &n);
    if (n == 0) {
        add_refusal(t, r, (struct cell){"ordinary", "windows", length}, "no document of the test text has a second byte");
        free(s);
        return;
    }
    const size_t bucket = (length + POSITION_BUCKETS - 1) / POSITION_BUCKETS;
    struct scores out = {.of = take(n, sizeof *out.of), .bucket = bucket, .n_buckets = (length + bucket - 1) / bucket};
    out.at = take(out.n_buckets, sizeof *out.at);
    score(t, s, n, length, &out);
    add_scores(t, r, (struct cell){"ordinary", "windows", length}, out.of, n);
    add_positions(t, r, "ordinary", length, &out);
    free(out.at);
    free(out.of);
    free(s);
}

/* Seeded places: byte numbers `end` such that [end - longest, end] lies in one document; one in each of `n` equal
 * stretches of all such numbers.  Returns how many (0 if no document is long enough). */
static size_t choose_places(const struct text *x, size_t longest, size_t n, size_t *end)
{
    size_t total = 0;
    for (size_t d = 0; d < x->n_documents; d++) {
        const size_t size = x->start[d + 1] - x->start[d];
        total += size > longest ? size - longest : 0;
    }
    if (total == 0) return 0;
    n = smaller(n, total);
    random_stream rs = random_stream_of(PLACES_SEED, RANDOM_PLACES, longest, 0);
    for (size_t i = 0; i < n; i++) {
        const size_t from = i * total / n, width = (i + 1) * total / n - from;
        size_t at = from + random_below(&rs, (uint32_t)width);
        for (size_t d = 0;; d++) {
            const size_t size = x->start[d + 1] - x->start[d], room = size > longest ? size - longest : 0;
            if (at < room) {
                end[i] = x->start[d] + longest + at;
                break;
            }
            at -= room;
        }
    }
    return n;
}

struct places {
    size_t *end, n, targets;
};

static struct places make_places(const struct text *x, size_t longest, size_t targets, size_t n)
{
    struct places p = {.end = take(n, sizeof *p.end), .targets = targets};
    p.n = choose_places(x, longest, n, p.end);
    return p;
}

/* Score the last targets before each place with `length` tokens of input.  `tiled` holds, for each place, a text of
 * longest + 1 bytes whose end is the place (repeated text), or is NULL (the text itself). */
static void test_places(const struct length_test *t, struct results *r, const struct places *p, struct cell c,
                        const uint8_t *tiled, size_t longest)
{
    struct sequence *s = take(p->n, sizeof *s);
    struct scores out = {.of = take(p->n, sizeof *out.of)};
    for (size_t i = 0; i < p->n; i++) {
        const uint8_t *end = tiled ? tiled + (i + 1) * (longest + 1) - 1 : t->text.byte + p->end[i];
        s[i] = (struct sequence){.id = i, .n = c.length, .byte = end - c.length, .scored_from = c.length - p->targets};
    }
    score(t, s, p->n, c.length, &out);
    add_scores(t, r, c, out.of, p->n);
    free(out.of);
    free(s);
}

/* For each place the `passage` bytes before it, tiled backwards from the place over longest + 1 bytes. */
static uint8_t *tile(const struct text *x, const struct places *p, size_t passage, size_t longest)
{
    const size_t size = longest + 1;
    uint8_t *out = take(p->n, size);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < size; k++) out[(i + 1) * size - 1 - k] = x->byte[p->end[i] - k % passage];
    return out;
}

#define STREAMS 64 /* documents read side by side */

/* A chain of parts: what is left of a document. */
struct chain {
    size_t at, end;
};

/* The next part of every document that has one, with a target at least; *n of them. */
static void next_parts(const struct text *x, struct chain *chain, size_t n_chains, size_t length, bool begins, struct sequence *s, size_t *n)
{
    *n = 0;
    for (size_t b = 0; b < n_chains; b++) {
        struct chain *c = &chain[b];
        const size_t rows = smaller(length, c->end - c->at);
        if (rows == 0) continue;
        const bool last = c->at + rows == c->end;
        s[(*n)++] = (struct sequence){.id = b, .n = rows, .byte = x->byte + c->at, .ends = last, .stream = b, .continues = !begins,
                                      .goes_on = !last};
        c->at += rows;
    }
}

struct stream_sums {
    struct tally *of;           /* every part scored so far */
    size_t n, room;
    struct scores positions;
};

static void keep_parts(struct stream_sums *sums, const struct tally *of, size_t n, size_t at)
{
    if (sums->n + n > sums->room) {
        sums->room = 2 * (sums->n + n);
        sums->of = realloc(sums->of, sums->room * sizeof *sums->of);
        if (!sums->of) status_no_memory("length test", sums->room * sizeof *sums->of);
    }
    struct tally *to = &sums->positions.at[at / sums->positions.bucket];
    for (size_t i = 0; i < n; i++) {
        if (of[i].n == 0) continue; /* a last byte alone has no target */
        sums->of[sums->n++] = of[i];
        to->loss += of[i].loss;
        to->right += of[i].right;
        to->n += of[i].n;
    }
}

static void read_documents(const struct length_test *t, struct chain *chain, size_t n_chains, struct stream_sums *sums)
{
    struct streams streams;
    struct sequence s[STREAMS];
    struct tally of[STREAMS];
    struct scores out = {.of = of};
    size_t n;
    streams_init(&streams, t->model, n_chains);
    for (size_t at = 0;; at += t->train_length) {
        next_parts(&t->text, chain, n_chains, t->train_length, at == 0, s, &n);
        if (n == 0) break;
        streams_bind(&streams, s, n);
        score(t, s, n, t->train_length, &out);
        streams_turn(&streams);
        keep_parts(sums, of, n, at);
    }
    streams_done(&streams);
}

static void test_stream(const struct length_test *t, struct results *r)
{
    const struct text *x = &t->text;
    const struct cell c = {"ordinary", "stream", t->train_length};
    if (t->model->n_carry == 0) {
        add_refusal(t, r, c, "carries no state: a stream is to it a row of windows");
        return;
    }
    size_t left = t->options->stream_tokens ? (size_t)t->options->stream_tokens : x->n, longest = 0;
    for (size_t d = 0; d < x->n_documents; d++) {
        const size_t rows = smaller(left, x->start[d + 1] - x->start[d]);
        longest = rows > longest ? rows : longest;
        left -= rows;
    }
    left = t->options->stream_tokens ? (size_t)t->options->stream_tokens : x->n;
    const size_t bucket = ((longest + POSITION_BUCKETS - 1) / POSITION_BUCKETS + t->train_length - 1) / t->train_length * t->train_length;
    struct stream_sums sums = {.positions = {.bucket = bucket, .n_buckets = POSITION_BUCKETS}};
    sums.positions.at = take(POSITION_BUCKETS, sizeof *sums.positions.at);
    for (size_t d = 0; d < x->n_documents && left;) {
        struct chain chain[STREAMS];
        size_t n = 0;
        for (; n < STREAMS && d < x->n_documents && left; d++) {
            const size_t rows = smaller(left, x->start[d + 1] - x->start[d]);
            chain[n++] = (struct chain){x->start[d], x->start[d] + rows};
            left -= rows;
        }
        read_documents(t, chain, n, &sums);
    }
    if (sums.n == 0) add_refusal(t, r, c, "no document of the test text has a second byte");
    else add_scores(t, r, c, sums.of, sums.n);
    add_positions(t, r, "stream", longest, &sums.positions);
    free(sums.positions.at);
    free(sums.of);
}

static size_t largest(const struct int_list *l)
{
    int64_t most = 1;
    for (size_t i = 0; i < l->n; i++) most = l->at[i] > most ? l->at[i] : most;
    return (size_t)most;
}

static size_t largest_length(const struct test_options *o)
{
    return largest(&o->lengths);
}

static size_t shortest_length(const struct test_options *o)
{
    int64_t least = o->lengths.at[0];
    for (size_t i = 1; i < o->lengths.n; i++) least = o->lengths.at[i] < least ? o->lengths.at[i] : least;
    return (size_t)least;
}

/* One way of placing targets, at every length. */
static void test_mode(const struct length_test *t, struct results *r, const char *text, const char *mode, size_t targets, size_t n)
{
    const struct test_options *o = t->options;
    const size_t longest = largest_length(o);
    struct places p = make_places(&t->text, longest, smaller(targets, shortest_length(o)), n);
    const size_t passage = o->passage ? (size_t)o->passage : t->train_length / 2 ? t->train_length / 2 : 1;
    uint8_t *tiled = strcmp(text, "repeated") == 0 ? tile(&t->text, &p, smaller(passage, longest), longest) : NULL;
    for (size_t i = 0; i < o->lengths.n; i++) {
        const struct cell c = {text, mode, (size_t)o->lengths.at[i]};
        const char *why = model_refuses_length(t->model, c.length);
        if (!why && p.n == 0) why = "no document of the test text is long enough for the longest length";
        if (why) add_refusal(t, r, c, why);
        else test_places(t, r, &p, c, tiled, longest);
    }
    free(tiled);
    free(p.end);
}

/* Score the byte at each place after exactly c.length tokens, and keep the losses one by one. */
static void test_context(const struct length_test *t, struct results *r, const struct places *p, struct cell c, float *loss)
{
    struct sequence *s = take(p->n, sizeof *s);
    struct scores out = {.of = take(p->n, sizeof *out.of)};
    for (size_t i = 0; i < p->n; i++)
        s[i] = (struct sequence){.id = i, .n = c.length, .byte = t->text.byte + p->end[i] - c.length, .scored_from = c.length - 1};
    score(t, s, p->n, c.length, &out);
    add_scores(t, r, c, out.of, p->n);
    for (size_t i = 0; i < p->n; i++) loss[i] = (float)out.of[i].loss;
    free(out.of);
    free(s);
}

static void test_contexts(const struct length_test *t, struct results *r)
{
    const struct int_list *l = &t->options->context;
    struct places p = make_places(&t->text, largest(l), 1, (size_t)t->options->context_targets);
    struct context *of = results_set_context(r, l->n, p.n);
    snprintf(of->evaluation, sizeof of->evaluation, "%s", t->evaluation);
    snprintf(of->split, sizeof of->split, "%s", t->split);
    for (size_t i = 0; i < l->n; i++) {
        const struct cell c = {"ordinary", "context", (size_t)l->at[i]};
        const char *why = model_refuses_length(t->model, c.length);
        of->length[i] = l->at[i];
        if (!why && p.n == 0) why = "no document of the test text is long enough for the longest context";
        if (!why) test_context(t, r, &p, c, of->loss + i * p.n);
        else add_refusal(t, r, c, why);
        for (size_t k = 0; k < p.n && why; k++) of->loss[i * p.n + k] = NAN;
    }
    free(p.end);
}

static void report(const struct length_test *t, double share)
{
    if (t->progress) t->progress(t->progress_self, share);
}

void length_test_run(const struct length_test *t, struct results *r)
{
    const struct test_options *o = t->options;
    model_prepare(t->model, (largest_length(o) > largest(&o->context) ? largest_length(o) : largest(&o->context)) + 1);
    report(t, 0);
    if (o->windows) {
        for (size_t i = 0; i < o->lengths.n; i++) {
            const size_t length = (size_t)o->lengths.at[i];
            const char *why = model_refuses_length(t->model, length);
            if (why) add_refusal(t, r, (struct cell){"ordinary", "windows", length}, why);
            else test_windows(t, r, length, largest_length(o));
            report(t, 0.6 * (double)(i + 1) / (double)o->lengths.n);
        }
    }
    if (o->last) test_mode(t, r, "ordinary", "last", (size_t)o->last_targets, (size_t)o->last_places);
    report(t, 0.75);
    if (o->stride) {
        const size_t s = (size_t)o->stride, targets = o->stride_tokens ? (size_t)o->stride_tokens : t->text.n;
        test_mode(t, r, "ordinary", "stride", s, (targets + s - 1) / s);
    }
    report(t, 0.8);
    if (o->context.n) test_contexts(t, r);
    report(t, 0.85);
    if (o->stream) test_stream(t, r);
    report(t, 0.9);
    if (o->repeated) test_mode(t, r, "repeated", "last", (size_t)o->last_targets, (size_t)o->last_places);
    report(t, 1);
}

struct tally length_test_subset(struct workers *w, struct model *m, const struct text *x, size_t length, size_t tokens,
                                size_t pack_rows, uint64_t seed)
{
    size_t n;
    struct sequence *s = cut_windows(x, length, length, tokens, &n);
    struct scores out = {.of = take(n, sizeof *out.of)};
    workers_evaluate(w, m, s, n, pack_rows, length, seed, &out);
    struct tally sum = {0};
    for (size_t i = 0; i < n; i++) {
        sum.loss += out.of[i].loss;
        sum.right += out.of[i].right;
        sum.n += out.of[i].n;
    }
    free(out.of);
    free(s);
    return sum;
}
