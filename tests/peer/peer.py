#!/usr/bin/python3
"""The same training steps in PyTorch, as fast as we can make it: the peer of `make bench-peer`.

    peer.py WORKLOAD [--tuned] [--settings FOLDER] [--set key=value ...]

First it tries settings (PLAIN and TUNED below), each for some seconds in a process of its own, and
keeps what is faster; the folder remembers them for the next time. Then it reads lines and answers:

                                       ready W1 threads=2/2 wait=default ...
    round 3                            14.6 sequences/s 900 MB
    quit

A round runs whole steps (forward, backward, AdamW) for at least so many seconds; the memory is the
peak of this process. Between the rounds it sleeps in read(), so that something else can be timed.
`--set` skips the search and changes the given settings from their plain values.

Without --tuned it chooses among settings of PyTorch and BLAS and ways to write the model down: what
a careful user does. With --tuned also among what an expert does outside of the model:
keep malloc from giving memory back, split the batch, run the parts in Python threads.
"""
import argparse
import os
import resource
import subprocess
import sys
import threading
import time
import warnings

WORKLOADS = {
    "W1": dict(T=1024, B=32, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.0),
    "W2": dict(T=4096, B=4, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.0),
    "W3": dict(T=256, B=8, width=256, heads=4, ff=1024, layers=4, classes=0, drop=0.0),
    "W1d": dict(T=1024, B=32, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.1),
}
V = 256

