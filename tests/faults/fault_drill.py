#!/usr/bin/env python3
"""Trains an example on a disk that fails by script, and prints what came of it.

    tests/faults/fault_drill.py [-B build/release] [--short] [--seed 0]

One training runs undisturbed while every call that changes a file is noted. Then
it runs again with one fault each: killed before or in the middle of a call, a
call that fails (ENOSPC, EIO, EACCES) with checkpoint.on_error=stop and =warn, a
disk that is really full (a small tmpfs; needs root), a run folder that
vanishes, and files of the run that were cut, flipped or removed. After each,
what is there must be the checkpoint before or the one that was being written;
the same command line again must end with the weights, metrics and console log
of the undisturbed run, byte for byte; a file that is damaged must be named. Ends
non-zero when something is not so. --short takes a sample.
"""
import argparse
import collections
import concurrent.futures
import os
import shutil
import sys
import tempfile

from drill_damage import Damage
from drill_disks import RealDisks
from drill_errors import FailingCalls
from drill_kills import Kills
from drill_training import PROGRAM, Wrong

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class EveryFault(Kills, FailingCalls, RealDisks, Damage):
    def run_case(self, case):
        fault, where, action = case
        self.of_case.folders = []
        try:
            return fault, where, action(), ""
        except (Wrong, ValueError, OSError) as wrong:
            return fault, where, "FAILED", f"{type(wrong).__name__}: {wrong}"
        finally:
            for folder in self.of_case.folders:
                shutil.rmtree(folder, ignore_errors=True)

    def run(self):
        self.run_in_peace()
        self.make_template()
        add = {"kills": self.add_kills, "errors": self.add_errors,
               "disks": self.add_real_disks, "damage": self.add_damage}
        for kind in [self.options.only] if self.options.only else add:
            add[kind]()
        print(f"{len(self.cases)} faults to try", flush=True)
        rows = collections.defaultdict(collections.Counter)
        problems = []
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for fault, where, outcome, problem in pool.map(self.run_case,
                                                           self.cases):
                rows[fault, where][outcome] += 1
                if problem:
                    problems.append(f"{fault}, {where}: {problem}")
        print_table(rows)
        for problem in problems:
            print("\n" + problem)
        print(f"\n{len(self.cases) - len(problems)} of {len(self.cases)} "
              "faults ended as they must")
        return not problems


def print_table(rows):
    print(f"\n{'fault':<14}{'where':<22}{'tried':>5}   outcome")
    for (fault, where), outcomes in rows.items():
        text = ", ".join(f"{count} {outcome}"
                         for outcome, count in sorted(outcomes.items()))
        print(f"{fault:<14}{where:<22}{sum(outcomes.values()):>5}   {text}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-B", "--build",
                        default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--program", help="the mnist example")
    parser.add_argument("--disk", help="the library that fails calls")
    parser.add_argument("--short", action="store_true", help="a sample")
    parser.add_argument("--only",
                        choices=["kills", "errors", "disks", "damage"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.program = options.program or os.path.join(options.build, "bin",
                                                      PROGRAM)
    options.disk = options.disk or os.path.join(options.build, "tests",
                                                "faults", "libfailing_disk.so")
    return options


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="fault-drill-") as root:
        done = EveryFault(options, root).run()
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
