/* test_tune.c -- a fair search: the same trials and the same training for every variant, chosen on validation alone, the same after any
 * death, and final runs that are what the chosen settings written by hand would be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/file.h"
#include "base/random.h"
#include "config/tune.h"
#include "folder.h"
#include "process.h"
#include "train/tuning.h"
#include "variants/variant.h"

/* ---- help ------------------------------------------------------------------------------------------------------- */

static void put_config(const char *name, const char *tune)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml,
             "title: tiny\n"
             "model: {width: 16, layers: 1, heads: 2, feed_forward: 32}\n"
             "train: {length: 32, batch: 4, tokens: 5120, warmup: 8, rate: 1e-3, log_every: 2, eval_every: 10, eval_tokens: 512}\n"
             "test: {lengths: [32, 64], repeated: false, last: false}\n"
             "tasks: [{lm: {corpus: \"%s\"}}]\n"
             "variants: [rope, alibi, local: {window: 8}]\n"
             "seeds: [1, 1002]\n%s\n", in_folder("corpus.txt"), tune);
    put(name, yaml);
}

static int setup(void **state)
{
    static const char *const words[] = {"and ", "the ", "of ", "light ", "darkness ", "was ", "upon ", "waters.\n"};
    if (folder_setup(state) != 0) return -1;
    char *text = calloc(12016, 1);
    random_stream s = random_stream_of(3, RANDOM_TEST, 0, 0);
    for (size_t at = 0; at < 12000; at += strlen(text + at)) strcpy(text + at, words[random_below(&s, 8)]);
    put_bytes("corpus.txt", text, 12000);
    free(text);
    return 0;
}

static struct config read_config(const char *name)
{
    struct config c;
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", in_folder(name));
    if (config_read(&(struct config_request){.path = path}, &c) != OK) fail_msg("%s", status_message());
    return c;
}

static struct config config_of(const char *tune)
{
    put_config("a.yaml", tune);
    return read_config("a.yaml");
}

static struct run *trial_of(struct config *c, size_t run, size_t trial, size_t rung)
{
    static struct run r;
    if (config_trial(c, &c->runs[run], trial, rung, &r) != OK) fail_msg("%s", status_message());
    return &r;
}

static struct results read_result(const char *path)
{
    struct results r;
    results_init(&r);
    if (results_read(&r, path, true) != OK) fail_msg("%s", status_message());
    return r;
}

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text ? text : "", f->out);
}

/* ---- which trials there are ------------------------------------------------------------------------------------- */

static void halving(void **state)
{
    (void)state;
    static const struct { const char *how; size_t rungs, trials[4]; double share[4], cost; } list[] = {
        {"trials: 6, halving: 1, budget: 0.25", 1, {6}, {0.25}, 1.5},
        {"trials: 6, halving: 3, budget: 0.25", 2, {6, 2}, {0.25 / 3, 0.25}, 1},
        {"trials: 9, halving: 3, budget: 0.9", 2, {9, 3}, {0.3, 0.9}, 5.4}, /* a rung of one would choose nothing */
        {"trials: 8, halving: 2, budget: 1", 3, {8, 4, 2}, {0.25, 0.5, 1}, 6},
        {"trials: 5, halving: 2, budget: 0.5", 2, {5, 2}, {0.25, 0.5}, 2.25},
        {"trials: 3, halving: 3, budget: 0.5", 1, {3}, {0.5}, 1.5},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char text[256];
        snprintf(text, sizeof text, "tune: {method: random, over: {train.rate: {from: 1e-3, to: 1e-1}}, %s}", list[i].how);
        struct config c = config_of(text);
        assert_int_equal(c.tune->rungs, list[i].rungs);
        for (size_t k = 0; k < list[i].rungs; k++) {
            assert_int_equal(tune_rung_trials(c.tune, k), list[i].trials[k]);
            assert_true(fabs(tune_rung_share(c.tune, k) - list[i].share[k]) < 1e-12);
            const struct run *r = trial_of(&c, 0, 0, k);
            assert_true(fabs(r->train.tokens - 5120 * list[i].share[k]) < 1e-6);
            assert_int_equal(r->train.warmup, llround(8 * list[i].share[k]));
        }
        assert_true(fabs(tune_cost(c.tune) - list[i].cost) < 1e-12);
        config_done(&c);
    }
}

