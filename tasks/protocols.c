/* protocols.c -- four protocols of the Long Range Arena.
 *
 *   lra2021    google-research/long-range-arena (Tay et al., arXiv:2011.04006): its configurations and input pipelines
 *   small      mlpen/Nystromformer, LRA (Xiong et al., arXiv:2102.03902): two layers of width 64 on all tasks
 *   skyformer  pkuzengqi/Skyformer (Chen et al., arXiv:2111.00035): the models of `small`, other budgets
 *   s4         state-spaces/s4 (Gu et al., arXiv:2111.00396), with LayerNorm for its BatchNorm
 */
#include "tasks/protocol.h"

#include <stddef.h>
#include <string.h>

/* Validation subsets (eval_tokens, in tokens of the longest example) are those of the published code: all examples, but for skyformer's
 * Text (6,400) and Retrieval (4,800). */
#define LISTOPS_ALL     "eval_tokens: 4e6"
#define TEXT_1000_ALL   "eval_tokens: 2.5e7"
#define RETRIEVAL_ALL   "eval_tokens: 1.45e8"
#define IMAGE_ALL       "eval_tokens: 5.12e6"
#define PATHFINDER_ALL  "eval_tokens: 2.05e7"

/* ---- lra2021 ---------------------------------------------------------------------------------------------------- */

#define LRA_TEXT \
    .model = "{width: 256, layers: 4, heads: 4, feed_forward: 1024, head_hidden: 1024}", \
    .train = "{batch: 32, steps: 20000, rate: 0.05, schedule: rsqrt, warmup: 8000, decay: 0.1, eval_every: 100, keep: last, " TEXT_1000_ALL "}"
#define LRA_RETRIEVAL \
    .options = "{length: 4000}", .model = "{width: 128, layers: 4, heads: 4, feed_forward: 512, head_hidden: 512, pair_head: lra2021}", \
    .train = "{batch: 32, steps: 5000, rate: 0.05, schedule: rsqrt, warmup: 8000, decay: 0.1, eval_every: 100, " RETRIEVAL_ALL "}", \
    .faithful_model = "{pad_to: 4000, hide_zero: true, pooling: first}"
#define LRA_IMAGE \
    .model = "{width: 128, head_width: 8, layers: 1, heads: 8, feed_forward: 128, head_hidden: 128, dropout: 0.3, attention_dropout: 0.2}", \
    .train = "{batch: 256, steps: 35000, rate: 5e-4, schedule: cosine, final_rate: 0, warmup: 175, decay: 0, eval_every: 175, " IMAGE_ALL "}", \
    .faithful_model = "{hide_zero: true}"

static const struct protocol_task lra2021[] = {
    {.task = "listops", .model = "{width: 512, layers: 4, heads: 8, feed_forward: 1024, head_hidden: 1024}",
     .train = "{batch: 32, steps: 5000, rate: 0.05, schedule: rsqrt, warmup: 1000, decay: 0.1, eval_every: 50, " LISTOPS_ALL "}",
     .faithful_options = "{first_id: 1}", .faithful_model = "{pad_to: 2000, hide_zero: true}"},
    {.task = "text", .options = "{length: 1000}", LRA_TEXT,
     .faithful_options = "{valid: test}", .faithful_model = "{pad_to: 1000, hide_zero: true}"},
    {.task = "text-books", .options = "{length: 1000}", LRA_TEXT, .faithful_model = "{pad_to: 1000, hide_zero: true}"},
    {.task = "retrieval", LRA_RETRIEVAL},
    {.task = "retrieval-books", LRA_RETRIEVAL},
    {.task = "image", .faithful_options = "{gray: tensorflow}", LRA_IMAGE},
    {.task = "image-fashion", LRA_IMAGE},
    {.task = "pathfinder",
     .model = "{width: 32, head_width: 4, layers: 4, heads: 4, feed_forward: 32, head_hidden: 32, pooling: mean, dropout: 0.2}",
     .train = "{batch: 512, steps: 62400, rate: 1e-3, schedule: cosine, final_rate: 0, warmup: 312, decay: 0, eval_every: 312, " PATHFINDER_ALL "}",
     .faithful_model = "{hide_zero: true, mean_over: all}"},
    {.task = "pathx", .model = "{width: 32, head_width: 8, layers: 1, heads: 2, feed_forward: 32, head_hidden: 32, pooling: mean}",
     .train = "{batch: 64, steps: 500000, rate: 1e-3, schedule: cosine, final_rate: 0, warmup: 2500, decay: 0, clip_norm: 1, eval_every: 312, "
              "eval_tokens: 3.28e8}",
     .faithful_model = "{hide_zero: true, mean_over: all}"},
    {0},
};

/* ---- small and skyformer ---------------------------------------------------------------------------------------- */

#define AS_PUBLISHED "hide_zero: true, mean_over: seen_over_all}"
#define SMALL_TEXT \
    .options = "{length: 1000}", .train = "{batch: 32, steps: 20000, rate: 1e-4, warmup: 8000, eval_every: 500, " TEXT_1000_ALL "}", \
    .faithful_model = "{pad_to: 1024, " AS_PUBLISHED
