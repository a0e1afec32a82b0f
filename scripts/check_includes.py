#!/usr/bin/env python3
"""Checks the rules of the layers: who may include whom, and what a header may.

    scripts/check_includes.py

The build enforces most of this by its include paths; this says it in words and
also catches an include that a neighbour's include path happens to allow.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# folder -> (name in "thexp/<name>/...", modules that it may include)
LOW = {"base"}
STATE = LOW | {"archive", "state"}
TRAINER = STATE | {"params", "tracking", "meters", "data", "optim", "trainer"}
MODULES = {
    "base": ("base", set()),
    "params": ("params", LOW),
    "meters": ("meters", LOW),
    "framework/tracking": ("tracking", LOW),
    "framework/archive": ("archive", LOW),
    "framework/data": ("data", LOW | {"state"}),
    "framework/state": ("state", STATE),
    "framework/optim": ("optim", STATE),
    "framework/trainer": ("trainer", TRAINER),
    "framework/drill": ("drill", TRAINER),
    "framework/program": ("program", TRAINER | {"drill"}),
    "callbacks": ("callbacks", TRAINER | {"program"}),
    "cli": ("cli", LOW | {"params", "tracking", "archive"}),
}
TORCH_FREE = {"base", "params", "tracking", "archive", "cli"}
# The one header that is meant to bring everything.
UMBRELLA = "thexp/thexp.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
PRIVATE_THIRD_PARTY = re.compile(r"^(yaml-cpp|nlohmann|CLI|fmt|protozero)/|^zlib\.h$")


def owner(path):
    """The module folder that `path` lies in: the longest that fits."""
    parts = path.relative_to(ROOT).as_posix()
    fitting = [f for f in MODULES if parts.startswith(f + "/")]
    return max(fitting, key=len) if fitting else None


def complaints_of(path, folder):
    name, allowed = MODULES[folder]
    text = path.read_text(encoding="utf-8")
    is_public = "/include/" in path.as_posix()
    is_umbrella = path.as_posix().endswith("/include/" + UMBRELLA)
    if path.suffix == ".h" and "#pragma once" not in text:
        yield 1, "a header starts with #pragma once"
    for number, line in enumerate(text.splitlines(), start=1):
        match = INCLUDE.match(line)
        if not match:
            continue
        included = match.group(1)
        if included.startswith("thexp/") and included.count("/") >= 2:
            module = included.split("/")[1]
            if module != name and module not in allowed and not is_umbrella:
                yield number, (f"{name} may not include {included}: it may "
                               f"use {', '.join(sorted(allowed)) or 'nothing'}")
        if included == UMBRELLA and not is_umbrella:
            yield number, f"{UMBRELLA} is for users, not for the library"
        if TORCH.match(included) and name in TORCH_FREE:
            yield number, f"{name} is free of LibTorch, yet includes {included}"
        if included == "torch/torch.h" and path.suffix == ".h" \
                and not is_umbrella:
            yield number, "torch/torch.h takes seconds: not in a header"
        if is_public and PRIVATE_THIRD_PARTY.match(included):
            yield number, f"{included} stays in src/: not in a public header"


def main():
    count, bad = 0, 0
    for folder in sorted({f.split("/")[0] for f in MODULES}):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp") or not path.is_file():
                continue
            count += 1
            for number, complaint in complaints_of(path, owner(path)):
                bad += 1
                print(f"{path.relative_to(ROOT)}:{number}: {complaint}",
                      file=sys.stderr)
    if count == 0:
        print(f"found no C++ file under {ROOT}", file=sys.stderr)
        return 1
    if bad == 0:
        print(f"{count} files keep the rules of the layers")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