static void grid(void **state)
{
    (void)state;
    static const char *const want[] = {"train.rate=0.001, variant.window=4", "train.rate=0.001, variant.window=16", "train.rate=0.004, variant.window=4",
                                       "train.rate=0.004, variant.window=16"};
    struct config c = config_of("tune: {over: {train.rate: [1e-3, 4e-3], variant.window: [4, 16]}}");
    char text[256];
    assert_int_equal(c.n_runs, 6);
    assert_int_equal(c.tune->trials, 4);
    for (size_t i = 0; i < 4; i++) {
        struct run *r = trial_of(&c, 4, i, 0);
        tune_settings(c.tune, r, text, sizeof text);
        assert_string_equal(text, want[i]);
        assert_int_equal(r->seed, 1001);
        assert_true(r->trial[0] && strncmp(r->stem, "tune/local-lm-1001-", 19) == 0);
        r = trial_of(&c, 0, i, 0); /* rope has no window: each rate with two seeds, and 1002 is a final run's */
        tune_settings(c.tune, r, text, sizeof text);
        assert_string_equal(text, i < 2 ? "train.rate=0.001" : "train.rate=0.004");
        assert_int_equal(r->seed, i % 2 ? 1003 : 1001);
        for (size_t j = 0; j < i; j++) { /* four files */
            char stem[sizeof r->stem];
            memcpy(stem, r->stem, sizeof stem);
            assert_string_not_equal(trial_of(&c, 0, j, 0)->stem, stem);
            r = trial_of(&c, 0, i, 0);
        }
    }
    config_done(&c);
}

static void random_draws(void **state)
{
    (void)state;
    static const char *const few = "tune: {method: random, trials: 5, seed: 4, over: {train.rate: {from: 1e-4, to: 1e-1, scale: log}}}";
    static const char *const more = "tune: {method: random, trials: 200, seed: 4, over: {variant.window: {from: 4, to: 7}, model.dropout: [0, 0.1], "
                                    "train.rate: {from: 1e-4, to: 1e-1, scale: log}}}";
    double first[5], low = 0, windows = 0;
    struct config c = config_of(few);
    for (size_t i = 0; i < 5; i++) first[i] = trial_of(&c, 0, i, 0)->train.rate;
    config_done(&c);
    c = config_of(more);
    const struct tune_option window = {.section = "variant", .name = "window"};
    unsigned seen = 0, dropped = 0;
    for (size_t i = 0; i < 200; i++) {
        const double rope = trial_of(&c, 0, i, 0)->train.rate;
        const struct run *r = trial_of(&c, 4, i, 0);
        const void *at;
        char text[OPTION_PRINT];
        if (i < 5) assert_true(first[i] == rope); /* more trials and options leave what was drawn */
        assert_true(r->train.rate == rope && rope >= 1e-4 && rope <= 1e-1);
        const struct option *o = tune_find(&window, r, &at);
        option_print(o, at, text, sizeof text);
        assert_true(atoi(text) >= 4 && atoi(text) <= 7);
        seen |= 1u << atoi(text);
        low += rope < 3.1622776e-3;
        windows += atoi(text) < 6;
        dropped += r->model.dropout > 0;
    }
    config_done(&c);
    assert_int_equal(seen, 0xf0);
    assert_true(low > 70 && low < 130 && windows > 70 && windows < 130 && dropped > 70 && dropped < 130); /* 100 +- 4 deviations */
    c = config_of("tune: {method: random, trials: 5, seed: 5, over: {train.rate: {from: 1e-4, to: 1e-1, scale: log}}}");
    assert_true(trial_of(&c, 0, 0, 0)->train.rate != first[0]);
    config_done(&c);
}

