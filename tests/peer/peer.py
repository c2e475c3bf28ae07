#!/usr/bin/python3
"""The same training steps in PyTorch, made as fast as we know how, for `make bench-peer`.

    peer.py WORKLOAD [--seed N] [--trial-seconds S] [--set key=value ...]

First it tries settings (see CHOICES), one after the other, and keeps what is faster. Then it reads
lines from stdin and answers each on stdout:

    ready W1 threads=2 ...            the settings it chose, once, before the first line is read
    round 3                        -> 14.6 sequences/s 900 MB

A round runs whole steps (forward, backward, AdamW) for at least so many seconds. The memory is the
peak of this process since it began to run with its chosen settings.
"""
import argparse
import os
import resource
import subprocess
import sys
import time

WORKLOADS = {
    "W1": dict(T=1024, B=32, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.0),
    "W2": dict(T=4096, B=4, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.0),
    "W3": dict(T=256, B=8, width=256, heads=4, ff=1024, layers=4, classes=0, drop=0.0),
    "W1d": dict(T=1024, B=32, width=64, heads=2, ff=128, layers=2, classes=10, drop=0.1),
}
V = 256

# Every setting that may matter, the default first. They are tried one after another in this order, keeping the best so far:
# 40 short trials instead of the thousand of a full product. Those of ENVIRONMENT are read by libraries before main, so a
# trial is a process of its own.
CHOICES = {
    "threads": ["2", "1"],             # PyTorch's own
    "blas_threads": ["2", "1"],        # OpenBLAS's
    "malloc": ["default", "keep", "huge"],  # glibc gives large blocks back and clears them again, every operation of every step
    "micro": ["batch", "half", "quarter", "one"],   # gradient accumulation: fewer sequences at once stay in the cache
    "workers": ["1", "2"],             # Python threads, each with half of a micro-batch and one library thread
    "attention": ["matmul", "baddbmm", "alpha", "library"],
    "qkv": ["packed", "separate"],
    "run": ["eager", "trace"],
    "mkldnn": ["on", "off"],
    "adam": ["foreach", "loop"],
    "blas_core": ["auto", "Haswell", "SkylakeX"],
    "denormals": ["flush", "keep"],
}
MALLOC = {
    "default": {},
    "keep": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_TOP_PAD_": str(64 << 20)},
    "huge": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_TOP_PAD_": str(64 << 20),
             "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
}


