/* new.c -- reach new NAME: an attention of one's own, from variants/attention/template.c, in the tree or as a plugin. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/option.h"
#include "cli/command.h"
#include "variants/variant.h"

struct new_flags {
    const char *in;
    bool plugin, no_build;
};

/* ---- names ---- */

static bool among(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0) return true;
    return false;
}

/* Words that would be both a name of C and the attention's, or that commands take for something else. */
static status check_name(const char *name)
{
    static const char *const of_c[] = {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto",
        "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
        "typedef", "union", "unsigned", "void", "volatile", "while", "bool", "true", "false", "asm", "typeof", "main", NULL};
    static const char *const of_reach[] = {
        "all", "variants", "positions", "tasks", "protocols", "configs", "model", "train", "test", "heads", "pass", "builder", "tape", "node",
        "option", "attention", "position", "plugin", "reach", "template", "pattern", "tensor", NULL};
    if (!variant_is_word(name))
        FAIL(ERR_CONFIG, "\"%s\" cannot be a name; want small letters, digits and _, a letter first, at most 40, as in sharp_window", name);
    if (among(name, of_c)) FAIL(ERR_CONFIG, "\"%s\" is a word of C; want another name, such as my_%s", name, name);
    if (among(name, of_reach)) FAIL(ERR_CONFIG, "\"%s\" is a word of reach's own; want another name, such as my_%s", name, name);
    if (attention_find(name) || preset_find(name) || position_find(name))
        FAIL(ERR_CONFIG, "there is a variant \"%s\" already (reach list %s); want another name", name, name);
    return OK;
}

/* ---- files ---- */

struct swap { const char *from, *to; };

/* The text of `file` with every `from` replaced; to be freed. */
static status read_swapped(const char *file, const struct swap *swap, size_t n, char **out)
{
    struct file_content content;
    TRY(file_read(file, &content));
    size_t size;
    FILE *f = open_memstream(out, &size);
    if (!f) status_no_memory("a template", content.n);
    for (const char *at = (const char *)content.at; *at;) {
        size_t k = 0;
        while (k < n && strncmp(at, swap[k].from, strlen(swap[k].from)) != 0) k++;
        if (k < n) fputs(swap[k].to, f), at += strlen(swap[k].from);
        else fputc(*at++, f);
    }
    if (fclose(f) != 0) status_no_memory("a template", content.n);
    file_close(&content);
    return OK;
}

static status write_new(const char *path, const char *text)
{
    if (access(path, F_OK) == 0) FAIL(ERR_CONFIG, "%s is there already; it is left as it is", path);
    return file_write(path, text, strlen(text));
}

static status write_swapped(const char *path, const char *from, const struct swap *swap, size_t n)
{
    char *text = NULL;
    status e = read_swapped(from, swap, n, &text);
    if (e == OK) e = write_new(path, text);
    free(text);
    return e;
}

/* One more line at the list's end; its readers see the old list or the new one. */
static status add_to_list(const char *list, const char *name)
{
    char line[128], *text = NULL;
    snprintf(line, sizeof line, "ATTENTION(%s)\n", name);
    TRY(read_swapped(list, NULL, 0, &text));
    const size_t n = strlen(text), more = strlen(line) + 2;
    status e = strstr(text, line) ? status_fail(ERR_CONFIG, "%s lists %s already", list, name) : OK;
    char *longer = realloc(text, n + more);
    if (!longer) status_no_memory("a list", n + more);
    if (n && longer[n - 1] != '\n') strcat(longer, "\n");
    strcat(longer, line);
    if (e == OK) e = file_write(list, longer, strlen(longer));
    free(longer);
    return e;
}

/* ---- where ---- */

struct job {
    const char *name;
    char root[FILE_PATH - 256], file[FILE_PATH], folder[FILE_PATH - 128]; /* of `make` */
    char program[FILE_PATH];                                             /* that checks it */
};

static status write_in_tree(struct job *j)
{
    char list[FILE_PATH], from[FILE_PATH];
    snprintf(list, sizeof list, "%s/variants/attention_list.h", j->root);
    snprintf(from, sizeof from, "%s/variants/attention/template.c", j->root);
    snprintf(j->file, sizeof j->file, "%s/variants/attention/%s.c", j->root, j->name);
    snprintf(j->folder, sizeof j->folder, "%s", j->root);
    snprintf(j->program, sizeof j->program, "%s/build/reach", j->root);
    char makefile[FILE_PATH], header[FILE_PATH];
    snprintf(makefile, sizeof makefile, "%s/Makefile", j->root);
    snprintf(header, sizeof header, "%s/variants/attention/%s.h", j->root, j->name);
    if (!file_is_file(list) || !file_is_file(makefile))
        FAIL(ERR_CONFIG, "this program is not in its source tree (no variants/attention_list.h in %s); reach new %s --plugin makes a library", j->root, j->name);
    if (file_is_file(header)) FAIL(ERR_CONFIG, "%s is there already; want another name", header);
    const struct swap swap[] = {{"template", j->name}};
    TRY(write_swapped(j->file, from, swap, 1));
    const status e = add_to_list(list, j->name);
    if (e != OK) unlink(j->file);
    else printf("%s\n%s: ATTENTION(%s)\n", j->file, list, j->name);
    return e;
}

/* Flags that find the headers: of the source tree, or of an installation (PREFIX/share/reach is the root). */
static void headers_of(const char *root, char *out, size_t size)
{
    char tree[FILE_PATH];
    snprintf(tree, sizeof tree, "%s/harness", root);
    if (file_is_folder(tree)) snprintf(out, size, "-I%s -I%s", tree, root);
    else snprintf(out, size, "-I%.*s/include/reach", (int)(strlen(root) - strlen("/share/reach")), root);
}

