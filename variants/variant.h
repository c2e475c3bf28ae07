/* variant.h -- the contracts of an attention and of a position scheme.
 *
 * A variant in a config is attention x position x options.  Each attention is one file in variants/attention,
 * each position scheme one file in variants/position; it ends with a const descriptor and has one line in
 * attention_list.h or position_list.h, or comes from a shared library (plugin.h).  The harness knows the contract and no
 * variant by name.  variants/attention/template.c explains an attention line by line; `reach new NAME` starts from it.
 *
 * Letters: T rows of an example, C model width, H heads, D channels of a head.
 */
#ifndef REACH_VARIANT_H
#define REACH_VARIANT_H

#include "base/option.h"
#include "model/builder.h"
#include "model/options.h"
#include "model/pass.h"

enum can {
    CAN_CAUSAL        = 1 << 0, /* language models and causal classifiers                         */
    CAN_BIDIRECTIONAL = 1 << 1,
    CAN_ANY_LENGTH    = 1 << 2, /* defined for every test length after training at one            */
    CAN_STATE         = 1 << 3, /* carries state from one part of a text to the next              */
    CAN_BPTT          = 1 << 4, /* sends gradients through that state                             */
    CAN_AUX           = 1 << 5, /* adds an auxiliary loss                                         */
    CAN_OWN_POSITIONS = 1 << 6, /* attention: has its own positions, takes none                   */
    CAN_ROTATE        = 1 << 7, /* attention: takes positions that rotate q and k                 */
    CAN_TERM          = 1 << 8, /* attention: takes positions that add to scores                  */
};

struct position;

struct attention {
    const char *name;                /* the word used in YAML                       */
    const char *title;               /* as a table would print it                   */
    const char *paper;               /* "Vaswani et al. 2017, arXiv:1706.03762"     */
    const char *source;              /* REACH_SOURCE: hash of its file; part of the train id */
    const char *usual_position;      /* its position scheme where none is asked for; NULL: none */
    unsigned    can;                 /* enum can                                    */
    const struct option *options;    /* ends in {.name = NULL}                      */
    size_t      options_size;
    size_t      layer_size;          /* bytes of one layer's struct, cleared before build */

    /* Refuse impossible settings with a sentence (ERR_CONFIG).  NULL: none. */
    status (*check)(const void *options, const struct model_options *m, bool causal);

    /* Declare this layer's parameters and buffers and keep their handles in `layer`. */
    void (*build)(struct builder *b, const void *options, void *layer);

    /* x: (rows, C) of the pack, already normed if the model is pre-norm.  Returns (rows, C). */
    node *(*forward)(struct pass *p, const void *layer, node *x);

    /* After each optimizer step (clamp, redraw); NULL: nothing to do. */
    void (*after_step)(struct stepped *s, void *layer);

    /* Rows of a segment, if gradients end at its start (memory of earlier segments is constant to them); 0: they do not.
     * NULL: there are no such segments. */
    size_t (*stops_at)(const void *options, size_t trained);

    /* Why windows of `length` cannot be taken (a sentence), or NULL if they can.  NULL function: any length. */
    const char *(*refuses_length)(const void *options, size_t trained, size_t length);

    /* Multiply-adds x 2 of one forward pass over one example of T rows, projections included. */
    double (*flops)(const void *options, const struct model_options *m, bool causal, size_t T);
};

struct position {
    const char *name, *title, *paper, *source;
    unsigned    can;                 /* CAN_CAUSAL, CAN_BIDIRECTIONAL, CAN_ANY_LENGTH */
    const struct option *options;
    size_t      options_size;
    size_t      self_size;           /* bytes of the model's one instance, cleared before build */

    status (*check)(const void *options, const struct model_options *m, bool causal);
    void (*build)(struct builder *b, const void *options, void *self);

    /* Any of these may be NULL. */
    void (*prepare)(void *self, size_t trained, size_t length);       /* tables for positions 0..length-1; called by one
                                                                         thread before passes of that test length */
    void (*done)(void *self);                                         /* frees what prepare took               */
    node *(*add)(struct pass *p, const void *self, node *x);          /* (rows, C) -> (rows, C), once, at the input */
    node *(*rotate)(struct pass *p, const void *self, node *x);       /* (rows, H D): q or k, in every layer       */
    const struct score_term *(*term)(struct pass *p, const void *self); /* added to scores, in every layer         */

    const char *(*refuses_length)(const void *options, size_t trained, size_t length);
};

/* A name for what people compare: attention x position x options. */
struct preset {
    const char *name;      /* "rope_bias"                                         */
    const char *title;     /* "RoPE + bias on q and k"                            */
    const char *attention; /* "vanilla"                                           */
    const char *position;  /* "rope"                                              */
    const char *settings[4][2]; /* {"bias", "[q, k]"}: options of either, YAML flow text; ends in {NULL} */
};

/* The lists, NULL-terminated; presets end in {.name = NULL}.  First those of the program, then those of plugins, which are
 * added while the program starts (main, before the command is run) and by one thread: from then on nothing changes here. */
extern const struct attention *const *const attentions;
extern const struct position *const *const positions;
extern const struct preset presets[];

/* Add what a plugin brings, which must live as long as the program.  ERR_CONFIG with a sentence if the name is taken or is
 * no word of small letters, digits and _, if something every attention needs is missing, or if there are too many. */
status attention_add(const struct attention *a);

/* Is it a word as names in configs are: small letters, digits and _, a letter first, 40 at most? */
bool variant_is_word(const char *name);

const struct attention *attention_find(const char *name);
const struct position  *position_find(const char *name);
const struct preset    *preset_find(const char *name);

#endif
