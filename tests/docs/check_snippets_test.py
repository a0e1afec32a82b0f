#!/usr/bin/env python3
"""Tests scripts/check_snippets.py on a page and a source of their own."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = (pathlib.Path(__file__).resolve().parents[2] / "scripts" /
          "check_snippets.py")

SOURCE = """int main() {
  // [greet]
  if (true) {
    puts("hello");
  }
  // [/greet]
}
"""
GREETING = 'if (true) {\n  puts("hello");\n}\n'


class CheckSnippetsTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.page = self.folder / "page.md"
        (self.folder / "code.cpp").write_text(SOURCE)

    def check(self, block, name="greet", file="code.cpp", flags=()):
        # An absolute path: pages outside the repository name no file in it.
        self.page.write_text(f"<!-- snippet: {self.folder / file} {name} -->\n"
                             f"```cpp\n{block}```\nafter\n")
        return subprocess.run(
            [sys.executable, str(SCRIPT), *flags, str(self.page)],
            capture_output=True, text=True, check=False)

    def test_equal_code_passes(self):
        result = self.check(GREETING)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("1 snippets on 1 pages", result.stdout)

    def test_a_difference_is_shown_with_its_place(self):
        result = self.check(GREETING.replace("hello", "bye"))
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.page}:1: snippet greet differs", result.stderr)
        self.assertIn("line 2 is '  puts(\"bye\");', in the code "
                      "'  puts(\"hello\");'", result.stderr)

    def test_a_missing_line_is_a_difference(self):
        result = self.check("if (true) {\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("it has 1 lines, the code 3", result.stderr)

    def test_fix_copies_the_code_into_the_page(self):
        result = self.check("old\n", flags=["--fix"])
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(self.page.read_text().endswith(
            f"```cpp\n{GREETING}```\nafter\n"))

    def test_an_unknown_snippet_fails(self):
        result = self.check(GREETING, name="nothing")
        self.assertEqual(result.returncode, 1)
        self.assertIn("needs one '// [nothing]'", result.stderr)

    def test_an_absent_file_fails(self):
        result = self.check(GREETING, file="absent.cpp")
        self.assertEqual(result.returncode, 1)
        self.assertIn("there is no file", result.stderr)

    def test_a_misspelt_marker_fails(self):
        self.page.write_text("<!-- snippet code.cpp greet -->\n```\n```\n")
        result = subprocess.run([sys.executable, str(SCRIPT), str(self.page)],
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("must read <!-- snippet: FILE NAME -->", result.stderr)


if __name__ == "__main__":
    unittest.main()
