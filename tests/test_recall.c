/* test_recall.c -- the recall tasks against an independent reading of each example, how slots are drawn, what is refused, the rule
 * of an answer, the gate, and a run from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>

#include "base/progress.h"
#include "folder.h"
#include "process.h"
#include "report/gate.h"
#include "report/plot.h"
#include "report/table.h"
#include "store/results.h"
#include "support.h"
#include "synthetic.h"
#include "train/workers.h"

static const char *const names[] = {"mqar", "copy", "selective_copy", "induction", "passkey"};
enum { NAMES = sizeof names / sizeof *names, LONGEST = 4096 };

static void *open_with(const char *name, const char *const *set, char options[4096])
{
    const struct task *t = task_find(name);
    void *self = NULL;
    assert_non_null(t);
    assert_true(t->kind == TASK_SEQUENCE);
    option_defaults(t->options, options, 4096);
    for (size_t i = 0; set && set[2 * i]; i++)
        if (option_set_text(option_find(t->options, set[2 * i]), options, set[2 * i + 1]) != OK) fail_msg("%s", status_message());
    if (t->open(&self, options, "nowhere") != OK) assert_null(self);
    return self;
}
#define SET(...) ((const char *const[]){__VA_ARGS__, NULL, NULL})

struct seen { int32_t token[LONGEST], target[LONGEST]; size_t n; };

static void example_of(const struct task *t, const void *self, enum split s, size_t index, struct seen *out)
{
    struct example e = {.token = out->token, .target = out->target};
    memset(out, 0x7f, sizeof *out); /* nothing of the buffer may be left */
    assert_int_equal(t->example(self, s, index, &e), OK);
    out->n = e.n;
    for (size_t i = 0; i < e.n; i++) {
        assert_in_range(out->token[i], 0, t->vocabulary(self) - 1);
        assert_true(out->target[i] >= -1 && out->target[i] < (int32_t)t->vocabulary(self));
    }
}

static size_t targets_in(const struct seen *x, size_t from, size_t to)
{
    size_t n = 0;
    for (size_t i = from; i < to; i++) n += x->target[i] >= 0;
    return n;
}

/* ---- slow readers of each format ----------------------------------------------------------------------------- */

static void read_mqar(const struct seen *x, size_t k, int32_t V, bool blank)
{
    size_t asked = 0;
    for (size_t i = 0; i < k; i++) {
        const int32_t key = x->token[2 * i], value = x->token[2 * i + 1];
        assert_true(key >= 1 && key < V / 2 && value >= V / 2 && value < V);
        for (size_t j = 0; j < i; j++) assert_true(x->token[2 * j] != key && x->token[2 * j + 1] != value);
        size_t times = 0;
        for (size_t row = 2 * k; row < x->n; row += 2)
            if (x->target[row] >= 0 && x->token[row] == key) {
                assert_int_equal(x->target[row], value);
                times++;
            }
        assert_int_equal(times, 1);
    }
    for (size_t row = 0; row < x->n; row++) {
        const bool query = x->target[row] >= 0;
        asked += query;
        if (query) assert_true(row >= 2 * k && row % 2 == 0);
        else if (row >= 2 * k && blank) assert_int_equal(x->token[row], 0);
    }
    assert_int_equal(asked, k);
}

static void read_copy(const struct seen *x, size_t n, int32_t letters, size_t blanks)
{
    assert_int_equal(x->n, 2 * n + blanks);
    assert_int_equal(targets_in(x, 0, n + blanks), 0);
    assert_int_equal(x->token[n + blanks], letters + 1);
    for (size_t i = 0; i < blanks; i++) assert_int_equal(x->token[n + i], 0);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(x->token[i], 1, letters);
        assert_int_equal(x->target[n + blanks + i], x->token[i]);
        if (i) assert_int_equal(x->token[n + blanks + i], x->token[i - 1]);
    }
}

static void read_selective(const struct seen *x, size_t n, int32_t V)
{
    int32_t found[64];
    size_t letters = 0;
    for (size_t i = 0; i < x->n - n; i++)
        if (x->token[i]) found[letters++] = x->token[i];
    assert_int_equal(letters, n);
    assert_int_equal(x->token[x->n - n], V - 1);
    assert_int_equal(targets_in(x, 0, x->n - n), 0);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(found[i], 1, V - 2);
        assert_int_equal(x->target[x->n - n + i], found[i]);
        if (i) assert_int_equal(x->token[x->n - n + i], found[i - 1]);
    }
}

