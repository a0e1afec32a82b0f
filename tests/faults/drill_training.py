"""The program of the fault drill on a disk that fails, and its calls."""
import collections
import os
import random
import re
import struct
import subprocess

import runs

PROGRAM = "mnist"
TRAINING = ["--auto_resume", "--threads=1", "--epoch=2",
            "--limit_train_batches=8", "--limit_eval_batches=1",
            "--data.workers=2", "--data.augment", "--accumulate=2",
            "--ema=0.99", "--log.every=2", "--checkpoint.every_steps=3",
            "--checkpoint.keep=2"]


class Wrong(Exception):
    """What a fault must not lead to."""


def require(condition, message, output=""):
    if not condition:
        raise Wrong(message + ("\n" + output if output else ""))


def write_digits(folder, count=500):
    """IDX files of noise: quicker than the digits that the example draws."""
    os.mkdir(folder)
    dice = random.Random(1)
    with open(os.path.join(folder, "t10k-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">4I", 0x803, count, 28, 28))
        file.write(dice.randbytes(count * 28 * 28))
    with open(os.path.join(folder, "t10k-labels-idx1-ubyte"), "wb") as file:
        file.write(struct.pack(">2I", 0x801, count))
        file.write(bytes(dice.randrange(10) for _ in range(count)))


class Training:
    """The program in a folder, its disk included."""

    def __init__(self, options, root):
        digits = os.path.join(root, "digits")
        write_digits(digits)
        self.command = [os.path.abspath(options.program),
                        "--data.root=" + digits]
        self.command += TRAINING + runs.device_flags()
        self.disk = os.path.abspath(options.disk)

    def environment(self, plan="", log=""):
        sanitizers = os.environ.get("ASAN_OPTIONS", "")
        return runs.environment(
            LD_PRELOAD=self.disk, THEXP_FAILING_DISK=plan,
            THEXP_FAILING_DISK_PART="runs", THEXP_FAILING_DISK_LOG=log,
            ASAN_OPTIONS=f"verify_asan_link_order=0:{sanitizers}")

    def start(self, folder, plan="", more=(), log=""):
        return subprocess.Popen(
            self.command + list(more), cwd=folder, text=True,
            errors="surrogateescape", env=self.environment(plan, log),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, folder, plan="", more=(), log=""):
        """(exit code, output)"""
        process = self.start(folder, plan, more, log)
        output, _ = process.communicate(timeout=300)
        return process.returncode, output


class Call:
    """One call of the undisturbed run: `number` counts those on its `part`."""

    def __init__(self, name, path, part, number, save):
        self.name, self.path, self.part = name, path, part
        self.number, self.save = number, save


PARTS = ["checkpoints", "models", "metrics.jsonl", "events.out", "console.log",
         "params.yaml", "run.json"]


def read_calls(log):
    """The calls of the undisturbed run, by part."""
    calls, counts, save = [], collections.Counter(), 0
    for line in runs.read(log).splitlines():
        name, path = line.split(" ", 1)
        part = next((part for part in PARTS if part in path), None)
        if part is None:
            continue
        counts[part] += 1
        begun = re.search(r"checkpoint-(\d+)-[^/]*\.pt\.tmp", path)
        if part == "checkpoints" and begun:
            save = int(begun[1])
        in_save = save if part == "checkpoints" else 0
        calls.append(Call(name, path, part, counts[part], in_save))
    return calls


def thinned(calls):
    """Of many writes to one file in a row the first, one within and the
    last."""
    kept, row = [], []

    def close():
        if row:
            kept.extend(row[i] for i in sorted({0, len(row) // 2,
                                                len(row) - 1}))
        row.clear()
    for call in calls:
        if call.name == "write" and (not row or row[0].path == call.path):
            row.append(call)
            continue
        close()
        (row if call.name == "write" else kept).append(call)
    close()
    return kept


def check_order(log):
    """What a machine that loses power relies on: a file is synced before it is
    renamed, and its folder after that, before anything else is removed or
    renamed there."""
    lines = [line.split(" ", 1) for line in runs.read(log).splitlines()]
    renames = 0
    for at, (name, path) in enumerate(lines):
        if name != "rename":
            continue
        if os.path.basename(path) == "live.json":  # a convenience
            continue
        renames += 1
        before = [n for n, p in lines[:at] if p.startswith(path + ".tmp.")]
        require(before and before[-1] in ("fsync", "symlink"),
                f"{path} is renamed without a sync before")
        folder = os.path.dirname(path)
        after = [n for n, p in lines[at + 1:]
                 if p == folder or
                 (n in ("rename", "unlink") and os.path.dirname(p) == folder)]
        require("fsync" in after and after.index("fsync") ==
                next(i for i, n in enumerate(after) if n != "open"),
                f"{folder} is not synced after the rename of {path}")
    return renames
