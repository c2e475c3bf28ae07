"""Compute every number of a table of results again, from the HDF5 files beside it alone.

    python3 tests/probe/check_tables.py results/published/lra-short [FOLDER...]

A folder holds table.csv (`reach table CONFIG --format csv`) and the files it was made of: one a run, cost.h5 or approximation.h5.  Needs numpy and
h5py alone.  Numbers of papers are not looked at, as no file has them, nor numbers in notes.  Prints how many numbers a table has and
each that is not the files'; exit code 0 if all are, 1 if not, 2 if a folder has no table or no files.
"""
import collections
import csv
import glob
import math
import os
import sys

import h5py
import numpy

NAN = math.nan
T_QUANTILE = [NAN, NAN, 12.7062047361747, 4.30265272974946, 3.1824463052837, 2.77644510519779, 2.57058183563631, 2.44691185114497,
              2.36462425159278, 2.30600413520417, 2.26215716279821]  # 97.5 % of Student's t with n - 1 degrees of freedom, at [n]
TEXT_MODES = ("windows", "last", "stride", "context", "stream")  # of /test, where a target is a byte


class Unknown(Exception):
    """What the files cannot answer, or the table should not ask."""


def of_seeds(values):
    """How many numbers there are, their mean, sample standard deviation and half the width of the 95 % t interval."""
    x = [v for v in values if not math.isnan(v)]
    n = len(x)
    if n >= len(T_QUANTILE):
        raise Unknown(f"t intervals of at most {len(T_QUANTILE) - 1} seeds are known here, not of {n}")
    mean = numpy.mean(x) if n else NAN
    sd = numpy.std(x, ddof=1) if n > 1 else NAN
    return n, mean, sd, T_QUANTILE[n] * sd / math.sqrt(n) if n > 1 else NAN


# ---- runs ----

def read_run(path):
    with h5py.File(path) as f:
        run = {name: f.attrs[name] for name in ("task", "label", "seed", "status")}
        options = dict(f["config"].attrs)
        return run | {"train_length": int(float(options["train.length"])), "cost": dict(f["cost"].attrs),
                      "of_task": {name: value for name, value in options.items() if name.startswith("task.")},
                      "test": {place(row): row for row in f["test"][:]}, "predictors": f["predictors"][:], "context": read_context(f)}


def read_context(f):
    """Losses by context, and what two runs must share to be compared."""
    if "context" not in f or f["context"].shape[1] == 0:
        return None
    c = f["context"]
    contexts = [int(n) for n in c.attrs["contexts"]]
    return {"loss": c[:].astype(float), "contexts": contexts,
            "layout": (c.attrs["evaluation"], c.attrs["split"], c.shape, tuple(contexts), f["environment"].attrs.get("data", ""))}


def place(row):
    """Of a row of /test; of several at one place the last counts."""
    return row["split"].decode(), row["text"].decode(), row["mode"].decode(), int(row["length"])


def check_tasks(runs):
    """A table calls a second task of one name NAME-2; the files do not say which came second."""
    first = {}
    for run in runs:
        if first.setdefault(run["task"], run["of_task"]) != run["of_task"]:
            raise Unknown(f"the files hold {run['task']} with different settings and do not say which is {run['task']}-2")


def value(run, where, name):
    return float(run["test"][where][name]) if where in run["test"] else NAN


def ratio(run, where):
    """Loss over that at the training length; only of texts, as what other tasks train on is not told by train.length."""
    base = value(run, where[:3] + (run["train_length"],), "loss")
    return float(numpy.float64(value(run, where, "loss")) / base) if where[2] in TEXT_MODES else NAN


def is_text(runs):
    return any(mode in TEXT_MODES for run in runs for _, _, mode, _ in run["test"])