static void read_induction(const struct seen *x, int32_t V)
{
    size_t times = 0, place = 0;
    for (size_t i = 0; i + 1 < x->n; i++)
        if (x->token[i] == V - 1) times++, place = i;
    assert_int_equal(times, 1);
    assert_int_equal(x->token[x->n - 1], V - 1);
    assert_int_equal(targets_in(x, 0, x->n), 1);
    assert_true(place + 2 < x->n);
    assert_int_equal(x->target[x->n - 1], x->token[place + 1]);
}

static void read_passkey(const struct seen *x, size_t digits)
{
    char text[LONGEST + 1] = "";
    for (size_t i = 0; i < x->n; i++) text[i] = (char)x->token[i];
    char *first = text;
    while (*first && !isdigit((unsigned char)*first)) first++;
    assert_int_equal(strspn(first, "0123456789"), digits);
    assert_int_equal(targets_in(x, 0, x->n), digits);
    for (size_t i = 0; i < digits; i++) assert_int_equal(x->target[x->n - digits + i], first[i]);
    assert_memory_equal(text + x->n - digits + 1, first, digits - 1); /* teacher-forced */
    for (char *c = first + digits; c < text + x->n - digits + 1; c++) assert_false(isdigit((unsigned char)*c));
    assert_int_equal(first[-1], ' ');
}

static void read_any(const char *name, const struct seen *x, size_t load)
{
    if (strcmp(name, "mqar") == 0) read_mqar(x, load, 256, true);
    else if (strcmp(name, "copy") == 0) read_copy(x, load, 26, 0);
    else if (strcmp(name, "selective_copy") == 0) read_selective(x, load, 16);
    else if (strcmp(name, "induction") == 0) read_induction(x, 16);
    else read_passkey(x, load);
}

/* The load of a training example, from its targets alone. */
static size_t load_of(const struct seen *x)
{
    return targets_in(x, 0, x->n);
}

static void formats(void **state)
{
    (void)state;
    static struct seen x;
    static char options[4096];
    for (size_t k = 0; k < NAMES; k++) {
        const struct task *t = task_find(names[k]);
        void *self = open_with(names[k], SET("test", "20"), options);
        struct test_set set[TASK_SETS];
        const size_t n = t->sets(options, set);
        size_t trained = 0, longer = 0, at = 0;
        assert_true(n >= 3);
        for (size_t s = 0; s < n; s++) {
            assert_int_equal(set[s].first, at);
            assert_int_equal(set[s].count, 20);
            for (size_t i = 0; i < set[s].count; i++) {
                example_of(t, self, SPLIT_TEST, at + i, &x);
                assert_int_equal(x.n, set[s].length);
                if (set[s].label[0]) assert_int_equal(load_of(&x), strtoul(set[s].label, NULL, 10));
                read_any(names[k], &x, load_of(&x));
            }
            trained += set[s].trained;
            longer += set[s].longer;
            assert_int_equal(set[s].longer, set[s].length > t->longest(self));
            at += set[s].count;
        }
        assert_int_equal(t->count(self, SPLIT_TEST), at);
        assert_true(trained > 0 && longer > 0 && trained + longer <= n);
        size_t longest = 0;
        for (size_t i = 0; i < 300; i++) {
            example_of(t, self, i % 3 ? SPLIT_TRAIN : SPLIT_VALID, i, &x);
            read_any(names[k], &x, load_of(&x));
            if (x.n > longest) longest = x.n;
        }
        assert_int_equal(longest, t->longest(self));
        assert_int_equal(t->classes(self), 0);
        t->close(self);
    }
}

