/* yaml_print.c -- a tree as YAML text that reads back as the same tree. */
#include "config/yaml_print.h"

#include <string.h>

#include "base/option.h"

enum { SMALL = 12 }; /* values that share a line */

/* Plain if it was plain and may be so inside brackets too; quoted with the escapes of YAML otherwise. */
static void print_scalar(FILE *out, const struct yaml *y)
{
    char plain[OPTION_PRINT];
    if (y->plain && !strpbrk(y->text, ",[]{}:#\n\"'")) {
        fputs(y->text[0] ? y->text : "~", out);
        return;
    }
    if (strlen(y->text) < 200 && !strpbrk(y->text, "\n\t")) {
        option_print_word(y->text, plain, sizeof plain);
        if (plain[0] == '"') {
            fputs(plain, out);
            return;
        }
    }
    fputc('"', out);
    for (const char *p = y->text; *p; p++) {
        if (*p == '\n') fputs("\\n", out);
        else if (*p == '\t') fputs("\\t", out);
        else {
            if (*p == '"' || *p == '\\') fputc('\\', out);
            fputc(*p, out);
        }
    }
    fputc('"', out);
}

static void print_flow(FILE *out, const struct yaml *y)
{
    if (y->kind == YAML_SCALAR) {
        print_scalar(out, y);
        return;
    }
    fputc(y->kind == YAML_MAP ? '{' : '[', out);
    for (size_t i = 0; i < y->n; i++) {
        if (i) fputs(", ", out);
        if (y->kind == YAML_MAP) {
            print_scalar(out, y->key[i]);
            fputs(": ", out);
        }
        print_flow(out, y->item[i]);
    }
    fputc(y->kind == YAML_MAP ? '}' : ']', out);
}

static void print_block(FILE *out, const struct yaml *y, int indent, const char *const *without);

static void print_value(FILE *out, const struct yaml *y, int indent)
{
    const bool flow = y->kind == YAML_SCALAR || y->n == 0 || (y->count <= SMALL && indent > 0) || y->deep <= 2;
    if (flow) {
        fputc(' ', out);
        print_flow(out, y);
        fputc('\n', out);
    } else {
        fputc('\n', out);
        print_block(out, y, indent, NULL);
    }
}

static bool is_in(const char *word, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(*list, word) == 0) return true;
    return false;
}

/* A list's items stand in one line each. */
static void print_block(FILE *out, const struct yaml *y, int indent, const char *const *without)
{
    for (size_t i = 0; i < y->n; i++) {
        if (y->kind == YAML_MAP && is_in(y->key[i]->text, without)) continue;
        fprintf(out, "%*s", indent, "");
        if (y->kind == YAML_MAP) {
            print_scalar(out, y->key[i]);
            fputc(':', out);
            print_value(out, y->item[i], indent + 2);
        } else {
            fputs("- ", out);
            print_flow(out, y->item[i]);
            fputc('\n', out);
        }
    }
}

void yaml_print(FILE *out, const struct yaml *root, const char *const *without)
{
    if (root->kind == YAML_MAP && root->n) print_block(out, root, 0, without);
    else print_flow(out, root), fputc('\n', out);
}
