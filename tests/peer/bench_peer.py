#!/usr/bin/python3
"""Full training steps of ours against PyTorch's, for `make bench-peer`.

    bench_peer.py [--rounds 5] [--seconds 4] [--threads 2] [--tuned] [WORKLOAD ...]

For each workload: a round of ours, a round of the peer's, and so on, so that both meet the same
neighbours on a shared machine; the figures are medians over the rounds. The last lines read

    W1 5.6x (ours 81.0, peer 14.6 sequences/s; memory 45 MB, peer 900 MB)

With --tuned the peer goes further than PyTorch's own settings (see peer.py), and the line says so.
"""
import argparse
import importlib.util
import os
import re
import signal
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
WORKLOADS = ["W1", "W2", "W3", "W1d"]
LINE = re.compile(r"([0-9.]+) sequences/s ([0-9.]+) MB")


def figures(line):
    """Sequences per second and megabytes from a line of ours or the peer's."""
    found = LINE.search(line)
    if not found:
        sys.exit(f"expected 'N sequences/s N MB', got: {line.strip() or 'nothing'}")
    return float(found[1]), float(found[2])


class Peer:
    """A process that sleeps, stopped altogether, except while its own round is timed."""

    def __init__(self, workload, tuned, folder):
        command = [sys.executable, os.path.join(HERE, "peer.py"), workload, "--settings", folder] + ["--tuned"] * tuned
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.settings = self.process.stdout.readline().strip()
        if not self.settings.startswith("ready"):
            sys.exit(f"the peer did not start for {workload}")
        self.process.send_signal(signal.SIGSTOP)

    def round(self, seconds):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"round {seconds}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        self.process.send_signal(signal.SIGSTOP)
        return figures(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def ours(reach, workload, seconds, threads):
    command = [reach, "bench", "--workload", workload, "--seconds", str(seconds), "--threads", str(threads)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)} ended with exit code {run.returncode}")
    return figures(run.stdout)


def compare(workload, args):
    """The line for one workload."""
    mine, theirs = [], []
    with Peer(workload, args.tuned, args.settings) as peer:
        print(peer.settings, flush=True)
        for i in range(args.rounds):
            mine.append(ours(args.reach, workload, args.seconds, args.threads))
            theirs.append(peer.round(args.seconds))
            print(f"{workload} round {i + 1}: ours {mine[-1][0]:.1f}, peer {theirs[-1][0]:.1f} sequences/s", flush=True)
    speed, peer_speed = (statistics.median(r[0] for r in side) for side in (mine, theirs))
    memory, peer_memory = (max(r[1] for r in side) for side in (mine, theirs))
    return (f"{workload} {speed / peer_speed:.1f}x (ours {speed:.1f}, peer{' tuned' if args.tuned else ''} {peer_speed:.1f} sequences/s; "
            f"memory {memory:.0f} MB, peer {peer_memory:.0f} MB)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", metavar="WORKLOAD", nargs="*", help=" ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of a round; whole steps, so W2 may take longer")
    parser.add_argument("--threads", type=int, default=2, help="of ours; the peer chooses its own")
    parser.add_argument("--tuned", action="store_true")
    parser.add_argument("--reach", default="build/reach")
    parser.add_argument("--settings", default="build/peer", help="where the peer's settings are kept; remove it to search anew")
    args = parser.parse_args()
    unknown = set(args.workloads) - set(WORKLOADS)
    if unknown or args.rounds < 1 or args.threads < 1 or args.seconds <= 0:
        parser.error(f"workloads are {' '.join(WORKLOADS)}; rounds, seconds and threads are above zero")
    if importlib.util.find_spec("torch") is None:
        print("The peer is PyTorch, which is not installed: apt-get install python3-torch (nothing else here needs it)", file=sys.stderr)
        return 2
    if not os.access(args.reach, os.X_OK):
        print(f"{args.reach} is not there: run make first", file=sys.stderr)
        return 2
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"Load {load:.1f}: other programs are at work. Spinning threads suffer from them more than sleeping ones, so the peer looks "
              "slower than it is; better wait.", file=sys.stderr)
    lines = [compare(w, args) for w in args.workloads or WORKLOADS]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