/* Other settings than the defaults. */
static void other_settings(void **state)
{
    (void)state;
    static struct seen x;
    static char options[4096];
    const struct task *t = task_find("mqar");
    void *self = open_with("mqar", SET("vocabulary", "2050", "filler", "random", "train_lengths", "[32]", "train_pairs", "[8]", "train_shares", "[]",
                                       "test_lengths", "[1024, 32]", "test_pairs", "[256, 8]"), options);
    size_t zeros = 0, tokens = 0;
    for (size_t i = 0; i < 20; i++) {
        example_of(t, self, SPLIT_TEST, i, &x);
        read_mqar(&x, 256, 2050, false);
        for (size_t row = 512; row < 1024; row++) zeros += x.token[row] == 0, tokens += x.target[row] < 0;
    }
    assert_true(zeros < tokens / 100); /* about one in 2,050 */
    t->close(self);
    t = task_find("copy");
    self = open_with("copy", SET("letters", "8", "blanks", "100", "train_min", "10", "train_max", "10", "test_letters", "[10, 40]"), options);
    assert_int_equal(t->longest(self), 120);
    example_of(t, self, SPLIT_TRAIN, 5, &x);
    read_copy(&x, 10, 8, 100);
    t->close(self);
    t = task_find("passkey");
    self = open_with("passkey", SET("digits", "1", "train_lengths", "[60]", "test_lengths", "[60, 100]"), options);
    example_of(t, self, SPLIT_TEST, 0, &x);
    read_passkey(&x, 1);
    t->close(self);
    t = task_find("mqar"); /* all training examples of one setting */
    self = open_with("mqar", SET("train_shares", "[1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e6]"), options);
    for (size_t i = 0; i < 50; i++) {
        example_of(t, self, SPLIT_TRAIN, i, &x);
        assert_int_equal(load_of(&x), 16);
    }
    t->close(self);
}

/* The slot of the key asked first among the draws has a probability proportional to r^(a-1); chi-square over 12 slots. */
static void slots(void **state)
{
    (void)state;
    static struct seen x;
    static char options[4096];
    const struct task *t = task_find("mqar");
    void *self = open_with("mqar", SET("train_lengths", "[28]", "train_pairs", "[2]", "train_shares", "[]", "test_lengths", "[28, 28]", "test_pairs", "[2, 2]",
                                       "test", "20000"), options);
    double first[12] = {0}, pair[12][12] = {{0}}, chance[12], all = 0;
    for (size_t i = 0; i < 20000; i++) {
        size_t slot[2] = {99, 99};
        example_of(t, self, SPLIT_TEST, i, &x);
        for (size_t row = 4; row < 28; row += 2)
            for (size_t key = 0; key < 2; key++)
                if (x.target[row] >= 0 && x.token[row] == x.token[2 * key]) slot[key] = (row - 4) / 2;
        first[slot[0]]++; /* the first key has the slot drawn first */
        pair[slot[0]][slot[1]]++;
    }
    for (size_t r = 0; r < 12; r++) all += chance[r] = pow((double)r + 1, 0.01 - 1);
    double square = 0, squares = 0;
    for (size_t r = 0; r < 12; r++) {
        const double want = 20000 * chance[r] / all;
        square += (first[r] - want) * (first[r] - want) / want;
        for (size_t q = 0; q < 12; q++) {
            const double both = want * chance[q] / (all - chance[r]);
            if (q == r) assert_true(pair[r][q] == 0);
            else squares += (pair[r][q] - both) * (pair[r][q] - both) / both;
        }
    }
    assert_true(square < 31.3);  /* 11 degrees of freedom, 0.1 % */
    assert_true(squares < 186);  /* 131 degrees of freedom, 0.1 % */
    t->close(self);
}

/* Every byte of the filler is as likely to be where the key stands. */
static void places(void **state)
{
    (void)state;
    static struct seen x;
    static char options[4096];
    const struct task *t = task_find("passkey");
    void *self = open_with("passkey", SET("train_lengths", "[128]", "test_lengths", "[128, 256]", "test", "8000"), options);
    size_t place[128] = {0}, least = 128, most = 0;
    for (size_t i = 0; i < 8000; i++) {
        size_t at = 0;
        example_of(t, self, SPLIT_TEST, i, &x);
        while (!isdigit(x.token[at])) at++;
        place[at]++;
        least = at < least ? at : least;
        most = at > most ? at : most;
    }
    const size_t many = most - least + 1;
    double square = 0;
    for (size_t at = least; at <= most; at++) square += pow((double)place[at] - 8000.0 / (double)many, 2) / (8000.0 / (double)many);
    assert_true(many > 60 && square < (double)many + 3.5 * sqrt(2 * (double)many));
    t->close(self);
}

