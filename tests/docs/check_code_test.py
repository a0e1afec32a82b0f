#!/usr/bin/env python3
"""Tests the scripts that look at the code, on small trees of their own:
check_includes.py, check_hooks.py and check_sizes.py."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRAINER = "framework/trainer/include/thexp/trainer"


class ScriptTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def copy(self, *names):
        for name in names:
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, target)
            else:
                shutil.copy(ROOT / name, target)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name, old, new):
        text = (self.root / name).read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.write(name, text.replace(old, new))

    def run_script(self, name):
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts" / name), str(self.root)],
            capture_output=True, text=True, check=False)

    def expect_complaint(self, script, complaint):
        result = self.run_script(script)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(complaint, result.stderr)


class CheckIncludesTest(ScriptTest):
    PAGE = "docs/architecture.md"

    def setUp(self):
        super().setUp()
        self.copy("base", "params", "meters", "framework", "callbacks", "cli",
                  "examples", self.PAGE)

    def test_this_tree_passes(self):
        result = self.run_script("check_includes.py")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_include_upwards_is_named(self):
        self.write("base/src/new.cpp", '#include "thexp/params/params.h"\n')
        self.expect_complaint(
            "check_includes.py",
            "base/src/new.cpp:1: base may not include thexp/params/params.h")

    def test_a_part_that_may_use_more_on_the_page(self):
        self.replace(self.PAGE, "command line, constraints | `base` |",
                     "command line, constraints | `base`, `meters` |")
        self.expect_complaint(
            "check_includes.py",
            "the table says that params may use base, meters; the rule in "
            "scripts/check_includes.py says base")

    def test_a_part_that_the_page_lacks(self):
        self.replace(self.PAGE, "| `params/` |", "| `other/` |")
        self.expect_complaint("check_includes.py",
                              "the table of the parts lacks params/")

    def test_a_part_that_is_free_of_libtorch(self):
        self.replace(self.PAGE, "files, hashes, text | – | no |",
                     "files, hashes, text | – | yes |")
        self.expect_complaint("check_includes.py",
                              "says 'yes' to LibTorch in base")

    def test_a_file_of_the_trainer_that_the_page_lacks(self):
        self.write("framework/trainer/src/novelty.cpp", "")
        self.expect_complaint("check_includes.py",
                              "the trainer's inside lacks novelty")

    def test_a_walk_through_a_removed_file(self):
        (self.root / "params/src/convert.cpp").unlink()
        self.expect_complaint("check_includes.py",
                              "there is no file params/src/convert.cpp")

    def test_a_walk_through_a_removed_function(self):
        self.replace("framework/state/src/load_plan.cpp", "run()", "act()")
        self.expect_complaint(
            "check_includes.py",
            "framework/state/src/load_plan.cpp has no function run")


class CheckHooksTest(ScriptTest):
    PAGE = "docs/callbacks.md"

    def setUp(self):
        super().setUp()
        self.copy(f"{TRAINER}/hooks.h", f"{TRAINER}/callback.h", self.PAGE)

    def test_this_tree_passes(self):
        result = self.run_script("check_hooks.py")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_hook_that_the_page_lacks(self):
        self.replace(f"{TRAINER}/hooks.h", "X(kLoad, on_load)",
                     "X(kLoad, on_load) \\\n  X(kPause, on_pause)")
        self.replace(f"{TRAINER}/callback.h", "  virtual void on_load(",
                     "  virtual void on_pause(Trainer&, int /*seconds*/) {}\n"
                     "  virtual void on_load(")
        self.expect_complaint(
            "check_hooks.py",
            "the table of hooks lacks `void on_pause(Trainer&, int)`")

    def test_a_signature_that_changed(self):
        self.replace(f"{TRAINER}/callback.h", "on_epoch_end(Trainer&)",
                     "on_epoch_end(Trainer&, int)")
        self.expect_complaint(
            "check_hooks.py", "`void on_epoch_end(Trainer&)` is declared as "
            "`void on_epoch_end(Trainer&, int)`")

    def test_a_removed_hook(self):
        self.replace(f"{TRAINER}/hooks.h", "X(kSave, on_save)", "")
        self.expect_complaint("check_hooks.py", "on_save is no hook")


class CheckSizesTest(ScriptTest):
    LOOP = "framework/trainer/src/train_loop.cpp"

    def setUp(self):
        super().setUp()
        self.write(self.LOOP, "\n" * 250)
        self.write("base/src/text.cpp", "\n" * 400)

    def test_files_at_their_limits_pass(self):
        result = self.run_script("check_sizes.py")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_long_loop(self):
        self.write(self.LOOP, "\n" * 251)
        self.expect_complaint("check_sizes.py",
                              f"{self.LOOP}: 251 lines; at most 250")

    def test_a_long_file(self):
        self.write("cli/src/ls.cpp", "\n" * 401)
        self.expect_complaint("check_sizes.py",
                              "cli/src/ls.cpp: 401 lines; at most 400")

    def test_a_loop_that_moved(self):
        (self.root / self.LOOP).unlink()
        self.expect_complaint("check_sizes.py", f"{self.LOOP} is missing")


if __name__ == "__main__":
    unittest.main()
