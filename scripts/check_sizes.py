#!/usr/bin/env python3
"""Checks that the code stays readable: how long its files may be.

    scripts/check_sizes.py [ROOT]

The file of the training loop has at most 250 lines, and no other source or
header of the product more than 400. A file that grows beyond that holds
more than one idea: give the second one a file of its own.
"""

import pathlib
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                    pathlib.Path(__file__).parent.parent).resolve()
FOLDERS = ("base", "params", "meters", "framework", "callbacks", "cli")
LOOP = "framework/trainer/src/train_loop.cpp"
LOOP_LIMIT = 250
LIMIT = 400


def main():
    count, bad = 0, 0
    if not (ROOT / LOOP).is_file():
        print(f"{LOOP} is missing: the README promises a training loop in one "
              "file; name it in scripts/check_sizes.py", file=sys.stderr)
        bad += 1
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp") or not path.is_file():
                continue
            count += 1
            name = path.relative_to(ROOT).as_posix()
            limit = LOOP_LIMIT if name == LOOP else LIMIT
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > limit:
                bad += 1
                print(f"{name}: {lines} lines; at most {limit} are allowed",
                      file=sys.stderr)
    if count == 0:
        print(f"found no C++ file under {ROOT}", file=sys.stderr)
        return 1
    if bad == 0:
        print(f"{count} files are short enough: the loop at most {LOOP_LIMIT} "
              f"lines, the others {LIMIT}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
