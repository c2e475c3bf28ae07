/* test_run.c -- the program itself: the same bits for any number of threads and after any death; what is done is skipped, what
 * changed is stale, what is missing is added; files that can be read at any moment; exit codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "base/progress.h"
#include "base/random.h"
#include "folder.h"
#include "process.h"
#include "store/results.h"
#include "support.h"
#include "variants/variant.h"

#define RUN_FILE "results/tiny/rope-lm-1.h5"

/* Words at random, so that there is something to learn. */
static void put_corpus(const char *name, size_t n)
{
    static const char *const words[] = {"and ", "the ", "of ", "light ", "darkness ", "was ", "upon ", "waters.\n"};
    char *text = calloc(n + 16, 1);
    random_stream s = random_stream_of(3, RANDOM_TEST, 0, 0);
    for (size_t at = 0; at < n; at += strlen(text + at)) strcpy(text + at, words[random_below(&s, 8)]);
    put_bytes(name, text, n);
    free(text);
}

/* The rate rises all the time: the best parameters are those of the middle, and a resumed run has to remember them. */
static void put_config(const char *name, int steps, const char *more)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml,
             "title: tiny\n"
             "model: {width: 16, layers: 2, heads: 2, feed_forward: 32, dropout: 0.1, attention_dropout: 0.1}\n"
             "train: {length: 32, batch: 6, steps: %d, warmup: 240, log_every: 3, eval_every: 8, eval_tokens: 512, checkpoint_every: 5,\n"
             "        rate: 0.4, schedule: constant, pack_rows: 40, shards: 4, keep: best}\n"
             "test: {lengths: [32, 64], last_places: 8, last_targets: 16}\n"
             "tasks: [{lm: {corpus: \"%s\"}}]\n%s\n",
             steps, in_folder("corpus.txt"), more);
    put(name, yaml);
}

static int setup(void **state)
{
    if (folder_setup(state) != 0) return -1;
    put_corpus("corpus.txt", 12000);
    return 0;
}

/* reach ARGUMENTS in the test's folder */
static const struct finished *run_reach(const char *arguments)
{
    return process_run("cd '%s' && '%s' %s", folder, reach, arguments);
}

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text ? text : "", f->out);
}

static void digest_of(const char *file, char out[33])
{
    struct results r;
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", in_folder(file));
    const struct finished *f = process_run("'%s' digest '%s'", reach, path);
    expect(f, 0, path);
    snprintf(out, 33, "%.32s", f->out);
    assert_int_equal(strspn(out, "0123456789abcdef"), 32);
    results_init(&r); /* and it is a finished run with all that belongs to it */
    assert_int_equal(results_read(&r, path, true), OK);
    assert_int_equal(r.status, RUN_DONE);
    assert_non_null(r.checkpoint);
    assert_true(r.n_train > 1 && r.n_test > 1 && r.n_predictor > 1);
    for (size_t i = 1; i < r.n_train; i++) assert_true(r.train[i].step > r.train[i - 1].step); /* no row twice, none out of place */
    results_done(&r);
}

static struct results read_run(const char *file)
{
    struct results r;
    results_init(&r);
    if (results_read(&r, in_folder(file), true) != OK) fail_msg("%s", status_message());
    return r;
}

/* The digest of a file, whatever is in it. */
static void digest_of_file(const char *file, char out[33])
{
    const struct finished *f = process_run("'%s' digest '%s'", reach, in_folder(file));
    expect(f, 0, file);
    snprintf(out, 33, "%.32s", f->out);
}

static bool file_has(const char *file, const char *text)
{
    return strstr(process_run("cat '%s'", in_folder(file))->out, text) != NULL;
}

static void remove_results(void)
{
    (void)process_run("rm -rf '%s/results'", folder);
}

/* Start the tiny run with so many threads. */
static pid_t start(int threads)
{
    char log[FILE_PATH];
    snprintf(log, sizeof log, "%s", in_folder("log"));
    return process_start(log, "'%s' run '%s/tiny.yaml' --results '%s/results' --threads %d", reach, folder, folder, threads);
}

/* What can be read now; -1: no file yet. */
static int64_t step_on_disk(const char *file)
{
    struct results r;
    struct stat about;
    if (stat(in_folder(file), &about) != 0) return -1;
    results_init(&r);
    const status e = results_read(&r, in_folder(file), true);
    if (e != OK) fail_msg("not readable while training: %s", status_message());
    assert_true(r.checkpoint || r.status == RUN_DONE);
    const int64_t step = r.checkpoint ? r.checkpoint->step : 0;
    results_done(&r);
    return step;
}

