/* config.h -- a YAML file becomes a list of runs, or an error with file, line, column and what would be right.
 * yaml.h says which YAML.
 *
 *   title: Train short, test long        # text
 *   about: What it asks, and why.        # paragraphs for the report
 *   extends: base.yaml                   # optional; maps merge, everything else replaces; paths relative to this file
 *   model: {width: 128, ...}             # model/options.h
 *   train: {length: 256, ...}            # train/options.h
 *   test:  {lengths: [256, 512], ...}    # train/options.h
 *   lengths: [256, 512]                  # short for test.lengths
 *   protocol: small                      # optional: published settings below the file's own (protocol.h)
 *   tasks: [lm, {listops: {max_length: 50}}] # a name, or one name with options; also
 *                                        #   with: {model: {...}, train: {...}, test: {...}} for it alone
 *   variants:                            # a preset or attention name, or one name with settings:
 *     - vanilla                          #   any option of its attention or position, and
 *     - keynorm: {as: query norm,        #   as: the label in tables (default: the name)
 *                 normalise: query,      #   position: NAME, or {NAME: {options}}
 *                 position: rope,        #   model: {...}, train: {...}: changes for this variant only
 *                 model: {norm: post}}
 *   seeds: [1, 2, 3]                     # [1] if left out
 *   budgets:                             # sections merged over the file's when --budget NAME is given
 *     quick: {train: {tokens: 1e6}}
 *   budget: quick                        # the budget taken when none is asked for
 *   tune: {over: {train.rate: [...]}}     # optional: options searched for each variant (tune.h)
 *   bench: {lengths: [1024, 4096]}       # instead of tasks and training: time and memory against length (cost.h)
 *   approximation: {length: 1024}        # instead of them too: distance from softmax attention (approximation.h), over
 *   sweep: {features: [16, 64, 256]}     #   values of an option
 *   claims: [{id: P1, test: "..."}]       # what papers say, judged over the results (report/claim.h)
 *   reference: [nystromformer_lra]       # tables of papers to stand beside ours (report/reference.h)
 *
 * Only tasks, variants and a training budget (train.tokens, train.samples or train.steps) must be given.  --set is stronger than
 * what a variant says of itself, that than what a task has (with), that than a budget, a budget than the file, the file than
 * what it extends, and a protocol is the weakest.  A budget may hold model, train, test, lengths, tasks, variants, seeds, tune,
 * bench, approximation and sweep.
 * An option given for a variant belongs to its attention, or else to its position.
 *
 * Runs are the product tasks x variants x seeds, in that order of nesting (task outermost, seed innermost).  A variant
 * without a form for a task's direction (Linformer and text) is a run that is refused, with its reason; if all are, the
 * file is.
 */
#ifndef REACH_CONFIG_H
#define REACH_CONFIG_H

#include "base/option.h"
#include "config/yaml.h"
#include "model/options.h"
#include "train/options.h"

struct attention;
struct approximation_plan;
struct cost_plan;
struct measured_plan;
struct position;
struct task;
struct tune;
struct tuning_row;

#define OPTIONS_ROOM 4096 /* bytes of any attention's, position's or task's options struct */

struct run {
    char     label[64];              /* of the variant, as in tables; unique in the file         */
    char     stem[192];              /* file name without .h5: "LABEL-TASK-SEED", path-safe, unique: a short hash of the
                                        settings follows when two tasks of one name differ        */
    uint64_t seed;
    char     protocol[40];           /* "small", "small, faithful"; "": none */
    char     refused[160];           /* why this variant cannot take this task (no causal form): "n/a" in tables; "": it can */
    const struct attention *attention;
    const struct position  *position;
    const struct task      *task;
    _Alignas(16) unsigned char attention_options[OPTIONS_ROOM];
    _Alignas(16) unsigned char position_options[OPTIONS_ROOM];
    _Alignas(16) unsigned char task_options[OPTIONS_ROOM];
    struct model_options model;   /* model.causal is true for language models, whatever the file says */
    struct train_options train;
    struct test_options  test;
    char     trial[256];             /* of a tuning: what progress calls it; it is scored on validation and never tested; "": none */
    char     untuned[160];           /* why its tuned settings are not known yet; "": they are, or nothing is tuned              */
    const struct tuning_row *tuned;  /* the trials its settings come from; the config's */
    size_t   n_tuned;
};

struct config {
    struct yaml_pool pool;    /* of the tree                                                  */
    const struct yaml *root;  /* what the file says, extended, with its budget and --set: sections that no run needs (claims,
                                 reference) are read from here by what uses them, each value with its place */
    char        title[256];
    char        name[128];   /* of the file without folder and .yaml: "quick", or "quick-full" for a budget that is not
                                the file's own; results go to RESULTS/name */
    char        budget[64];  /* the budget in force, "" if the file has none */
    size_t      n_runs;
    struct run *runs;        /* owned */
    const struct measured_plan *measured; /* measured.h: of one of the two below; NULL: it trains; else it has no runs */
    const struct cost_plan *cost; /* cost.h; NULL: it has no bench                            */
    const struct approximation_plan *approximation; /* approximation.h; NULL: it has none     */
    const struct tune *tune; /* tune.h; NULL: nothing is tuned                                */
    struct plan *plan;       /* what the runs are made from; in the pool                      */
};

struct config_request {
    const char *path;
    const char *budget;      /* NULL: the file's own                                                    */
    size_t n_set;  const char *const *set;   /* "train.tokens=1e6", "model.width=64", "seeds=[1,2]", "title=x" */
    size_t n_only; const char *const *only;  /* "variant=a,b", "task=lm", "seed=1"                        */
};

/* Read, merge, check, and make the runs.  Everything is refused before anything trains; nothing is trained here, no
 * data opened.  ERR_CONFIG with "FILE:LINE:COLUMN: sentence" (or "--set KEY=VALUE: sentence"); ERR_IO if a file cannot
 * be read.  On OK the caller owns *out (config_done). */
status config_read(const struct config_request *rq, struct config *out);
void   config_done(struct config *c);

/* Run `from` of the config with the settings of a trial (from 0): as a final run, or as that trial in a rung, which has its own seed,
 * budget, stem ("tune/LABEL-TASK-SEED-HASH", the hash of all its settings) and no tests.  Both are checked as config_read checks. */
status config_tuned(struct config *c, const struct run *from, size_t trial, struct run *out);
status config_trial(struct config *c, const struct run *from, size_t trial, size_t rung, struct run *out);

/* The resolved settings of one run as YAML that config_read would accept; malloc'd, the caller frees it. */
char  *config_print(const struct run *r);

/* 32 hex digits: hash of everything that decides the trained parameters: model, train, attention, position, task
 * options and seed, the data's checksum, the engine's version text and its `real`; not title, label or test options. */
void   config_train_id(const struct run *r, const char *data_checksum, char out[33]);

#endif
