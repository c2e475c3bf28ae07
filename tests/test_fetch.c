/* test_fetch.c -- published data sets: download, resume, checksums, archives that mean harm, verification.
 *
 * All of it against a server in this process; nothing goes beyond this machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>

#include "data/dataset.h"
#include "data/fetch.h"
#include "data/manifest.h"
#include "data/sum.h"
#include "data/extract.h"
#include "folder.h"
#include "http_server.h"
#include "process.h"

#define SIZE 3000

static struct http_server server;
static struct progress    silent;
static unsigned char      content[SIZE];
static char               right_sum[SUM_TEXT], address[3][128];
static struct dataset     plain; /* one file of SIZE bytes at the server */

static void sum_of(const void *at, size_t n, char out[SUM_TEXT])
{
    struct sum *s = sum_new("sha256");
    sum_add(s, at, n);
    sum_done(s, out);
}

static int setup(void **state)
{
    for (size_t i = 0; i < SIZE; i++) content[i] = (unsigned char)(i * i / 7 + i);
    sum_of(content, SIZE, right_sum);
    memset(&server, 0, sizeof server);
    server.content = content;
    server.n = SIZE;
    http_start(&server);
    snprintf(address[0], sizeof *address, "http://127.0.0.1:%d/input.bin", server.port);
    snprintf(address[1], sizeof *address, "http://127.0.0.1:%d/mirror.bin", server.port);
    snprintf(address[2], sizeof *address, "http://127.0.0.1:%d/redirect", server.port);
    plain = (struct dataset){.name = "plain", .title = "a file", .file = "input.bin", .address = {address[0]}, .size = SIZE,
                             .size_certain = true, .sum = right_sum, .sum_certain = true, .part = {{"input.bin", NULL}}};
    progress_init(&silent, stderr, true);
    silent.out = fopen("/dev/null", "w");
    return folder_setup(state);
}

static int teardown(void **state)
{
    http_stop(&server);
    fclose(silent.out);
    return folder_teardown(state);
}

static status get_with(const struct dataset *d, struct fetch f)
{
    f.data = folder;
    f.tries = 4;
    f.pause = 0.001;
    f.progress = &silent;
    return fetch(d, &f);
}

static status get(const struct dataset *d)
{
    return get_with(d, (struct fetch){0});
}

/* It fails with this code, and the sentence names this. */
static void refused(status s, status expected, const char *text)
{
    if (s != expected || !strstr(status_message(), text))
        fail_msg("%s: \"%s\"; wanted %s and \"%s\"", status_text(s), status_message(), status_text(expected), text);
}

static void assert_file(const char *name, const void *expected, size_t n)
{
    struct file_content c;
    assert_int_equal(file_read(in_folder(name), &c), OK);
    assert_int_equal(c.n, n);
    assert_memory_equal(c.at, expected, n);
    file_close(&c);
}

static void assert_absent(const char *name)
{
    if (access(in_folder(name), F_OK) == 0) fail_msg("%s is there", in_folder(name));
}

static void assert_got(void)
{
    if (!file_is_file(in_folder("plain/input.bin"))) fail_msg("not there: %s", status_message());
    assert_file("plain/input.bin", content, SIZE);
    assert_absent("plain/input.bin.part");
    assert_absent("plain/input.bin.wrong");
}

/* ---- downloads ----------------------------------------------------------------------------------------------- */

static void whole(void **state)
{
    (void)state;
    assert_int_equal(dataset_state(&plain, folder), DATASET_MISSING);
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 1);
    assert_int_equal(server.from[0], 0);
    assert_int_equal(dataset_state(&plain, folder), DATASET_READY);
    assert_int_equal(get(&plain), OK); /* it is there */
    assert_int_equal(server.asked, 1);
    char list[256];
    snprintf(list, sizeof list, "%s  input.bin\n", right_sum + 7);
    assert_file("plain/" MANIFEST, list, strlen(list));
}

static void cut_and_resumed(void **state)
{
    (void)state;
    server.cut_after = 1000;
    server.cuts = 1;
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 2);
    assert_int_equal(server.from[1], 1000);
    assert_int_equal(server.sent, SIZE); /* no byte twice */
}