static void by_number(void **state)
{
    (void)state;
    static struct seen a, b;
    static char options[4096];
    for (size_t k = 0; k < NAMES; k++) {
        const struct task *t = task_find(names[k]);
        char sum[3][33];
        void *self = open_with(names[k], NULL, options), *again = open_with(names[k], NULL, options);
        void *other = open_with(names[k], SET("seed", "2"), options);
        t->checksum(self, sum[0]), t->checksum(again, sum[1]), t->checksum(other, sum[2]);
        assert_string_equal(sum[0], sum[1]);
        assert_string_not_equal(sum[0], sum[2]);
        assert_true(t->count(self, SPLIT_TRAIN) == (size_t)1 << 31);
        for (size_t i = 0; i < 40; i++) {
            const enum split s = (enum split)(i % 3);
            example_of(t, self, s, i, &a);
            example_of(t, again, s, i, &b);
            assert_true(a.n == b.n && !memcmp(&a, &b, sizeof a));
            example_of(t, other, s, i, &b);
            assert_true(memcmp(&a, &b, sizeof a)); /* another seed */
            example_of(t, self, (enum split)((i + 1) % 3), i, &b);
            assert_true(memcmp(&a, &b, sizeof a)); /* another split */
            example_of(t, self, s, i + 1, &b);
            assert_true(memcmp(&a, &b, sizeof a)); /* another number */
        }
        example_of(t, self, SPLIT_TRAIN, ((size_t)1 << 31) - 1, &a); /* the last */
        t->close(self), t->close(again), t->close(other);
        t->close(NULL);
    }
}

/* A set is the same whatever other sets there are. */
static void sets_alone(void **state)
{
    (void)state;
    static struct seen a, b;
    static char options[4096];
    const struct task *t = task_find("passkey");
    void *two = open_with("passkey", SET("test_lengths", "[128, 512]", "test", "10"), options);
    void *one = open_with("passkey", SET("test_lengths", "[512]", "test", "20"), options);
    for (size_t i = 0; i < 10; i++) {
        example_of(t, two, SPLIT_TEST, 10 + i, &a);
        example_of(t, one, SPLIT_TEST, i, &b);
        assert_memory_equal(&a, &b, sizeof a);
    }
    t->close(one), t->close(two);
}

static void refused(void **state)
{
    (void)state;
    static const struct { const char *name, *set[7], *sentence; } all[] = {
        {"mqar", {"train_lengths", "[63]", "train_pairs", "[4]", "train_shares", "[]"}, "length 63 is odd"},
        {"mqar", {"test_lengths", "[64]", "test_pairs", "[17]"}, "17 pairs need a length of at least 68"},
        {"mqar", {"vocabulary", "16"}, "8 pairs need as many keys, and a vocabulary of 16 has 7; at least 18"},
        {"mqar", {"filler", "random"}, "must be larger than the length"},
        {"mqar", {"train_lengths", "[64, 64]"}, "train_lengths has 2 items and train_pairs 6"},
        {"mqar", {"test_lengths", "[]", "test_pairs", "[]"}, "test_lengths has 0 items"},
        {"mqar", {"train_shares", "[1, 2]"}, "train_shares has 2 items for 6"},
        {"copy", {"train_min", "9", "train_max", "8"}, "train_max 8 is less than train_min 9"},
        {"copy", {"train_max", "1000"}, "are more than 512 lengths"},
        {"copy", {"test_letters", "[]"}, "test_letters is empty"},
        {"selective_copy", {"train_lengths", "[31]"}, "need a length of at least 32, not 31"},
        {"selective_copy", {"test_lengths", "[]"}, "test_lengths is empty"},
        {"induction", {"train_lengths", "[]"}, "train_lengths is empty"},
        {"induction", {"test_lengths", "[]"}, "test_lengths is empty"},
        {"passkey", {"test_lengths", "[40]"}, "a length of 40 is too short"},
        {"passkey", {"train_lengths", "[]"}, "train_lengths is empty"},
    };
    static char options[4096];
    struct test_set set[TASK_SETS];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_null(open_with(all[i].name, all[i].set, options));
        if (!strstr(status_message(), all[i].sentence) || strncmp(status_message(), all[i].name, strlen(all[i].name)) != 0)
            fail_msg("said \"%s\", not \"%s\"", status_message(), all[i].sentence);
        assert_int_equal(task_find(all[i].name)->sets(options, set), 0);
    }
}