#define SMALL_RETRIEVAL \
    .options = "{length: 4000}", .train = "{batch: 32, steps: 30000, rate: 1e-4, warmup: 800, eval_every: 300, " RETRIEVAL_ALL "}", \
    .faithful_model = "{pad_to: 4096, " AS_PUBLISHED
#define SMALL_IMAGE \
    .train = "{batch: 256, steps: 35000, rate: 1e-4, warmup: 175, eval_every: 175, " IMAGE_ALL "}", .faithful_model = "{" AS_PUBLISHED

static const struct protocol_task small[] = {
    {.task = "listops", .train = "{batch: 32, steps: 5000, rate: 1e-4, warmup: 1000, eval_every: 50, " LISTOPS_ALL "}",
     .faithful_options = "{first_id: 1}", .faithful_model = "{pad_to: 2048, " AS_PUBLISHED},
    {.task = "text", SMALL_TEXT, .faithful_options = "{valid: test}"},
    {.task = "text-books", SMALL_TEXT},
    {.task = "retrieval", SMALL_RETRIEVAL},
    {.task = "retrieval-books", SMALL_RETRIEVAL},
    {.task = "image", .faithful_options = "{gray: tensorflow}", SMALL_IMAGE},
    {.task = "image-fashion", SMALL_IMAGE},
    {.task = "pathfinder", .options = "{split: shuffled}",
     .train = "{batch: 256, steps: 62400, rate: 1e-4, warmup: 312, eval_every: 312, " PATHFINDER_ALL "}", .faithful_model = "{" AS_PUBLISHED},
    {.task = "pathx", .options = "{split: shuffled}", /* which that code has not */
     .train = "{batch: 256, steps: 62400, rate: 1e-4, warmup: 312, eval_every: 312, eval_tokens: 3.28e8}", .faithful_model = "{" AS_PUBLISHED},
    {0},
};

#define SKYFORMER_TEXT \
    .options = "{length: 4000}", .train = "{batch: 32, steps: 50000, rate: 1e-4, warmup: 80, eval_every: 500, eval_tokens: 2.56e7}", \
    .faithful_model = "{pad_to: 4096, " AS_PUBLISHED
#define SKYFORMER_RETRIEVAL \
    .options = "{length: 4000}", .train = "{batch: 16, steps: 50000, rate: 2e-4, warmup: 800, eval_every: 1000, eval_tokens: 3.84e7}", \
    .faithful_model = "{pad_to: 4096, " AS_PUBLISHED
#define SKYFORMER_IMAGE \
    .train = "{batch: 256, steps: 50000, rate: 1e-4, warmup: 175, eval_every: 50, " IMAGE_ALL "}", .faithful_model = "{" AS_PUBLISHED

static const struct protocol_task skyformer[] = {
    {.task = "listops", .train = "{batch: 32, steps: 50000, rate: 1e-4, warmup: 1000, eval_every: 500, " LISTOPS_ALL "}",
     .faithful_options = "{first_id: 1}", .faithful_model = "{pad_to: 2048, " AS_PUBLISHED},
    {.task = "text", SKYFORMER_TEXT, .faithful_options = "{valid: test}"},
    {.task = "text-books", SKYFORMER_TEXT},
    {.task = "retrieval", SKYFORMER_RETRIEVAL},
    {.task = "retrieval-books", SKYFORMER_RETRIEVAL},
    {.task = "image", .faithful_options = "{gray: tensorflow}", SKYFORMER_IMAGE},
    {.task = "image-fashion", SKYFORMER_IMAGE},
    {.task = "pathfinder", .options = "{split: shuffled}",
     .train = "{batch: 128, steps: 50000, rate: 2e-4, warmup: 312, eval_every: 500, " PATHFINDER_ALL "}", .faithful_model = "{" AS_PUBLISHED},
    {0},
};

/* ---- s4: evaluated once an epoch -------------------------------------------------------------------------------- */

#define S4_TEXT \
    .model = "{width: 256, layers: 6}", \
    .train = "{batch: 16, steps: 50000, rate: 0.01, warmup: 5000, eval_every: 1562, eval_tokens: 1.03e8}"
#define S4_RETRIEVAL \
    .options = "{length: 4000}", .model = "{width: 256, layers: 6, pair_head: s4}", \
    .train = "{batch: 64, steps: 50000, rate: 0.01, warmup: 5000, eval_every: 2298, " RETRIEVAL_ALL "}"
#define S4_IMAGE \
    .options = "{valid: random, seed: 42}", .model = "{width: 512, layers: 6, norm: post, dropout: 0.1}", \
    .train = "{batch: 50, steps: 180000, rate: 0.01, warmup: 18000, eval_every: 900, " IMAGE_ALL "}"