static void same_bits(void **state)
{
    (void)state;
    char first[33], other[33];
    put_config("tiny.yaml", 60, "variants: [rope]");
    for (int threads = 1; threads <= 3; threads++) {
        remove_results();
        const pid_t pid = start(threads);
        assert_int_equal(process_wait(pid), 0);
        digest_of(RUN_FILE, threads == 1 ? first : other);
        if (threads > 1) assert_string_equal(other, first);
    }
    put_config("tiny.yaml", 60, "variants: [rope]\nseeds: [1]\ntrain: {}"); /* a key twice is refused */
    expect(run_reach("run tiny.yaml"), 2, "tiny.yaml:");
    put_config("tiny.yaml", 60, "variants: [rope]\nseeds: [2]");
    assert_int_equal(process_wait(start(2)), 0);
    digest_of("results/tiny/rope-lm-2.h5", other); /* and another seed has other bits */
    assert_string_not_equal(other, first);
}

/* Kill it at three random moments while it trains, reading its file all the time; in the end nobody can tell. */
static void killed_and_resumed(void **state)
{
    (void)state;
    const char *const seed_text = getenv("TEST_SEED");
    const uint64_t seed = seed_text ? strtoull(seed_text, NULL, 10) : (uint64_t)time(NULL);
    random_stream rs = random_stream_of(seed, RANDOM_TEST, 8, 0);
    put_config("tiny.yaml", 240, "variants: [rope]");
    char want[33], got[33];
    double began = clock_seconds();
    assert_int_equal(process_wait(start(2)), 0);
    double whole = clock_seconds() - began;
    digest_of(RUN_FILE, want);
    for (int attempt = 0; attempt < 10; attempt++) {
        remove_results();
        int kills = 0, in_training = 0, code = 0, reads = 0;
        bool ended = false;
        int64_t before = -1;
        while (!ended) {
            const pid_t pid = start(1 + kills % 3);
            const double until = clock_seconds() + whole * (0.12 + 0.18 * random_uniform(&rs));
            while (!(ended = process_ended(pid, &code)) && (kills >= 3 || clock_seconds() < until)) {
                const int64_t step = step_on_disk(RUN_FILE);
                assert_true(step >= before); /* never goes back */
                before = step;
                reads += step >= 0;
                process_sleep(0.005);
            }
            if (ended) break;
            kill(pid, SIGKILL);
            assert_int_equal(process_wait(pid), -SIGKILL);
            kills++;
            const int64_t step = step_on_disk(RUN_FILE);
            in_training += step > 0 && step < 240;
        }
        assert_int_equal(code, 0);
        if (kills < 3 || in_training < 2) {
            whole *= kills < 3 ? 0.5 : 1.7; /* the machine has become faster, or slower */
            continue;
        }
        assert_true(reads > 3);
        digest_of(RUN_FILE, got);
        if (strcmp(got, want) != 0) fail_msg("TEST_SEED=%llu: after %d kills the digest is %s, not %s", (unsigned long long)seed, kills, got, want);
        return;
    }
    fail_msg("it could not be killed three times");
}

/* Start that variant's run anew and kill it as soon as a checkpoint is seen; false if it had come to its end by then. */
static bool killed_in_training(const char *file)
{
    char log[FILE_PATH], only[128];
    snprintf(log, sizeof log, "%s", in_folder("log"));
    snprintf(only, sizeof only, "%.*s", (int)(strstr(file, "-lm-1") - strrchr(file, '/') - 1), strrchr(file, '/') + 1);
    (void)unlink(in_folder(file));
    const pid_t pid = process_start(log, "'%s' run '%s/tiny.yaml' --results '%s/results' --threads 1 --only variant=%s", reach, folder, folder, only);
    int code = 0;
    while (step_on_disk(file) < 5) {
        if (!process_ended(pid, &code)) continue;
        if (code != 0) fail_msg("%s ended with %d", file, code);
        return false;
    }
    kill(pid, SIGKILL);
    (void)process_wait(pid);
    struct results r = read_run(file);
    const bool training = r.status == RUN_RUNNING && r.checkpoint->step < 60;
    results_done(&r);
    return training;
}

