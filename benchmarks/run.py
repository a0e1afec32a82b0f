#!/usr/bin/env python3
"""Runs all benchmarks interleaved and prints one table of medians.

    benchmarks/run.py [-B build/release] [--rounds 9] [--epochs 2] [--only step]

Times drift with whatever else the machine does: compare the ratios. Every
peer runs in a process of its own, all peers once a round in random order, the
one that writes a progress line on a real (pseudo) terminal.
"""
import argparse
import json
import os
import pty
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STEP_PEERS = [
    ("slices", "hand-written loop, slices (no shuffling)"),
    ("select", "hand-written loop, shuffled index_select"),
    ("off", "Trainer, everything off"),
    ("on", "Trainer, everything on, on a terminal"),
]


def drain(descriptor):
    """Reads a terminal until its other end is closed, as an emulator would."""
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        pass


def run_on_terminal(command, folder):
    master, slave = pty.openpty()
    reader = threading.Thread(target=drain, args=(master,))
    reader.start()
    environment = dict(os.environ, TERM="xterm", OMP_NUM_THREADS="1",
                       OPENBLAS_NUM_THREADS="1")
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    try:
        subprocess.run(command, cwd=folder, stdin=slave, stdout=slave,
                       env=environment, check=True)
    finally:
        os.close(slave)
        reader.join()
        os.close(master)
    return start


def measure_step(binary, peer, epochs, scratch):
    out = os.path.join(scratch, "out.json")
    start = run_on_terminal([binary, peer, str(epochs), out], scratch)
    with open(out) as file:
        result = json.load(file)
    result["first_step"] -= start
    shutil.rmtree(os.path.join(scratch, "runs"), ignore_errors=True)
    return result


def bench_step(build, rounds, epochs):
    binary = os.path.join(build, "bin", "step_benchmark")
    results = {peer: [] for peer, _ in STEP_PEERS}
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(rounds):
            for peer in random.sample(list(results), len(results)):
                results[peer].append(measure_step(binary, peer, epochs, scratch))
    median = lambda peer, key: statistics.median(r[key] for r in results[peer])
    base = results["select"]
    print(f"\n## Step: MLP 784-32-10, batch 32, SGD momentum, one thread "
          f"({rounds} rounds of {epochs} epochs, medians)\n")
    print("| peer | median step us | ratio | whole run us/step | ratio "
          "| start to first step s (least) |")
    print("|---|---|---|---|---|---|")
    for peer, title in STEP_PEERS:
        first = [result["first_step"] for result in results[peer]]
        # The ratio of one round is of neighbours in time; take its median.
        ratio = lambda key: statistics.median(
            r[key] / b[key] for r, b in zip(results[peer], base))
        print(f"| {title} | {median(peer, 'median_us'):.1f} "
              f"| {ratio('median_us'):.3f} | {median(peer, 'mean_us'):.1f} "
              f"| {ratio('mean_us'):.3f} | {statistics.median(first):.3f} "
              f"({min(first):.3f}) |")


def compile_command(build, source):
    with open(os.path.join(build, "compile_commands.json")) as file:
        for entry in json.load(file):
            if entry["file"] == source:
                words = entry["command"].split(" ")
                compiler = next(i for i, word in enumerate(words)
                                if os.path.basename(word).startswith(
                                    ("c++", "g++", "clang++")))
                return words[compiler:], entry["directory"]
    raise SystemExit(f"{source} is not in {build}/compile_commands.json; "
                     "build the examples")


def bench_compile(build, rounds):
    quickstart = os.path.join(ROOT, "examples", "quickstart.cpp")
    command, folder = compile_command(build, quickstart)
    with tempfile.TemporaryDirectory() as scratch:
        bare = os.path.join(scratch, "bare.cpp")
        with open(bare, "w") as file:
            file.write("#include <torch/torch.h>\nint main() {}\n")
        sources = {"bare torch/torch.h program": bare,
                   "quickstart with thexp/thexp.h": quickstart}
        seconds = {name: [] for name in sources}
        for _ in range(rounds):
            for name in random.sample(list(sources), len(sources)):
                words = [sources[name] if word == quickstart else word
                         for word in command]
                words[words.index("-o") + 1] = os.path.join(scratch, "x.o")
                start = os.times()
                subprocess.run(words, cwd=folder, check=True)
                end = os.times()
                seconds[name].append(
                    end.children_user - start.children_user +
                    end.children_system - start.children_system)
    base = statistics.median(seconds["bare torch/torch.h program"])
    print(f"\n## Compiling ({rounds} rounds, medians of CPU seconds)\n")
    print("| program | s | ratio |\n|---|---|---|")
    for name, values in seconds.items():
        value = statistics.median(values)
        print(f"| {name} | {value:.2f} | {value / base:.2f} |")


def bench_loader(build, quick):
    print("\n## Loader\n", flush=True)
    binary = os.path.join(build, "bin", "loader_benchmark")
    subprocess.run([binary] + (["--quick"] if quick else []), check=True)


def bench_checkpoint(build):
    print("\n## Checkpoint\n", flush=True)
    binary = os.path.join(build, "bin", "checkpoint_benchmark")
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        subprocess.run([binary], cwd=scratch, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-B", "--build",
                        default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--only", choices=["step", "loader", "checkpoint",
                                           "compile"])
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    if options.only in (None, "step"):
        bench_step(build, options.rounds, options.epochs)
    if options.only in (None, "loader"):
        bench_loader(build, quick=options.rounds < 5)
    if options.only in (None, "checkpoint"):
        bench_checkpoint(build)
    if options.only in (None, "compile"):
        bench_compile(build, min(options.rounds, 5))


if __name__ == "__main__":
    main()
