/* test_listops.c -- the grammar, the values, the sets, the original files, the predictors.
 *
 * With REACH_DATA set and REACH_DATA/listops/listops-sample-1000.tsv.xz there (1,000 rows by the original generator),
 * its targets and its distribution are compared with ours too.
 */
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "folder.h"
#include "tasks/listops_rules.h"
#include "tasks/listops_set.h"
#include "tasks/task.h"

static void assert_near(double got, double wanted, double tolerance)
{
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("got %.15g, wanted %.15g +- %g", got, wanted, tolerance);
}

/* Tokens of words apart by single spaces. */
static size_t tokens_of(const char *text, uint8_t *token)
{
    size_t n = 0;
    while (*text) {
        const size_t m = strcspn(text, " ");
        int t = 0;
        while (t < LISTOPS_TOKENS && (strlen(listops_words[t]) != m || strncmp(listops_words[t], text, m) != 0)) t++;
        token[n++] = (uint8_t)t;
        text += m + (text[m] == ' ');
    }
    return n;
}

static int value_of(const char *text, int levels)
{
    uint8_t token[256];
    return listops_value(token, tokens_of(text, token), levels);
}

/* ---- values -------------------------------------------------------------------------------------------------- */

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int         value;
    } cases[] = {
        {"7", 7},
        {"0", 0},
        {"[MIN 4 2 9 ]", 2},
        {"[MAX 4 2 9 ]", 9},
        {"[MED 4 2 9 ]", 4},
        {"[MED 4 9 ]", 6},      /* 6.5, truncated */
        {"[MED 9 4 ]", 6},
        {"[MED 1 2 8 9 ]", 5},
        {"[MED 0 1 ]", 0},
        {"[MED 3 3 3 3 9 ]", 3},
        {"[SM 4 2 9 ]", 5},
        {"[SM 5 5 ]", 0},
        {"[SM 9 9 9 9 9 9 9 9 9 9 ]", 0},
        {"[MAX 2 9 [MIN 4 7 ] 0 ]", 9},
        {"[MIN [MAX 1 5 ] [SM 9 8 ] [MED 6 [MAX 7 8 ] ] ]", 5},
        {"[SM [SM [SM 9 9 ] 9 ] 9 ]", 6},
        {"[MED [MIN 9 8 ] 1 [MAX 0 3 ] 2 ]", 2},
        {"[MAX 6 ]", 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (value_of(cases[i].text, LISTOPS_DEPTH) != cases[i].value)
            fail_msg("%s: got %d, wanted %d", cases[i].text, value_of(cases[i].text, LISTOPS_DEPTH), cases[i].value);
}

static void test_values_by_level(void **state)
{
    (void)state;
    assert_int_equal(value_of("[MAX 2 [MIN 4 7 ] 0 ]", 1), 2);
    assert_int_equal(value_of("[MAX 2 [MIN 4 7 ] 0 ]", 2), 4);
    assert_int_equal(value_of("[SM 1 [SM 2 [SM 3 4 ] ] 5 ]", 1), 6);
    assert_int_equal(value_of("[SM 1 [SM 2 [SM 3 4 ] ] 5 ]", 2), 8);
    assert_int_equal(value_of("[SM 1 [SM 2 [SM 3 4 ] ] 5 ]", 3), 5);
    assert_int_equal(value_of("[SM [MIN 4 7 ] [MAX 4 7 ] ]", 1), -1); /* no digit at all */
    assert_int_equal(value_of("[MAX [MIN [SM 1 9 ] [SM 1 1 ] ] 5 ]", 2), 5); /* the MIN has no value */
    assert_int_equal(value_of("3", 1), 3);
}

static void assert_wrong(const char *text, size_t where, const char *expected)
{
    uint8_t token[256];
    size_t at;
    const char *got = listops_wrong(token, tokens_of(text, token), &at);
    assert_non_null(got);
    assert_int_equal(at, where);
    if (!strstr(got, expected)) fail_msg("%s: \"%s\" lacks \"%s\"", text, got, expected);
}

static void test_wrong(void **state)
{
    (void)state;
    uint8_t token[2 * LISTOPS_DEPTH + 8];
    size_t at, n = 0;
    assert_null(listops_wrong(token, tokens_of("[MAX 2 [MIN 4 7 ] ]", token), &at));
    assert_null(listops_wrong(token, tokens_of("5", token), &at));
    assert_wrong("", 0, "an operator or a digit");
    assert_wrong("]", 0, "an operator or a digit");
    assert_wrong("[MAX ]", 1, "an operator or a digit");
    assert_wrong("[MAX 2 [MIN 4 ]", 5, "another argument");
    assert_wrong("5 5", 1, "the end");
    assert_wrong("[MAX 2 ] ]", 3, "the end");
    for (int deep = LISTOPS_DEPTH; deep <= LISTOPS_DEPTH + 1; deep++) {
        n = 0;
        for (int i = 0; i < deep; i++) token[n++] = LISTOPS_SM;
        token[n++] = 7;
        for (int i = 0; i < deep; i++) token[n++] = LISTOPS_CLOSE;
        const char *got = listops_wrong(token, n, &at);
        assert_int_equal(got != NULL, deep > LISTOPS_DEPTH);
        if (!got) assert_int_equal(listops_value(token, n, LISTOPS_DEPTH), 7);
    }
}

/* ---- the grammar --------------------------------------------------------------------------------------------- */

/* What a textbook parser finds in trees. */
struct found {
    size_t operators[4], arguments[16], digits[10], above_greatest, operators_above; /* nodes that had the choice */
    int    greatest_depth;
};

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Value of the subtree at *i, which is moved past it. */
static int parse(const uint8_t *token, size_t n, size_t *i, int depth, int max_depth, struct found *f)
{
    int argument[16], sum = 0;
    size_t a = 0;
    assert_true(*i < n);
    const uint8_t t = token[(*i)++];
    assert_true(t < LISTOPS_CLOSE);
    if (depth > f->greatest_depth) f->greatest_depth = depth;
    f->above_greatest += depth < max_depth;
    if (t < 10) {
        f->digits[t]++;
        return t;
    }
    f->operators_above += depth < max_depth;
    f->operators[t - LISTOPS_MIN]++;
    while (assert_true(*i < n), token[*i] != LISTOPS_CLOSE) {
        assert_true(a < 16);
        argument[a++] = parse(token, n, i, depth + 1, max_depth, f);
        sum += argument[a - 1];
    }
    ++*i;
    f->arguments[a]++;
    qsort(argument, a, sizeof *argument, ascending);
    switch (t) {
    case LISTOPS_MIN: return argument[0];
    case LISTOPS_MAX: return argument[a - 1];
    case LISTOPS_MED: return (int)((argument[(a - 1) / 2] + argument[a / 2]) / 2.0);
    default: return sum % 10;
    }
}

static struct listops_set generated(struct listops_grammar g, uint64_t seed, size_t train, size_t valid, size_t test)
{
    const size_t n[SPLITS] = {train, valid, test};
    struct listops_set set;
    if (listops_generate(&set, &g, seed, n) != OK) fail_msg("%s", status_message());
    return set;
}

static const struct listops_grammar original = {500, 2000, 10, 10}, small = {50, 200, 10, 10};

static void test_grammar(void **state)
{
    (void)state;
    struct found f = {0};
    struct listops_set set = generated(small, 3, 20000, 0, 0);
    for (size_t i = 0; i < set.n[SPLIT_TRAIN]; i++) {
        const struct listops_example *e = &set.at[SPLIT_TRAIN][i];
        size_t at = 0;
        assert_true(e->n > 50 && e->n < 200);
        assert_int_equal(parse(e->token, e->n, &at, 1, 10, &f), e->label);
        assert_int_equal(at, e->n);
        assert_null(listops_wrong(e->token, e->n, &at));
        assert_true(e->token[0] >= LISTOPS_MIN);
    }
    assert_in_range(f.greatest_depth, 9, 10);
    size_t operators = 0, digits = 0;
    for (int o = 0; o < 4; o++) operators += f.operators[o];
    for (int d = 0; d < 10; d++) digits += f.digits[d];
    for (int o = 0; o < 4; o++) assert_near((double)f.operators[o] / (double)operators, 0.25, 0.005);
    for (int d = 0; d < 10; d++) assert_near((double)f.digits[d] / (double)digits, 0.1, 0.002);
    for (int a = 0; a < 16; a++) assert_int_equal(f.arguments[a] > 0, a >= 2 && a <= 10);
    listops_set_free(&set);
}

/* Without rejection the grammar's own probabilities show: 1/4 operators, 2 to 10 arguments alike. */
static void test_unrejected_draws(void **state)
{
    (void)state;
    const struct listops_grammar g = {0, 1000000, 4, 10};
    static uint8_t token[1000000];
    random_stream random = random_stream_of(5, RANDOM_TEST, 0, 1);
    struct found f = {0};
    size_t operators = 0;
    for (int i = 0; i < 20000; i++) {
        size_t at = 0;
        const size_t n = listops_draw(&g, &random, token);
        assert_true(n > 0);
        parse(token, n, &at, 1, 4, &f);
        assert_int_equal(at, n);
    }
    assert_int_equal(f.greatest_depth, 4);
    assert_near((double)f.operators_above / (double)f.above_greatest, 0.25, 0.005);
    for (int o = 0; o < 4; o++) operators += f.operators[o];
    for (int a = 2; a <= 10; a++) assert_near((double)f.arguments[a] / (double)operators, 1.0 / 9, 0.008);
    for (int o = 0; o < 4; o++) assert_near((double)f.operators[o] / (double)operators, 0.25, 0.01);
}

static void test_length_bounds(void **state)
{
    (void)state;
    const struct listops_grammar narrow = {20, 24, 10, 10}; /* 21, 22 and 23 */
    struct listops_set set = generated(narrow, 1, 300, 0, 0);
    size_t count[32] = {0};
    for (size_t i = 0; i < 300; i++) {
        assert_in_range(set.at[SPLIT_TRAIN][i].n, 21, 23);
        count[set.at[SPLIT_TRAIN][i].n]++;
    }
    assert_true(count[21] && count[22] && count[23]);
    listops_set_free(&set);
    const struct listops_grammar flat = {5, 12, 2, 4}; /* at most four digits: 6 tokens */
    set = generated(flat, 1, 100, 0, 0);
    for (size_t i = 0; i < 100; i++) assert_int_equal(set.at[SPLIT_TRAIN][i].n, 6);
    listops_set_free(&set);
}

/* The share of kept draws and the lengths at the original bounds, measured on 20,000 samples of the original grammar. */
static void test_original_lengths(void **state)
{
    (void)state;
    static uint8_t token[2000];
    random_stream random = random_stream_of(5, RANDOM_TEST, 0, 2);
    double kept = 0, length = 0, above = 0;
    const int draws = 40000;
    for (int i = 0; i < draws; i++) {
        const size_t n = listops_draw(&original, &random, token);
        kept += n > 0;
        length += (double)n;
        above += n > 1024;
    }
    assert_near(kept / draws, 0.082, 0.005);
    assert_near(length / kept, 1035, 30);
    assert_near(above / kept, 0.44, 0.03);
}

/* ---- sets ---------------------------------------------------------------------------------------------------- */

static bool same(const struct listops_example *a, const struct listops_example *b)
{
    return a->n == b->n && memcmp(a->token, b->token, a->n) == 0 && a->label == b->label;
}

static void assert_same(const struct listops_set *a, const struct listops_set *b, enum split s, size_t n)
{
    for (size_t i = 0; i < n; i++) assert_true(same(&a->at[s][i], &b->at[s][i]));
}

static int by_content(const void *a, const void *b)
{
    const struct listops_example *x = *(const struct listops_example *const *)a, *y = *(const struct listops_example *const *)b;
    return x->n != y->n ? (x->n < y->n ? -1 : 1) : memcmp(x->token, y->token, x->n);
}

static size_t equal_pairs(const struct listops_set *set)
{
    size_t n = 0, equal = 0;
    const struct listops_example **all = malloc((set->n[0] + set->n[1] + set->n[2]) * sizeof *all);
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < set->n[s]; i++) all[n++] = &set->at[s][i];
    qsort(all, n, sizeof *all, by_content);
    for (size_t i = 1; i < n; i++) equal += by_content(&all[i - 1], &all[i]) == 0;
    free(all);
    return equal;
}