static void refusals(void **state)
{
    (void)state;
    static const struct { const char *tune, *text; } list[] = {
        {"tune: {over: {train.rat: [1]}}", "a.yaml:8:15: no option \"rat\" for train; did you mean \"rate\"?"},
        {"tune: {over: {variant.windwo: [1]}}", "a.yaml:8:15: no option \"windwo\" for any variant here; did you mean \"window\"?"},
        {"tune: {over: {trian.rate: [1]}}", "a.yaml:8:15: no section \"trian\" in tune.over; did you mean \"train\"?"},
        {"tune: {over: {rate: [1]}}", "\"rate\" has no section; write train.rate"},
        {"tune: {over: {train.rate: [1e-3, -1]}}", "a.yaml:8:34: rate: -1 is out of range"},
        {"tune: {over: {variant.window: [4, wide]}}", "a.yaml:8:35: window: \"wide\" is not a whole number"},
        {"tune: {over: {train.rate: [1e-3, 1e-3]}}", "value 1e-3 stands twice"},
        {"tune: {over: {train.rate: []}}", "train.rate is an empty list"},
        {"tune: {over: {train.rate: 1e-3}}", "train.rate takes a list"},
        {"tune: {over: {train.rate: {from: 1, to: 2}}}", "a range has no grid; give a list, or method: random"},
        {"tune: {over: {train.rate: [1, 2]}, trials: 6}", "a.yaml:8:44: the grid has 2 settings, and trials is 6"},
        {"tune: {over: {train.rate: [1, 2]}, method: random}", "needs trials"},
        {"tune: {over: {train.rate: {from: 2, to: 1}}, method: random, trials: 2}", "from 2 is not below to 1"},
        {"tune: {over: {train.rate: {from: 0, to: 1, scale: log}}, method: random, trials: 2}", "from 0 has no logarithm"},
        {"tune: {over: {train.rate: {from: 0, to: 2000}}, method: random, trials: 2}", "rate: 2000 is out of range"},
        {"tune: {over: {model.norm: {from: 0, to: 1}}, method: random, trials: 2}", "norm"},
        {"tune: {over: {train.tokens: [1, 2]}}", "train.tokens is the training budget"},
        {"tune: {over: {train.eval_tokens: [1, 2]}}", "decides what a trial is judged by"},
        {"tune: {over: {model.heads: [2, 3]}}", "width 16 is not divisible by heads 3"},
        {"tune: {over: {train.rate: [1]}, halvign: 2}", "did you mean \"halving\"?"},
        {"tune: {over: {train.rate: [1]}, halving: 0}", "halving: 0 is out of range"},
        {"tune: {over: {train.rate: [1]}, budget: 2}", "budget: 2 is out of range"},
        {"tune: {}", "no tune.over"},
        {"tune: [1]", "tune takes a map"},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct config c;
        char path[FILE_PATH];
        put_config("a.yaml", list[i].tune);
        snprintf(path, sizeof path, "%s", in_folder("a.yaml"));
        if (config_read(&(struct config_request){.path = path}, &c) == OK) fail_msg("taken: %s", list[i].tune);
        if (!strstr(status_message(), list[i].text)) fail_msg("%s\nsaid    %s\nnot     %s", list[i].tune, status_message(), list[i].text);
    }
    put_config("a.yaml", "tune: {over: {train.rate: [1, 2]}}");
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", in_folder("a.yaml"));
    static const char *const sets[][2] = {{"train.rate=1e-3", "train.rate is tuned"}, {"train.steps=9", NULL},
                                          {"variants=[rope, alibi: {train: {tokens: 1e4}}]", "tune gives every variant the same budget"}};
    for (size_t i = 0; i < 3; i++) {
        struct config c;
        const status e = config_read(&(struct config_request){.path = path, .n_set = 1, .set = &sets[i][0]}, &c);
        if (!sets[i][1] && e == OK) config_done(&c);
        else if (e == OK || !sets[i][1] || !strstr(status_message(), sets[i][1])) fail_msg("%s: %s", sets[i][0], status_message());
    }
    put_config("a.yaml", "tune: {over: {train.batch: [4, 8]}}");
    struct config c = read_config("a.yaml"); /* tokens are the budget: the same whatever the batch */
    config_done(&c);
    const char *const steps = "train.steps=9";
    assert_int_equal(config_read(&(struct config_request){.path = path, .n_set = 1, .set = &steps}, &c), ERR_CONFIG);
    assert_non_null(strstr(status_message(), "with a budget in steps they cannot be tuned"));
}

/* The final run is what its settings written by hand make it. */
static void by_hand(void **state)
{
    (void)state;
    struct config c = config_of("tune: {over: {train.rate: [1e-3, 4e-3], variant.window: [4, 16], model.dropout: [0, 0.2]}}");
    struct run *mine = malloc(sizeof *mine);
    assert_int_equal(config_tuned(&c, &c.runs[5], 7, mine), OK);
    put_config("b.yaml", "");
    char path[FILE_PATH], a[33], b[33];
    snprintf(path, sizeof path, "%s", in_folder("b.yaml"));
    static const char *const sets[] = {"train.rate=0.004", "model.dropout=0.2", "variants=[local: {window: 16}]"};
    struct config hand;
    assert_int_equal(config_read(&(struct config_request){.path = path, .n_set = 3, .set = sets}, &hand), OK);
    config_train_id(mine, "data", a);
    config_train_id(&hand.runs[1], "data", b);
    assert_string_equal(a, b);
    assert_string_equal(mine->stem, hand.runs[1].stem);
    config_train_id(&c.runs[5], "data", b);
    assert_string_not_equal(a, b);
    free(mine);
    config_done(&hand);
    config_done(&c);
}

