/* test_file.c -- reading, listing, and writes that nobody sees half done. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

/* `s` is ERR_IO with a sentence that begins with FOLDER/NAME and tells `reason`. */
static void assert_refused(status s, const char *name, const char *reason)
{
    const char *path = in_folder(name);
    assert_int_equal(s, ERR_IO);
    if (strncmp(status_message(), path, strlen(path)) != 0 || !strstr(status_message(), reason))
        fail_msg("\"%s\" does not begin with \"%s\" or lacks \"%s\"", status_message(), path, reason);
}

static void test_read_and_map(void **state)
{
    (void)state;
    static const char content[] = "two\nlines\0and a zero";
    struct file_content a, b;
    put_bytes("a", content, sizeof content);
    assert_int_equal(file_read(in_folder("a"), &a), OK);
    assert_int_equal(file_map(in_folder("a"), &b), OK);
    assert_int_equal(a.n, sizeof content);
    assert_int_equal(b.n, sizeof content);
    assert_memory_equal(a.at, content, sizeof content);
    assert_memory_equal(b.at, content, sizeof content);
    assert_int_equal(a.at[a.n], 0);
    assert_true(b.mapped && !a.mapped);
    file_close(&a);
    file_close(&b);
    assert_null(a.at);
    file_close(&a); /* a cleared one */
}

static void test_empty(void **state)
{
    (void)state;
    struct file_content a;
    put("empty", "");
    assert_int_equal(file_read(in_folder("empty"), &a), OK);
    assert_true(a.n == 0 && a.at != NULL);
    file_close(&a);
    assert_int_equal(file_map(in_folder("empty"), &a), OK);
    assert_true(a.n == 0 && a.at != NULL);
    file_close(&a);
}

static void test_unreadable(void **state)
{
    (void)state;
    struct file_content a;
    assert_int_equal(mkdir(in_folder("sub"), 0777), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
    const int keep = open(in_folder("pipe"), O_RDWR); /* so that opening it does not wait */
    assert_refused(file_read(in_folder("none"), &a), "none", "No such file");
    assert_null(a.at);
    assert_refused(file_map(in_folder("none"), &a), "none", "No such file");
    assert_refused(file_read(in_folder("sub"), &a), "sub", "folder");
    assert_refused(file_map(in_folder("pipe"), &a), "pipe", "regular");
    close(keep);
}

static void test_list(void **state)
{
    (void)state;
    static const char *const wanted[] = {"B", "a", "a.b", "ab", "c"};
    struct file_names names;
    put("c", "");
    put("a.b", "");
    put("ab", "");
    put("a/below", "");
    put("B", "");
    put(".hidden", "");
    assert_int_equal(file_list(folder, &names), OK);
    assert_int_equal(names.n, 5);
    for (size_t i = 0; i < 5; i++) assert_string_equal(names.name[i], wanted[i]);
    file_names_free(&names);
    assert_int_equal(mkdir(in_folder("empty"), 0777), 0);
    assert_int_equal(file_list(in_folder("empty"), &names), OK);
    assert_int_equal(names.n, 0);
    file_names_free(&names);
    assert_refused(file_list(in_folder("none"), &names), "none", "No such file");
    assert_refused(file_list(in_folder("c"), &names), "c", "Not a directory");
}

static void test_kinds(void **state)
{
    (void)state;
    put("a", "");
    assert_true(file_is_file(in_folder("a")));
    assert_false(file_is_folder(in_folder("a")));
    assert_true(file_is_folder(folder));
    assert_false(file_is_file(folder));
    assert_false(file_is_file(in_folder("none")) || file_is_folder(in_folder("none")));
}

static void test_make_folder(void **state)
{
    (void)state;
    assert_int_equal(file_make_folder(in_folder("x/y/z")), OK);
    assert_true(file_is_folder(in_folder("x/y/z")));
    assert_int_equal(file_make_folder(in_folder("x/y/z")), OK);
    assert_int_equal(file_make_folder(in_folder("x/w/")), OK);
    assert_true(file_is_folder(in_folder("x/w")));
    put("x/file", "");
    assert_refused(file_make_folder(in_folder("x/file")), "x/file", "File exists");
    assert_int_equal(file_make_folder(in_folder("x/file/below")), ERR_IO);
}

static void test_join(void **state)
{
    (void)state;
    char out[FILE_PATH], long_name[FILE_PATH + 1];
    assert_int_equal(file_join(out, "a", "b"), OK);
    assert_string_equal(out, "a/b");
    assert_int_equal(file_join(out, "a/", "b"), OK);
    assert_string_equal(out, "a/b");
    assert_int_equal(file_join(out, "a", "/b"), OK);
    assert_string_equal(out, "/b");
    assert_int_equal(file_join(out, "", "b"), OK);
    assert_string_equal(out, "b");
    memset(long_name, 'x', FILE_PATH);
    long_name[FILE_PATH] = 0;
    assert_int_equal(file_join(out, "", long_name), ERR_IO);
    assert_non_null(strstr(status_message(), "longer"));
    long_name[FILE_PATH - 1] = 0;
    assert_int_equal(file_join(out, "", long_name), OK);
    assert_int_equal(file_join(out, "a", long_name), ERR_IO);
}

/* What others wrote into files: names to be joined, pieces to be quoted. */
static void test_of_others(void **state)
{
    (void)state;
    static const char *const below[] = {"a", "a/b.txt", "./a", "..a/b..", "a/...", ""};
    static const char *const above[] = {"/a", "..", "../a", "a/..", "a/../b", "a//../b", "/"};
    char out[FILE_EXCERPT];
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) assert_true(file_is_below(below[i]));
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) assert_false(file_is_below(above[i]));
    assert_string_equal(file_excerpt("a b~", 4, out), "a b~");
    assert_string_equal(file_excerpt("", 0, out), "");
    assert_string_equal(file_excerpt("\0\x1B[2J\xC3\xA4\x7F", 8, out), "\\x00\\x1B[2J\\xC3\\xA4\\x7F");
    uint8_t high[100];
    memset(high, 0xFF, sizeof high);
    assert_int_equal(strlen(file_excerpt(high, sizeof high, out)), 80); /* of 20 bytes */
    assert_int_equal(status_fail(ERR_DATA, "a\033[2J\rb\x7F\tc\n\xC3\xA4"), ERR_DATA);
    assert_string_equal(status_message(), "a?[2J?b?\tc\n\xC3\xA4");
}

