/* config.c -- a YAML file, what it extends and what --set says; what is accepted is printed and read again. */
#include "config/config.h"
#include "fuzz.h"

static void seeds(void)
{
    seed("model: {width: 32, heads: 2}\ntrain: {length: 64, tokens: 1e5}\ntasks: [lm]\nvariants: [rope, keynorm: {as: x, normalise: both}]\n");
    seed("extends: b.yaml\nseeds: [1, 2]\nlengths: [64]\n" CUT "train: {steps: 10}\ntasks: [{listops: {max_length: 50}}]\nvariants: [vanilla]\n" CUT "model.width=64");
    seed("a: &x [1, 2]\nb: *x\nc: [*x, *x]\n");
    seed("budgets:\n  quick: {train: {steps: 2}}\nbudget: quick\nprotocol: {small: {faithful: true}}\ntasks: [text]\nvariants: [linformer]\n");
    seed("extends: a.yaml\n");
    struct file_names names; /* and what the project itself has, where it is started in its folder */
    if (file_list("configs", &names) != OK) names = (struct file_names){0};
    for (size_t i = 0; i < names.n; i++) {
        struct file_content c;
        char path[FILE_PATH];
        if (file_join(path, "configs", names.name[i]) != OK || file_read(path, &c) != OK) continue;
        seed_bytes(c.at, c.n);
        file_close(&c);
    }
    file_names_free(&names);
    seed("tasks: [{image: {with: {train: {batch: 64}}}}, mqar, pathx]\nvariants: [performer, {rope: {model: {norm: post}, position: {rope: {base: 500}}}}]\ntrain: {samples: 100}\n");
}

/* What config_print gives is a configuration of the same run. */
static void print_and_read(const struct run *r)
{
    struct config again;
    char *text = config_print(r), id[2][33];
    put("printed.yaml", text);
    if (config_read(&(struct config_request){.path = in_folder("printed.yaml")}, &again) != OK) {
        fprintf(stderr, "%s\n%s", status_message(), text);
        abort();
    }
    config_train_id(r, "", id[0]);
    config_train_id(&again.runs[0], "", id[1]);
    if (again.n_runs != 1 || strcmp(id[0], id[1]) != 0) {
        fprintf(stderr, "%zu runs, %s and %s\n%s", again.n_runs, id[0], id[1], text);
        abort();
    }
    config_done(&again);
    free(text);
}

/* The file, what it extends, and settings of the command line, one a part. */
static void one(struct input in)
{
    struct config c;
    char *set[4];
    size_t n = 0;
    put_input("a.yaml", take_part(&in));
    put_input("b.yaml", take_part(&in));
    for (; in.n && n < 4; n++) {
        const struct input part = take_part(&in);
        if (!(set[n] = strndup((const char *)part.at, part.n))) abort();
    }
    const struct config_request rq = {.path = in_folder("a.yaml"), .n_set = n, .set = (const char *const *)set};
    if (config_read(&rq, &c) == OK) {
        for (size_t i = 0; i < c.n_runs && i < 3; i++)
            if (!c.runs[i].refused[0]) print_and_read(&c.runs[i]);
        config_done(&c);
    } else if (!*status_message()) abort();
    for (size_t i = 0; i < n; i++) free(set[i]);
}