def variant_numbers(row, runs, task):
    where = row["split"], row["text"], row["mode"], int(row["length"])
    mine = [run for run in task if run["label"] == row["name"] and run["status"] == "done"]
    known = any(where in run["test"] for run in task if run["status"] == "done")
    seeds, loss, loss_sd, loss_ci95 = of_seeds(value(run, where, "loss") for run in mine)
    _, right, right_sd, right_ci95 = of_seeds(value(run, where, "accuracy") for run in mine)
    _, over_trained, over_trained_sd, _ = of_seeds(ratio(run, where) for run in mine)
    return {"length": where[3] if known else NAN, "seeds": seeds, "loss_nats": loss, "loss_sd": loss_sd, "loss_ci95": loss_ci95,
            "bits_per_byte": loss / math.log(2) if is_text(task) else NAN, "ratio": over_trained, "ratio_sd": over_trained_sd,
            "accuracy": right, "accuracy_sd": right_sd, "accuracy_ci95": right_ci95,
            "parameters": of_seeds(run["cost"]["parameters"] for run in mine)[1],
            "tokens_per_second": of_seeds(run["cost"]["tokens_per_second"] for run in mine)[1]}


def predictor_numbers(row, runs, task):
    """All runs of a task have the same predictors."""
    scores = {(float(p["loss"]), float(p["accuracy"])) for run in task for p in run["predictors"] if p["name"].decode() == row["name"]}
    if len({repr(s) for s in scores}) != 1:
        raise Unknown(f"the files have {len(scores)} scores of this predictor")
    loss, right = scores.pop()
    return {"loss_nats": loss, "bits_per_byte": loss / math.log(2) if is_text(task) else NAN, "accuracy": right}


def average_numbers(row, runs, task):
    """Over the tasks that the note names, of seeds that all of them have."""
    tasks = row["note"].removeprefix("tasks: ").split()
    where = row["split"], row["text"], row["mode"], 0
    right = {(run["task"], run["seed"]): value(run, where, "accuracy")
             for run in runs if run["label"] == row["name"] and run["status"] == "done"}
    seeds, mean, sd, ci95 = of_seeds(sum(right.get((task, seed), NAN) for task in tasks) / len(tasks) for seed in {s for _, s in right})
    return {"seeds": seeds, "accuracy": mean, "accuracy_sd": sd, "accuracy_ci95": ci95}


def recl(own, group, contexts, share):
    """Relative effective context length (Dai et al., arXiv:1901.02860, appendix C): own and group are losses (contexts, targets)."""
    if numpy.isnan(own[0, 0]):
        return NAN
    hard = max(1, math.floor(share * own.shape[1] + 0.5))
    for k in range(len(contexts) - 1):
        best = numpy.nanmin([losses[k] for losses in group], axis=0)
        targets = numpy.argsort(-best, kind="stable")[:hard]
        before = math.exp(best[targets].mean())
        after = math.exp(numpy.minimum(best, own[k + 1])[targets].mean())
        if not (before - after) / before >= 0.01:
            return contexts[k]
    return contexts[-1]


def recl_numbers(row, runs, task):
    """Of the runs whose contexts, targets and data most of them share; each seed is a group."""
    done = [run for run in task if run["status"] == "done" and run["context"]]
    (layout, n), *others = collections.Counter(run["context"]["layout"] for run in done).most_common()
    if others and others[0][1] == n:
        raise Unknown("as many runs have other contexts, and the files do not say which come first")
    done = [run for run in done if run["context"]["layout"] == layout]
    lengths = [recl(run["context"]["loss"], [other["context"]["loss"] for other in done if other["seed"] == run["seed"]],
                    run["context"]["contexts"], float(row["column"].removeprefix("r = "))) for run in done if run["label"] == row["name"]]
    seeds, mean, _, _ = of_seeds(lengths)
    return {"seeds": seeds, "value": mean}


def gate_numbers(row, runs, task):
    """A verdict in words."""
    return {}


NUMBERS_OF = {"variant": variant_numbers, "predictor": predictor_numbers, "average": average_numbers, "gate": gate_numbers,
              "recl": recl_numbers}


def run_numbers(row, runs):
    if row["kind"] not in NUMBERS_OF:
        raise Unknown(f"rows of kind {row['kind']} are not known here")
    return NUMBERS_OF[row["kind"]](row, runs, [run for run in runs if run["task"] == row["task"]])


# ---- costs ----

