/* config_flags.c -- a config from the command line. */
#include "cli/config_flags.h"

#include "train/tuning.h"

status config_flags_read(const struct config_flags *f, int argc, char **argv, struct config *out)
{
    if (argc != 2) FAIL(ERR_CONFIG, argc < 2 ? "%s wants a config, such as configs/quick.yaml" : "%s takes one config", argv[0]);
    const struct config_request rq = {.path = argv[1], .budget = f->budget, .n_set = f->n_set, .set = f->set, .n_only = f->n_only, .only = f->only};
    TRY(config_read(&rq, out));
    const status e = tuning_resolve(out, config_flags_results(f));
    if (e != OK) config_done(out);
    return e;
}

const char *config_flags_results(const struct config_flags *f)
{
    return f->results ? f->results : "results";
}
