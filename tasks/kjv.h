/* kjv.h -- the King James Bible that Debian's package bible-kjv prints, one file per book.
 *
 * `bible -f 'gen1:1-rev22:21'` prints 31,102 lines "Ge1:1 In the beginning ...".  Without the references,
 * one verse a line, that is 4,137,850 bytes, kept as FOLDER/01-genesis.txt ... FOLDER/66-revelation.txt.
 *
 * The split is by whole books, with narrative, law, poetry, prophecy, gospel and letters in each part:
 *
 *              train (85.7 %)                     valid (6.1 %)       test (8.2 %)
 *   law        Exodus, Numbers                    Leviticus           Deuteronomy
 *   narrative  Genesis, Joshua to Nehemiah, Acts  Ruth                Esther
 *   poetry     Job, Psalms, Proverbs,             Song of Solomon     Ecclesiastes
 *              Lamentations
 *   prophecy   the other 15, Revelation           Joel                Amos
 *   gospel     Matthew, Luke                      Mark                John
 *   letters    the other 19                       Philippians         James
 *
 * The two shortest books of law and the two shortest gospels are 10.9 % of the text by themselves, so whole books
 * cannot come nearer to 88/5/7.  Mark shares much with Matthew and Luke, John little: so John is in the test.
 */
#ifndef REACH_KJV_H
#define REACH_KJV_H

#include <stdbool.h>

#include "tasks/task.h"

#define KJV_BOOKS  66
#define KJV_VERSES 31102

enum kjv_kind { KJV_LAW, KJV_NARRATIVE, KJV_POETRY, KJV_PROPHECY, KJV_GOSPEL, KJV_LETTER, KJV_KINDS };

struct kjv_book {
    const char   *reference; /* as `bible` abbreviates it: "1Sm"      */
    const char   *file;      /* "09-1-samuel.txt"                     */
    int           verses;
    enum kjv_kind kind;
    enum split    split;
};
extern const struct kjv_book kjv_books[KJV_BOOKS]; /* in the order of the Bible */

/* Are all books in `folder`? */
bool kjv_present(const char *folder);

/* Run `bible` and write the books.  ERR_DATA with the command that installs it if it is not there, or with the
 * line if it prints anything but what is stated above; ERR_IO if a file cannot be written. */
status kjv_make(const char *folder);

/* The second half of kjv_make: write the books of what `bible` printed, `n` bytes. */
status kjv_write(const char *folder, const char *printed, size_t n);

#endif
