/* test_store.c -- what is written is read back, whole or not at all; the digest sees all that it should and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/place.h"
#include "store/results.h"

static char folder[] = "/tmp/reach-store-XXXXXX";
static char path[256];

/* 5 values in 2 parameters and one of padding between them. */
static struct checkpoint *sample_checkpoint(void)
{
    struct checkpoint *c = calloc(1, sizeof *c);
    *c = (struct checkpoint){.step = 31, .tokens = 7936, .seconds = 2.5, .best_loss = 1.625, .best_step = 20, .n = 8,
                             .loss_sum = 0.1, .right_sum = 3, .count_sum = 7, .n_names = 2};
    c->parameters = calloc(c->n, sizeof(real));
    c->first = calloc(c->n, sizeof(real));
    c->second = calloc(c->n, sizeof(real));
    c->best = calloc(c->n, sizeof(real));
    c->name = calloc(2, sizeof *c->name);
    c->offset = calloc(2, sizeof(size_t));
    c->rows = calloc(2, sizeof(size_t));
    c->cols = calloc(2, sizeof(size_t));
    strcpy(c->name[0], "embedding");
    strcpy(c->name[1], "layer 0/attention/q");
    c->rows[0] = 2, c->cols[0] = 1;
    c->offset[1] = 3, c->rows[1] = 1, c->cols[1] = 5;
    for (size_t i = 0; i < c->n; i++) {
        c->parameters[i] = i == 2 ? 0 : (real)(0.1 + 2.385 * (double)i);
        c->first[i] = (real)(1.0 / (3.0 + (double)i));
        c->second[i] = (real)(1e-30 * (double)i);
        c->best[i] = (real)-2.385 * (real)i;
    }
    return c;
}

static void sample(struct results *r)
{
    results_init(r);
    strcpy(r->title, "Train short, test long — “é”");
    strcpy(r->label, "query norm");
    strcpy(r->variant, "keynorm");
    strcpy(r->task, "lm");
    strcpy(r->train_id, "0123456789abcdef0123456789abcdef");
    strcpy(r->reason, "loss was not a number at step 300");
    r->seed = 18446744073709551615u;
    r->status = RUN_DIVERGED;
    r->config = strdup("title: x\nmodel: {width: 64}\n");
    for (int i = 0; i < 5; i++) {
        results_add_train(r, &(struct train_row){i * 10, 0.5 * i, 2560.0 * i, i == 4 ? NAN : 5.5 / (1 + i), 0.125 * i, 1e-3, 0.7});
        results_add_position(r, &(struct position_row){"main", "test", "ordinary", 512, i * 8, i * 8 + 8, 64, 2.385 + i, 0.5});
    }
    results_add_eval(r, &(struct eval_row){20, 1.25, 2.25, 0.375, 4096});
    results_add_test(r, &(struct test_row){"main", "test", "ordinary", "windows", 512, 16384, 1.5, 0.01, 0.6, ""});
    results_add_test(r, &(struct test_row){"main", "test", "repeated", "last", 4096, 0, NAN, NAN, NAN, "learned positions end at 512"});
    results_add_predictor(r, &(struct predictor_row){"order 5", 1.25, NAN});
    for (int i = 0; i < 40; i++) { /* over the limit of compact attributes */
        char name[32];
        snprintf(name, sizeof name, "train.option%d", 39 - i);
        results_add_option(r, name, i % 2 ? "[q, k]" : "");
    }
    struct context *c = results_set_context(r, 2, 3);
    strcpy(c->evaluation, "main");
    strcpy(c->split, "test");
    for (int i = 0; i < 6; i++) c->loss[i] = i == 4 ? NAN : 0.1f * (float)i;
    c->length[0] = 16, c->length[1] = 1048576;
    results_add_environment(r, "version", "0.1");
    results_add_environment(r, "cpu", "a CPU");
    r->cost = (struct cost){1000, 2e6, 31000, 12.5, 4096, 16, 5e7};
    r->checkpoint = sample_checkpoint();
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/a/b/run.h5", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void write_sample(void)
{
    struct results r;
    sample(&r);
    assert_int_equal(results_write(&r, path), OK);
    results_done(&r);
}

static void same_real(double a, double b)
{
    if (isnan(a) && isnan(b)) return;
    assert_memory_equal(&a, &b, sizeof a);
}

static void same_checkpoint(const struct checkpoint *a, const struct checkpoint *b)
{
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->best_step, b->best_step);
    same_real(a->tokens, b->tokens);
    same_real(a->seconds, b->seconds);
    same_real(a->best_loss, b->best_loss);
    same_real(a->loss_sum, b->loss_sum);
    same_real(a->right_sum, b->right_sum);
    same_real(a->count_sum, b->count_sum);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->parameters, b->parameters, a->n * sizeof(real));
    assert_memory_equal(a->first, b->first, a->n * sizeof(real));
    assert_memory_equal(a->second, b->second, a->n * sizeof(real));
    assert_memory_equal(a->best, b->best, a->n * sizeof(real));
    assert_int_equal(a->n_names, b->n_names);
    for (size_t i = 0; i < a->n_names; i++) {
        assert_string_equal(a->name[i], b->name[i]);
        assert_int_equal(a->offset[i], b->offset[i]);
        assert_int_equal(a->rows[i], b->rows[i]);
        assert_int_equal(a->cols[i], b->cols[i]);
    }
}

