/* kjv.c -- from what `bible` prints to a folder of books. */
#include "tasks/kjv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define COMMAND "bible -f gen1:1-rev22:21"

const struct kjv_book kjv_books[KJV_BOOKS] = {
    {"Ge",   "01-genesis.txt",           1533, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Exo",  "02-exodus.txt",            1213, KJV_LAW,       SPLIT_TRAIN},
    {"Lev",  "03-leviticus.txt",          859, KJV_LAW,       SPLIT_VALID},
    {"Num",  "04-numbers.txt",           1288, KJV_LAW,       SPLIT_TRAIN},
    {"Deu",  "05-deuteronomy.txt",        959, KJV_LAW,       SPLIT_TEST},
    {"Josh", "06-joshua.txt",             658, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Jdgs", "07-judges.txt",             618, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Ruth", "08-ruth.txt",                85, KJV_NARRATIVE, SPLIT_VALID},
    {"1Sm",  "09-1-samuel.txt",           810, KJV_NARRATIVE, SPLIT_TRAIN},
    {"2Sm",  "10-2-samuel.txt",           695, KJV_NARRATIVE, SPLIT_TRAIN},
    {"1Ki",  "11-1-kings.txt",            816, KJV_NARRATIVE, SPLIT_TRAIN},
    {"2Ki",  "12-2-kings.txt",            719, KJV_NARRATIVE, SPLIT_TRAIN},
    {"1Chr", "13-1-chronicles.txt",       942, KJV_NARRATIVE, SPLIT_TRAIN},
    {"2Chr", "14-2-chronicles.txt",       822, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Ezra", "15-ezra.txt",               280, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Neh",  "16-nehemiah.txt",           406, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Est",  "17-esther.txt",             167, KJV_NARRATIVE, SPLIT_TEST},
    {"Job",  "18-job.txt",               1070, KJV_POETRY,    SPLIT_TRAIN},
    {"Psa",  "19-psalms.txt",            2461, KJV_POETRY,    SPLIT_TRAIN},
    {"Prv",  "20-proverbs.txt",           915, KJV_POETRY,    SPLIT_TRAIN},
    {"Eccl", "21-ecclesiastes.txt",       222, KJV_POETRY,    SPLIT_TEST},
    {"SSol", "22-song-of-solomon.txt",    117, KJV_POETRY,    SPLIT_VALID},
    {"Isa",  "23-isaiah.txt",            1292, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Jer",  "24-jeremiah.txt",          1364, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Lam",  "25-lamentations.txt",       154, KJV_POETRY,    SPLIT_TRAIN},
    {"Eze",  "26-ezekiel.txt",           1273, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Dan",  "27-daniel.txt",             357, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Hos",  "28-hosea.txt",              197, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Joel", "29-joel.txt",                73, KJV_PROPHECY,  SPLIT_VALID},
    {"Amos", "30-amos.txt",               146, KJV_PROPHECY,  SPLIT_TEST},
    {"Obad", "31-obadiah.txt",             21, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Jonah", "32-jonah.txt",               48, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Mic",  "33-micah.txt",              105, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Nahum", "34-nahum.txt",               47, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Hab",  "35-habakkuk.txt",            56, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Zep",  "36-zephaniah.txt",           53, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Hag",  "37-haggai.txt",              38, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Zec",  "38-zechariah.txt",          211, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Mal",  "39-malachi.txt",             55, KJV_PROPHECY,  SPLIT_TRAIN},
    {"Mat",  "40-matthew.txt",           1071, KJV_GOSPEL,    SPLIT_TRAIN},
    {"Mark", "41-mark.txt",               678, KJV_GOSPEL,    SPLIT_VALID},
    {"Luke", "42-luke.txt",              1151, KJV_GOSPEL,    SPLIT_TRAIN},
    {"John", "43-john.txt",               879, KJV_GOSPEL,    SPLIT_TEST},
    {"Acts", "44-acts.txt",              1007, KJV_NARRATIVE, SPLIT_TRAIN},
    {"Rom",  "45-romans.txt",             433, KJV_LETTER,    SPLIT_TRAIN},
    {"1Cor", "46-1-corinthians.txt",      437, KJV_LETTER,    SPLIT_TRAIN},
    {"2Cor", "47-2-corinthians.txt",      257, KJV_LETTER,    SPLIT_TRAIN},
    {"Gal",  "48-galatians.txt",          149, KJV_LETTER,    SPLIT_TRAIN},
    {"Eph",  "49-ephesians.txt",          155, KJV_LETTER,    SPLIT_TRAIN},
    {"Phi",  "50-philippians.txt",        104, KJV_LETTER,    SPLIT_VALID},
    {"Col",  "51-colossians.txt",          95, KJV_LETTER,    SPLIT_TRAIN},
    {"1Th",  "52-1-thessalonians.txt",     89, KJV_LETTER,    SPLIT_TRAIN},
    {"2Th",  "53-2-thessalonians.txt",     47, KJV_LETTER,    SPLIT_TRAIN},
    {"1Tim", "54-1-timothy.txt",          113, KJV_LETTER,    SPLIT_TRAIN},
    {"2Tim", "55-2-timothy.txt",           83, KJV_LETTER,    SPLIT_TRAIN},
    {"Titus", "56-titus.txt",               46, KJV_LETTER,    SPLIT_TRAIN},
    {"Phmn", "57-philemon.txt",            25, KJV_LETTER,    SPLIT_TRAIN},
    {"Heb",  "58-hebrews.txt",            303, KJV_LETTER,    SPLIT_TRAIN},
    {"Jas",  "59-james.txt",              108, KJV_LETTER,    SPLIT_TEST},
    {"1Pet", "60-1-peter.txt",            105, KJV_LETTER,    SPLIT_TRAIN},
    {"2Pet", "61-2-peter.txt",             61, KJV_LETTER,    SPLIT_TRAIN},
    {"1Jn",  "62-1-john.txt",             105, KJV_LETTER,    SPLIT_TRAIN},
    {"2Jn",  "63-2-john.txt",              13, KJV_LETTER,    SPLIT_TRAIN},
    {"3Jn",  "64-3-john.txt",              14, KJV_LETTER,    SPLIT_TRAIN},
    {"Jude", "65-jude.txt",                25, KJV_LETTER,    SPLIT_TRAIN},
    {"Rev",  "66-revelation.txt",         404, KJV_PROPHECY,  SPLIT_TRAIN},
};

bool kjv_present(const char *folder)
{
    char path[FILE_PATH];
    for (int b = 0; b < KJV_BOOKS; b++)
        if (file_join(path, folder, kjv_books[b].file) != OK || !file_is_file(path)) return false;
    return true;
}

/* The verse of a line "1Sm12:3 And Samuel ...", or NULL if it does not begin so. */
static const char *verse_of(const char *line, const char *reference)
{
    const size_t n = strlen(reference);
    if (strncmp(line, reference, n) != 0) return NULL;
    const char *c = line + n;
    const char *const chapter = c;
    while (isdigit((unsigned char)*c)) c++;
    if (c == chapter || *c != ':') return NULL;
    const char *const verse = ++c;
    while (isdigit((unsigned char)*c)) c++;
    return c > verse && *c == ' ' ? c + 1 : NULL;
}

/* Copy the verses of one book from the lines at *line, which is moved past them; returns bytes written, 0 if
 * they are not as they should be. */
static size_t copy_book(const struct kjv_book *book, const char **line, const char *end, char *out)
{
    size_t n = 0;
    for (int v = 0; v < book->verses; v++) {
        const char *verse = verse_of(*line, book->reference);
        const char *stop = verse ? memchr(verse, '\n', (size_t)(end - verse)) : NULL;
        if (!stop) return 0;
        memcpy(out + n, verse, (size_t)(stop + 1 - verse));
        n += (size_t)(stop + 1 - verse);
        *line = stop + 1;
    }
    return n;
}

/* Copy all books to `text`, book b to [start[b], start[b + 1]). */
static status copy_books(const char *printed, size_t n, char *text, size_t start[KJV_BOOKS + 1])
{
    const char *line = printed, *const end = printed + n;
    start[0] = 0;
    for (int b = 0; b < KJV_BOOKS; b++) {
        const struct kjv_book *book = &kjv_books[b];
        const size_t bytes = copy_book(book, &line, end, text + start[b]);
        const int length = (int)strcspn(line, "\n");
        if (bytes == 0)
            FAIL(ERR_DATA, "`" COMMAND "` printed \"%.*s\" where a verse of %s (\"%s...\") should be",
                 length < 60 ? length : 60, line, book->file, book->reference);
        start[b + 1] = start[b] + bytes;
    }
    if (line != end) FAIL(ERR_DATA, "`" COMMAND "` printed more than %d verses", KJV_VERSES);
    return OK;
}

static status write_books(const char *folder, const char *text, const size_t start[KJV_BOOKS + 1])
{
    TRY(file_make_folder(folder));
    for (int b = 0; b < KJV_BOOKS; b++) {
        char path[FILE_PATH];
        TRY(file_join(path, folder, kjv_books[b].file));
        TRY(file_write(path, text + start[b], start[b + 1] - start[b]));
    }
    return OK;
}

status kjv_write(const char *folder, const char *printed, size_t n)
{
    size_t start[KJV_BOOKS + 1];
    char *input = malloc(n + 1), *text = malloc(n + 1); /* a final 0 stops every scan of the input */
    if (!input || !text) status_no_memory("the King James Bible", 2 * n);
    memcpy(input, printed, n);
    input[n] = 0;
    status s = copy_books(input, n, text, start);
    if (s == OK) s = write_books(folder, text, start);
    free(input);
    free(text);
    return s;
}

static char *read_pipe(FILE *pipe, size_t *n)
{
    size_t room = 1 << 20;
    char *text = malloc(room);
    for (*n = 0; text;) {
        *n += fread(text + *n, 1, room - *n, pipe);
        if (*n < room) return text;
        text = realloc(text, room *= 2);
    }
    status_no_memory("what `bible` prints", room);
}

status kjv_make(const char *folder)
{
    FILE *pipe = popen(COMMAND " 2>/dev/null </dev/null", "r");
    if (!pipe) FAIL(ERR_DATA, "cannot run `bible`; install it: apt-get install bible-kjv");
    size_t n;
    char *printed = read_pipe(pipe, &n);
    const int code = pclose(pipe);
    status s = OK;
    if (code != 0 || n == 0)
        s = status_fail(ERR_DATA, "`" COMMAND "` does not run; install it: apt-get install bible-kjv");
    else
        s = kjv_write(folder, printed, n);
    free(printed);
    return s;
}