static void test_no_duplicates(void **state)
{
    (void)state;
    const struct listops_grammar tiny = {0, 6, 10, 10}; /* 10 digits, 400 of two, 4,000 of three and so many nested */
    struct listops_set set = generated(tiny, 1, 2000, 300, 500);
    assert_int_equal(equal_pairs(&set), 0);
    listops_set_free(&set);
    set = generated(small, 1, 20000, 500, 500);
    assert_int_equal(equal_pairs(&set), 0);
    listops_set_free(&set);
}

static void test_deterministic(void **state)
{
    (void)state;
    const struct listops_grammar tiny = {0, 6, 10, 10}; /* many draws are equal here */
    const struct listops_grammar grammars[] = {small, tiny};
    for (int g = 0; g < 2; g++) {
        const int threads = omp_get_max_threads();
        omp_set_num_threads(1);
        struct listops_set one = generated(grammars[g], 9, 1000, 100, 100);
        omp_set_num_threads(3);
        struct listops_set three = generated(grammars[g], 9, 1000, 100, 100);
        omp_set_num_threads(threads);
        struct listops_set fewer = generated(grammars[g], 9, 600, 100, 100), other = generated(grammars[g], 10, 1000, 100, 100);
        for (int s = 0; s < SPLITS; s++) assert_same(&one, &three, (enum split)s, one.n[s]);
        assert_same(&one, &fewer, SPLIT_TRAIN, 600);
        assert_same(&one, &fewer, SPLIT_TEST, 100);
        size_t alike = 0;
        for (size_t i = 0; i < 1000; i++) alike += same(&one.at[SPLIT_TRAIN][i], &other.at[SPLIT_TRAIN][i]);
        assert_true(alike < 100);
        listops_set_free(&one);
        listops_set_free(&three);
        listops_set_free(&fewer);
        listops_set_free(&other);
    }
}