static void same_rows(const struct results *a, const struct results *b)
{
    assert_int_equal(a->n_train, b->n_train);
    for (size_t i = 0; i < a->n_train; i++) {
        const struct train_row *x = &a->train[i], *y = &b->train[i];
        assert_int_equal(x->step, y->step);
        same_real(x->seconds, y->seconds);
        same_real(x->tokens, y->tokens);
        same_real(x->loss, y->loss);
        same_real(x->accuracy, y->accuracy);
        same_real(x->learning_rate, y->learning_rate);
        same_real(x->gradient_norm, y->gradient_norm);
    }
    assert_int_equal(a->n_eval, b->n_eval);
    assert_memory_equal(a->eval, b->eval, a->n_eval * sizeof *a->eval);
    assert_int_equal(a->n_position, b->n_position);
    for (size_t i = 0; i < a->n_position; i++) {
        const struct position_row *x = &a->position[i], *y = &b->position[i];
        assert_string_equal(x->evaluation, y->evaluation);
        assert_string_equal(x->split, y->split);
        assert_string_equal(x->text, y->text);
        assert_int_equal(x->length, y->length);
        assert_int_equal(x->from, y->from);
        assert_int_equal(x->to, y->to);
        assert_int_equal(x->n, y->n);
        same_real(x->loss, y->loss);
        same_real(x->accuracy, y->accuracy);
    }
    assert_int_equal(a->n_test, b->n_test);
    for (size_t i = 0; i < a->n_test; i++) {
        const struct test_row *x = &a->test[i], *y = &b->test[i];
        assert_string_equal(x->evaluation, y->evaluation);
        assert_string_equal(x->split, y->split);
        assert_string_equal(x->text, y->text);
        assert_string_equal(x->mode, y->mode);
        assert_string_equal(x->reason, y->reason);
        assert_int_equal(x->length, y->length);
        assert_int_equal(x->n, y->n);
        same_real(x->loss, y->loss);
        same_real(x->loss_error, y->loss_error);
        same_real(x->accuracy, y->accuracy);
    }
    assert_int_equal(a->n_predictor, b->n_predictor);
    for (size_t i = 0; i < a->n_predictor; i++) {
        assert_string_equal(a->predictor[i].name, b->predictor[i].name);
        same_real(a->predictor[i].loss, b->predictor[i].loss);
        same_real(a->predictor[i].accuracy, b->predictor[i].accuracy);
    }
}

static void same_context(const struct context *a, const struct context *b)
{
    assert_true(a && b);
    assert_string_equal(a->evaluation, b->evaluation);
    assert_string_equal(a->split, b->split);
    assert_int_equal(a->n_lengths, b->n_lengths);
    assert_int_equal(a->n_targets, b->n_targets);
    assert_memory_equal(a->length, b->length, a->n_lengths * sizeof *a->length);
    for (size_t i = 0; i < a->n_lengths * a->n_targets; i++) same_real((double)a->loss[i], (double)b->loss[i]);
}