static void assert_content(const char *name, const char *content)
{
    struct file_content a;
    assert_int_equal(file_read(in_folder(name), &a), OK);
    assert_string_equal((const char *)a.at, content);
    file_close(&a);
}

static void test_write(void **state)
{
    (void)state;
    struct file_names names;
    assert_int_equal(file_write(in_folder("a"), "first", 5), OK);
    assert_content("a", "first");
    assert_int_equal(file_write(in_folder("a"), "", 0), OK);
    assert_content("a", "");
    assert_int_equal(file_write(in_folder("a"), "second", 6), OK);
    assert_content("a", "second");
    assert_int_equal(file_list(folder, &names), OK);
    assert_int_equal(names.n, 1); /* no part is left */
    file_names_free(&names);
    assert_refused(file_write(in_folder("none/a"), "x", 1), "none/a", "No such file");
}

static void test_write_in_place_of_a_folder(void **state)
{
    (void)state;
    struct file_names names;
    put("taken/inside", "kept");
    assert_refused(file_write(in_folder("taken"), "x", 1), "taken", "directory");
    assert_content("taken/inside", "kept");
    assert_int_equal(file_list(folder, &names), OK);
    assert_int_equal(names.n, 1); /* the part was removed */
    file_names_free(&names);
}

static void test_publish(void **state)
{
    (void)state;
    char part[FILE_PATH];
    put("a", "old");
    assert_int_equal(file_part(part, in_folder("a")), OK);
    assert_refused(file_publish(part, in_folder("a")), "a", "No such file");
    assert_content("a", "old");
    put(strrchr(part, '/') + 1, "new");
    assert_content("a", "old");
    assert_int_equal(file_publish(part, in_folder("a")), OK);
    assert_content("a", "new");
    assert_false(file_is_file(part));
}

/* The child: 0 if every look at the file shows one whole content of n equal bytes, and both were seen. */
static int look(const char *path, size_t n, int until)
{
    bool seen[2] = {false, false};
    char byte;
    while (read(until, &byte, 1) < 0) { /* nothing to read yet: the writer is at work */
        struct file_content a;
        if (file_read(path, &a) != OK || a.n != n || memchr("AB", a.at[0], 2) == NULL) return 1;
        for (size_t i = 1; i < n; i++)
            if (a.at[i] != a.at[0]) return 2;
        seen[a.at[0] == 'B'] = true;
        file_close(&a);
    }
    return seen[0] && seen[1] ? 0 : 3;
}

static void test_nobody_sees_half(void **state)
{
    (void)state;
    const size_t n = 1 << 18;
    char *content[2] = {malloc(n), malloc(n)};
    int ends[2], result;
    memset(content[0], 'A', n);
    memset(content[1], 'B', n);
    assert_int_equal(file_write(in_folder("a"), content[0], n), OK);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    const pid_t child = fork();
    if (child == 0) _exit(look(in_folder("a"), n, ends[0]));
    for (int i = 1; i <= 100; i++) {
        assert_int_equal(file_write(in_folder("a"), content[i % 2], n), OK);
        usleep(1000);
    }
    assert_int_equal(write(ends[1], "", 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    close(ends[0]);
    close(ends[1]);
    free(content[0]);
    free(content[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read_and_map), TEST(test_empty), TEST(test_unreadable), TEST(test_list), TEST(test_kinds),
        TEST(test_make_folder), TEST(test_join), TEST(test_of_others), TEST(test_write), TEST(test_write_in_place_of_a_folder),
        TEST(test_publish), TEST(test_nobody_sees_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