/* Example i is the first kept draw of its stream. */
static void test_example_by_number(void **state)
{
    (void)state;
    struct listops_set set = generated(small, 21, 50, 50, 50);
    for (int s = 0; s < SPLITS; s++)
        for (uint32_t i = 0; i < 50; i += 7) {
            uint8_t token[200];
            size_t n = 0;
            random_stream random = random_stream_of(21, RANDOM_GENERATE, (uint64_t)s, i);
            while (n == 0) n = listops_draw(&small, &random, token);
            assert_int_equal(n, set.at[s][i].n);
            assert_memory_equal(token, set.at[s][i].token, n);
        }
    listops_set_free(&set);
}

static void assert_not_generated(struct listops_grammar g, size_t train, const char *reason)
{
    const size_t n[SPLITS] = {train, 1, 1};
    struct listops_set set;
    assert_int_equal(listops_generate(&set, &g, 1, n), ERR_CONFIG);
    if (!strstr(status_message(), reason)) fail_msg("\"%s\" lacks \"%s\"", status_message(), reason);
    assert_null(set.at[SPLIT_TRAIN]);
}

static void test_impossible(void **state)
{
    (void)state;
    assert_not_generated((struct listops_grammar){100, 200, 2, 10}, 10, "no tree of more than 100");
    assert_not_generated((struct listops_grammar){0, 2, 10, 10}, 20, "too few different"); /* ten digits */
}