def read_costs(path):
    with h5py.File(path) as f:
        return {"model": dict(f["config"].attrs), "threads": int(f["environment"].attrs["threads"]), "bench": f["bench"][:]}


DIRECTIONS = {"classifier": b"bidirectional", "language model": b"causal"}


def cost_row(costs, row, variant, length):
    """The row of a variant and a length (None: the first) that shares direction and mode with a row of the table, or None."""
    for r in costs["bench"]:
        if (r["direction"], r["mode"], r["variant"]) == (DIRECTIONS[row["model"]], row["mode"].encode(), variant.encode()):
            if length in (None, r["length"]):
                return r
    return None


def over(r, base, name):
    return float(r[name] / base[name]) if base is not None else NAN


def cost_numbers(row, costs):
    r, first, vanilla = (cost_row(costs, row, variant, length) for variant, length in
                         ((row["variant"], int(row["length"])), (row["variant"], None), ("vanilla", int(row["length"]))))
    if r is None:
        raise Unknown("/bench has no such row")
    numbers = {name: int(costs["model"]["model." + name]) for name in ("layers", "width", "heads")}
    numbers |= {name: r[name] for name in ("length", "batch", "rounds")}
    numbers |= {"threads": costs["threads"], "busy_threads": r["threads"], "batch_nxn_bytes_computed": r["square_bytes"]}
    if r["reason"]:
        return numbers
    numbers |= {name: r[name] for name in ("steps", "step_ms", "token_ns", "flops_per_step", "flops_per_second", "activation_bytes_per_token")}
    return numbers | {"fastest_round_ms": r["fastest_ms"], "slowest_round_ms": r["slowest_ms"], "steps_per_second": 1e3 / r["step_ms"],
                      "times_vanilla": 1 / over(r, vanilla, "step_ms"), "time_growth": over(r, first, "token_ns"),
                      "bytes_growth": over(r, first, "activation_bytes_per_token"), "pack_bytes": r["activation_bytes"],
                      "pack_rows": r["activation_rows"]}


# ---- errors of approximations ----

def read_errors(path):
    with h5py.File(path) as f:
        return {"options": dict(f["config"].attrs), "rows": f["approximation"][:]}


def error_numbers(row, errors):
    rows, options = errors["rows"], errors["options"]
    mine = rows[(rows["variant"] == row["variant"].encode()) & (rows["value"] == float(row["value"]))]
    if len(mine) == 0:
        raise Unknown("/approximation has no such rows")
    numbers = {"value": mine["value"][0], "length": int(options["approximation.length"]), "input": float(options["approximation.input"]),
               "width": int(options["model.width"]), "heads": int(options["model.heads"]), "draws": len(mine)}
    for name in ("mse", "relative_error"):
        numbers[name] = numpy.mean(mine[name])
        numbers[name + "_sd"] = numpy.std(mine[name], ddof=1) if len(mine) > 1 else NAN
    return numbers


# ---- tables ----

RUN_WORDS = "task kind name split text mode note whose reference column measure status".split()
RUN_NUMBERS = ("length seeds loss_nats loss_sd loss_ci95 bits_per_byte ratio ratio_sd accuracy accuracy_sd accuracy_ci95 parameters "
               "tokens_per_second value").split()
COST_WORDS = "variant attention position model mode kernel real reason".split()
COST_NUMBERS = ("layers width heads threads length batch busy_threads rounds steps step_ms fastest_round_ms slowest_round_ms "
                "steps_per_second times_vanilla token_ns time_growth flops_per_step flops_per_second activation_bytes_per_token "
                "bytes_growth pack_bytes pack_rows batch_nxn_bytes_computed").split()

ERROR_WORDS = "variant attention option causal".split()
ERROR_NUMBERS = "value length width heads input draws mse mse_sd relative_error relative_error_sd".split()


def read_table(path, words, numbers):
    with open(path, newline="") as f:
        table = csv.DictReader(f, strict=True)
        rows = list(table)
    strange = sorted(set(table.fieldnames) ^ set(words + numbers))
    if strange or len(set(table.fieldnames)) != len(table.fieldnames):
        raise Unknown(f"columns unknown here, missing or twice: {', '.join(strange)}")
    for at, row in enumerate(rows):
        if None in row or None in row.values():
            raise Unknown(f"row {at + 1} has not as many cells as there are columns")
    return rows


