"""Compare a probe of softmax attention with the same layer written in numpy, gradients by hand.

    reach probe rope --out layer.h5 --causal
    python3 tests/probe/check_vanilla.py layer.h5

Attention vanilla with any position scheme that acts inside the layer (rope, alibi) or outside it (the others).  Needs numpy and
h5py alone.  Prints the largest difference of each array; exit code 0 if all are small, 1 if not, 2 if the file is no such probe.
"""
import math
import sys

import h5py
import numpy

TOLERANCE = 1e-11  # of the largest value of the array


def alibi_slopes(heads):
    """2^(-8 (h + 1) / P) for P heads, P the largest power of 2; the heads left over take every other slope of 2 P heads."""
    whole = 2 ** int(math.log2(heads))
    slopes = [2 ** (-8 * (h + 1) / whole) for h in range(whole)]
    return slopes + [2 ** (-8 * (2 * h + 1) / (2 * whole)) for h in range(heads - whole)]


def turn(u, base, first, back=False):
    """RoPE: the pair of channels 2t, 2t + 1 of row i turned by (first + i) base^(-2t / D); u is (T, H, D)."""
    rows, _, channels = u.shape
    angle = numpy.outer(first + numpy.arange(rows), base ** (-numpy.arange(0, channels, 2) / channels))[:, None, :]
    cosine, sine = numpy.cos(angle), -numpy.sin(angle) if back else numpy.sin(angle)
    out = numpy.empty_like(u)
    out[..., 0::2] = u[..., 0::2] * cosine - u[..., 1::2] * sine
    out[..., 1::2] = u[..., 0::2] * sine + u[..., 1::2] * cosine
    return out


def log_n(options, rows):
    """What queries are multiplied by: ln(keys seen) / ln(training length), or 1."""
    if options["attention.log_n"] == "off":
        return numpy.ones(rows)
    seen = options["first"] + numpy.arange(rows) + 1 if options["causal"] else numpy.full(rows, rows)
    factor = numpy.log(numpy.maximum(seen, 2)) / math.log(max(options["training_length"], 2))
    return numpy.maximum(factor, 1) if options["attention.log_n"] == "test" else factor


def layer(options, params, x, d_y):
    """Output, gradient in x, and gradients in params, of L = sum(output * d_y)."""
    rows, heads, width = len(x), int(options["heads"]), int(options["head_width"])
    rope = options["position"] == "rope"
    project = {n: (x @ params[n] + params.get(n + ".bias", 0)).reshape(rows, heads, width) for n in "qkv"}
    q, k, v = project["q"], project["k"], project["v"]
    if rope:
        q, k = (turn(u, options["position.base"], options["first"]) for u in (q, k))
    factor = log_n(options, rows)[:, None, None]
    q = q * factor
    scores = numpy.einsum("ihd,jhd->hij", q, k) / math.sqrt(width)
    i, j = numpy.arange(rows)[:, None], numpy.arange(rows)[None, :]
    if options["position"] == "alibi":
        scores -= numpy.array(alibi_slopes(heads))[:, None, None] * abs(i - j)
    if options["causal"]:
        scores = numpy.where(j <= i, scores, -numpy.inf)
    weights = numpy.exp(scores - scores.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    mixed = numpy.einsum("hij,jhd->ihd", weights, v).reshape(rows, -1)
    y = mixed @ params["o"] + params.get("o.bias", 0)

    d_mixed = (d_y @ params["o"].T).reshape(rows, heads, width)
    d_weights = numpy.einsum("ihd,jhd->hij", d_mixed, v)
    d_scores = weights * (d_weights - (weights * d_weights).sum(axis=2, keepdims=True)) / math.sqrt(width)
    d = {"v": numpy.einsum("hij,ihd->jhd", weights, d_mixed),
         "q": numpy.einsum("hij,jhd->ihd", d_scores, k) * factor,
         "k": numpy.einsum("hij,ihd->jhd", d_scores, q)}
    if rope:
        d["q"], d["k"] = (turn(d[n], options["position.base"], options["first"], back=True) for n in "qk")
    d_x, d_params = 0, {"o": mixed.T @ d_y, "o.bias": d_y.sum(axis=0, keepdims=True)}
    for n in "qkv":
        flat = d[n].reshape(rows, -1)
        d_x = d_x + flat @ params[n].T
        d_params[n] = x.T @ flat
        d_params[n + ".bias"] = flat.sum(axis=0, keepdims=True)
    return y, d_x, d_params


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    with h5py.File(sys.argv[1]) as f:
        options = dict(f["options"].attrs)
        params = {name: f["params"][name][:] for name in f["params"]}
        if options["attention"] != "vanilla":
            print(f"{sys.argv[1]}: this compares vanilla, not {options['attention']}")
            return 2
        y, d_x, d_params = layer(options, params, f["input"][:], f["d_output"][:])
        pairs = [("output", y, f["output"][:]), ("d_input", d_x, f["d_input"][:])]
        pairs += [("d_params/" + name, d_params[name], f["d_params"][name][:]) for name in params]
    worst = 0
    for name, mine, theirs in pairs:
        difference = abs(mine - theirs).max() / max(abs(theirs).max(), 1e-300) if mine.shape == theirs.shape else math.inf
        if name == "d_params/k.bias" and abs(theirs).max() < 1e-9:  # cancels in the softmax unless positions rotate
            difference = abs(mine - theirs).max()
        print(f"{name:20} {str(theirs.shape):12} {difference:.1e}")
        worst = max(worst, difference) if difference == difference else math.inf
    print("the same" if worst <= TOLERANCE else f"not the same: at most {TOLERANCE} was wanted")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
