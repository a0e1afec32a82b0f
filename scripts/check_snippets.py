#!/usr/bin/env python3
"""Checks that the code in README.md and docs/ is the code that is compiled.

    scripts/check_snippets.py [--fix] [PAGE ...]

A page marks a fenced code block with the line before it:

    <!-- snippet: tests/docs/params_snippets.cpp name -->

The block must equal the text between `// [name]` and `// [/name]` in that
file (`# [name]` in YAML, Python, CMake and shell files), less its common
indentation. --fix rewrites the pages instead of complaining.
"""

import argparse
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKER = re.compile(r"^<!--\s*snippet:\s*(\S+)\s+(\S+)\s*-->\s*$")
LOOSE_MARKER = re.compile(r"^\s*<!--\s*snippet\b")


class SnippetError(Exception):
    """A snippet that cannot be found, with the reason."""


def find_snippet(file, name):
    """The lines between the markers of `name` in `file`, dedented."""
    path = ROOT / file
    if not path.is_file():
        raise SnippetError(f"there is no file {file}")
    begin = re.compile(rf"^\s*(//|#)\s*\[{re.escape(name)}\]\s*$")
    end = re.compile(rf"^\s*(//|#)\s*\[/{re.escape(name)}\]\s*$")
    lines = path.read_text(encoding="utf-8").splitlines()
    begins = [i for i, line in enumerate(lines) if begin.match(line)]
    ends = [i for i, line in enumerate(lines) if end.match(line)]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise SnippetError(
            f"{file} needs one '// [{name}]' and after it one '// [/{name}]'; "
            f"it has {len(begins)} and {len(ends)}")
    body = "\n".join(lines[begins[0] + 1:ends[0]])
    return textwrap.dedent(body).strip("\n").splitlines()


def find_block(lines, marker):
    """(first, last) line indices of the code in the block after `marker`."""
    fence = marker + 1
    if fence >= len(lines) or not lines[fence].startswith("```"):
        raise SnippetError("the next line must open a ``` block")
    for last in range(fence + 1, len(lines)):
        if lines[last].startswith("```"):
            return fence + 1, last
    raise SnippetError("the ``` block has no end")


def first_difference(wanted, found):
    for number, (a, b) in enumerate(zip(wanted, found), start=1):
        if a != b:
            return f"line {number} is '{b}', in the code '{a}'"
    return f"it has {len(found)} lines, the code {len(wanted)}"


def check_page(page, fix):
    """(number of snippets, list of complaints) of one page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    count, complaints, changed, i = 0, [], False, 0
    while i < len(lines):
        match = MARKER.match(lines[i])
        try:
            if match:
                count += 1
                wanted = find_snippet(*match.groups())
                first, last = find_block(lines, i)
                if lines[first:last] != wanted:
                    if not fix:
                        raise SnippetError(
                            f"snippet {match.group(2)} differs from "
                            f"{match.group(1)}: "
                            + first_difference(wanted, lines[first:last]))
                    lines[first:last] = wanted
                    changed = True
            elif LOOSE_MARKER.match(lines[i]):
                raise SnippetError(
                    f"'{lines[i].strip()}' must read "
                    "<!-- snippet: FILE NAME -->")
        except SnippetError as error:
            complaints.append(f"{page}:{i + 1}: {error}")
        i += 1
    if changed:
        page.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"rewrote {page}")
    return count, complaints


def default_pages():
    readme = ROOT / "README.md"
    pages = [readme] if readme.is_file() else []
    return pages + sorted((ROOT / "docs").glob("**/*.md"))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fix", action="store_true",
                        help="rewrite the pages")
    parser.add_argument("pages", nargs="*", type=pathlib.Path,
                        metavar="PAGE", help="default: README.md, docs/")
    arguments = parser.parse_args()
    total, complaints = 0, []
    pages = arguments.pages or default_pages()
    for page in pages:
        count, found = check_page(page, arguments.fix)
        total += count
        complaints += found
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        print("scripts/check_snippets.py --fix copies the code into the pages",
              file=sys.stderr)
        return 1
    print(f"{total} snippets on {len(pages)} pages equal the compiled code")
    return 0


if __name__ == "__main__":
    sys.exit(main())