/* ---- the original files -------------------------------------------------------------------------------------- */

/* Files that are there and broken: test_hostile.c. */
static void test_no_file(void **state)
{
    (void)state;
    struct listops_set set = {0};
    assert_int_equal(listops_read_tsv(&set, SPLIT_TEST, in_folder("none.tsv"), 100), ERR_IO);
    assert_non_null(strstr(status_message(), "none.tsv"));
}

static void test_read(void **state)
{
    (void)state;
    struct listops_set set;
    uint8_t token[32];
    const size_t most[SPLITS] = {2, 100, 100};
    put("l/basic_train.tsv", "Source\tTarget\r\n( ( ( [MED 4 ) 7 ) ] )\t5\r\n3\t3\r\n4\t4\r\n");
    put("l/basic_val.tsv", "Source\tTarget\n[MIN 4 7 ]\t4\n");
    put("l/basic_test.tsv", "Source\tTarget\n[SM [MAX 1 2 ] 9 ]\t1\n7\t7"); /* the last line has no end */
    assert_int_equal(listops_read(&set, in_folder("l"), most), OK);
    assert_int_equal(set.n[SPLIT_TRAIN], 2);
    assert_int_equal(set.n[SPLIT_VALID], 1);
    assert_int_equal(set.n[SPLIT_TEST], 2);
    assert_int_equal(set.at[SPLIT_TRAIN][0].label, 5);
    assert_int_equal(set.at[SPLIT_TRAIN][0].n, tokens_of("[MED 4 7 ]", token));
    assert_memory_equal(set.at[SPLIT_TRAIN][0].token, token, 4);
    assert_int_equal(set.at[SPLIT_TEST][1].label, 7);
    listops_set_free(&set);
    assert_int_equal(remove(in_folder("l/basic_val.tsv")), 0);
    assert_int_equal(listops_read(&set, in_folder("l"), most), ERR_IO);
    assert_non_null(strstr(status_message(), "basic_val.tsv"));
    assert_null(set.at[SPLIT_TRAIN]);
}