/* Every causal preset: with other threads, and killed while it trains, the same digests.  Performer draws features anew every 7
 * steps, and what carries state carries it. */
static void every_variant_same_bits(void **state)
{
    (void)state;
    enum { MOST = 64 };
    char list[2048] = "variants: [", want[MOST][33], got[33], file[MOST][128];
    const char *name[MOST];
    size_t n = 0, carrying = 0;
    for (const struct preset *s = presets; s->name; s++) {
        static struct subject subject;
        subject_of(&subject, s->name, 0, NULL);
        struct model *m = check_model(&subject.s, (struct shape){.causal = true, .train_length = 32, .layers = 1}, 0.1, 1);
        if (!m || n == MOST) continue; /* not causal */
        model_free(m);
        const bool draws = strcmp(s->attention, "performer") == 0, drops = strcmp(s->attention, "performer") && strcmp(s->attention, "linear");
        const size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s: {%smodel: {attention_dropout: %s}}", n ? ", {" : "{", s->name, draws ? "redraw: 7, " : "",
                 drops ? "0.1" : "0");
        strcat(list, "}");
        name[n] = s->name;
        snprintf(file[n++], sizeof *file, "results/tiny/%s-lm-1.h5", s->name);
    }
    strcat(list, "]");
    put_config("tiny.yaml", 60, list);
    remove_results();
    expect(run_reach("run tiny.yaml --threads 2"), 0, NULL);
    for (size_t i = 0; i < n; i++) {
        digest_of(file[i], want[i]);
        struct results r = read_run(file[i]);
        carrying += r.checkpoint->n_carried > 0;
        results_done(&r);
    }
    size_t states = 0;
    for (const struct preset *s = presets; s->name; s++) states += (attention_find(s->attention)->can & CAN_STATE) != 0;
    assert_int_equal(carrying, states);
    for (size_t i = 0; i < n; i++) {
        for (int attempt = 0; !killed_in_training(file[i]); attempt++)
            if (attempt == 30) fail_msg("%s could not be killed while it trained", file[i]);
        char command[256];
        snprintf(command, sizeof command, "run tiny.yaml --threads 3 --only variant=%s", name[i]);
        expect(run_reach(command), 0, "1 resumed");
        digest_of(file[i], got);
        if (strcmp(got, want[i]) != 0) fail_msg("%s: killed and resumed the digest is %s, not %s", file[i], got, want[i]);
    }
}

/* Ctrl-C: finishes the step, writes a checkpoint, says 130; the same command goes on. */
static void interrupted(void **state)
{
    (void)state;
    char want[33], got[33];
    put_config("tiny.yaml", 400, "variants: [rope]");
    assert_int_equal(process_wait(start(2)), 0);
    digest_of(RUN_FILE, want);
    static const int signals[] = {SIGINT, SIGTERM};
    for (int k = 0; k < 2; k++) {
        remove_results();
        const pid_t pid = start(2);
        int code = 0;
        while (step_on_disk(RUN_FILE) < 5)
            if (process_ended(pid, &code)) fail_msg("ended with %d before its first checkpoint", code);
        kill(pid, signals[k]);
        code = process_wait(pid);
        assert_int_equal(code, 130);
        const int64_t at = step_on_disk(RUN_FILE);
        assert_true(at >= 5 && at < 400);
        expect(process_run("cat '%s/log'", folder), 0, "stopped at step");
        expect(run_reach("run tiny.yaml --threads 2"), 0, "0 trained, 1 resumed, 0 only evaluated, 0 were done");
        digest_of(RUN_FILE, got);
        assert_string_equal(got, want);
    }
}

static void done_stale_and_evaluated(void **state)
{
    (void)state;
    put_config("tiny.yaml", 30, "variants: [rope]");
    expect(run_reach("run tiny.yaml --threads 1"), 0, "1 trained, 0 resumed, 0 only evaluated, 0 were done");
    char first[33], again[33];
    digest_of(RUN_FILE, first);
    struct stat then, now;
    assert_int_equal(stat(in_folder(RUN_FILE), &then), 0);
    expect(run_reach("run tiny.yaml --threads 2"), 0, "0 trained, 0 resumed, 0 only evaluated, 1 were done");
    assert_int_equal(stat(in_folder(RUN_FILE), &now), 0);
    assert_true(then.st_ino == now.st_ino && then.st_mtim.tv_nsec == now.st_mtim.tv_nsec); /* not touched */
    digest_of(RUN_FILE, again);
    assert_string_equal(again, first);

    expect(run_reach("run tiny.yaml --set lengths=[32,64,128]"), 0, "0 trained, 0 resumed, 1 only evaluated, 0 were done");
    struct results r = read_run(RUN_FILE);
    assert_int_equal(r.train[r.n_train - 1].step, 30);
    assert_int_equal(r.n_test, 6 + 9); /* windows, last, repeated at two lengths, then at three */
    assert_string_not_equal(r.test[0].evaluation, r.test[6].evaluation);
    assert_true(r.test[0].loss == r.test[6].loss); /* the same model, the same windows */
    results_done(&r);
    expect(run_reach("run tiny.yaml --set lengths=[32,64,128]"), 0, "1 were done");
    expect(run_reach("run tiny.yaml"), 0, "1 were done"); /* the first evaluation is still there */

    expect(run_reach("run tiny.yaml --set test.context_targets=9"), 0, "1 were done"); /* of no context: nothing else is asked for */
    expect(run_reach("run tiny.yaml --set test.context=[4,40] --set test.context_targets=9"), 0, "0 trained, 0 resumed, 1 only evaluated");
    r = read_run(RUN_FILE);
    assert_string_equal(r.test[0].evaluation, "test-43801fdfb7a3"); /* published files hold ids: old evaluations keep theirs */
    assert_int_equal(r.n_test, 15 + 8);
    assert_true(r.context->n_lengths == 2 && r.context->n_targets == 9 && r.context->length[1] == 40);
    assert_string_equal(r.context->evaluation, r.test[22].evaluation);
    results_done(&r);
    expect(run_reach("run tiny.yaml --set test.context=[4,40] --set test.context_targets=9"), 0, "1 were done");

    expect(run_reach("run tiny.yaml --set train.rate=5e-4"), 1, "stale");
    r = read_run(RUN_FILE);
    assert_int_equal(r.n_test, 15 + 8); /* kept as it was */
    results_done(&r);
    expect(run_reach("run tiny.yaml --set train.rate=5e-4 --redo"), 0, "1 trained");
    digest_of(RUN_FILE, again);
    assert_string_not_equal(again, first);
    expect(run_reach("run tiny.yaml --redo --quiet"), 0, NULL);
    digest_of(RUN_FILE, again);
    assert_string_equal(again, first);
    put_corpus("corpus.txt", 12001); /* other data */
    expect(run_reach("run tiny.yaml"), 1, "stale");
}

static void no_checkpoint_kept(void **state)
{
    (void)state;
    put_config("tiny.yaml", 12, "variants: [rope]");
    expect(run_reach("run tiny.yaml --set train.keep_checkpoint=false"), 0, "1 trained");
    struct results r = read_run(RUN_FILE);
    assert_null(r.checkpoint);
    assert_int_equal(r.status, RUN_DONE);
    results_done(&r);
    expect(run_reach("run tiny.yaml --set train.keep_checkpoint=false"), 0, "1 were done");
    expect(run_reach("run tiny.yaml --set train.keep_checkpoint=false --set lengths=[64]"), 1, "no parameters to evaluate");
}

static void listops(void **state)
{
    (void)state;
    put("ops.yaml", "model: {width: 16, layers: 1, heads: 2, feed_forward: 32, pooling: cls}\n"
                    "train: {batch: 8, steps: 40, warmup: 5, eval_every: 20, eval_tokens: 2000}\n"
                    "test: {train_accuracy: true, examples: 30}\n"
                    "tasks: [{listops: {min_length: 4, max_length: 25, max_depth: 4, max_args: 4, train: 60, valid: 20, test: 40}}]\n"
                    "variants: [rope, learned, alibi: {model: {causal: true, pooling: last}}]\n");
    expect(run_reach("run ops.yaml --threads 2"), 0, "3 trained");
    static const char *const files[] = {"results/ops/rope-listops-1.h5", "results/ops/learned-listops-1.h5", "results/ops/alibi-listops-1.h5"};
    for (size_t k = 0; k < 3; k++) {
        struct results r = read_run(files[k]);
        assert_int_equal(r.status, RUN_DONE);
        assert_int_equal(r.n_test, 2);
        assert_string_equal(r.test[0].split, "test");
        assert_string_equal(r.test[0].mode, "all");
        assert_int_equal(r.test[0].n, 30);
        assert_string_equal(r.test[1].split, "train");
        assert_int_equal(r.test[1].n, 60);
        for (size_t i = 0; i < 2; i++) {
            assert_true(r.test[i].loss > 0.5 && r.test[i].loss < 4); /* ln 10 is 2.3 */
            assert_true(r.test[i].accuracy >= 0 && r.test[i].accuracy <= 1 && r.test[i].loss_error > 0);
        }
        assert_int_equal(r.n_eval, 2);
        assert_int_equal(r.n_predictor, 4);
        assert_true(r.cost.parameters > 1000 && r.cost.flops_per_token > 1000 && r.cost.activation_bytes > 0);
        results_done(&r);
    }
    expect(run_reach("run ops.yaml"), 0, "3 were done");
    expect(run_reach("table ops.yaml"), 0, "learned");
    expect(run_reach("run ops.yaml --redo --only variant=learned --set 'variants=[learned: {rows: 5}]'"), 2, "cannot train on examples of 23 tokens: learned positions end at the last row");
}

static void chosen_and_planned(void **state)
{
    (void)state;
    put_config("tiny.yaml", 4, "variants: [rope, alibi, learned]\nseeds: [1, 2]");
    const struct finished *f = run_reach("run tiny.yaml --plan --results there");
    expect(f, 0, "there/tiny/rope-lm-1.h5\nthere/tiny/rope-lm-2.h5\nthere/tiny/alibi-lm-1.h5\n");
    assert_non_null(strstr(f->out, "there/tiny/learned-lm-2.h5\n"));
    assert_false(file_is_folder(in_folder("there")));
    f = run_reach("run tiny.yaml --plan --only variant=alibi,learned --only seed=2");
    expect(f, 0, "results/tiny/alibi-lm-2.h5\nresults/tiny/learned-lm-2.h5\n");
    assert_null(strstr(f->out, "rope"));
    assert_null(strstr(f->out, "-1.h5"));
    expect(run_reach("run tiny.yaml --only variant=learned --only seed=2 --set train.steps=3 --set seeds=[2,3] --quiet"), 0, NULL);
    assert_true(file_is_file(in_folder("results/tiny/learned-lm-2.h5")));
    assert_false(file_is_file(in_folder("results/tiny/learned-lm-3.h5")));
    assert_false(file_is_file(in_folder("results/tiny/rope-lm-2.h5")));
    struct results r = read_run("results/tiny/learned-lm-2.h5");
    assert_int_equal(r.checkpoint->step, 3);
    size_t refused = 0;
    for (size_t i = 0; i < r.n_test; i++) refused += r.test[i].length == 64 && r.test[i].reason[0] && r.test[i].loss != r.test[i].loss;
    assert_int_equal(refused, 3);
    results_done(&r);
}

static void exit_codes(void **state)
{
    (void)state;
    put_config("tiny.yaml", 4, "variants: [rope]");
    put("wrong.yaml", "tasks: [lm]\nvariants: [ropee]\ntrain: {steps: 3}\n");
    put("absent.yaml", "tasks: [{lm: {corpus: no/such/text}}]\nvariants: [rope]\ntrain: {steps: 3}\n");
    put("wild.h5", "not a result");
    expect(run_reach("run tiny.yaml --quiet"), 0, NULL);
    expect(run_reach("run"), 2, "reach: ");
    expect(run_reach("run tiny.yaml another.yaml"), 2, "takes one config");
    expect(run_reach("run nowhere.yaml"), 1, "nowhere.yaml");
    expect(run_reach("run wrong.yaml"), 2, "wrong.yaml:2:12: ");
    expect(run_reach("run wrong.yaml"), 2, "did you mean \"rope\"?");
    expect(run_reach("run absent.yaml"), 1, "no/such/text");
    expect(run_reach("run tiny.yaml --thread 2"), 2, "did you mean --threads?");
    expect(run_reach("run tiny.yaml --threads 0"), 2, "--threads 0");
    expect(run_reach("run tiny.yaml --set train.stepz=3"), 2, "steps");
    expect(run_reach("run tiny.yaml --only variant=alibi"), 2, "alibi");
    expect(run_reach("digest wild.h5"), 1, "wild.h5");
    expect(run_reach("show wild.h5"), 1, "wild.h5");
    expect(process_run("cd '%s' && REACH_KERNEL=altivec '%s' run tiny.yaml", folder, reach), 2, "REACH_KERNEL=altivec");
    put_config("tiny.yaml", 300, "variants: [rope: {train: {rate: 1000, clip_norm: 0, final_rate: 1, decay: 0, log_every: 1}, model: {norm: post, dropout: 0}}]");
    expect(run_reach("run tiny.yaml --redo"), 1, "diverged at step");
    struct results r = read_run(RUN_FILE);
    assert_int_equal(r.status, RUN_DIVERGED);
    assert_true(r.n_train > 0 && r.n_test == 0);
    results_done(&r);
}

/* A failure is said once. */
/* What was published is not trained again, unless it was made otherwise. */
static void published(void **state)
{
    (void)state;
    char first[33];
    put_config("tiny.yaml", 12, "variants: [rope, alibi]");
    expect(run_reach("publish tiny.yaml --to kept"), 1, "no finished run of tiny to publish");
    expect(run_reach("run tiny.yaml --only variant=rope"), 0, "1 trained");
    expect(run_reach("publish tiny.yaml --to kept"), 0, "1 of 2 runs are in kept/tiny");
    struct results r = read_run("kept/tiny/rope-lm-1.h5");
    assert_null(r.checkpoint);
    results_done(&r);
    digest_of_file("kept/tiny/rope-lm-1.h5", first);
    assert_true(file_has("kept/tiny/table.md", "rope") && file_has("kept/tiny/table.csv", "rope"));
    remove_results();
    expect(run_reach("run tiny.yaml --published kept"), 0, "1 trained, 0 resumed, 0 only evaluated, 0 were done, 1 were published");
    char again[33];
    digest_of_file(RUN_FILE, again);
    assert_string_equal(again, first);
    expect(run_reach("run tiny.yaml --published kept"), 0, "2 were done");
    remove_results();
    expect(run_reach("run tiny.yaml --published kept --only variant=rope --set train.rate=0.3"), 0, "1 trained");
    expect(run_reach("publish tiny.yaml --to kept --only variant=rope --set train.rate=0.3"), 0, "1 of 1 runs");
    digest_of_file("kept/tiny/rope-lm-1.h5", again); /* another run takes the place of the old one */
    assert_string_not_equal(again, first);
    expect(run_reach("run tiny.yaml --published kept --only variant=rope --redo"), 0, "1 trained");
    expect(run_reach("publish tiny.yaml --to kept --only variant=rope"), 0, "1 of 1 runs");
    digest_of_file("kept/tiny/rope-lm-1.h5", again);
    assert_string_equal(again, first);
    remove_results();
    expect(run_reach("run tiny.yaml --published kept --only variant=rope --set lengths=[64]"), 0, "1 trained"); /* cannot be evaluated */
    remove_results();
    expect(run_reach("run tiny.yaml --published none --only variant=rope"), 0, "1 trained");
}

/* A few steps of each run, nothing written. */
static void estimated(void **state)
{
    (void)state;
    put_config("tiny.yaml", 1200, "variants: [rope, linformer]\nseeds: [1, 2]");
    const struct finished *f = run_reach("estimate tiny.yaml --seconds 0.01");
    expect(f, 0, "1.20k");
    expect(f, 0, "n/a");
    assert_true(access(in_folder("results"), F_OK) != 0);
}

static void said_once(void **state)
{
    (void)state;
    put_config("tiny.yaml", 4, "variants: [rope]\nseeds: [1, 2]");
    put_bytes("corpus.txt", "the training part of this is 31 bytes", 36);
    const struct finished *f = run_reach("run tiny.yaml");
    expect(f, 1, "too few for windows");
    const char *first = strstr(f->out, "too few for windows");
    if (strstr(first + 1, "too few for windows")) fail_msg("said twice:\n%s", f->out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, folder_teardown)

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    const struct CMUnitTest tests[] = {
        TEST(same_bits), TEST(every_variant_same_bits), TEST(killed_and_resumed), TEST(interrupted), TEST(done_stale_and_evaluated),
        TEST(no_checkpoint_kept), TEST(listops), TEST(chosen_and_planned), TEST(exit_codes), TEST(said_once), TEST(published), TEST(estimated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
