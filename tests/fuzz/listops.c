/* listops.c -- rows of the ListOps files: Source <tab> Target. */
#include "fuzz.h"
#include "tasks/listops_set.h"

#define HEADER "Source\tTarget\n"

static void seeds(void)
{
    seed("0( [MAX 3 ( [MED 4 7 ] ) 9 ] )\t9\n[SM 1 2 ]\t3\r\n5\t5\n");
    seed("0( ( ( [MIN 4 ) 7 ) ] )\t4");
    seed("1" HEADER "[MAX 3 4 ] 4\n");
    seed("0[MAX [MAX [MAX [MAX 1 ] ] ] ]\t1\n");
}

/* First byte: '0' puts the header before the rest. */
static void one(struct input in)
{
    struct listops_set set = {0};
    struct growing *g = calloc(1, sizeof *g);
    if (!g) abort();
    if (take_byte(&in) == '0') grow(g, HEADER, strlen(HEADER));
    grow(g, in.at, in.n < sizeof g->at - g->n ? in.n : sizeof g->at - g->n);
    put_bytes("a.tsv", g->at, g->n);
    free(g);
    (void)listops_read_tsv(&set, SPLIT_TEST, in_folder("a.tsv"), 1000);
    for (size_t i = 0; i < set.n[SPLIT_TEST]; i++) {
        const struct listops_example *e = &set.at[SPLIT_TEST][i];
        size_t at;
        if (listops_wrong(e->token, e->n, &at) || listops_value(e->token, e->n, LISTOPS_DEPTH) != e->label) abort();
    }
    listops_set_free(&set);
}