/* ---- against the original generator -------------------------------------------------------------------------- */

static int by_length(const void *a, const void *b)
{
    const struct listops_example *x = a, *y = b;
    return (x->n > y->n) - (x->n < y->n);
}

/* Largest difference between the distributions of lengths (Kolmogorov and Smirnov). */
static double length_difference(struct listops_example *a, size_t n, struct listops_example *b, size_t m)
{
    double most = 0;
    qsort(a, n, sizeof *a, by_length);
    qsort(b, m, sizeof *b, by_length);
    for (size_t i = 0, j = 0; i < n && j < m;) {
        const uint32_t at = a[i].n < b[j].n ? a[i].n : b[j].n;
        while (i < n && a[i].n == at) i++;
        while (j < m && b[j].n == at) j++;
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most;
}

static double chi_square(const double *a, double n, const double *b, double m, int bins)
{
    double sum = 0;
    for (int i = 0; i < bins; i++)
        if (a[i] + b[i] > 0) sum += pow(a[i] * sqrt(m / n) - b[i] * sqrt(n / m), 2) / (a[i] + b[i]);
    return sum;
}

static void count_labels(const struct listops_set *set, enum split s, double label[10], double root[4])
{
    for (size_t i = 0; i < set->n[s]; i++) {
        label[set->at[s][i].label]++;
        root[set->at[s][i].token[0] - LISTOPS_MIN]++;
    }
}

static void test_original_sample(void **state)
{
    (void)state;
    char path[FILE_PATH];
    const char *data = getenv("REACH_DATA");
    snprintf(path, sizeof path, "%s/listops/listops-sample-1000.tsv.xz", data ? data : "");
    if (!data || !file_is_file(path)) {
        print_message("skipped: no listops/listops-sample-1000.tsv.xz under REACH_DATA\n");
        skip();
    }
    struct listops_set theirs = {0}, ours = generated(original, 1, 10000, 0, 0);
    struct predictor p[2][LISTOPS_RULES];
    double label[2][10] = {{0}}, root[2][4] = {{0}};
    if (listops_read_tsv(&theirs, SPLIT_TEST, path, 2000) != OK) fail_msg("%s", status_message()); /* checks every target */
    const size_t n = theirs.n[SPLIT_TEST], m = ours.n[SPLIT_TRAIN];
    assert_int_equal(n, 1000);
    count_labels(&theirs, SPLIT_TEST, label[0], root[0]);
    count_labels(&ours, SPLIT_TRAIN, label[1], root[1]);
    const double labels = chi_square(label[0], (double)n, label[1], (double)m, 10);
    const double roots = chi_square(root[0], (double)n, root[1], (double)m, 4);
    const double lengths = length_difference(theirs.at[SPLIT_TEST], n, ours.at[SPLIT_TRAIN], m);
    print_message("chi-square of labels %.1f, of root operators %.1f; KS of lengths %.4f\n", labels, roots, lengths);
    assert_true(labels < 27.9); /* p = 0.001, 9 degrees of freedom */
    assert_true(roots < 16.3);  /* p = 0.001, 3 degrees of freedom */
    assert_true(lengths < 1.95 * sqrt(1.0 / (double)n + 1.0 / (double)m)); /* p = 0.001 */

    theirs.at[SPLIT_TRAIN] = ours.at[SPLIT_TRAIN]; /* trained on ours, scored on theirs */
    theirs.n[SPLIT_TRAIN] = m;
    listops_rules(&theirs, SPLIT_TEST, p[0]);
    listops_rules(&ours, SPLIT_TRAIN, p[1]);
    for (int i = 0; i < LISTOPS_RULES; i++) assert_near(p[0][i].accuracy, p[1][i].accuracy, 0.05); /* 3.3 deviations */
    theirs.at[SPLIT_TRAIN] = NULL;
    theirs.n[SPLIT_TRAIN] = 0;
    listops_set_free(&theirs);
    listops_set_free(&ours);
}

/* ---- predictors ---------------------------------------------------------------------------------------------- */

static void add(struct listops_set *set, enum split s, const char *text)
{
    struct listops_example *e = &set->at[s][set->n[s]++];
    e->token = malloc(64);
    e->n = (uint32_t)tokens_of(text, e->token);
    e->label = (uint8_t)listops_value(e->token, e->n, LISTOPS_DEPTH);
}

static void test_rules_by_hand(void **state)
{
    (void)state;
    struct listops_set set = {.at = {calloc(8, sizeof *set.at[0]), NULL, calloc(8, sizeof *set.at[0])}};
    struct predictor p[LISTOPS_RULES];
    add(&set, SPLIT_TRAIN, "[MAX 9 1 ]");
    add(&set, SPLIT_TRAIN, "[MAX 9 2 ]");
    add(&set, SPLIT_TRAIN, "[MAX 3 2 ]");
    add(&set, SPLIT_TRAIN, "[MIN 0 2 ]");
    add(&set, SPLIT_TEST, "[MAX 4 9 ]");                     /* 9: all four are right       */
    add(&set, SPLIT_TEST, "[MIN 0 [MAX 1 2 ] ]");            /* 0: root, depth 1, depth 2   */
    add(&set, SPLIT_TEST, "[MIN 5 [MAX 1 2 ] ]");            /* 2: depth 2                  */
    add(&set, SPLIT_TEST, "[MIN 5 [MAX 1 [MAX 3 4 ] ] ]");   /* 4: none (0, 5, 1)           */
    add(&set, SPLIT_TEST, "[MAX [SM 4 5 ] [SM 1 1 ] ]");     /* 9: all; depth 1 falls back  */
    listops_rules(&set, SPLIT_TEST, p);
    assert_string_equal(p[0].name, "commonest label");
    assert_string_equal(p[1].name, "root operator");
    assert_string_equal(p[2].name, "depth 1");
    assert_string_equal(p[3].name, "depth 2");
    assert_near(p[0].accuracy, 2 / 5.0, 1e-15);
    assert_near(p[1].accuracy, 3 / 5.0, 1e-15);
    assert_near(p[2].accuracy, 3 / 5.0, 1e-15);
    assert_near(p[3].accuracy, 4 / 5.0, 1e-15);
    /* labels 9 9 3 0 in training, each counted once more: 9 has 3/14, 0 has 2/14, others 1/14 */
    assert_near(p[0].loss, -(2 * log(3 / 14.0) + log(2 / 14.0) + 2 * log(1 / 14.0)) / 5, 1e-12);
    /* after MAX 9 has 3/13; after MIN 0 has 2/11, others 1/11 */
    assert_near(p[1].loss, -(2 * log(3 / 13.0) + log(2 / 11.0) + 2 * log(1 / 11.0)) / 5, 1e-12);
    assert_true(isnan(p[2].loss) && isnan(p[3].loss));
    listops_set_free(&set);
}

static void test_rules_at_both_lengths(void **state)
{
    (void)state;
    /* figures of the original grammar, from 20,000 separate samples; ours from 5,000: 3 deviations or 0.02 */
    static const double wanted[2][LISTOPS_RULES] = {{0.170, 0.363, 0.478, 0.671}, {0.155, 0.323, 0.515, 0.740}};
    const struct listops_grammar grammars[] = {original, small};
    for (int g = 0; g < 2; g++) {
        struct predictor p[LISTOPS_RULES];
        struct listops_set set = generated(grammars[g], 4, 10000, 0, 5000);
        listops_rules(&set, SPLIT_TEST, p);
        for (int i = 0; i < LISTOPS_RULES; i++) assert_near(p[i].accuracy, wanted[g][i], 0.02);
        listops_set_free(&set);
    }
}

/* ---- the task ------------------------------------------------------------------------------------------------ */

static void set_option(char *options, const char *name, const char *value)
{
    const struct option *o = option_find(task_find("listops")->options, name);
    assert_non_null(o);
    if (option_set(o, options, 1, &value) != OK) fail_msg("%s", status_message());
}

static void short_options(char options[4096])
{
    const struct task *t = task_find("listops");
    assert_true(t->options_size <= 4096);
    option_defaults(t->options, options, t->options_size);
    set_option(options, "min_length", "50");
    set_option(options, "max_length", "200");
    set_option(options, "train", "300");
    set_option(options, "valid", "20");
    set_option(options, "test", "30");
}

static void checksum_of(const char *options, char out[33])
{
    const struct task *t = task_find("listops");
    void *self;
    assert_int_equal(t->open(&self, options, folder), OK);
    t->checksum(self, out);
    t->close(self);
}

static void test_task(void **state)
{
    (void)state;
    const struct task *t = task_find("listops");
    char options[4096], line[200];
    int32_t token[200];
    struct example e = {.token = token};
    struct predictor p[TASK_PREDICTORS];
    size_t n, longest = 0;
    void *self;
    assert_non_null(t);
    short_options(options);
    assert_true(t->present(options, folder, line, sizeof line));
    assert_non_null(strstr(line, "300 + 20 + 30"));
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->vocabulary(self), 15);
    assert_int_equal(t->classes(self), 10);
    assert_int_equal(t->count(self, SPLIT_TRAIN), 300);
    assert_int_equal(t->count(self, SPLIT_VALID), 20);
    assert_int_equal(t->count(self, SPLIT_TEST), 30);
    for (int s = 0; s < SPLITS; s++)
        for (size_t i = 0; i < t->count(self, (enum split)s); i++) {
            uint8_t byte[200];
            assert_int_equal(t->example(self, (enum split)s, i, &e), OK);
            for (size_t j = 0; j < e.n; j++) byte[j] = (uint8_t)token[j];
            assert_int_equal(listops_value(byte, e.n, LISTOPS_DEPTH), e.label);
            if (e.n > longest) longest = e.n;
        }
    assert_int_equal(t->longest(self), longest);
    assert_int_equal(t->predictors(self, SPLIT_TEST, p, &n), OK);
    assert_int_equal(n, LISTOPS_RULES);
    t->close(self);
    t->close(NULL);
}