def agrees(cell, mine, digits):
    """Whether a cell shows a number, rounded to so many digits; an empty one shows none."""
    if not cell or math.isnan(mine):
        return not cell and math.isnan(mine)
    try:
        shown = float(cell)
    except ValueError:
        return False
    if math.isinf(mine) or mine == 0:
        return shown == mine
    unit = 10.0 ** (math.floor(math.log10(abs(mine))) - digits + 1)
    return abs(shown - mine) <= 0.51 * unit + 1e-14  # deviations of equal numbers are as small


def wrong_cells(row, mine, columns, digits):
    for column in columns:
        number = float(mine.get(column, NAN))
        if not agrees(row[column], number, digits):
            yield (f"column {column}: the table has {row[column] or 'no number'}, the files give "
                   f"{'no number' if math.isnan(number) else format(number, f'.{digits}g')}")


def check_rows(rows, words, columns, numbers_of, digits):
    """How many numbers are shown, and a sentence for each that is not the files'."""
    wrong = []
    for at, row in enumerate(rows):
        where = f"row {at + 1} ({' '.join(row[w] for w in words[:6] if row[w])} {row['length']}), "
        try:
            wrong += [where + cell for cell in wrong_cells(row, numbers_of(row), columns, digits)]
        except (Unknown, KeyError, ValueError) as e:
            wrong.append(where + f"cannot be computed: {e!r}")
    return sum(row[column] != "" for row in rows for column in columns), wrong


def check_costs(folder):
    costs = read_costs(os.path.join(folder, "cost.h5"))
    rows = read_table(os.path.join(folder, "table.csv"), COST_WORDS, COST_NUMBERS)
    return check_rows(rows, COST_WORDS, COST_NUMBERS, lambda row: cost_numbers(row, costs), 13)


def check_errors(folder):
    errors = read_errors(os.path.join(folder, "approximation.h5"))
    rows = read_table(os.path.join(folder, "table.csv"), ERROR_WORDS, ERROR_NUMBERS)
    return check_rows(rows, ERROR_WORDS, ERROR_NUMBERS, lambda row: error_numbers(row, errors), 10)


def check_runs(folder):
    runs = [read_run(path) for path in files_of(folder)]
    check_tasks(runs)
    rows = [row for row in read_table(os.path.join(folder, "table.csv"), RUN_WORDS, RUN_NUMBERS) if row["whose"] != "paper"]
    return check_rows(rows, RUN_WORDS, RUN_NUMBERS, lambda row: run_numbers(row, runs), 10)


def check_of(folder):
    """A config that measures has one file of its own."""
    for name, check in (("cost.h5", check_costs), ("approximation.h5", check_errors)):
        if os.path.exists(os.path.join(folder, name)):
            return check
    return check_runs


def check_folder(folder):
    """Whether all numbers of its table are its files'; prints those that are not."""
    try:
        shown, wrong = check_of(folder)(folder)
    except Unknown as e:
        shown, wrong = 0, [str(e)]
    if shown == 0 and not wrong:
        wrong.append("no row of ours has a number")
    for text in wrong:
        print(f"{folder}/table.csv: {text}")
    n = len(files_of(folder))
    print(f"{folder}/table.csv: {shown} numbers from {n} file{'s' * (n > 1)}, {len(wrong) or 'none'} wrong")
    return not wrong


def files_of(folder):
    return sorted(glob.glob(os.path.join(glob.escape(folder), "*.h5")))


def main():
    folders = [os.path.normpath(folder) for folder in sys.argv[1:]]
    if not folders or not all(os.path.exists(os.path.join(f, "table.csv")) and files_of(f) for f in folders):
        print(__doc__)
        return 2
    numpy.seterr(divide="ignore", invalid="ignore")
    return int(not all([check_folder(folder) for folder in folders]))


if __name__ == "__main__":
    sys.exit(main())