static void same_results(const struct results *a, const struct results *b)
{
    assert_string_equal(a->title, b->title);
    assert_string_equal(a->label, b->label);
    assert_string_equal(a->variant, b->variant);
    assert_string_equal(a->task, b->task);
    assert_string_equal(a->train_id, b->train_id);
    assert_string_equal(a->reason, b->reason);
    assert_true(a->seed == b->seed);
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->config, b->config);
    same_rows(a, b);
    same_context(a->context, b->context);
    assert_int_equal(a->n_option, b->n_option);
    assert_memory_equal(a->option, b->option, a->n_option * sizeof *a->option);
    assert_int_equal(a->n_environment, b->n_environment);
    assert_memory_equal(a->environment, b->environment, a->n_environment * sizeof *a->environment);
    assert_memory_equal(&a->cost, &b->cost, sizeof a->cost);
}

static void round_trip(void **state)
{
    (void)state;
    struct results a, b;
    sample(&a);
    results_init(&b);
    assert_int_equal(results_write(&a, path), OK);
    assert_int_equal(results_read(&b, path, true), OK);
    same_results(&a, &b);
    same_checkpoint(a.checkpoint, b.checkpoint);
    results_done(&b);
    assert_int_equal(results_read(&b, path, false), OK);
    assert_null(b.checkpoint);
    results_done(&b);
    results_done(&a);
}

static void rows_grow_after_reading(void **state)
{
    (void)state;
    struct results r;
    write_sample();
    results_init(&r);
    assert_int_equal(results_read(&r, path, false), OK);
    for (int i = 0; i < 1000; i++) results_add_train(&r, &(struct train_row){.step = 50 + i});
    assert_int_equal(r.n_train, 1005);
    assert_int_equal(r.train[3].step, 30);
    assert_int_equal(r.train[1004].step, 1049);
    r.n_train = 2;
    for (int i = 0; i < 100; i++) results_add_train(&r, &(struct train_row){.step = i});
    assert_int_equal(r.train[1].step, 10);
    assert_int_equal(r.train[101].step, 99);
    results_done(&r);
}

static void empty_results(void **state)
{
    (void)state;
    struct results a, b;
    results_init(&a);
    results_init(&b);
    assert_int_equal(results_write(&a, path), OK);
    assert_int_equal(results_read(&b, path, true), OK);
    assert_int_equal(b.n_train + b.n_test + b.n_option, 0);
    assert_string_equal(b.config, "");
    assert_null(b.checkpoint);
    assert_null(b.context);
    results_set_context(&a, 1, 0); /* asked for, but no document is long enough */
    assert_int_equal(results_write(&a, path), OK);
    results_done(&b);
    assert_int_equal(results_read(&b, path, true), OK);
    assert_int_equal(b.context->n_targets, 0);
    results_done(&b);
    results_done(&a);
}

static void attributes(void **state)
{
    (void)state;
    struct results r;
    char text[3000];
    memset(text, 'x', sizeof text);
    memcpy(text + 1022, "é", 2); /* the cut at 1023 bytes would split it */
    text[2999] = 0;
    results_init(&r);
    results_add_option(&r, "a", "1");
    results_add_option(&r, "b", text);
    results_add_option(&r, "a", "2");
    assert_int_equal(r.n_option, 2);
    assert_string_equal(r.option[0].text, "2");
    assert_int_equal(strlen(r.option[1].text), 1022);
    results_done(&r);
}

/* What a kill in the middle leaves behind: the old file, whole, and an unfinished one beside it. */
static void killed_while_writing(void **state)
{
    (void)state;
    struct results a, b;
    char tmp[300];
    write_sample();
    snprintf(tmp, sizeof tmp, "%s.tmp.%ld", path, (long)getpid());
    FILE *f = fopen(tmp, "w");
    fputs("half a file", f);
    fclose(f);
    sample(&a);
    results_init(&b);
    assert_int_equal(results_read(&b, path, true), OK);
    same_results(&a, &b);
    results_done(&b);
    a.seed = 7;
    assert_int_equal(results_write(&a, path), OK);
    assert_int_equal(results_read(&b, path, true), OK);
    assert_int_equal(b.seed, 7);
    assert_int_equal(access(tmp, F_OK), -1);
    results_done(&b);
    results_done(&a);
}

/* Writers replace the file as fast as they can while it is read. */
static void reader_sees_whole_files(void **state)
{
    (void)state;
    write_sample();
    const pid_t child = fork();
    if (child == 0) {
        struct results r;
        sample(&r);
        for (;;)
            if (results_write(&r, path) != OK) _exit(1);
    }
    for (int i = 0; i < 30; i++) {
        struct results r;
        results_init(&r);
        assert_int_equal(results_read(&r, path, true), OK);
        results_done(&r);
    }
    kill(child, SIGKILL);
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFSIGNALED(how));
}

