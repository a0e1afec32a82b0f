#!/usr/bin/env python3
"""Checks that docs/callbacks.md shows every hook, with its exact signature.

    scripts/check_hooks.py [ROOT]

The hooks are those of THEXP_EACH_HOOK in hooks.h; their signatures are in
callback.h. A row of the page's table begins with one:

    | `void on_epoch_end(Trainer&)` | when |
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                    pathlib.Path(__file__).parent.parent).resolve()
HEADERS = ROOT / "framework/trainer/include/thexp/trainer"
PAGE = "docs/callbacks.md"

LISTED = re.compile(r"^\s*X\(\w+,\s*(on_\w+)\)", re.MULTILINE)
DECLARED = re.compile(r"virtual\s+(\w+)\s+(on_\w+)\(([^)]*)\)")
ROW = re.compile(r"^\| `(\w+ (on_\w+)\([^`]*\))` \|", re.MULTILINE)


def signatures():
    """Hook -> "void on_epoch_end(Trainer&)", as callback.h declares it."""
    text = (HEADERS / "callback.h").read_text(encoding="utf-8")
    found = {}
    for result, name, arguments in DECLARED.findall(text):
        plain = re.sub(r"/\*.*?\*/", "", arguments)
        plain = ", ".join(" ".join(a.split()) for a in plain.split(","))
        found[name] = f"{result} {name}({plain})"
    return found


def complaints():
    hooks = LISTED.findall((HEADERS / "hooks.h").read_text(encoding="utf-8"))
    if not hooks:
        yield "hooks.h: found no X(bit, method) of THEXP_EACH_HOOK"
    declared = signatures()
    rows = {}
    for shown, name in ROW.findall((ROOT / PAGE).read_text(encoding="utf-8")):
        if name in rows:
            yield f"{PAGE}: {name} has two rows"
        rows[name] = shown
    for hook in hooks:
        if hook not in declared:
            yield f"callback.h: {hook} of hooks.h is not declared"
        elif hook not in rows:
            yield f"{PAGE}: the table of hooks lacks `{declared[hook]}`"
        elif rows[hook] != declared[hook]:
            yield (f"{PAGE}: `{rows[hook]}` is declared as "
                   f"`{declared[hook]}`")
    for name in sorted(rows.keys() - set(hooks)):
        yield f"{PAGE}: {name} is no hook of hooks.h"


def main():
    found = list(complaints())
    for complaint in found:
        print(complaint, file=sys.stderr)
    if not found:
        print(f"{PAGE} shows the signature of every hook")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