static status write_plugin(struct job *j, const char *in)
{
    char source[FILE_PATH], rules[FILE_PATH], makefile[FILE_PATH], headers[2 * FILE_PATH];
    if (strlen(in) > sizeof j->folder - 64) FAIL(ERR_CONFIG, "--in %.80s...: path too long", in);
    snprintf(j->folder, sizeof j->folder, "%s", in);
    snprintf(j->file, sizeof j->file, "%s/%s.c", in, j->name);
    snprintf(makefile, sizeof makefile, "%s/Makefile", in);
    snprintf(source, sizeof source, "%s/variants/attention/template.c", j->root);
    snprintf(rules, sizeof rules, "%s/variants/plugin.mk", j->root);
    headers_of(j->root, headers, sizeof headers);
    TRY(file_make_folder(in));
    if (access(makefile, F_OK) == 0) FAIL(ERR_CONFIG, "%s is there already; --in DIR writes to another folder", makefile);
    const struct swap in_source[] = {{"template", j->name}}, in_rules[] = {{"@NAME@", j->name}, {"@HEADERS@", headers}};
    TRY(write_swapped(j->file, source, in_source, 1));
    TRY(write_swapped(makefile, rules, in_rules, 2));
    printf("%s\n%s\n", j->file, makefile);
    return OK;
}

/* ---- build and check ---- */

static status run_program(char *const *argv)
{
    int how = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) FAIL(ERR_IO, "%s cannot be started: %s", argv[0], strerror(errno));
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) continue;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return OK;
    if (WIFEXITED(how) && WEXITSTATUS(how) == 127) FAIL(ERR_IO, "%s cannot be started: is it installed?", argv[0]);
    FAIL(ERR_IO, "%s %s failed; see above", argv[0], argv[1]);
}

static status build_and_check(struct job *j, bool plugin)
{
    char jobs[32], library[FILE_PATH];
    snprintf(jobs, sizeof jobs, "-j%ld", sysconf(_SC_NPROCESSORS_ONLN));
    char *const make[] = {"make", "--no-print-directory", jobs, "-C", j->folder, NULL};
    snprintf(library, sizeof library, "%s/%s.so", j->folder, j->name);
    char *const check[] = {j->program, "check", (char *)j->name, plugin ? "--plugin" : NULL, library, NULL};
    TRY(run_program(make));
    return run_program(check);
}

static void print_next(const struct job *j, bool plugin)
{
    char here[FILE_PATH], with[FILE_PATH + 16] = "", config[FILE_PATH] = "configs/compare.yaml", build[FILE_PATH + 16] = "make", reach[FILE_PATH] = "./reach";
    const bool at_root = getcwd(here, sizeof here) && strcmp(here, j->root) == 0;
    if (!at_root) {
        snprintf(config, sizeof config, "%s/configs/compare.yaml", j->root);
        snprintf(reach, sizeof reach, "%s", j->program);
    }
    if (plugin || !at_root) snprintf(build, sizeof build, "make -C %s", j->folder);
    if (plugin) snprintf(with, sizeof with, " --plugin %s/%s.so", j->folder, j->name);
    const char *n = j->name;
    printf("\nNow change %s_forward in %s, and then:\n", n, j->file);
    printf("  %s && %s check %s%s\n", build, reach, n, with);
    printf("  %s run %s --set 'variants=[rope, no_memory, %s]'%s\n", reach, config, n, with);
    printf("  %s plot %s --set 'variants=[rope, no_memory, %s]'%s\n", reach, config, n, with);
}

static int run(int argc, char **argv)
{
    struct new_flags f = {0};
    const struct flag flags[] = {{.name = "plugin", .given = &f.plugin}, {.name = "in", .value = &f.in},
                                 {.name = "no-build", .given = &f.no_build}, {.name = NULL}};
    static struct job j;
    status e = command_flags(flags, &argc, argv);
    if (e == OK && argc != 2) e = status_fail(ERR_CONFIG, "new wants one name, as in reach new my_window");
    if (e == OK && f.in && !f.plugin) e = status_fail(ERR_CONFIG, "--in says where a plugin goes; add --plugin, or leave it out");
    if (e == OK) e = check_name(argv[1]);
    if (e != OK) return command_failed(e);
    j.name = argv[1];
    snprintf(j.root, sizeof j.root, "%s", place_root());
    const ssize_t n = readlink("/proc/self/exe", j.program, sizeof j.program - 1);
    if (n > 0) j.program[n] = 0;
    e = f.plugin ? write_plugin(&j, f.in ? f.in : ".") : write_in_tree(&j);
    if (e == OK && !f.no_build) e = build_and_check(&j, f.plugin);
    if (e != OK) return command_failed(e);
    print_next(&j, f.plugin);
    return EXIT_DONE;
}

const struct command command_new = {
    .name = "new",
    .usage = "new NAME [--plugin [--in DIR]] [--no-build]",
    .summary = "an attention of your own: a commented file that works, built and checked",
    .help = "Writes variants/attention/NAME.c, a softmax attention with one learned number per head in which every part is explained, adds\n"
            "it to variants/attention_list.h, runs make and `reach check NAME`, and says what to do next.\n\n"
            "  --plugin              write NAME.c and a Makefile for a shared library instead, which `--plugin NAME.so` of the other\n"
            "                        commands loads; the source tree is neither needed nor touched\n"
            "  --in DIR              where these go (default: the current folder)\n"
            "  --no-build            only write\n",
    .run = run,
    .own_plugin_flag = true,
};
