/* test_option.c -- option tables: defaults, setting, refusing, printing, the nearest word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/option.h"
#include "base/random.h"
#include "model/options.h"
#include "tasks/task.h"
#include "train/options.h"
#include "variants/variant.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

struct sample {
    int64_t          whole;
    double           number;
    bool             flag;
    int              choice;
    unsigned         set;
    char             word[OPTION_TEXT];
    struct int_list  wholes;
    struct real_list numbers;
};

#define AT(field) offsetof(struct sample, field)
static const struct option table[] = {
    {"whole", OPTION_INT, AT(whole), "7", -5, 1e12, NULL, ""},
    {"number", OPTION_REAL, AT(number), "0.1", -1e300, 1e300, NULL, ""},
    {"flag", OPTION_BOOL, AT(flag), "true", 0, 0, NULL, ""},
    {"choice", OPTION_CHOICE, AT(choice), "green", 0, 0, colours, ""},
    {"set", OPTION_SET, AT(set), "[red,blue]", 0, 0, colours, ""},
    {"word", OPTION_WORD, AT(word), "two words, [one] text", 0, 0, NULL, ""},
    {"wholes", OPTION_INT_LIST, AT(wholes), "[1, 20, 300]", 0, 1e6, NULL, ""},
    {"numbers", OPTION_REAL_LIST, AT(numbers), "[]", 0, 1, NULL, ""},
    {.name = NULL},
};

static struct sample defaults(void)
{
    struct sample s;
    option_defaults(table, &s, sizeof s);
    return s;
}

static const struct option *find(const char *name)
{
    const struct option *o = option_find(table, name);
    assert_non_null(o);
    return o;
}

static void test_defaults(void **state)
{
    (void)state;
    const struct sample s = defaults();
    assert_int_equal(s.whole, 7);
    assert_true(s.number == 0.1);
    assert_true(s.flag);
    assert_int_equal(s.choice, 1);
    assert_int_equal(s.set, 5);
    assert_string_equal(s.word, "two words, [one] text");
    assert_int_equal(s.wholes.n, 3);
    assert_int_equal(s.wholes.at[2], 300);
    assert_int_equal(s.numbers.n, 0);
    assert_null(option_find(table, "Whole"));
    assert_null(option_find(NULL, "whole"));
}

/* Every table of the program has defaults that can be read. */
static void test_tables(void **state)
{
    (void)state;
    static _Alignas(16) unsigned char room[4096];
    option_defaults(model_option_table, room, sizeof room);
    option_defaults(train_option_table, room, sizeof room);
    option_defaults(test_option_table, room, sizeof room);
    for (size_t i = 0; attentions[i]; i++) option_defaults(attentions[i]->options, room, sizeof room);
    for (size_t i = 0; positions[i]; i++) option_defaults(positions[i]->options, room, sizeof room);
    for (size_t i = 0; tasks[i]; i++) option_defaults(tasks[i]->options, room, sizeof room);
}

static void sets(const char *name, const char *text, const char *printed)
{
    struct sample s = defaults();
    char out[OPTION_PRINT];
    if (option_set(find(name), &s, 1, &text) != OK) fail_msg("%s: %s: %s", name, text, status_message());
    option_print(find(name), &s, out, sizeof out);
    assert_string_equal(out, printed);
}

static void test_set_and_print(void **state)
{
    (void)state;
    sets("whole", "64", "64");
    sets("whole", "-5", "-5");
    sets("whole", "+3", "3");
    sets("whole", "1e6", "1000000");
    sets("whole", "2.0", "2");
    sets("number", "1e6", "1e6");
    sets("number", "1000", "1000");
    sets("number", "250000", "250000");
    sets("number", "2500000", "2.5e6");
    sets("number", "16777216", "16777216");
    sets("number", ".5", "0.5");
    sets("number", "-0", "0");
    sets("number", "1e-4", "0.0001");
    sets("number", "0.00001", "1e-5");
    sets("number", "0.1000000000000000055", "0.1");
    sets("number", "5e-324", "5e-324");
    sets("number", "-3.141592653589793e+100", "-3.141592653589793e100");
    sets("flag", "False", "false");
    sets("choice", "blue", "blue");
    sets("set", "green", "[green]");
    sets("word", "plain/word-1.txt", "plain/word-1.txt");
    sets("word", "null", "\"null\"");
    sets("word", "", "\"\"");
    sets("word", "a \"b\"\\\n", "\"a \\\"b\\\"\\\\\\x0A\"");
    sets("wholes", "5", "[5]");
}

static void test_lists(void **state)
{
    (void)state;
    struct sample s = defaults();
    char out[OPTION_PRINT];
    assert_int_equal(option_set(find("numbers"), &s, 3, (const char *const[]){"0.25", "1", "1e-9"}), OK);
    option_print(find("numbers"), &s, out, sizeof out);
    assert_string_equal(out, "[0.25, 1, 1e-9]");
    assert_int_equal(option_set(find("set"), &s, 2, (const char *const[]){"blue", "red"}), OK);
    option_print(find("set"), &s, out, sizeof out);
    assert_string_equal(out, "[red, blue]");
    assert_int_equal(option_set(find("set"), &s, 0, NULL), OK);
    option_print(find("set"), &s, out, sizeof out);
    assert_string_equal(out, "[]");
}