static const struct protocol_task s4[] = {
    {.task = "listops", .model = "{width: 256, layers: 6, norm: post}",
     .train = "{batch: 32, steps: 120000, rate: 0.01, warmup: 12000, eval_every: 3000, " LISTOPS_ALL "}"},
    {.task = "text", .options = "{length: 4096, tokens: characters}", S4_TEXT},
    {.task = "text-books", .options = "{length: 4096}", S4_TEXT},
    {.task = "retrieval", S4_RETRIEVAL},
    {.task = "retrieval-books", S4_RETRIEVAL},
    {.task = "image", S4_IMAGE},
    {.task = "image-fashion", S4_IMAGE},
    {.task = "pathfinder", .options = "{split: shuffled}", .model = "{width: 256, layers: 6}",
     .train = "{batch: 64, steps: 500000, rate: 0.004, warmup: 50000, eval_every: 2500, " PATHFINDER_ALL "}"},
    {.task = "pathx", .options = "{split: shuffled}", .model = "{width: 256, layers: 6}",
     .train = "{batch: 16, steps: 500000, rate: 0.001, warmup: 50000, eval_every: 10000, eval_tokens: 3.28e8}"},
    {0},
};

/* ---- the four --------------------------------------------------------------------------------------------------- */

#define SMALL_MODEL \
    "{width: 64, layers: 2, heads: 2, head_width: 32, feed_forward: 128, head_hidden: 128, norm: pre, activation: gelu, pooling: mean," \
    " dropout: 0.1, attention_dropout: 0.1, init: fan_in, init_scaled: false, embedding_std: 0.02, init_std: 0.02, biases: true}"
#define ONE_CYCLE "{optimizer: adamw, epsilon: 1e-6, beta2: 0.999, decay: 0, schedule: one_cycle, beta_swing: true, clip_norm: 0, keep: best"
#define SMALL_DIFFERENCES \
    "not reproduced: mixed precision; dropout inside the feed-forward part; random biases at the start; the best parameters by accuracy " \
    "(here by loss); a test batch dropped when not full"

const struct protocol protocols[] = {
    {.name = "lra2021", .title = "Long Range Arena, as released",
     .source = "Tay et al., arXiv:2011.04006; google-research/long-range-arena",
     .notes = "faithful: examples padded to the length of the task, token 0 (black pixels too) hidden as padding, means over all rows, the "
              "first byte for CLS in retrieval, dev = test for text, gray levels by its own weights; not reproduced: attention "
              "without biases on its output, weight decay "
              "on gains and biases, a cosine that begins after the warm-up but is as long as the run, learned positions of image and pathx "
              "(give variants position: learned; they then start at deviation 1, not 0.02), sizes per attention type in image and pathfinder",
     .position = "sinusoidal",
     .model = "{norm: pre, activation: gelu_tanh, pooling: cls, dropout: 0.1, attention_dropout: 0.1, init: xavier, embedding_std: 1, "
              "init_scaled: false}",
     .train = "{optimizer: adamw, beta1: 0.9, beta2: 0.98, epsilon: 1e-9, clip_norm: 0, keep: best}",
     .can_be_faithful = 1, .task = lra2021},
    {.name = "small", .title = "two-layer models of the Nystromformer code",
     .source = "Xiong et al., arXiv:2102.03902; mlpen/Nystromformer",
     .notes = "faithful: examples padded to 1024, 2048 or 4096, token 0 (black pixels too) hidden, sums of what is seen divided by the padded "
              "length, dev = test for text, gray levels by its own weights; pathx, which that code has not, has pathfinder's settings; "
              SMALL_DIFFERENCES,
     .position = "learned", .attention = "{bias: [q, k, v]}", .model = SMALL_MODEL, .train = ONE_CYCLE "}",
     .can_be_faithful = 1, .task = small},
    {.name = "skyformer", .title = "the models of `small`, with the Skyformer code's budgets",
     .source = "Chen et al., arXiv:2111.00035; pkuzengqi/Skyformer",
     .notes = "faithful: as for small, text padded to 4096; " SMALL_DIFFERENCES "; the best chosen only after a fifth of the steps",
     .position = "learned", .attention = "{bias: [q, k, v]}", .model = SMALL_MODEL, .train = ONE_CYCLE ", clip_value: 1}",
     .can_be_faithful = 1, .task = skyformer},
    {.name = "s4", .title = "the budgets and widths of the S4 code, not faithful",
     .source = "Gu et al., arXiv:2111.00396; state-spaces/s4",
     .notes = "its batch norm is layer norm here, its pixels are numbers and not tokens, its validation set for text is the test set, its "
              "listops examples end in a token of their own, its retrieval reads characters; heads and feed-forward parts, which it does not "
              "have, are ours, and its rates are those of state space models",
     .position = "none", .model = "{norm: pre, pooling: mean, dropout: 0, heads: 4, feed_forward: 512, activation: gelu}",
     .train = "{optimizer: adamw, beta2: 0.999, decay: 0.05, schedule: cosine, final_rate: 0, clip_norm: 0, keep: best}", .task = s4},
    {.name = NULL},
};

const struct protocol *protocol_find(const char *name)
{
    for (const struct protocol *p = protocols; p->name; p++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}