/* ---- the program ------------------------------------------------------------------------------------------------ */

#define TUNE "tune: {over: {train.rate: [1e-2, 3e-3, 1000], variant.window: [2, 16]}, halving: 3, budget: 0.6}"
#define RESULTS "results/a"

static const struct finished *run_reach(const char *arguments)
{
    return process_run("cd '%s' && '%s' %s", folder, reach, arguments);
}

static const char *result_path(const char *stem)
{
    char name[512];
    snprintf(name, sizeof name, RESULTS "/%s.h5", stem);
    return in_folder(name);
}

static void digests(char out[2][33])
{
    static const char *const stems[] = {"rope-lm-1", "local-lm-1"};
    for (size_t i = 0; i < 2; i++) {
        struct results r = read_result(result_path(stems[i]));
        assert_int_equal(r.status, RUN_DONE);
        results_digest(&r, out[i]);
        results_done(&r);
    }
}

/* The best on validation, found here from the files alone; and what trials must not hold. */
static void check_pair(struct config *c, const struct tuned_pair *p, double *tokens)
{
    double best = INFINITY;
    int64_t chosen = 0;
    size_t diverged = 0;
    assert_int_equal(p->n_rows, 6 + 2);
    assert_true(p->known);
    for (size_t i = 0; i < p->n_rows; i++) {
        const struct tuning_row *row = &p->row[i];
        struct results r = read_result(result_path(p->file[i]));
        assert_int_equal(r.n_test + r.n_position + r.n_predictor, 0); /* the test split was not looked at */
        assert_null(r.checkpoint && r.status == RUN_DONE ? r.checkpoint : NULL);
        assert_int_equal(r.seed, row->seed);
        if (isnan(row->loss)) {
            assert_int_equal(r.status, RUN_DIVERGED);
            assert_string_equal(row->outcome, "diverged");
            diverged++;
        } else {
            assert_true(r.eval[r.n_eval - 1].loss == row->loss);
            *tokens += row->tokens;
            if (row->rung == 2 && row->loss < best) best = row->loss, chosen = row->trial;
        }
        results_done(&r);
    }
    assert_int_equal(diverged, 2);
    assert_int_equal(p->chosen + 1, chosen);
    for (size_t i = 0; i < 6; i++) { /* promoted are the two best */
        size_t above = 0;
        for (size_t j = 0; j < 6; j++) above += p->row[j].loss < p->row[i].loss;
        if (!isnan(p->row[i].loss)) assert_string_equal(p->row[i].outcome, above < 2 ? "promoted" : "dropped");
    }
    struct run *r = malloc(sizeof *r);
    assert_int_equal(config_tuned(c, &c->runs[p->first], p->chosen, r), OK);
    struct results f = read_result(result_path(r->stem));
    char *text = config_print(r);
    assert_string_equal(f.config, text);
    assert_int_equal(f.n_tuning, p->n_rows);
    for (size_t i = 0; i < p->n_rows; i++) assert_int_equal(f.tuning[i].chosen, f.tuning[i].trial == chosen);
    assert_true(f.n_test > 0);
    free(text);
    results_done(&f);
    free(r);
}