static void predictors(void **state)
{
    (void)state;
    const struct { double chance, loss; } want[NAMES] = {
        {1 / 128.0, log(128)}, {pow(26, -10), log(26)}, {pow(14, -16), log(14)}, {1 / 15.0, log(15)}, {1e-5, log(10)}};
    static char options[4096];
    for (size_t k = 0; k < NAMES; k++) {
        const struct task *t = task_find(names[k]);
        struct predictor p[TASK_PREDICTORS];
        size_t n = 0;
        char line[256];
        void *self = open_with(names[k], NULL, options);
        assert_int_equal(t->predictors(self, SPLIT_TEST, p, &n), OK);
        assert_string_equal(p[0].name, "chance");
        assert_true(fabs(p[0].accuracy / want[k].chance - 1) < 1e-9 && fabs(p[0].loss - want[k].loss) < 1e-9);
        assert_int_equal(n, strcmp(names[k], "mqar") == 0 ? 6 : 1);
        if (n > 1) assert_true(p[1].accuracy == 0.25 && strstr(p[1].name, "one of the 4 values"));
        assert_true(t->present(options, "nowhere", line, sizeof line));
        assert_non_null(strstr(line, "generated"));
        t->close(self);
    }
}

/* ---- the rule of an answer ----------------------------------------------------------------------------------- */

/* Two examples of a model whose parameters are all 0: it says token 0 at every row, so which targets are right is known. */
static void answers(void **state)
{
    (void)state;
    static struct subject s;
    subject_of(&s, "alibi", 0, NULL);
    const struct shape shape = {.causal = true, .train_length = 12, .layers = 1};
    struct model *m = check_model(&s.s, shape, 0.0, 3);
    assert_non_null(m);
    memset(m->values, 0, m->n_values * sizeof *m->values);
    const int32_t token[12] = {0};
    static const int32_t one[12] = {-1, 0, 0, -1, 0, 1, -1, 0, -1, 1, 0, 0}, two[5] = {0, -1, 1, 1, 0};
    struct sequence q[2] = {{.id = 0, .n = 12, .token = token, .target = one}, {.id = 1, .n = 5, .token = token, .target = two}};
    struct tally of[2];
    struct scores out = {.of = of};
    struct workers w;
    workers_init(&w, 1, 0, m->n_values, kernel_choose(NULL));
    model_prepare(m, 12);
    workers_evaluate(&w, m, q, 2, 1024, 12, 1, &out);
    assert_true(of[0].n == 8 && of[0].right == 6);   /* all logits are equal, and the first of them counts */
    assert_true(of[0].answers == 4 && of[0].answers_right == 2); /* 00, 01, 0, 100 */
    assert_true(of[1].n == 4 && of[1].right == 2);
    assert_true(of[1].answers == 2 && of[1].answers_right == 1); /* 0, 110 */
    workers_done(&w);
    model_free(m);
}

/* ---- the gate ------------------------------------------------------------------------------------------------ */

struct made { struct config c; struct collection all; };

/* Results of two variants: accuracies at the trained and the longest length. */
static void make_results(struct made *x, const char *first, double at_first, const char *second, double at_second, double longer)
{
    const char *const label[] = {first, second};
    const double right[] = {at_first, at_second};
    x->c = synthetic_config(&synthetic_sequence, 2, 2);
    for (size_t i = 0; i < 4; i++) {
        struct results r;
        char path[FILE_PATH + 512];
        struct run *run = &x->c.runs[i];
        synthetic_results(run, &r);
        r.n_test = 0;
        snprintf(run->label, sizeof run->label, "%s", label[i / 2]);
        snprintf(r.label, sizeof r.label, "%s", label[i / 2]);
        for (int64_t length = 64; length <= 256; length *= 2)
            results_add_test(&r, &(struct test_row){.split = "test", .mode = "recall", .length = length, .n = 500, .loss = 1, .loss_error = 0.1,
                                                    .accuracy = length == 256 ? longer : right[i / 2]});
        snprintf(path, sizeof path, "%s/%s/%s.h5", folder, x->c.name, run->stem);
        assert_int_equal(results_write(&r, path), OK);
        results_done(&r);
    }
    collection_load(&x->all, &x->c, folder);
}

