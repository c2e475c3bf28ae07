/* retrieval.c -- pairs of papers: label, id, id, text, text. */
#include "fuzz.h"

static void seeds(void)
{
    seed("0\t1\t2\tone text\tanother\n1.0\t3\t4\tfirst\tsecond\r\n" CUT "1\t1\t2\ta\t\n" CUT "0.0\t\t\t\t");
    seed("2\ta\tb\tc\td\n");
    seed("0\ta\tb\tc\n");
}

/* Three files. */
static void one(struct input in)
{
    put_input("aan/new_aan_pairs.train.tsv", take_part(&in));
    put_input("aan/new_aan_pairs.eval.tsv", take_part(&in));
    put_input("aan/new_aan_pairs.test.tsv", in);
    read_task("retrieval", SET("length=8"));
}