static void resumed_later(void **state)
{
    (void)state;
    put_bytes("plain/input.bin.part", content, 700);
    assert_int_equal(dataset_state(&plain, folder), DATASET_PARTIAL);
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 1);
    assert_int_equal(server.from[0], 700);
    assert_int_equal(server.sent, SIZE - 700);
}

static void cut_at_every_turn(void **state)
{
    (void)state;
    server.cut_after = 300;
    server.cuts = -1; /* ten connections, more than tries, but each brings something */
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 10);
    assert_int_equal(server.sent, SIZE);
}

static void no_ranges(void **state)
{
    (void)state;
    server.no_ranges = true;
    put_bytes("plain/input.bin.part", content, 700);
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.from[server.asked - 1], 0);
}

/* Without ranges a server that always cuts brings the same bytes for ever. */
static void no_ranges_and_cut(void **state)
{
    (void)state;
    server.no_ranges = true;
    server.cut_after = 1000;
    server.cuts = -1;
    refused(get(&plain), ERR_DATA, address[0]);
    assert_true(server.asked <= 12);
    assert_absent("plain/input.bin");
}

static void part_of_another_file(void **state)
{
    (void)state;
    char other[700];
    memset(other, 'x', sizeof other);
    put_bytes("plain/input.bin.part", other, sizeof other);
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 2);
    assert_int_equal(server.from[0], 700);
    assert_int_equal(server.from[1], 0);
}

static void part_is_whole(void **state)
{
    (void)state;
    put_bytes("plain/input.bin.part", content, SIZE);
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.sent, 0);
}

static void part_is_too_long(void **state)
{
    (void)state;
    unsigned char longer[SIZE + 10] = {0};
    put_bytes("plain/input.bin.part", longer, sizeof longer);
    assert_int_equal(get(&plain), OK);
    assert_got();
}

static void without_length(void **state)
{
    (void)state;
    server.no_length = true;
    assert_int_equal(get(&plain), OK);
    assert_got();
    plain.name = "again";
    plain.size = SIZE - 1;
    refused(get(&plain), ERR_DATA, "2999 are expected");
}

static void wrong_sum(void **state)
{
    (void)state;
    unsigned char other[SIZE];
    memcpy(other, content, SIZE);
    other[1234] ^= 4;
    server.content = other;
    refused(get(&plain), ERR_DATA, right_sum);
    char got[SUM_TEXT];
    sum_of(other, SIZE, got);
    assert_non_null(strstr(status_message(), got));
    assert_non_null(strstr(status_message(), address[0]));
    assert_non_null(strstr(status_message(), "--url"));
    assert_absent("plain/input.bin");
    assert_absent("plain/input.bin.part"); /* or the next call would go on from it */
    assert_file("plain/input.bin.wrong", other, SIZE);
    assert_int_equal(dataset_state(&plain, folder), DATASET_MISSING);

    server.content = content;
    assert_int_equal(get(&plain), OK);
    assert_file("plain/input.bin", content, SIZE);

    server.content = other; /* a sum that is only remembered does not refuse */
    plain.name = "remembered";
    plain.sum_certain = false;
    assert_int_equal(get(&plain), OK);
    assert_file("remembered/input.bin", other, SIZE);
    plain.name = "told"; /* one that was given does */
    refused(get_with(&plain, (struct fetch){.sum = right_sum}), ERR_DATA, got);
}

static void given_sum(void **state)
{
    (void)state;
    plain.sum = "md5:00000000000000000000000000000000";
    plain.size = 5;
    refused(get_with(&plain, (struct fetch){.sum = "sha256:abc"}), ERR_CONFIG, "64");
    refused(get_with(&plain, (struct fetch){.sum = "crc:abc"}), ERR_CONFIG, "md5:");
    assert_int_equal(get_with(&plain, (struct fetch){.sum = right_sum, .address = address[1]}), OK);
    assert_got();
    assert_string_equal(server.path[0], "/mirror.bin");
}