static void free_results(struct made *x)
{
    collection_done(&x->all);
    free(x->c.runs);
}

static void gates(void **state)
{
    (void)state;
    static const struct { const char *first, *second; double right, none, longer; bool passed; const char *text; } all[] = {
        {"vanilla", "no_memory", 0.992, 0.013, 0.01, true, "gate passed: vanilla 99.2 % or more at the training lengths, no_memory 1.3 % against chance 1.0 %"},
        {"vanilla", "no_memory", 0.95, 0.06, 0.02, true, "gate passed"},
        {"vanilla", "no_memory", 0.949, 0.01, 0.01, false, "vanilla reaches only 94.9 % at length 64, where it was trained"},
        {"vanilla", "no_memory", 0.99, 0.061, 0.01, false, "no_memory, which remembers nothing, has 6.1 % at length 64 against chance 1.0 %"},
        {"vanilla", "no_memory", 0.99, 0.01, 0.2, false, "has 20.0 % at length 256"},
        {"rope", "no_memory", 0.99, 0.01, 0.01, false, "there is no variant vanilla to be the reference"},
        {"vanilla", "local", 0.99, 0.01, 0.01, false, "there is no variant no_memory to be the control"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct made x;
        struct gate g;
        make_results(&x, all[i].first, all[i].right, all[i].second, all[i].none, all[i].longer);
        gate_of(&x.all.task[0], &g);
        if (g.passed != all[i].passed || !strstr(g.line, all[i].text)) fail_msg("%s", g.line);
        if (!g.passed) assert_non_null(strstr(g.line, "tells nothing"));
        free_results(&x);
    }
    struct made x; /* the config names others */
    struct gate g;
    make_results(&x, "rope", 0.99, "blind", 0.01, 0.01);
    for (size_t i = 0; i < 4; i++) {
        strcpy(x.c.runs[i].test.reference, "rope");
        strcpy(x.c.runs[i].test.control, "blind");
    }
    gate_of(&x.all.task[0], &g);
    assert_true(g.passed);
    free_results(&x);
    make_results(&x, "vanilla", NAN, "no_memory", NAN, NAN); /* no scores at all */
    gate_of(&x.all.task[0], &g);
    assert_false(g.passed);
    assert_non_null(strstr(g.line, "vanilla has no score"));
    assert_non_null(strstr(g.line, "no_memory has no score"));
    free_results(&x);
}

static char *table_of(const struct config *c, enum table_format f)
{
    FILE *out = tmpfile();
    assert_int_equal(report_table(out, c, folder, f, false), OK);
    const long n = ftell(out);
    char *text = calloc((size_t)n + 1, 1);
    rewind(out);
    assert_int_equal(fread(text, 1, (size_t)n, out), n);
    fclose(out);
    return text;
}

static void tables(void **state)
{
    (void)state;
    struct made x;
    make_results(&x, "vanilla", 0.992, "no_memory", 0.013, 0.01);
    for (int f = TABLE_TEXT; f <= TABLE_TEX; f++) {
        char *text = table_of(&x.c, (enum table_format)f);
        if (!strstr(text, "gate passed: vanilla 99.2") || !strstr(text, "chance")) fail_msg("%s", text);
        if (f != TABLE_CSV && (!strstr(text, "trained") || !strstr(text, "longer") || !strstr(text, "99.2"))) fail_msg("%s", text);
        free(text);
    }
    free_results(&x);
}

/* ---- from end to end ----------------------------------------------------------------------------------------- */

static const struct finished *run_reach(const char *arguments)
{
    return process_run("cd '%s' && '%s' %s", folder, reach, arguments);
}

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || !strstr(f->out, text)) fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text, f->out);
}