# Settings that may matter, the plain one first. They are tried one after another in this order, keeping the best so far:
# a dozen trials instead of the thousand of a full product. What was never better beyond the noise is not here: three products for
# q, k and v instead of one, AdamW's loop instead of its foreach form, another of OpenBLAS's AVX-512 kernels.
PLAIN = [
    ("threads", ["2/2", "2/1", "1/2", "1/1"]),      # PyTorch's own (OpenMP) / OpenBLAS's: the two pools can get in each other's way
    ("wait", ["default", "passive"]),               # whether idle OpenMP threads spin for a while or sleep
    ("blas_core", ["auto", "Haswell"]),             # OpenBLAS kernels
    ("attention", ["bmm", "baddbmm", "library"]),
    ("mkldnn", ["on", "off"]),
    ("run", ["eager", "trace"]),
]
TUNED = [
    ("malloc", ["default", "keep", "huge"]),        # glibc returns large blocks and clears fresh ones, in every operation
    ("threads", ["2/2", "2/1", "1/2", "1/1"]),      # again, as the best may have changed
    ("parts", ["1x1", "2x1", "allx1", "1x2", "2x2", "allx2"]),  # pieces of the batch (gradients accumulate) x Python threads
]
DEFAULT = {key: values[0] for key, values in reversed(PLAIN + TUNED)}
KEEP = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_TOP_PAD_": str(64 << 20)}
MALLOC = {"default": {}, "keep": KEEP, "huge": {**KEEP, "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}}


def environment(choice):
    """What libraries read before main; anything inherited that could interfere is removed."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("OMP_", "GOMP_", "KMP_", "OPENBLAS_", "DNNL_", "MALLOC_", "GLIBC_TUNABLES"))}
    env.update(MALLOC[choice["malloc"]])
    env["OMP_NUM_THREADS"], env["OPENBLAS_NUM_THREADS"] = choice["threads"].split("/")
    if choice["wait"] != "default":
        env["OMP_WAIT_POLICY"] = choice["wait"]
    if choice["blas_core"] != "auto":
        env["OPENBLAS_CORETYPE"] = choice["blas_core"]
    return env


def build(torch, w, choice):
    """The model as one function of tokens and targets that returns the summed loss, and its parameters."""
    nn, F = torch.nn, torch.nn.functional
    C, H, T = w["width"], w["heads"], w["T"]
    D = C // H
    causal, drop = w["classes"] == 0, w["drop"]
    kind = choice["attention"]

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
            self.qkv, self.out = nn.Linear(C, 3 * C), nn.Linear(C, C)
            self.up, self.down = nn.Linear(C, w["ff"]), nn.Linear(w["ff"], C)

        def attend(self, x, mask):
            B = x.shape[0]
            q, k, v = self.qkv(x).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4).unbind(0)
            if kind == "library":
                y = F._scaled_dot_product_attention(q, k, v, mask, drop, False, False)[0]
                return self.out(y.transpose(1, 2).reshape(B, T, C))
            q, k, v = (t.reshape(B * H, T, D) for t in (q, k, v))
            if kind == "bmm":
                s = torch.bmm(q * D ** -0.5, k.transpose(1, 2))
                if causal:
                    s += mask
            else:
                s = torch.baddbmm(mask if causal else q.new_empty(1), q, k.transpose(1, 2), beta=1 if causal else 0, alpha=D ** -0.5)
            p = torch.softmax(s, -1)
            if drop:
                p = F.dropout(p, drop)
            y = torch.bmm(p, v).view(B, H, T, D).transpose(1, 2).reshape(B, T, C)
            return self.out(y)

        def forward(self, x, mask):
            h = self.attend(self.norm1(x), mask)
            x = x + (F.dropout(h, drop) if drop else h)
            h = F.gelu(self.up(self.norm2(x)))
            h = self.down(h)
            return x + (F.dropout(h, drop) if drop else h)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.position = nn.Embedding(V, C), nn.Parameter(torch.randn(T, C) * 0.02)
            nn.init.normal_(self.token.weight, std=0.02)
            self.blocks = nn.ModuleList([Block() for _ in range(w["layers"])])
            self.norm = nn.LayerNorm(C)
            if causal:
                self.bias = nn.Parameter(torch.zeros(V))
                self.register_buffer("mask", torch.full((T, T), float("-inf")).triu(1))
            else:
                self.head, self.mask = nn.Linear(C, w["classes"]), None

        def forward(self, tokens, targets):
            x = self.token(tokens) + self.position
            if drop:
                x = F.dropout(x, drop)
            for block in self.blocks:
                x = block(x, self.mask)
            x = self.norm(x)
            if causal:
                logits = F.linear(x.reshape(-1, C), self.token.weight, self.bias)
                return F.cross_entropy(logits, targets.reshape(-1), reduction="sum")
            return F.cross_entropy(self.head(x.mean(1)), targets, reduction="sum")

    return Model()


def trainer(w, choice):
    """A function that does one step and returns its loss."""
    import torch
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    torch.set_num_threads(int(choice["threads"].split("/")[0]))
    torch.set_flush_denormal(True)
    torch.backends.mkldnn.set_flags(choice["mkldnn"] == "on")
    B, T, causal = w["B"], w["T"], w["classes"] == 0
    parts, workers = choice["parts"].split("x")
    workers = int(workers)
    size = B // min(B, max(workers, B if parts == "all" else int(parts)))

    # The workers read the same weights, and each has gradients of its own.
    model = build(torch, w, choice)
    replicas = [model] + [build(torch, w, choice) for _ in range(workers - 1)]
    for r in replicas[1:]:
        for own, shared in zip(r.parameters(), model.parameters()):
            own.data = shared.data
    data = torch.Generator().manual_seed(2)
    tokens = torch.randint(V, (B, T + 1), generator=data)
    targets = tokens[:, 1:].contiguous() if causal else torch.randint(w["classes"], (B,), generator=data)
    tokens = tokens[:, :T].contiguous()
    run = replicas
    if choice["run"] == "trace":
        run = [torch.jit.trace(r, (tokens[:size], targets[:size]), check_trace=False) for r in replicas]
    adam = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, foreach=True)

    def share(i, losses):
        torch.set_flush_denormal(True)
        for at in range(i * size, B, workers * size):
            loss = run[i](tokens[at:at + size], targets[at:at + size]) / targets.numel()
            loss.backward()
            losses[i] += loss.item()

    def step():
        losses = [0.0] * workers
        others = [threading.Thread(target=share, args=(i, losses)) for i in range(1, workers)]
        for t in others:
            t.start()
        share(0, losses)
        for t in others:
            t.join()
        for r in replicas[1:]:
            torch._foreach_add_([p.grad for p in model.parameters()], [p.grad for p in r.parameters()])
            r.zero_grad(set_to_none=True)
        adam.step()
        adam.zero_grad(set_to_none=True)
        return sum(losses)

    return step


def rate(step, B, seconds):
    """Sequences per second over whole steps that take at least so many seconds."""
    steps, start = 0, time.perf_counter()
    while True:
        step()
        steps += 1
        spent = time.perf_counter() - start
        if spent >= seconds:
            return steps * B / spent


def trial(workload, choice, seconds):
    """Sequences per second with these settings: the best of two, since what disturbs a trial only makes it slower."""
    command = [sys.executable, __file__, workload, "--now"] + [f"--set={k}={v}" for k, v in choice.items()]
    lines = f"round {seconds / 2}\n" * 2
    out = subprocess.run(command, env=environment(choice), input=lines, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    rates = [float(l.split()[0]) for l in out.stdout.splitlines() if "sequences/s" in l]
    return max(rates, default=0)


def search(workload, choice, keys, seconds):
    """Try every value of the keys in turn; a change must win by 2 %, so that noise alone does not collect settings."""
    best = trial(workload, choice, seconds)
    for key, values in keys:
        for value in values:
            attempt = {**choice, key: value}
            if key == "parts" and value.endswith("x2"):
                attempt["threads"] = "1/1"
            if attempt == choice:
                continue
            got = trial(workload, attempt, seconds)
            print(f"{workload}: {key} {value}: {got:.2f} against {best:.2f} sequences/s", file=sys.stderr, flush=True)
            if got > 1.02 * best:
                best, choice = got, attempt
    return choice


def settled(workload, tuned, folder, seconds):
    """The settings that an earlier search left in the folder, or those of a search now. Tuning goes on from the plain best."""
    workload = workload.rstrip("d")     # with dropout: the same shapes, so the same settings
    path = folder and os.path.join(folder, workload + ("-tuned" if tuned else "-plain"))
    if path and os.path.exists(path):
        with open(path) as f:
            return dict(line.rstrip("\n").split("=", 1) for line in f)
    start = settled(workload, False, folder, seconds) if tuned else DEFAULT
    choice = search(workload, start, TUNED if tuned else PLAIN, seconds)
    if path:
        os.makedirs(folder, exist_ok=True)
        with open(path, "w") as f:
            f.writelines(f"{k}={v}\n" for k, v in choice.items())
    return choice


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--settings", metavar="FOLDER")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--trial", metavar="SECONDS", type=float, default=3)
    parser.add_argument("--now", action="store_true", help="the environment is as the settings want it")
    args = parser.parse_args()

    if not args.now:
        # Libraries read their environment when they are loaded, so the process that knows its settings starts itself again.
        if args.set:
            choice = {**DEFAULT, **dict(s.split("=", 1) for s in args.set)}
        else:
            choice = settled(args.workload, args.tuned, args.settings, args.trial)
        flags = [f"--set={k}={v}" for k, v in choice.items()]
        os.execve(sys.executable, [sys.executable, __file__, args.workload, "--now"] + flags, environment(choice))

    choice = dict(s.split("=", 1) for s in args.set)
    w = WORKLOADS[args.workload]
    step = trainer(w, choice)
    # The first steps build plans, pools and traces. Their losses are the same with any settings but dropout, to see that nothing broke.
    losses = [step() for _ in range(3 if choice["run"] == "trace" else 2)]
    print("ready", args.workload, *(f"{k}={v}" for k, v in choice.items()), f"(losses {losses[0]:.4f} {losses[1]:.4f})", flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        per_second = rate(step, w["B"], float(line.split()[1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{per_second:.2f} sequences/s {peak:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
