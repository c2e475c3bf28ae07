/* protocol.h -- the published settings under which tasks are compared: facts, as YAML that is laid below a config.
 *
 * Scores made under different protocols do not compare: tokens, splits, masks, pooling, heads and budgets differ.
 * `corrected` (the default) leaves out what is known to be a defect of the published code; `faithful` puts it in.
 */
#ifndef REACH_PROTOCOL_H
#define REACH_PROTOCOL_H

/* One task under a protocol.  Texts are YAML flow maps; NULL: nothing. */
struct protocol_task {
    const char *task;                     /* its name; NULL ends the list                          */
    const char *options, *model, *train;  /* of the task, and the sections                         */
    const char *faithful_options, *faithful_model, *faithful_train; /* laid over these if faithful */
};

struct protocol {
    const char *name, *title, *source;
    const char *notes;                    /* what differs from the published code, and which defects `faithful` reproduces */
    const char *position;                 /* of variants that bear their attention's name; NULL: their own                */
    const char *attention;                /* options for the attentions that have them                                    */
    const char *model, *train;            /* sections of all tasks                                                        */
    const char *faithful_model, *faithful_train;
    int         can_be_faithful;          /* 0: a part is missing that it would need                                      */
    const struct protocol_task *task;
};

extern const struct protocol protocols[]; /* ends in {.name = NULL} */
const struct protocol *protocol_find(const char *name);

#endif