static const struct test_row *row_of(const struct results *r, const char *text, const char *mode, int64_t length)
{
    for (size_t i = 0; i < r->n_test; i++)
        if (!strcmp(r->test[i].text, text) && !strcmp(r->test[i].mode, mode) && r->test[i].length == length) return &r->test[i];
    fail_msg("no row %s, %s, %lld", text, mode, (long long)length);
    return NULL;
}

static void runs(void **state)
{
    (void)state;
    put("tiny.yaml", "model: {width: 16, layers: 1, heads: 2, feed_forward: 16}\n"
                     "train: {batch: 8, steps: 12, warmup: 3, eval_every: 6, eval_tokens: 1000}\n"
                     "test: {examples: 7}\n"
                     "tasks:\n"
                     "  - mqar: {vocabulary: 32, train_lengths: [16, 24], train_pairs: [2, 4], train_shares: [], test_lengths: [16, 24, 48], test_pairs: [2, 4, 4], test: 9}\n"
                     "  - copy: {train_max: 8, test_letters: [8, 16], test: 9}\n"
                     "  - selective_copy: {letters: 4, train_lengths: [16], test_lengths: [16, 32], test: 9}\n"
                     "  - induction: {train_lengths: [16], test_lengths: [16, 32], test: 9}\n"
                     "  - passkey: {digits: 2, train_lengths: [64], test_lengths: [64, 100], test: 9}\n"
                     "variants: [vanilla, no_memory, learned]\n");
    expect(run_reach("run tiny.yaml --threads 2"), 0, "15 trained");
    expect(run_reach("run tiny.yaml"), 0, "15 were done");
    for (size_t k = 0; k < NAMES; k++) {
        static const char *const labels[] = {"4 pairs", "16 letters", "4 letters", "", "2 digits"};
        static const int64_t longest[] = {48, 32, 32, 32, 100};
        static const double answers_each[] = {4, 1, 1, 1, 1};
        for (int learned = 0; learned < 2; learned++) {
            struct results r;
            char file[128];
            snprintf(file, sizeof file, "results/tiny/%s-%s-1.h5", learned ? "learned" : "vanilla", names[k]);
            results_init(&r);
            if (results_read(&r, in_folder(file), true) != OK) fail_msg("%s", status_message());
            assert_int_equal(r.status, RUN_DONE);
            assert_int_equal(r.n_eval, 2);
            const struct test_row *row = row_of(&r, labels[k], "recall", longest[k]);
            if (learned) { /* its table ends at the longest training example */
                assert_true(isnan(row->loss) && isnan(row->accuracy) && row->reason[0]);
            } else {
                assert_int_equal(row->n, 7 * answers_each[k]);
                assert_true(row->loss > 0 && row->accuracy >= 0 && row->accuracy <= 1 && !row->reason[0]);
                const struct test_row *whole = row_of(&r, labels[k], "examples", longest[k]);
                assert_int_equal(whole->n, 7);
                assert_true(whole->accuracy <= row->accuracy && whole->loss == row->loss);
            }
            assert_true(r.n_predictor >= 1);
            results_done(&r);
        }
    }
    expect(run_reach("table tiny.yaml"), 0, "gate not passed, so this table tells nothing about memory: vanilla reaches only");
    expect(run_reach("table tiny.yaml --only variant=vanilla"), 0, "there is no variant no_memory");
    expect(run_reach("table tiny.yaml --format csv"), 0, "mqar,gate,not passed,test");
    expect(run_reach("table tiny.yaml"), 0, "n/a");
    expect(run_reach("run tiny.yaml --set 'tasks=[mqar: {test_lengths: [15], test_pairs: [2]}]'"), 2, "length 15 is odd");
    expect(run_reach("run tiny.yaml --set 'tasks=[induction]' --set train.examples=20 --only variant=vanilla --redo --quiet"), 0, "");
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
#define SIMPLE(f)    cmocka_unit_test(f)

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        SIMPLE(formats), SIMPLE(other_settings), SIMPLE(slots),      SIMPLE(places),   SIMPLE(by_number), SIMPLE(sets_alone), SIMPLE(refused),
        SIMPLE(predictors), SIMPLE(answers),     IN_FOLDER(gates), IN_FOLDER(tables), IN_FOLDER(runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