static void wrong_size(void **state)
{
    (void)state;
    plain.size = SIZE - 1;
    refused(get(&plain), ERR_DATA, "3000 bytes where 2999 are expected");
    assert_absent("plain/input.bin");
    assert_absent("plain/input.bin.part");
    plain.size = SIZE + 1;
    refused(get(&plain), ERR_DATA, "3000 bytes where 3001 are expected");
    assert_absent("plain/input.bin");
    assert_absent("plain/input.bin.part");
    plain.size_certain = false;
    assert_int_equal(get(&plain), OK);
    assert_got();
}

static void answers(void **state)
{
    (void)state;
    server.answer[0] = 404;
    refused(get(&plain), ERR_DATA, "404");
    assert_non_null(strstr(status_message(), address[0]));
    assert_int_equal(server.asked, 1); /* not tried again */
    assert_absent("plain/input.bin");
    server.answer[1] = 500;
    server.answer[2] = 503;
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_int_equal(server.asked, 4);
}

static void always_busy(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) server.answer[i] = 503;
    refused(get(&plain), ERR_DATA, "503");
    assert_int_equal(server.asked, 4);
}

static void second_address(void **state)
{
    (void)state;
    plain.address[1] = address[1];
    server.answer[0] = 403;
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_string_equal(server.path[1], "/mirror.bin");
}

static void nobody_listens(void **state)
{
    (void)state;
    const int fd = socket(AF_INET, SOCK_STREAM, 0); /* a port that is taken and does not listen */
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    snprintf(address[0], sizeof *address, "http://127.0.0.1:%d/x", ntohs(at.sin_port));
    refused(get(&plain), ERR_DATA, "4 attempts");
    close(fd);
}

static void redirects(void **state)
{
    (void)state;
    plain.address[0] = address[2];
    server.redirect = "/elsewhere.bin";
    server.cut_after = 1000;
    server.cuts = 1;
    assert_int_equal(get(&plain), OK);
    assert_got();
    assert_string_equal(server.path[1], "/elsewhere.bin");
    assert_int_equal(server.sent, SIZE);
    char file[FILE_PATH + 16];
    put_bytes("secret", content, SIZE); /* right in size and sum, and still not to be read */
    snprintf(file, sizeof file, "file://%s", in_folder("secret"));
    server.redirect = file;
    plain.name = "other";
    refused(get(&plain), ERR_DATA, address[2]);
    server.redirect = "/redirect";
    refused(get(&plain), ERR_DATA, address[2]); /* in a circle */
}

static void from_a_file(void **state)
{
    (void)state;
    char url[FILE_PATH + 16];
    put_bytes("mine.bin", content, SIZE);
    snprintf(url, sizeof url, "file://%s", in_folder("mine.bin"));
    assert_int_equal(get_with(&plain, (struct fetch){.address = url}), OK);
    assert_got();
    plain.name = "brought"; /* put there by hand */
    plain.part[0].path = "input.bin";
    put_bytes("brought/input.bin", content, SIZE);
    assert_int_equal(get_with(&plain, (struct fetch){.again = true}), OK);
    assert_int_equal(server.asked, 0);
    put("brought/input.bin", "damaged");
    assert_int_equal(get_with(&plain, (struct fetch){.again = true}), OK);
    assert_int_equal(server.asked, 1);
    assert_file("brought/input.bin", content, SIZE);
}