/* No room on the disk: an error with the path, the old file unharmed, nothing left beside it. */
static void disk_full(void **state)
{
    (void)state;
    write_sample();
    const pid_t child = fork();
    if (child == 0) {
        struct results r;
        sample(&r);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096});
        const status s = results_write(&r, path);
        _exit(s == ERR_IO && strstr(status_message(), path) ? 0 : 1);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
    struct results r;
    char tmp[300];
    results_init(&r);
    assert_int_equal(results_read(&r, path, true), OK);
    results_done(&r);
    snprintf(tmp, sizeof tmp, "%s.tmp.%ld", path, (long)child);
    assert_int_equal(access(tmp, F_OK), -1);
}

static void refused(status want, const char *p, const char *word)
{
    struct results r;
    results_init(&r);
    const status got = results_read(&r, p, true);
    if (got != want) print_error("%s: got %d (%s)\n", p, got, status_message());
    assert_int_equal(got, want);
    assert_non_null(strstr(status_message(), p));
    if (!strstr(status_message(), word)) print_error("no \"%s\" in: %s\n", word, status_message());
    assert_non_null(strstr(status_message(), word));
    assert_null(r.config);
    assert_int_equal(r.n_train, 0);
}

static void unwritable(void **state)
{
    (void)state;
    struct results r;
    char below[300];
    write_sample();
    sample(&r);
    snprintf(below, sizeof below, "%s/x.h5", path); /* a file where a folder should be */
    assert_int_equal(results_write(&r, below), ERR_IO);
    assert_non_null(strstr(status_message(), path));
    results_done(&r);
}

static size_t load(unsigned char **out)
{
    FILE *f = fopen(path, "rb");
    struct stat s;
    assert_int_equal(fstat(fileno(f), &s), 0);
    *out = malloc((size_t)s.st_size);
    assert_int_equal(fread(*out, 1, (size_t)s.st_size, f), s.st_size);
    fclose(f);
    return (size_t)s.st_size;
}

static const char *put(const unsigned char *bytes, size_t n)
{
    static char name[256];
    snprintf(name, sizeof name, "%s/other.h5", folder);
    FILE *f = fopen(name, "wb");
    if (n) assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return name;
}

static void broken_files(void **state)
{
    (void)state;
    unsigned char *bytes;
    write_sample();
    const size_t n = load(&bytes);
    refused(ERR_IO, "/nowhere/run.h5", "No such file");
    refused(ERR_DATA, put((const unsigned char *)"step,loss\n1,2\n", 14), "no seal");
    refused(ERR_DATA, put(bytes, 0), "no seal");
    refused(ERR_DATA, put(bytes, 100), "no seal");
    refused(ERR_DATA, put(bytes, n / 2), "no seal");
    refused(ERR_DATA, put(bytes, n - 1), "no seal");
    refused(ERR_DATA, folder, "not a file");
    for (size_t i = 0; i < n; i += 1 + n / 61) { /* one flipped bit */
        bytes[i] ^= 4;
        refused(ERR_DATA, put(bytes, n), i < n - 32 || i >= n - 16 ? "damaged" : "no seal");
        bytes[i] ^= 4;
    }
    free(bytes);
}

/* What reach wrote and another program changed is refused; sealed again, it is judged by its contents. */
static void changed(const char *name, const char *word)
{
    char tmp[300];
    refused(ERR_DATA, name, "no seal");
    snprintf(tmp, sizeof tmp, "%s.tmp", name);
    assert_int_equal(rename(name, tmp), 0);
    assert_int_equal(place_finish(tmp, name), OK);
    refused(ERR_DATA, name, word);
}

static void foreign_files(void **state)
{
    (void)state;
    char name[256];
    snprintf(name, sizeof name, "%s/foreign.h5", folder);
    hid_t f = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
    changed(name, "\"schema\"");
}

static void newer_schema(void **state)
{
    (void)state;
    write_sample();
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t a = H5Aopen_by_name(f, "/", "schema", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(a, H5T_NATIVE_INT, &(int){RESULT_SCHEMA + 1}) >= 0);
    H5Aclose(a);
    H5Fclose(f);
    changed(path, "newer reach");
}