def environment(choice):
    """The environment a process needs for these settings; everything inherited that would interfere is removed."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("OMP_", "OPENBLAS_", "MALLOC_", "GLIBC_TUNABLES", "KMP_", "GOMP_", "DNNL_"))}
    env.update(MALLOC[choice["malloc"]])
    env["OMP_NUM_THREADS"] = choice["threads"]
    env["OPENBLAS_NUM_THREADS"] = choice["blas_threads"]
    if choice["blas_core"] != "auto":
        env["OPENBLAS_CORETYPE"] = choice["blas_core"]
    return env


def build(torch, w, choice):
    """The model as one function of tokens and targets that returns the summed loss, and its parameters."""
    nn, F = torch.nn, torch.nn.functional
    C, H, T = w["width"], w["heads"], w["T"]
    D = C // H
    causal, drop = w["classes"] == 0, w["drop"]
    kind, packed = choice["attention"], choice["qkv"] == "packed"

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(C), nn.LayerNorm(C)
            self.qkv = nn.ModuleList([nn.Linear(C, 3 * C)] if packed else [nn.Linear(C, C) for _ in range(3)])
            self.out, self.up, self.down = nn.Linear(C, C), nn.Linear(C, w["ff"]), nn.Linear(w["ff"], C)

        def attend(self, x, mask):
            B = x.shape[0]
            if packed:
                q, k, v = self.qkv[0](x).view(B, T, 3, H, D).permute(2, 0, 3, 1, 4).unbind(0)
            else:
                q, k, v = (f(x).view(B, T, H, D).transpose(1, 2) for f in self.qkv)
            if kind == "library":
                y = F._scaled_dot_product_attention(q, k, v, mask, drop, False, False)[0]
                return self.out(y.transpose(1, 2).reshape(B, T, C))
            q, k, v = (t.reshape(B * H, T, D) for t in (q, k, v))
            if kind == "matmul":
                s = torch.bmm(q * D ** -0.5, k.transpose(1, 2))
                if causal:
                    s += mask
            elif kind == "baddbmm":
                s = torch.baddbmm(mask if causal else self.zero, q, k.transpose(1, 2), beta=1 if causal else 0, alpha=D ** -0.5)
            else:  # keys laid out beforehand, so that no product reads a transposed operand
                s = torch.bmm(q * D ** -0.5, k.transpose(1, 2).contiguous())
                if causal:
                    s += mask
            p = torch.softmax(s, -1)
            if drop:
                p = F.dropout(p, drop)
            y = torch.bmm(p, v).view(B, H, T, D).transpose(1, 2).reshape(B, T, C)
            return self.out(y)

        def forward(self, x, mask):
            h = self.attend(self.norm1(x), mask)
            x = x + (F.dropout(h, drop) if drop else h)
            h = F.gelu(self.up(self.norm2(x)))
            h = self.down(F.dropout(h, drop) if drop else h)
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

    Block.zero = torch.zeros(1, 1, 1)
    return Model()


def trainer(w, choice, seed):
    """A function that does one step and returns its loss."""
    import warnings
    warnings.filterwarnings("ignore")
    import threading
    import torch
    torch.manual_seed(seed)
    torch.set_num_threads(int(choice["threads"]))
    torch.set_flush_denormal(choice["denormals"] == "flush")
    torch.backends.mkldnn.m.is_available()
    torch._C._set_mkldnn_enabled(choice["mkldnn"] == "on")
    B, T, causal = w["B"], w["T"], w["classes"] == 0
    workers = int(choice["workers"])
    micro = {"batch": B, "half": B // 2, "quarter": B // 4, "one": 1}[choice["micro"]]
    each = max(1, min(micro, B // workers))
    model = build(torch, w, choice)
    replicas = [model] + [build(torch, w, choice) for _ in range(workers - 1)]
    for r in replicas[1:]:  # the workers read the same weights, and each has gradients of its own
        for mine, shared in zip(r.parameters(), model.parameters()):
            mine.data = shared.data
    tokens = torch.randint(V, (B, T + 1))
    targets = tokens[:, 1:].contiguous() if causal else torch.randint(w["classes"], (B,))
    tokens = tokens[:, :T].contiguous()
    count = targets.numel()
    forward = replicas
    if choice["run"] == "trace":
        forward = [torch.jit.trace(r, (tokens[:each], targets[:each]), check_trace=False) for r in replicas]
    adam = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, foreach=choice["adam"] == "foreach")
    flush = choice["denormals"] == "flush"

    def share(i, losses):
        torch.set_flush_denormal(flush)
        for at in range(i * each, B, workers * each):
            loss = forward[i](tokens[at:at + each], targets[at:at + each]) / count
            loss.backward()
            losses[i] += loss.item()

    def step():
        losses = [0.0] * workers
        helpers = [threading.Thread(target=share, args=(i, losses)) for i in range(1, workers)]
        for h in helpers:
            h.start()
        share(0, losses)
        for h in helpers:
            h.join()
        for r in replicas[1:]:
            torch._foreach_add_([p.grad for p in model.parameters()], [p.grad for p in r.parameters()])
            for p in r.parameters():
                p.grad = None
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


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("workload", choices=WORKLOADS)
    ap.add_argument("--set", action="append", default=[])
    ap.add_argument("--seconds", type=float, default=3)
    ap.add_argument("--loss", action="store_true")
    a = ap.parse_args()
    choice = {k: v[0] for k, v in CHOICES.items()}
    choice.update(s.split("=") for s in a.set)
    if os.environ.get("PEER_READY") != "1":
        env = environment(choice)
        env["PEER_READY"] = "1"
        os.execve(sys.executable, [sys.executable] + sys.argv, env)
    w = WORKLOADS[a.workload]
    step = trainer(w, choice, 1)
    l=[step() for _ in range(3)]
    if a.loss: print(l)
    print(f"{a.workload} {' '.join(a.set)}: {rate(step, w['B'], a.seconds):.2f} /s {peak_mb():.0f} MB", flush=True)

main()