static void whole_search(void **state)
{
    (void)state;
    char want[2][33], got[2][33], log[FILE_PATH];
    put_config("a.yaml", TUNE);
    expect(run_reach("table a.yaml"), 1, "not tuned yet: 6 of 6 trials of rung 1 are missing");
    expect(run_reach("tune a.yaml"), 1, "no trial is done");
    expect(run_reach("run a.yaml --trials --threads 1 --only variant=rope"), 0, NULL);
    assert_false(file_is_file(result_path("rope-lm-1")));
    expect(run_reach("table a.yaml"), 1, "alibi, local: seeds 1, 1002: not tuned yet");
    expect(run_reach("run a.yaml --threads 1"), 0, "6 trained, 0 resumed");
    digests(want);
    struct config c = read_config("a.yaml");
    struct tuning all;
    double tokens[3] = {0};
    char results[FILE_PATH];
    snprintf(results, sizeof results, "%s", in_folder("results"));
    assert_int_equal(tuning_read(&c, results, &all), OK);
    assert_int_equal(all.n, 3);
    for (size_t i = 0; i < 3; i++) check_pair(&c, &all.pair[i], &tokens[i]);
    assert_true(tokens[0] > 0 && tokens[0] == tokens[1] && tokens[0] == tokens[2]); /* of those that came through, equally many everywhere */
    config_done(&c);
    expect(run_reach("run a.yaml --threads 2"), 0, "0 trained, 0 resumed, 0 only evaluated, 6 were done");
    expect(run_reach("table a.yaml"), 0, "tuned on validation over 6 trials of 0.2 of a run each, the last 2 of 0.6: chosen");
    expect(run_reach("table a.yaml --format csv"), 0, "tuned on validation over 6 trials");
    expect(run_reach("tune a.yaml"), 0, "diverged");
    expect(run_reach("tune a.yaml --format csv"), 0, "task,variant,trial,rung,seed,train.rate,variant.window,budget,tokens,loss_nats,seconds,outcome,chosen,file");
    expect(run_reach("run a.yaml --plan"), 0, RESULTS "/tune/rope-lm-1001-");
    if (process_run("gnuplot --version")->code == 0) {
        expect(run_reach("tune a.yaml --plot --out pictures"), 0, "pictures/lm-tuning-best.png");
        assert_true(file_is_file(in_folder("pictures/lm-tuning-train.rate-rung1.png")));
    }
    (void)process_run("rm -rf '%s/results'", folder); /* again, killed among the trials, with other numbers of threads */
    for (size_t kills = 0; kills < 2; kills++) {
        snprintf(log, sizeof log, "%s", in_folder("log"));
        const pid_t pid = process_start(log, "'%s' run '%s/a.yaml' --results '%s/results' --threads %zu", reach, folder, folder, 2 - kills);
        int code = 0;
        for (bool ended = false; !ended;) {
            process_sleep(0.01);
            ended = process_ended(pid, &code);
            if (ended) break;
            if (process_run("ls '%s/" RESULTS "/tune' 2>/dev/null | grep -c 'h5$'", folder)->out[0] < (kills ? '5' : '2')) continue;
            kill(pid, SIGKILL);
            (void)process_wait(pid);
            ended = true;
        }
        if (kills == 0) assert_false(file_is_file(result_path("local-lm-1")));
    }
    expect(run_reach("run a.yaml --threads 2"), 0, NULL);
    digests(got);
    for (size_t i = 0; i < 2; i++) assert_string_equal(got[i], want[i]);
}

/* A result without trials has no /tuning, and its digest is what it was before there was one. */
static void results_with_and_without(void **state)
{
    (void)state;
    struct results r, back;
    char plain[33], tuned[33], later[33];
    results_init(&r);
    r.config = strdup("a: 1\n");
    results_digest(&r, plain);
    assert_int_equal(results_write(&r, in_folder("r.h5")), OK);
    back = read_result(in_folder("r.h5"));
    assert_int_equal(back.n_tuning, 0);
    results_digest(&back, later);
    assert_string_equal(plain, later);
    results_done(&back);
    struct tuning_row row = {.trial = 1, .rung = 1, .seed = 1001, .settings = "train.rate=0.1", .budget = 0.25, .loss = NAN, .seconds = 3, .outcome = "diverged"};
    results_add_tuning(&r, &row);
    results_digest(&r, tuned);
    assert_string_not_equal(plain, tuned);
    r.tuning[0].seconds = 4; /* is not reproducible */
    results_digest(&r, later);
    assert_string_equal(tuned, later);
    assert_int_equal(results_write(&r, in_folder("r.h5")), OK);
    back = read_result(in_folder("r.h5"));
    assert_int_equal(back.n_tuning, 1);
    assert_string_equal(back.tuning[0].settings, "train.rate=0.1");
    results_digest(&back, later);
    assert_string_equal(tuned, later);
    results_done(&back);
    results_done(&r);
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(halving, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(grid, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(random_draws, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(by_hand, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(results_with_and_without, setup, folder_teardown),
        cmocka_unit_test_setup_teardown(whole_search, setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