static void missing_table(void **state)
{
    (void)state;
    write_sample();
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(f, "/curves/eval", H5P_DEFAULT);
    H5Fclose(f);
    changed(path, "/curves/eval");
}

static void wrong_table(void **state)
{
    (void)state;
    write_sample();
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(f, "/test", H5P_DEFAULT);
    H5Lcreate_hard(f, "/curves/eval", f, "/test", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(f);
    changed(path, "no column \"evaluation\"");
}

/* A /context of so many contexts and targets, none of them written, with a list of two. */
static void other_context(int dimensions, hsize_t contexts, hsize_t targets, int64_t second, const char *word)
{
    write_sample();
    hid_t f = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), space = H5Screate_simple(dimensions, (hsize_t[]){contexts, targets}, NULL);
    H5Ldelete(f, "/context", H5P_DEFAULT);
    hid_t set = H5Dcreate2(f, "/context", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    hid_t two = H5Screate_simple(1, &(hsize_t){2}, NULL), list = H5Acreate2(set, "contexts", H5T_STD_I64LE, two, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(list, H5T_NATIVE_INT64, (int64_t[]){16, second}) >= 0);
    for (int i = 0; i < 2; i++) {
        hid_t text = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR);
        H5Tset_size(text, 5), H5Tset_cset(text, H5T_CSET_UTF8);
        hid_t a = H5Acreate2(set, i ? "split" : "evaluation", text, one, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(a, text, "test") >= 0);
        H5Aclose(a), H5Sclose(one), H5Tclose(text);
    }
    H5Aclose(list), H5Sclose(two), H5Dclose(set), H5Sclose(space), H5Fclose(f);
    changed(path, word);
}

static void wrong_context(void **state)
{
    (void)state;
    other_context(1, 6, 0, 32, "/context is not a matrix");
    other_context(2, 33, 3, 32, "/context has 33 contexts; 1 to 32 can be");
    other_context(2, 3, 3, 32, "an attribute of /context cannot be read");
    other_context(2, 2, 3, 16, "contexts do not rise");
    other_context(2, 2, 1u << 28, 32, "/context claims 268435456 targets, more than the file has");
}

static void digest_of(const struct results *r, char out[33])
{
    results_digest(r, out);
    assert_int_equal(strlen(out), 32);
}