/* The fewest digits, and the same number. */
static void test_real_round_trip(void **state)
{
    (void)state;
    random_stream r = random_stream_of(1, RANDOM_TEST, 0, 0);
    for (int i = 0; i < 100000; i++) {
        struct sample s = defaults(), t = s;
        uint64_t bits = (uint64_t)random_u32(&r) << 32 | random_u32(&r);
        memcpy(&s.number, &bits, sizeof bits);
        if (!(s.number >= -1e300 && s.number <= 1e300)) continue;
        char out[OPTION_PRINT];
        option_print(find("number"), &s, out, sizeof out);
        assert_int_equal(option_set(find("number"), &t, 1, (const char *const[]){out}), OK);
        assert_memory_equal(&s, &t, sizeof s);
    }
}

static void test_print_is_cut(void **state)
{
    (void)state;
    const struct sample s = defaults();
    char out[8] = "xxxxxxx";
    option_print(find("wholes"), &s, out, 5);
    assert_string_equal(out, "[1, ");
    assert_int_equal(out[5], 'x');
}

static void refuses(const char *name, const char *text, const char *sentence)
{
    struct sample s = defaults();
    assert_int_equal(option_set(find(name), &s, 1, &text), ERR_CONFIG);
    assert_string_equal(status_message(), sentence);
}

static void test_refusals(void **state)
{
    (void)state;
    refuses("whole", "12.5", "whole: 12.5 is not a whole number");
    refuses("whole", "1.25e1", "whole: 1.25e1 is not a whole number");
    refuses("whole", "twelve", "whole: \"twelve\" is not a whole number");
    refuses("whole", "", "whole: \"\" is not a whole number");
    refuses("whole", "0x10", "whole: \"0x10\" is not a whole number");
    refuses("whole", " 1", "whole: \" 1\" is not a whole number");
    refuses("whole", "-6", "whole: -6 is out of range; it must be from -5 to 1e12");
    refuses("whole", "99999999999999999999", "whole: 99999999999999999999 is out of range; it must be from -5 to 1e12");
    refuses("whole", "1e99", "whole: 1e99 is out of range; it must be from -5 to 1e12");
    refuses("number", "inf", "number: \"inf\" is not a number");
    refuses("number", ".nan", "number: \".nan\" is not a number");
    refuses("number", "1e", "number: \"1e\" is not a number");
    refuses("number", ".", "number: \".\" is not a number");
    refuses("number", "1e999", "number: 1e999 is out of range; it must be from -1e300 to 1e300");
    refuses("flag", "yes", "flag: \"yes\" is neither true nor false");
    refuses("choice", "gren", "choice: no choice \"gren\"; did you mean \"green\"?");
    refuses("choice", "purple", "choice: no choice \"purple\"; known: red, green, blue");
    refuses("set", "blu", "set: no choice \"blu\"; did you mean \"blue\"?");

    struct sample s = defaults();
    char long_word[OPTION_TEXT + 1];
    memset(long_word, 'a', OPTION_TEXT);
    long_word[OPTION_TEXT] = 0;
    refuses("word", long_word, "word: 256 bytes of text; at most 255 fit");
    assert_int_equal(option_set(find("set"), &s, 2, (const char *const[]){"red", "red"}), ERR_CONFIG);
    assert_string_equal(status_message(), "set: \"red\" stands twice");
    assert_int_equal(option_set(find("whole"), &s, 2, (const char *const[]){"1", "2"}), ERR_CONFIG);
    assert_string_equal(status_message(), "whole: takes one value, not 2");
    assert_int_equal(option_set(find("wholes"), &s, 33, NULL), ERR_CONFIG);
    assert_string_equal(status_message(), "wholes: a list of 33; at most 32 fit");
}

static void test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"window", "width", "feed_forward", "lm", "q", NULL};
    assert_string_equal(option_nearest("widnow", words), "window");
    assert_string_equal(option_nearest("WIDTH", words), "width");
    assert_string_equal(option_nearest("widht", words), "width");
    assert_string_equal(option_nearest("feedfroward", words), "feed_forward");
    assert_string_equal(option_nearest("ml", words), "lm");
    assert_null(option_nearest("k", words));
    assert_null(option_nearest("ab", words));
    assert_null(option_nearest("", words));
    assert_null(option_nearest("attention", words));

    char hint[200];
    option_hint("widnow", words, hint, sizeof hint);
    assert_string_equal(hint, "; did you mean \"window\"?");
    option_hint("attention", words, hint, sizeof hint);
    assert_string_equal(hint, "; known: window, width, feed_forward, lm, q");
    option_hint("attention", (const char *const[]){NULL}, hint, sizeof hint);
    assert_string_equal(hint, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_set_and_print),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_real_round_trip),
        cmocka_unit_test(test_print_is_cut),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
