/* options.c -- names, defaults and ranges of the `train:` and `test:` sections. */
#include "train/options.h"

static const char *const optimizers[] = {"adam", "adamw", NULL};
static const char *const schedules[] = {"constant", "linear", "cosine", "rsqrt", "one_cycle", NULL};
static const char *const keeps[] = {"last", "best", NULL};

#define AT(field) offsetof(struct train_options, field)

const struct option train_option_table[] = {
    {"length", OPTION_INT, AT(length), "256", 1, 1048576, NULL, "language models: tokens of a training window"},
    {"batch", OPTION_INT, AT(batch), "16", 1, 65536, NULL, "windows or examples of a step"},
    {"steps", OPTION_INT, AT(steps), "0", 0, 1e12, NULL, "budget in steps; 0: use samples or tokens"},
    {"samples", OPTION_INT, AT(samples), "0", 0, 1e15, NULL, "classifiers: budget in examples seen, when steps is 0; 0: use tokens"},
    {"tokens", OPTION_REAL, AT(tokens), "1e6", 1, 1e15, NULL, "budget in input tokens, when steps and samples are 0"},
    {"optimizer", OPTION_CHOICE, AT(optimizer), "adamw", 0, 0, optimizers, "adamw decouples the decay from the rate's moments"},
    {"rate", OPTION_REAL, AT(rate), "1e-3", 0, 1e3, NULL, "peak learning rate (for rsqrt: the base that the rule multiplies)"},
    {"schedule", OPTION_CHOICE, AT(schedule), "cosine", 0, 0, schedules, "of the learning rate after the warm-up"},
    {"warmup", OPTION_INT, AT(warmup), "100", 0, 1e12, NULL, "steps of linear warm-up"},
    {"final_rate", OPTION_REAL, AT(final_rate), "0.1", 0, 1, NULL, "linear, cosine: share of the peak at the end"},
    {"beta_swing", OPTION_BOOL, AT(beta_swing), "true", 0, 0, NULL, "one_cycle: beta1 swings .95 -> .85 -> .95"},
    {"beta1", OPTION_REAL, AT(beta1), "0.9", 0, 0.999999, NULL, "Adam's first moment"},
    {"beta2", OPTION_REAL, AT(beta2), "0.98", 0, 0.999999, NULL, "Adam's second moment"},
    {"epsilon", OPTION_REAL, AT(epsilon), "1e-8", 1e-16, 1, NULL, "Adam's epsilon"},
    {"decay", OPTION_REAL, AT(decay), "0.01", 0, 10, NULL, "weight decay: adamw decoupled, adam added to the gradient"},
    {"clip_norm", OPTION_REAL, AT(clip_norm), "1", 0, 1e9, NULL, "largest norm of the whole gradient; 0: off"},
    {"clip_value", OPTION_REAL, AT(clip_value), "0", 0, 1e9, NULL, "largest size of each gradient value; 0: off"},
    {"shards", OPTION_INT, AT(shards), "4", 1, 256, NULL, "sums the gradient is kept in; the most threads a step can use"},
    {"pack_rows", OPTION_INT, AT(pack_rows), "1024", 1, 1048576, NULL, "rows of a pack: examples are added up to about so many"},
    {"log_every", OPTION_INT, AT(log_every), "20", 1, 1e9, NULL, "steps between points of the training curve"},
    {"eval_every", OPTION_INT, AT(eval_every), "200", 0, 1e9, NULL, "steps between evaluations; 0: only at the end"},
    {"eval_tokens", OPTION_INT, AT(eval_tokens), "32768", 1, 1e12, NULL, "tokens of the seeded validation subset"},
    {"checkpoint_every", OPTION_INT, AT(checkpoint_every), "0", 0, 1e9, NULL, "steps between checkpoints; 0: at evaluations"},
    {"keep", OPTION_CHOICE, AT(keep), "last", 0, 0, keeps, "parameters that are tested: last, or best on the validation subset"},
    {"keep_checkpoint", OPTION_BOOL, AT(keep_checkpoint), "true", 0, 0, NULL, "leave the parameters in the file of a finished run"},
    {"examples", OPTION_INT, AT(examples), "0", 0, 1e12, NULL, "train on a fixed seeded subset of so many examples (of a text: its first so many windows); 0: all"},
    {.name = NULL},
};
#undef AT

#define AT(field) offsetof(struct test_options, field)

const struct option test_option_table[] = {
    {"lengths", OPTION_INT_LIST, AT(lengths), "[256, 512, 1024]", 1, 16777216, NULL, "language models: window lengths in tokens"},
    {"windows", OPTION_BOOL, AT(windows), "true", 0, 0, NULL, "score non-overlapping windows"},
    {"windows_tokens", OPTION_INT, AT(windows_tokens), "0", 0, 1e12, NULL, "about so many targets, the same ones at every length; 0: the whole split"},
    {"last", OPTION_BOOL, AT(last), "true", 0, 0, NULL, "score the same targets with growing context"},
    {"last_targets", OPTION_INT, AT(last_targets), "256", 1, 1048576, NULL, "targets at each place, never more than the shortest length"},
    {"last_places", OPTION_INT, AT(last_places), "64", 1, 65536, NULL, "seeded places of the same targets"},
    {"stride", OPTION_INT, AT(stride), "0", 0, 1048576, NULL, "sliding windows that score their last so many tokens; 0: off"},
    {"stride_tokens", OPTION_INT, AT(stride_tokens), "8192", 0, 1e12, NULL, "at most so many targets per length when sliding; 0: all"},
    {"context", OPTION_INT_LIST, AT(context), "[]", 1, 16777216, NULL, "score single targets after exactly so many tokens, ascending; []: off"},
    {"context_targets", OPTION_INT, AT(context_targets), "2048", 1, 65536, NULL, "seeded targets of that, the same ones for every context"},
    {"stream", OPTION_BOOL, AT(stream), "false", 0, 0, NULL, "read documents in parts of the training length, state carried on"},
    {"stream_tokens", OPTION_INT, AT(stream_tokens), "0", 0, 1e12, NULL, "at most so many tokens of that; 0: the whole split"},
    {"repeated", OPTION_BOOL, AT(repeated), "true", 0, 0, NULL, "also test on tiled passages, reported apart"},
    {"passage", OPTION_INT, AT(passage), "0", 0, 1048576, NULL, "bytes of a tiled passage; 0: half the training length"},
    {"examples", OPTION_INT, AT(examples), "0", 0, 1e12, NULL, "classifiers: at most so many test examples; recall: of each test set; 0: all"},
    {"train_accuracy", OPTION_BOOL, AT(train_accuracy), "false", 0, 0, NULL, "classifiers: also score the training examples"},
    {"reference", OPTION_WORD, AT(reference), "vanilla", 0, 0, NULL, "recall tables: the variant that must reach 95 % where it was trained"},
    {"control", OPTION_WORD, AT(control), "no_memory", 0, 0, NULL, "recall tables: the variant that must stay within 5 points of chance"},
    {.name = NULL},
};