static void test_task_checksum(void **state)
{
    (void)state;
    char options[4096], a[33], b[33];
    short_options(options);
    checksum_of(options, a);
    checksum_of(options, b);
    assert_int_equal(strlen(a), 32);
    assert_string_equal(a, b);
    set_option(options, "seed", "2");
    checksum_of(options, b);
    assert_string_not_equal(a, b);
    short_options(options);
    set_option(options, "test", "29");
    checksum_of(options, b);
    assert_string_not_equal(a, b);
}

static void test_task_refusals(void **state)
{
    (void)state;
    const struct task *t = task_find("listops");
    char options[4096], line[512];
    void *self;
    short_options(options);
    set_option(options, "max_length", "51");
    assert_int_equal(t->open(&self, options, folder), ERR_CONFIG);
    assert_null(self);
    assert_non_null(strstr(status_message(), "max_length 51"));
    short_options(options);
    set_option(options, "source", "nowhere");
    assert_int_equal(t->open(&self, options, folder), ERR_DATA);
    assert_non_null(strstr(status_message(), "nowhere"));
    assert_false(t->present(options, folder, line, sizeof line));
    put("lists/basic_train.tsv", "Source\tTarget\n7\t7\n");
    put("lists/basic_val.tsv", "Source\tTarget\n7\t7\n");
    put("lists/basic_test.tsv", "Source\tTarget\n7\t7\n8\t8\n");
    set_option(options, "source", "lists"); /* under the data folder */
    assert_int_equal(t->open(&self, options, folder), OK);
    assert_int_equal(t->count(self, SPLIT_TEST), 2);
    assert_int_equal(t->longest(self), 1);
    t->close(self);
    assert_true(t->present(options, folder, line, sizeof line));
}

#define TEST(f)   cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
#define SIMPLE(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIMPLE(test_values), SIMPLE(test_values_by_level), SIMPLE(test_wrong), SIMPLE(test_grammar),
        SIMPLE(test_unrejected_draws), SIMPLE(test_length_bounds), SIMPLE(test_original_lengths), SIMPLE(test_no_duplicates),
        SIMPLE(test_deterministic), SIMPLE(test_example_by_number), SIMPLE(test_impossible), TEST(test_no_file),
        TEST(test_read), SIMPLE(test_original_sample), SIMPLE(test_rules_by_hand), SIMPLE(test_rules_at_both_lengths),
        TEST(test_task), TEST(test_task_checksum), TEST(test_task_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
