#!/usr/bin/env python3
"""Kills trainings at random moments and checks that nothing is lost.

    benchmarks/kill_drill.py N [-B build/release] [--seed 0] [--only mnist]
                               [--signals KILL,TERM]

Each program runs once without kills. Then it runs again with --auto_resume and is
sent SIGKILL at random moments, restarted with the same command line, and so on
until it was killed N times; the last start runs to its end. The weights, the
metrics, the values in the event files, the console log (its times and the run's
name aside) and which checkpoint is the best must equal those of the run in
peace, byte for byte. Ends non-zero when they do not. With several --signals,
each kill is one of them by chance; after TERM the program must end in order, and
TIME stands for a start with --max_time.
THEXP_TEST_DEVICE=cuda drills on a GPU, where the programs run in strict mode.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "faults"))
from runs import (artefacts, best_info, completed_run,  # noqa: E402
                  device_flags, differences, environment)

COMMON = ["--auto_resume", "--threads=1", "--checkpoint.every_steps=7",
          "--log.console=false"]
PROGRAMS = {
    # With this rate it stops early, after five epochs.
    "mnist": ["--model=cnn", "--epoch=12", "--data.workers=2", "--data.augment",
              "--accumulate=2", "--ema=0.9", "--optim.lr=0.2", "--patience=2",
              "--limit_train_batches=40"],
    "char_gpt": ["--epoch=3", "--limit_train_batches=60", "--batch_size=16",
                 "--limit_eval_batches=4"],
    "char_rnn": ["--steps=300", "--eval.every_steps=20", "--batch_size=8"],
    "ppo": ["--steps=40", "--rollout=32"],
    "gan": ["--epoch=3", "--data.count=1000", "--batch_size=32"],
}


EXIT_REQUEUE = 75  # "start me again"


def run_in_peace(command, folder):
    start = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment(), check=True)
    return time.monotonic() - start


def end_by(process, name):
    """Sends the signal. False when the process was through by itself."""
    number = getattr(signal, "SIG" + name)
    process.send_signal(number)
    code = process.wait()
    if code == 0:
        return False
    # A program that does not listen yet dies of it.
    if code not in (-number, 128 + number):
        raise SystemExit(f"SIG{name} ended the program with {code}")
    return True


def run_for(command, folder, seconds):
    """A start that ends by itself. False when it was through before."""
    code = subprocess.run(command + [f"--max_time={seconds:.3f}s"], cwd=folder,
                          env=environment()).returncode
    if code not in (0, EXIT_REQUEUE):
        raise SystemExit(f"--max_time ended the program with {code}")
    return code == EXIT_REQUEUE


def run_with_kills(command, folder, kills, seconds, dice, signals):
    """Starts until `kills` starts died at a random moment, then once more to
    the end; a start that is through before its kill is the end, too. Returns
    (kills, starts): only kills that a comparison follows count."""
    done, starts = 0, 0
    while True:
        starts += 1
        name = dice.choice(signals)
        if name == "TIME" and done < kills:
            if run_for(command, folder, dice.uniform(0.1, seconds)):
                done += 1
                continue
            return done, starts
        process = subprocess.Popen(command, cwd=folder, env=environment())
        moment = dice.uniform(0.3, 0.3 + seconds) if done < kills else None
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            if end_by(process, name):
                done += 1
                continue
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} ended with {process.returncode}")
        return done, starts


def what_counts(run):
    return dict(artefacts(run), best=best_info(run))


def drill(program, build, kills, dice, signals):
    command = [os.path.join(build, "bin", program)]
    command += PROGRAMS[program] + COMMON + device_flags()
    with tempfile.TemporaryDirectory() as folder:
        peace = os.path.join(folder, "peace")
        killed = os.path.join(folder, "killed")
        os.mkdir(peace)
        os.mkdir(killed)
        seconds = run_in_peace(command, peace)
        expected = what_counts(completed_run(peace, program))
        survived, total, starts = 0, 0, 0
        # Several rounds of a few kills each: every round ends in a comparison.
        while total < kills:
            wanted = min(kills - total, dice.randint(1, 4))
            count, started = run_with_kills(command, killed, wanted, seconds,
                                            dice, signals)
            starts += started
            total += count
            found = what_counts(completed_run(killed, program))
            wrong = differences(expected, found)
            if wrong:
                print(f"{program}: after {total} kills:\n  " +
                      "\n  ".join(wrong))
            else:
                survived += count
            subprocess.run(["rm", "-rf", os.path.join(killed, "runs")],
                           check=True)
    print(f"{program}: {survived} of {total} kills survived "
          f"({starts} starts, {seconds:.1f} s without kills)", flush=True)
    return survived == total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kills", type=int)
    parser.add_argument("-B", "--build",
                        default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(PROGRAMS))
    parser.add_argument("--signals", default="KILL",
                        type=lambda names: names.split(","))
    options = parser.parse_args()
    dice = random.Random(options.seed)
    build = os.path.abspath(options.build)
    results = [drill(program, build, options.kills, dice, options.signals)
               for program in PROGRAMS if options.only in (None, program)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