static void disk(void **state)
{
    (void)state;
    put("plain", "a file where the folder should be");
    refused(get(&plain), ERR_IO, in_folder("plain"));
    plain.name = "folder";
    put("folder/input.bin.part/x", "");
    refused(get(&plain), ERR_IO, "input.bin.part");
    plain.name = "link";
    put("target", "precious");
    put("link/x", "");
    assert_int_equal(symlink(in_folder("target"), in_folder("link/input.bin.part")), 0);
    refused(get(&plain), ERR_IO, "input.bin.part");
    assert_file("target", "precious", 8);
    plain.name = "locked";
    put("locked/x", "");
    const int fd = open(in_folder("locked"), O_RDONLY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    refused(get(&plain), ERR_IO, "another process");
    close(fd);
    assert_int_equal(get(&plain), OK);
}

/* ---- archives ------------------------------------------------------------------------------------------------ */

struct member {
    const char *name;
    int         type;    /* AE_IFREG ... */
    const char *link;    /* of AE_IFLNK; "=NAME": a hard link */
    size_t      size;    /* of a file of zeros; 0: its name is its content */
};

static void put_archive(const char *name, bool zip, const struct member *m, size_t n)
{
    static const char zeros[4096];
    put(name, "");
    struct archive *a = archive_write_new();
    if (zip) archive_write_set_format_zip(a);
    else archive_write_set_format_pax_restricted(a), archive_write_add_filter_gzip(a);
    assert_int_equal(archive_write_open_filename(a, in_folder(name)), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *e = archive_entry_new();
        const bool hard = m[i].link && m[i].link[0] == '=';
        const size_t size = m[i].type != AE_IFREG || hard ? 0 : m[i].size ? m[i].size : strlen(m[i].name);
        archive_entry_set_pathname(e, m[i].name);
        archive_entry_set_filetype(e, (unsigned)m[i].type);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_size(e, (la_int64_t)size);
        if (hard) archive_entry_set_hardlink(e, m[i].link + 1);
        else if (m[i].link) archive_entry_set_symlink(e, m[i].link);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        for (size_t done = 0; done < size;) {
            const size_t put_now = size - done < sizeof zeros ? size - done : sizeof zeros;
            archive_write_data(a, m[i].size ? zeros : m[i].name, put_now);
            done += put_now;
        }
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static struct file_content served;

static void serve(const char *name)
{
    file_close(&served);
    assert_int_equal(file_read(in_folder(name), &served), OK);
    server.content = served.at;
    server.n = served.n;
}

static struct dataset packed_set(void)
{
    return (struct dataset){.name = "set", .title = "an archive", .file = "set.tar.gz", .address = {address[0]}, .packed = true,
                            .most_bytes = 100000, .most_files = 20, .part = {{"train/a.txt", NULL}, {"readme", NULL}}};
}

static void unpacked(void **state)
{
    (void)state;
    const struct member all[] = {{"./", AE_IFDIR, NULL, 0}, {"./top/", AE_IFDIR, NULL, 0}, {"./top/inner/readme", AE_IFREG, NULL, 0},
                                 {"./top/inner/train/a.txt", AE_IFREG, NULL, 0}, {"./top/inner/train/..b", AE_IFREG, NULL, 0}};
    for (int zip = 0; zip < 2; zip++) {
        struct dataset d = packed_set();
        d.name = zip ? "zip" : "set";
        put_archive("x", zip, all, 5);
        serve("x");
        if (get(&d) != OK) fail_msg("%s", status_message());
        char path[64];
        snprintf(path, sizeof path, "%s/train/a.txt", d.name); /* without the two folders that hold everything */
        assert_file(path, "./top/inner/train/a.txt", 23);
        snprintf(path, sizeof path, "%s/.unpack", d.name);
        assert_absent(path);
        assert_int_equal(process_run("cd '%s/%s' && sha256sum -c SHA256SUMS && wc -l < SHA256SUMS", folder, d.name)->code, 0);
    }
    const struct dataset d = packed_set();
    const int asked = server.asked;
    put("set/train/a.txt", "changed");
    put("set/train/more.txt", "of an older version");
    put("set/mine.txt", "the user's");
    assert_int_equal(get(&d), OK); /* there */
    assert_file("set/train/a.txt", "changed", 7);
    assert_int_equal(get_with(&d, (struct fetch){.again = true}), OK);
    assert_int_equal(server.asked, asked); /* the archive is there, and no sum speaks against it */
    assert_file("set/train/a.txt", "./top/inner/train/a.txt", 23);
    assert_absent("set/train/more.txt");
    assert_file("set/mine.txt", "the user's", 10);
}

/* Nothing of an archive that means harm stays, in its folder or elsewhere. */
static void harm(void **state)
{
    (void)state;
    char outside[FILE_PATH];
    snprintf(outside, sizeof outside, "%s/evil-absolute", folder);
    const struct { struct member bad[3]; size_t n; const char *why; } harms[] = {
        {{{"../evil", AE_IFREG, NULL, 0}}, 1, ".."},
        {{{"train/../../../evil", AE_IFREG, NULL, 0}}, 1, ".."},
        {{{"train/..", AE_IFDIR, NULL, 0}}, 1, ".."},
        {{{outside, AE_IFREG, NULL, 0}}, 1, "absolute"},
        {{{"out", AE_IFLNK, "/tmp", 0}, {"out/evil", AE_IFREG, NULL, 0}}, 2, "symbolic link"},
        {{{"out", AE_IFLNK, "../..", 0}}, 1, "symbolic link"},
        {{{"hard", AE_IFREG, "=/etc/passwd", 0}}, 1, "hard link"},
        {{{"hard", AE_IFREG, "=../../target", 0}}, 1, "hard link"},
        {{{"pipe", AE_IFIFO, NULL, 0}}, 1, "neither file nor folder"},
        {{{"readme", AE_IFREG, NULL, 0}}, 1, "twice"},
        {{{"readme/x", AE_IFREG, NULL, 0}}, 1, "a folder where a file is"},
        {{{"a\\b", AE_IFREG, NULL, 0}}, 1, "backslash"},
        {{{"a\033[2Jb", AE_IFREG, NULL, 0}}, 1, "control"},
        {{{"bomb", AE_IFREG, NULL, 50000}, {"bomb2", AE_IFREG, NULL, 60000}}, 2, "more than 100000 bytes"},
    };
    put("target", "precious");
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct member all[8] = {{"readme", AE_IFREG, NULL, 0}, {"train/a.txt", AE_IFREG, NULL, 0}};
        memcpy(all + 2, harms[i].bad, sizeof harms[i].bad);
        put_archive("x", false, all, 2 + harms[i].n);
        serve("x");
        const struct dataset d = packed_set();
        const status s = get(&d);
        if (s == OK || !strstr(status_message(), harms[i].why)) fail_msg("harm %zu, \"%s\": %s", i, harms[i].bad[0].name, status_message());
        assert_null(strchr(status_message(), '\033'));
        assert_absent("set/.unpack");
        assert_absent("set/train");
        assert_absent("set/readme");
        assert_absent("evil");
        assert_absent("set/evil");
        assert_absent("evil-absolute");
        assert_file("target", "precious", 8);
    }
}

static void many_files(void **state)
{
    (void)state;
    static char names[30][16];
    struct member all[30];
    for (int i = 0; i < 30; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        all[i] = (struct member){names[i], AE_IFREG, NULL, 0};
    }
    put_archive("x", false, all, 30);
    serve("x");
    const struct dataset d = packed_set();
    refused(get(&d), ERR_DATA, "20 files");
}

static void broken_archives(void **state)
{
    (void)state;
    const struct member all[] = {{"top/readme", AE_IFREG, NULL, 0}, {"top/train/a.txt", AE_IFREG, NULL, 20000}};
    const struct dataset d = packed_set();
    put_archive("x", false, all, 2);
    serve("x");
    server.n /= 2; /* the server's copy ends early, and nobody knows its size */
    refused(get(&d), ERR_DATA, "cannot be unpacked");
    assert_absent("set/train");
    assert_absent("set/set.tar.gz");
    put("page.html", "<html>The archive has moved, please look elsewhere for it.</html>");
    serve("page.html");
    refused(get(&d), ERR_DATA, "set.tar.gz");
    put_archive("x", false, all, 1);
    serve("x");
    refused(get(&d), ERR_DATA, "train/a.txt");
    assert_absent("set/readme");
    put_archive("x", false, all, 2);
    serve("x");
    struct dataset known = d;
    known.part[0].sum = right_sum;
    refused(get(&known), ERR_DATA, right_sum);
    assert_absent("set/train");
    assert_int_equal(get(&d), OK);
    file_close(&served);
}

/* ---- the program --------------------------------------------------------------------------------------------- */

static void expect(const struct finished *f, int code, const char *text)
{
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("exit code %d, wanted %d and \"%s\"; it said:\n%s", f->code, code, text ? text : "", f->out);
}

static void commands(void **state)
{
    (void)state;
    expect(process_run("'%s' data fetch tinyshakespeare --data '%s' --url %s", reach, folder, address[0]), 1, "3000 bytes where 1115394 are expected");
    expect(process_run("'%s' data fetch tinyshakespeare --data '%s' --url %s --sum %s", reach, folder, address[0], right_sum), 0, "done");
    assert_file("tinyshakespeare/input.txt", content, SIZE);
    expect(process_run("'%s' data verify tinyshakespeare --data '%s'", reach, folder), 0, "ok");
    expect(process_run("'%s' data list --data '%s'", reach, folder), 0, "tinyshakespeare  ready");
    unsigned char flipped[SIZE];
    memcpy(flipped, content, SIZE);
    flipped[2999] ^= 1;
    put_bytes("tinyshakespeare/input.txt", flipped, SIZE);
    expect(process_run("'%s' data verify tinyshakespeare --data '%s'", reach, folder), 1, "damaged");
    expect(process_run("'%s' data verify --data '%s'", reach, folder), 1, "tinyshakespeare  damaged");
    unlink(in_folder("tinyshakespeare/" MANIFEST)); /* now against what was published */
    expect(process_run("'%s' data verify tinyshakespeare --data '%s'", reach, folder), 1, "published is sha256:86c4e6");
    expect(process_run("'%s' data verify text8 --data '%s'", reach, folder), 1, "missing");
    expect(process_run("'%s' data verify listops mqar --data '%s'", reach, folder), 0, "examples");
    expect(process_run("'%s' data fetch kjv --data '%s'", reach, folder), 2, "reach data make kjv");
    expect(process_run("'%s' data fetch lm --data '%s'", reach, folder), 2, "reach data make kjv");
    expect(process_run("'%s' data fetch listops", reach), 2, "one of: lra");
    expect(process_run("'%s' data fetch enwik", reach), 2, "did you mean \"enwik8\"?");
    expect(process_run("'%s' data fetch enwik8 text8 --url http://x/", reach), 2, "one name");
    expect(process_run("'%s' data fetch enwik8 --sum md5:12 --data '%s'", reach, folder), 2, "32 hex digits");
    expect(process_run("'%s' data verify --again", reach), 2, "data fetch");
    expect(process_run("'%s' data list lra", reach), 0, "https://storage.googleapis.com/long-range-arena/lra_release.gz");
}

static void verified(void **state)
{
    (void)state;
    const struct member all[] = {{"wikitext-2/wiki.train.tokens", AE_IFREG, NULL, 900}, {"wikitext-2/wiki.valid.tokens", AE_IFREG, NULL, 0},
                                 {"wikitext-2/wiki.test.tokens", AE_IFREG, NULL, 0}};
    char sum[SUM_TEXT];
    put_archive("x", true, all, 3);
    serve("x");
    assert_int_equal(sum_file(in_folder("x"), "md5", sum), OK);
    const char *const command = "'%s' data %s wikitext-2 --data '%s'";
    expect(process_run("'%s' data fetch wikitext-2 --data '%s' --url %s --sum %s", reach, folder, address[0], sum), 0, "done");
    expect(process_run(command, reach, "verify", folder), 0, "4 files have the sums");
    put("wikitext-2/wiki.valid.tokens", "wikitext-2/wiki.valid.tokenS");
    expect(process_run(command, reach, "verify", folder), 1, "wiki.valid.tokens has sha256:");
    unlink(in_folder("wikitext-2/wiki.valid.tokens"));
    expect(process_run(command, reach, "verify", folder), 1, "wiki.valid.tokens is missing");
    expect(process_run("'%s' data fetch wikitext-2 --again --data '%s' --url %s --sum %s", reach, folder, address[0], sum), 0, "done");
    unlink(in_folder("wikitext-2/wikitext-2-v1.zip")); /* an unpacked archive may go */
    expect(process_run(command, reach, "verify", folder), 0, "3 files have the sums");
    file_close(&served);
}

/* No line of the list is wider than a page. */
static void narrow(void **state)
{
    (void)state;
    char *rest = process_run("'%s' data list --data '%s'", reach, folder)->out;
    for (char *line; (line = strtok_r(rest, "\n", &rest));)
        if (strlen(line) > 100 && !strstr(line, folder)) fail_msg("%zu columns: %s", strlen(line), line);
}

static void interrupted(void **state)
{
    (void)state;
    server.hold_after = 1000;
    char log[FILE_PATH];
    snprintf(log, sizeof log, "%s", in_folder("log"));
    const pid_t pid = process_start(log, "'%s' data fetch tinyshakespeare --data '%s' --url %s --sum %s", reach, folder, address[0], right_sum);
    struct stat about = {0};
    for (int i = 0; i < 2000 && (stat(in_folder("tinyshakespeare/input.txt.part"), &about) != 0 || about.st_size < 1000); i++) process_sleep(0.01);
    kill(pid, SIGINT);
    assert_int_equal(process_wait(pid), 130);
    assert_file("tinyshakespeare/input.txt.part", content, 1000);
    expect(process_run("cat '%s'", log), 0, "1000 bytes, and the same command goes on");
    server.hold_after = 0;
    expect(process_run("'%s' data fetch tinyshakespeare --data '%s' --url %s --sum %s", reach, folder, address[0], right_sum), 0, "done");
    assert_int_equal(server.from[1], 1000);
    assert_file("tinyshakespeare/input.txt", content, SIZE);
}

static void full_disk(void **state)
{
    (void)state;
    expect(process_run("trap '' XFSZ; ulimit -f 1; '%s' data fetch tinyshakespeare --data '%s' --url %s --sum %s", reach, folder, address[0], right_sum), 1, "cannot write");
    assert_absent("tinyshakespeare/input.txt");
    expect(process_run("'%s' data fetch tinyshakespeare --data '%s' --url %s --sum %s", reach, folder, address[0], right_sum), 0, "done");
    assert_true(server.from[1] > 0);
}

static void proxy(void **state)
{
    (void)state;
    expect(process_run("no_proxy= http_proxy=http://127.0.0.1:%d '%s' data fetch tinyshakespeare --data '%s' --url http://data.invalid/x --sum %s", server.port, reach,
                       folder, right_sum), 0, "done");
    assert_string_equal(server.path[0], "http://data.invalid/x");
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

static void table(void **state)
{
    (void)state;
    for (const struct dataset *d = datasets; d->name; d++) {
        assert_ptr_equal(dataset_find(d->name), d);
        assert_non_null(d->title);
        assert_non_null(d->licence);
        assert_non_null(d->part[0].path);
        assert_true(d->size > 0);
        assert_true(d->tasks[0] || d->readers);
        assert_true((d->file != NULL) == (d->address[0] != NULL));
        assert_true((d->file != NULL) != (d->get != NULL));
        if (d->packed) assert_true(d->most_bytes > d->size && d->most_files > 0);
        if (d->sum && sum_parse(d->sum) != OK) fail_msg("%s: %s", d->name, status_message());
        for (size_t i = 0; i < sizeof d->part / sizeof *d->part && d->part[i].path; i++)
            if (d->part[i].sum && sum_parse(d->part[i].sum) != OK) fail_msg("%s: %s", d->name, status_message());
    }
}

/* The examples of RFC 1321 and FIPS 180. */
static void sums(void **state)
{
    (void)state;
    static const char *const abc[] = {"md5:900150983cd24fb0d6963f7d28e17f72", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
                                      "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
    char got[SUM_TEXT];
    put("abc", "abc");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(sum_parse(abc[i]), OK);
        assert_int_equal(sum_file(in_folder("abc"), abc[i], got), OK);
        assert_string_equal(got, abc[i]);
    }
    refused(sum_file(in_folder("none"), "md5", got), ERR_IO, "none");
    assert_true(sum_same("md5:AB", "md5:ab"));
}

int main(void)
{
    if (process_setup() != 0) {
        fprintf(stderr, "%s: cannot be run; `make` builds it\n", reach);
        return 1;
    }
    setenv("no_proxy", "127.0.0.1", 1);
    setenv("NO_PROXY", "127.0.0.1", 1);
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(whole), T(cut_and_resumed), T(resumed_later), T(cut_at_every_turn), T(no_ranges), T(no_ranges_and_cut), T(part_of_another_file),
        T(part_is_whole), T(part_is_too_long), T(without_length), T(wrong_sum), T(given_sum), T(wrong_size), T(answers), T(always_busy),
        T(second_address), T(nobody_listens), T(redirects), T(from_a_file), T(disk), T(unpacked), T(harm), T(many_files), T(broken_archives),
        T(commands), T(verified), T(narrow), T(interrupted), T(full_disk), T(proxy), T(table), T(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
