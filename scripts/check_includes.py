#!/usr/bin/env python3
"""Checks the rules of the layers: who may include whom, and what a header may.

    scripts/check_includes.py [ROOT]

The build enforces most of this by its include paths; this says it in words and
also catches an include that a neighbour's include path happens to allow.

It also checks docs/architecture.md: its table of the parts says what these
rules say, and the files and functions that it names are there.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                    pathlib.Path(__file__).parent.parent).resolve()

# folder -> (name in "thexp/<name>/...", modules that it may include)
LOW = {"base"}
STATE = LOW | {"archive", "state"}
TRAINER = STATE | {"params", "tracking", "snapshot", "meters", "data", "optim",
                   "trainer"}
MODULES = {
    "base": ("base", set()),
    "params": ("params", LOW),
    "meters": ("meters", LOW),
    "framework/tracking": ("tracking", LOW),
    "framework/snapshot": ("snapshot", LOW),
    "framework/experiments": ("experiments",
                              LOW | {"params", "snapshot", "tracking"}),
    "framework/archive": ("archive", LOW),
    "framework/data": ("data", LOW),
    "framework/state": ("state", STATE),
    "framework/optim": ("optim", STATE),
    "framework/trainer": ("trainer", TRAINER),
    "framework/drill": ("drill", TRAINER),
    "framework/program": ("program", TRAINER | {"drill"}),
    "callbacks": ("callbacks", TRAINER | {"program", "experiments"}),
    "cli": ("cli", LOW | {"params", "tracking", "snapshot", "experiments",
                          "archive"}),
}
TORCH_FREE = {"base", "params", "tracking", "snapshot", "experiments",
              "archive", "cli"}
# The one header that is meant to bring everything.
UMBRELLA = "thexp/thexp.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
TORCH = re.compile(r"^(torch|ATen|c10|caffe2)/")
PRIVATE_THIRD_PARTY = re.compile(r"^(yaml-cpp|nlohmann|CLI|fmt|protozero)/|^(zlib|libdeflate|utf8proc|git2|xxhash|archive|archive_entry)\.h$")


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


# --- docs/architecture.md ----------------------------------------------------

PAGE = "docs/architecture.md"
INSIDE = "framework/trainer/src"
PART_ROW = re.compile(r"^\| `([\w/]+)/` \|[^|]*\|([^|]*)\|([^|]*)\|$")
INSIDE_ROW = re.compile(r"^\| `(\w+\.(?:h|cpp))` \|")
STEP = re.compile(r"^\d+\. `([^`]+)` → ((?:`[^`]+`(?:, )?)+)")
PATH = re.compile(r"`((?!thexp/)[\w/]+/\w+\.(?:h|cpp))`")


def folders_of_page(cell):
    """The names in a cell such as "`base`, `state`", or "–" for none."""
    return set(re.findall(r"`(\w+)`", cell))


def check_row(number, match, seen):
    folder, may_use, torch = match.groups()
    if folder not in MODULES:
        yield number, f"{folder}/ is no part that this script knows"
        return
    seen.add(folder)
    name, allowed = MODULES[folder]
    wanted, found = allowed - {name}, folders_of_page(may_use)
    if wanted != found:
        yield number, (
            f"the table says that {name} may use "
            f"{', '.join(sorted(found)) or 'nothing'}; the rule in "
            f"scripts/check_includes.py says "
            f"{', '.join(sorted(wanted)) or 'nothing'}")
    if (torch.strip() == "no") != (name in TORCH_FREE):
        yield number, (
            f"the table says '{torch.strip()}' to LibTorch in {name}; "
            f"scripts/check_includes.py says "
            f"'{'no' if name in TORCH_FREE else 'yes'}'")


def check_step(number, match):
    """A step of a walk: a file that is there, with functions that it has."""
    file, functions = match.group(1), re.findall(r"`([^`]+)`", match.group(2))
    path = ROOT / file
    if not path.is_file():
        return  # reported with the other names of files
    text = path.read_text(encoding="utf-8")
    for function in functions:
        name = function.split("::")[-1]
        if not re.search(rf"\b{re.escape(name)}\b", text):
            yield number, f"{file} has no function {function}"


def complaints_of_page(page):
    parts, inside = set(), set()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(),
                                  start=1):
        if match := PART_ROW.match(line):
            yield from check_row(number, match, parts)
        elif match := INSIDE_ROW.match(line):
            inside.add(pathlib.Path(match.group(1)).stem)
            if not (ROOT / INSIDE / match.group(1)).is_file():
                yield number, f"there is no {match.group(1)} in {INSIDE}/"
        elif match := STEP.match(line):
            yield from check_step(number, match)
        for file in PATH.findall(line):
            if not (ROOT / file).is_file():
                yield number, f"there is no file {file}"
    for folder in sorted(MODULES.keys() - parts):
        yield 1, f"the table of the parts lacks {folder}/"
    there = {path.stem for path in (ROOT / INSIDE).glob("*.*")}
    for stem in sorted(there - inside):
        yield 1, f"the table of the trainer's inside lacks {stem}"


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
    for number, complaint in complaints_of_page(ROOT / PAGE):
        bad += 1
        print(f"{PAGE}:{number}: {complaint}", file=sys.stderr)
    if count == 0:
        print(f"found no C++ file under {ROOT}", file=sys.stderr)
        return 1
    if bad == 0:
        print(f"{count} files keep the rules of the layers; {PAGE} names them")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