#define CHANGES(yes, change)                                                        \
    do {                                                                            \
        struct results r;                                                           \
        char before[33], after[33];                                                 \
        sample(&r);                                                                 \
        digest_of(&r, before);                                                      \
        change;                                                                     \
        digest_of(&r, after);                                                       \
        if ((strcmp(before, after) != 0) != (yes)) fail_msg("digest and: " #change); \
        results_done(&r);                                                           \
    } while (0)

static void digest_changes(void **state)
{
    (void)state;
    CHANGES(1, r.config[0] = 'T');
    CHANGES(1, r.train[1].step++);
    CHANGES(1, r.train[1].tokens++);
    CHANGES(1, r.train[1].loss = nextafter(r.train[1].loss, 9));
    CHANGES(1, r.train[1].loss = NAN);
    CHANGES(1, r.train[1].accuracy += 0.1);
    CHANGES(1, r.train[1].learning_rate *= 2);
    CHANGES(1, r.train[1].gradient_norm *= 2);
    CHANGES(1, r.n_train--);
    CHANGES(1, r.eval[0].step++);
    CHANGES(1, r.eval[0].loss++);
    CHANGES(1, r.eval[0].accuracy++);
    CHANGES(1, r.eval[0].n++);
    CHANGES(1, r.test[0].evaluation[0]++);
    CHANGES(1, r.test[0].split[0]++);
    CHANGES(1, r.test[0].text[0]++);
    CHANGES(1, r.test[0].mode[0]++);
    CHANGES(1, r.test[0].length++);
    CHANGES(1, r.test[0].n++);
    CHANGES(1, r.test[0].loss++);
    CHANGES(1, r.test[0].loss_error++);
    CHANGES(1, r.test[0].accuracy++);
    CHANGES(1, r.test[1].reason[0]++);
    CHANGES(1, r.position[4].from++);
    CHANGES(1, r.position[4].to++);
    CHANGES(1, r.position[4].length++);
    CHANGES(1, r.position[4].n++);
    CHANGES(1, r.position[4].loss++);
    CHANGES(1, r.position[4].accuracy++);
    CHANGES(1, r.checkpoint->parameters[4] += (real)1e-6);
    CHANGES(1, r.checkpoint->best[4] += (real)1e-6);
    CHANGES(1, r.context->loss[5] += 1e-6f);
    CHANGES(1, r.context->loss[4] = 0);
    CHANGES(1, r.context->length[1]++);
    CHANGES(1, context_free(r.context); r.context = NULL);
    CHANGES(1, checkpoint_free(r.checkpoint); r.checkpoint = NULL);
}

static void digest_stays(void **state)
{
    (void)state;
    CHANGES(0, r.train[1].seconds++);
    CHANGES(0, r.eval[0].seconds++);
    CHANGES(0, r.cost.seconds++; r.cost.peak_rss_bytes++; r.cost.tokens_per_second++);
    CHANGES(0, r.environment[0].text[0]++);
    CHANGES(0, r.checkpoint->seconds++);
    CHANGES(0, r.train[4].loss = -NAN);
    CHANGES(0, r.test[1].reason[60] = 'x'); /* behind the final 0 */
    CHANGES(0, r.checkpoint->parameters[2]++); /* padding */
    struct results a, b;
    char before[33], after[33];
    sample(&a);
    results_init(&b);
    assert_int_equal(results_write(&a, path), OK);
    assert_int_equal(results_read(&b, path, true), OK);
    digest_of(&a, before);
    digest_of(&b, after);
    assert_string_equal(before, after);
    results_done(&a);
    results_done(&b);
}

static const char python[] =
    "import sys, numpy, h5py\n"
    "f = h5py.File(sys.argv[1], 'r')\n"
    "t = f['curves/train'][:]\n"
    "assert t.dtype.names[:4] == ('step', 'seconds', 'tokens', 'loss'), t.dtype\n"
    "assert list(t['step']) == [0, 10, 20, 30, 40] and t['loss'][1] == 2.75 and numpy.isnan(t['loss'][4])\n"
    "assert f['curves/train'].attrs['units.loss'] == 'nats per target'\n"
    "assert f.attrs['label'] == 'query norm' and f.attrs['seed'] == 2**64 - 1\n"
    "assert 'é' in f.attrs['title']\n"
    "assert f['test'][1]['reason'].decode() == 'learned positions end at 512'\n"
    "assert f['config'][()].decode().startswith('title: x')\n"
    "assert f['config'].attrs['train.option0'] == '[q, k]'\n"
    "c = f['context']\n"
    "assert c.shape == (2, 3) and c.dtype == 'f4' and list(c.attrs['contexts']) == [16, 2**20] and c.attrs['evaluation'] == 'main'\n"
    "assert c[0, 1] == numpy.float32(0.1) and numpy.isnan(c[1, 1])\n"
    "assert f['checkpoint/parameters/layer 0/attention/q'].shape == (1, 5)\n"
    "assert all('description' in d.attrs for d in (f['test'], f['cost'], f['curves/eval'], f['predictors']))\n";

static void python_reads_it(void **state)
{
    (void)state;
    char command[4096];
    if (system("/usr/bin/python3 -c 'import h5py' 2>/dev/null") != 0) {
        print_message("python3-h5py is not there: skipped\n");
        skip();
    }
    write_sample();
    snprintf(command, sizeof command, "/usr/bin/python3 -c \"%s\" %s", python, path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(rows_grow_after_reading),
        cmocka_unit_test(empty_results),
        cmocka_unit_test(attributes),
        cmocka_unit_test(killed_while_writing),
        cmocka_unit_test(reader_sees_whole_files),
        cmocka_unit_test(disk_full),
        cmocka_unit_test(unwritable),
        cmocka_unit_test(broken_files),
        cmocka_unit_test(foreign_files),
        cmocka_unit_test(newer_schema),
        cmocka_unit_test(missing_table),
        cmocka_unit_test(wrong_table),
        cmocka_unit_test(wrong_context),
        cmocka_unit_test(digest_changes),
        cmocka_unit_test(digest_stays),
        cmocka_unit_test(python_reads_it),
    };
    return cmocka_run_group_tests_name("store", tests, setup, teardown);
}
