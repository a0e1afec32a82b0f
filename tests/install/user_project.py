#!/usr/bin/env python3
"""A user's project, made and built here, that trains with uncommitted changes.

    user_project.py SOURCE BUILD THEXP_DIR TOOL [options of cmake ...]

SOURCE has train.cpp and a CMakeLists.txt. The project becomes a git repository
with a stash, an index and files of its own. Its runs keep its code, and leave
all of that as it is.
"""
import os
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


class Project:
    def __init__(self, folder, source, tool):
        self.folder, self.tool = folder, tool
        for name in ("train.cpp", "CMakeLists.txt"):
            shutil.copy(os.path.join(source, name), folder)
        self.write(".gitignore", "/build/\n/runs/\n")
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
        run("cmake", "-S", ".", "-B", build, *options, cwd=self.folder)
        run("cmake", "--build", build, cwd=self.folder)
        self.program = os.path.join(build, "train")

    def train(self, *arguments):
        run(self.program, "--epoch=1", "--device=cpu", "--threads=1",
            *arguments, cwd=self.folder)
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
    project.write("train.cpp", project.read("train.cpp") + "// changed\n")


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


def main():
    source, build, thexp_dir, tool, *options = sys.argv[1:]
    os.environ.pop("THEXP_RECORD_CODE", None)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["THEXP_HOME"] = os.path.join(folder, "home")
        os.environ.pop("THEXP_WORKSPACE", None)
        place = os.path.join(folder, "project")
        os.mkdir(place)
        project = Project(place, source, tool)
        project.build(build, ["-Dthexp_DIR=" + thexp_dir, *options])
        make_dirty(project)

        before = project.state()
        first = project.train()
        check(project.state() == before, "the repository stays as it is")

        patch = project.thexp("code", first, "--patch")
        check(applied(project, patch) == project.uncommitted(),
              "the patch is exactly the uncommitted changes")

        trees = objects(project)
        project.train()
        check(objects(project) == trees, "equal code adds no tree")

        project.write("train.cpp", project.read("train.cpp") + "// again\n")
        third = project.train()
        difference = project.thexp("diff", first, third)
        check("+// again" in difference, "thexp diff shows the changed line")
        check("train.cpp" in project.thexp("code", third),
              "the source is newer than the program, which is said")
    print("passed")


main()
