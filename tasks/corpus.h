/* corpus.h -- a text file, or a folder of them, as three texts: train, valid, test.
 *
 * A corpus is named by a word or a path.  Words are looked up under the data folder:
 *
 *   kjv                        kjv/01-genesis.txt ...: kjv.h gives the split, documents are the books
 *   enwik8, text8              one file of 100,000,000 bytes: 90, 5 and 5 million of them
 *   wikitext-2, wikitext-103   wiki.train.tokens, wiki.valid.tokens, wiki.test.tokens
 *   gutenberg                  books pgNNN.txt: test 84 158 345 2701 4300, valid 1342 1661 2638, train the rest; as files, or in
 *                              the first NAME.tar.xz of the folder if there are none
 *   tinyshakespeare            input.txt, by position
 *   books                      gutenberg if there is such a folder, else kjv
 *
 * Anything else is a path, here or else under the data folder:
 *
 *   a .tar.xz                  as a folder of the files in it; a folder that all of them stand in is no part of their names
 *   another file               by position: the first 88 % of its bytes, the next 5 %, the last 7 %
 *   a folder                   if one of its names has a part (between '.', '-' and '_') that begins with "train", one
 *                              "valid", "val" or "dev", and one "test": these files or sub-folders; all else is left out
 *   another, of 3 files up     each file goes whole to one part by a hash of (seed, its path in the folder): 88 %, 5 %
 *                              and 7 % of hash values; a part left empty gets the file whose hash lies nearest
 *   another, of 1 or 2         each file by position
 *
 * Files in sub-folders count.  NAME.xz is unpacked in memory, and left out where NAME stands beside it.  Hidden files
 * and archives (.tar, .tar.xz, .tgz, .zip ...) inside a folder are left out.  A document is a file (or the part of it that a split got);
 * documents follow each other as in a sorted listing of the folder.
 */
#ifndef REACH_CORPUS_H
#define REACH_CORPUS_H

#include "tasks/task.h"

struct corpus;

/* Open the corpus called `name`.  ERR_DATA, with the command that gets it where there is one, if it is missing, if it
 * has not the size or the files it must have, or if a part would be empty; ERR_IO if a file cannot be read. */
status corpus_open(struct corpus **out, const char *name, uint64_t seed, const char *data);
void   corpus_close(struct corpus *c); /* accepts NULL */

/* What was opened: `name`, or what "books" stood for; as long as the corpus is open. */
const char *corpus_name(const struct corpus *c);

struct text corpus_text(const struct corpus *c, enum split s);

/* The path of the file a document of a split comes from, for messages; owned by the corpus. */
const char *corpus_document(const struct corpus *c, enum split s, size_t document);

#endif
