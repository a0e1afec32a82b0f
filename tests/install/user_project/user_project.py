#!/usr/bin/env python3
"""A user's project, made and built here, that trains with uncommitted changes.

    user_project.py BUILD THEXP_DIR TOOL PAGE [options of cmake ...]

The project becomes a git repository with a stash, an index and files of its
own. Its runs keep its code, and leave all of that as it is. Then come the
commands of PAGE (docs/walk.md), which must print what the page shows; with WRITE_PAGE=1 in the environment the page is written anew instead.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def run(*command, cwd, **more):
    done = subprocess.run(command, cwd=cwd, text=True, capture_output=True,
                          **more)
    if done.returncode != 0:
        sys.exit("%s: ended with %d\n%s%s" % (
            " ".join(command), done.returncode, done.stdout, done.stderr))
    return done.stdout


def check(condition, what):
    if not condition:
        sys.exit("failed: " + what)


HERE = os.path.dirname(os.path.abspath(__file__))


class Project:
    def __init__(self, folder, tool):
        self.folder, self.tool, self.program = folder, tool, "build/line"
        for name in ("line.cpp", "CMakeLists.txt"):
            shutil.copy(os.path.join(HERE, name), folder)
        self.write(".gitignore", "/build\n/runs/\n")
        self.git("init", "-q", "-b", "main", ".")
        self.git("add", "-A")
        self.commit("first")

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def git(self, *arguments, **environment):
        return run("git", "-c", "user.name=a", "-c", "user.email=a@b",
                   *arguments, cwd=self.folder,
                   env=dict(os.environ, **environment))

    def commit(self, message):
        self.git("commit", "-q", "-m", message)

    def thexp(self, *arguments):
        return run(self.tool, *arguments, cwd=self.folder)

    def build(self, build, options):
        os.symlink(build, os.path.join(self.folder, "build"))
        run("cmake", "--fresh", "-S", ".", "-B", build, *options,
            cwd=self.folder)
        run("cmake", "--build", build, cwd=self.folder)

    def build_again(self):
        run("cmake", "--build", "build", cwd=self.folder)

    def change(self, old, new):
        text = self.read("line.cpp")
        check(old in text, "line.cpp has " + old)
        self.write("line.cpp", text.replace(old, new))

    def train(self, *arguments):
        run(self.program, "--device=cpu", "--threads=1", *arguments,
            cwd=self.folder)
        return self.thexp("path", "@-1").strip()

    def state(self):
        """All that a user sees of the repository."""
        with open(os.path.join(self.folder, ".git", "index"), "rb") as file:
            index = file.read()
        return (index, self.git("status", "--porcelain=v2", "--branch"),
                self.git("diff"), self.git("diff", "--cached"),
                self.git("stash", "list"), self.git("branch", "-v"))

    def uncommitted(self):
        """The changes as git itself tells them, untracked files included."""
        index = os.path.join(self.folder, ".git", "index-of-the-test")
        shutil.copy(os.path.join(self.folder, ".git", "index"), index)
        self.git("add", "-A", GIT_INDEX_FILE=index)
        tree = self.git("write-tree", GIT_INDEX_FILE=index).strip()
        os.remove(index)
        return tree


def make_dirty(project):
    project.write("notes.txt", "one\n")
    project.git("add", "notes.txt")
    project.git("stash", "-q")
    project.write("staged.txt", "in the index\n")
    project.git("add", "staged.txt")
    project.write("staged.txt", "and changed after that\n")
    project.write("new file.txt", "untracked\n")
    project.change("// A user's program", "// Changed")


def applied(project, patch):
    """The tree that the patch makes of what is committed."""
    with tempfile.TemporaryDirectory() as folder:
        clone = os.path.join(folder, "clone")
        run("git", "clone", "-q", project.folder, clone, cwd=folder)
        run("git", "apply", "--index", "-", cwd=clone, input=patch)
        return run("git", "write-tree", cwd=clone).strip()


def objects(project):
    return project.git("cat-file", "--batch-all-objects", "--batch-check"
                       ).count(" tree ")


def check_snapshots(project):
    make_dirty(project)
    before = project.state()
    first = project.train("--epoch=1")
    check(project.state() == before, "the repository stays as it is")

    patch = project.thexp("code", first, "--patch")
    check(applied(project, patch) == project.uncommitted(),
          "the patch is exactly the uncommitted changes")

    trees = objects(project)
    project.train("--epoch=1")
    check(objects(project) == trees, "equal code adds no tree")

    project.change("// Changed", "// Changed again")
    third = project.train("--epoch=1")
    difference = project.thexp("diff", first, third)
    check("+// Changed again" in difference, "thexp diff shows the new line")
    check("line.cpp" in project.thexp("code", third),
          "the source is newer than the program, which is said")


def train_four(project):
    for rate in ("0.02", "0.1", "0.2"):
        project.train("--epoch=3", "--optim.lr=" + rate)
    project.change("batch_size(8)", "batch_size(4)")
    project.build_again()
    project.train("--epoch=3", "--optim.lr=0.1")


def same_for_all(text, ids):
    """Without what differs each time: ids, dates, durations, git's names."""
    text = re.sub(r"\d{8}-\d{6}-[0-9a-z]{4}", lambda id: ids[id.group()], text)
    text = re.sub(r"\b(\d{4}-)?\d\d-\d\d \d\d:\d\d\b", r"\g<1>11-21 10:00",
                  text)
    text = re.sub(r"(?<= )\d+s\b", "0s", text)
    text = re.sub(r"(?m)^(index )?[0-9a-f]{40}\.\.[0-9a-f]{40}", r"\1a..b", text)
    names = iter("abcdefgh")
    return re.sub(r"\b[0-9a-f]{40}\b", lambda _: next(names) + "0" * 39, text)


def shell(project, command):
    path = os.path.dirname(project.tool) + ":" + os.environ["PATH"]
    return run("sh", "-c", command, cwd=project.folder,
               env=dict(os.environ, PATH=path))


def walked(project, page):
    """The page with what its commands print now."""
    runs = sorted(os.listdir(os.path.join(project.folder, "runs", "line")))
    ids = {id: "20261121-10000%d-k3f%d" % (i, i) for i, id in enumerate(
        [run for run in runs if not run.startswith(".")], start=1)}

    def block(match):
        commands = re.findall(r"(?m)^\$ (.*)$", match.group(1))
        text = "".join("$ %s\n%s" % (command, shell(project, command))
                       for command in commands)
        return "```console\n" + same_for_all(text, ids) + "```"
    return re.sub(r"(?s)```console\n(.*?)```", block, page)


def check_walk(project, path):
    with open(path) as file:
        page = file.read()
    now = walked(project, page)
    if os.environ.get("WRITE_PAGE"):
        with open(path, "w") as file:
            file.write(now)
    elif now != page:
        sys.exit("failed: %s shows other output than\n%s" % (path, now))


def main():
    for name in ("THEXP_RECORD_CODE", "THEXP_WORKSPACE"):
        os.environ.pop(name, None)
    os.environ["TZ"] = "UTC"
    build, thexp_dir, tool, page, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["THEXP_HOME"] = os.path.join(folder, "home")
        place = os.path.join(folder, "line")
        os.mkdir(place)
        project = Project(place, tool)
        project.build(build, ["-Dthexp_DIR=" + thexp_dir, *options])
        check_snapshots(project)
        shutil.rmtree(os.path.join(place, "runs"))
        project.git("reset", "-q", "--hard")
        project.git("clean", "-qfd")
        train_four(project)
        check_walk(project, page)
    print("passed")


main()
