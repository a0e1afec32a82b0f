#include "thexp/experiments/run_archive.h"

#include "catch.h"
#include "process.h"
#include "temp_dir.h"
#include "thexp/base/error.h"
#include "thexp/base/file.h"
#include "thexp/base/process.h"
#include "thexp/tracking/run.h"
#include "thexp/tracking/workspace.h"

namespace {

using namespace thexp;
using thexp_test::message_of;
using thexp_test::TempDir;

struct Fixture {
  TempDir dir;
  fs::path root = dir / "runs";
  fs::path other = dir / "other";
  RunRecord run;

  Fixture() {
    auto made = Run::create(
        RunOptions().workspace(root.string()).experiment("größe=1"));
    made->finish();
    run = read_run(made->path());
    write_file_atomic(run.path / "checkpoints" / "a.pt",
                      std::string(70000, 'x'));
    write_file_atomic(run.path / "samples" / "ü b.txt", "text");
    write_file_atomic(run.path / "empty", "");
    replace_link(run.path / "checkpoints" / "last.pt",
                 run.path / "checkpoints" / "a.pt");
    fs::create_symlink("/etc/passwd", run.path / "elsewhere");
    write_file_atomic(run.path / "b.pt.tmp.1.0", "unfinished");
    write_file_atomic(run.path / "script.sh", "#!/bin/sh\n");
    fs::permissions(run.path / "script.sh", fs::perms(0755));
  }

  fs::path packed(const std::string& name = "run.tar.zst") {
    export_run(run, dir / name);
    return dir / name;
  }
};

TEST_CASE("a run is packed and unpacked as it was") {
  for (const std::string name : {"run.tar", "run.tar.gz", "run.tar.zst"}) {
    INFO(name);
    Fixture f;
    ExportedRun packed = export_run(f.run, f.dir / name);
    CHECK(packed.left_out == std::vector<std::string>{"elsewhere"});
    CHECK(packed.bytes > 70000);
    if (name != "run.tar") CHECK(fs::file_size(f.dir / name) < 7000);
    fs::path path = import_run(f.dir / name, f.other);
    CHECK(path == f.other / "größe=1" / f.run.id);
    CHECK(read_run(path).id == f.run.id);
    CHECK(read_file(path / "checkpoints" / "last.pt") ==
          std::string(70000, 'x'));
    CHECK(fs::read_symlink(path / "checkpoints" / "last.pt") == "a.pt");
    CHECK(read_file(path / "samples" / "ü b.txt") == "text");
    CHECK(read_file(path / "empty") == "");
    CHECK(fs::is_directory(path / "keypoints"));
    CHECK_FALSE(fs::exists(path / "b.pt.tmp.1.0"));
    CHECK_FALSE(fs::exists(path / ".thexp-export.json"));
    CHECK((fs::status(path / "script.sh").permissions() &
           fs::perms::owner_exec) != fs::perms::none);
    CHECK(Workspace(f.other).runs().size() == 1);
  }
}

TEST_CASE("a run's code goes with it") {
  Fixture f;
  write_file_atomic(f.dir / "code" / "src" / "main.cpp", "int main() {}\n");
  export_run(f.run, f.dir / "run.tar", ExportOptions().code(f.dir / "code"));
  fs::path path = import_run(f.dir / "run.tar", f.other);
  CHECK(read_file(path / ".code" / "src" / "main.cpp") == "int main() {}\n");
}

TEST_CASE("a running run is packed on demand alone") {
  TempDir dir;
  auto run = Run::create(
      RunOptions().workspace((dir / "runs").string()).experiment("mnist"));
  RunRecord record = read_run(run->path());
  CHECK_CONTAINS(
      message_of<UsageError>([&] { export_run(record, dir / "run.tar"); }),
      "is running: process ");
  CHECK_FALSE(fs::exists(dir / "run.tar"));
  export_run(record, dir / "run.tar", ExportOptions().running(true));
  CHECK(fs::exists(import_run(dir / "run.tar", dir / "other")));
}

TEST_CASE("a file's name says how to pack") {
  Fixture f;
  CHECK_CONTAINS(
      message_of<UsageError>([&] { export_run(f.run, f.dir / "run.zip"); }),
      "must end in .tar.zst, .tar.gz or .tar");
}

TEST_CASE("import refuses a run that is there") {
  Fixture f;
  fs::path file = f.packed();
  CHECK_CONTAINS(message_of<UsageError>([&] { import_run(file, f.root); }),
                 "is there already");
  CHECK(read_run(f.run.path).id == f.run.id);
}

TEST_CASE("import of a cut or changed file leaves nothing") {
  Fixture f;
  for (const std::string name : {"run.tar", "run.tar.gz", "run.tar.zst"}) {
    std::string whole = read_file(f.packed(name));
    for (std::size_t part = 0; part < 20; ++part) {
      INFO(name << " " << part);
      write_file_atomic(f.dir / ("cut-" + name),
                        whole.substr(0, whole.size() * part / 20));
      message_of<FormatError>(
          [&] { import_run(f.dir / ("cut-" + name), f.other); });
    }
  }
  std::string changed = read_file(f.dir / "run.tar");
  changed[changed.find("xxxxx") + 1000] = 'y';
  write_file_atomic(f.dir / "changed.tar", changed);
  CHECK_CONTAINS(message_of<FormatError>(
                     [&] { import_run(f.dir / "changed.tar", f.other); }),
                 "'checkpoints/a.pt' is damaged");
  CHECK(fs::is_empty(f.other / ".incoming"));
  CHECK_FALSE(fs::exists(f.other / "größe=1"));
}

TEST_CASE("import of no file, and of another one, says so") {
  TempDir dir;
  CHECK_CONTAINS(
      message_of<FileError>([&] { import_run(dir / "gone.tar", dir / "o"); }),
      "gone.tar");
  write_file_atomic(dir / "text.tar", std::string(2000, 't'));
  CHECK_CONTAINS(
      message_of<FormatError>([&] { import_run(dir / "text.tar", dir / "o"); }),
      (dir / "text.tar").string() + ": ");
}

// Python makes the archives that an export does not: its `body` adds to `tar`.
std::string problem_of(const std::string& body,
                       const std::string& manifest =
                           R"("files": 9, "folders": 9, "bytes": 9999)") {
  TempDir dir;
  write_file_atomic(dir / "make.py",
                    R"(
import io, json, tarfile
tar = tarfile.open("evil.tar", "w")
def add(name, data=b"x", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(data))
manifest = {"format": 1, "experiment": "e", "id": "r", "links": {}, )" +
                        ("**json.loads('{" + manifest + "}')") +
                        R"(}
add("e/r/.thexp-export.json", json.dumps(manifest).encode())
)" + body + "\ntar.close()\n");
  auto python = thexp_test::run_shell("python3 make.py", dir.path());
  INFO(python.output);
  REQUIRE(python.exit_code == 0);
  std::string problem = message_of<FormatError>(
      [&] { import_run(dir / "evil.tar", dir / "runs"); });
  CHECK_FALSE(fs::exists(dir / "runs" / "e"));
  fs::path incoming = dir / "runs" / ".incoming";
  CHECK((!fs::exists(incoming) || fs::is_empty(incoming)));
  CHECK_FALSE(fs::exists(dir / "evil"));
  CHECK_FALSE(fs::exists(dir / "runs" / "evil"));
  return problem;
}

TEST_CASE("import writes nothing outside of the run's folder") {
  for (const std::string name :
       {"/tmp/evil", "../evil", "e/r/../../evil", "e/r/a/../../../evil",
        "e/evil", "evil", "e/r//evil", "e/r/./evil", "e/r/"}) {
    INFO(name);
    CHECK_CONTAINS(problem_of("add('" + name + "')"),
                   "which is outside of the run");
  }
}

TEST_CASE("import unpacks neither links nor devices") {
  CHECK_CONTAINS(
      problem_of("add('e/r/l', b'', type=tarfile.SYMTYPE, linkname='/etc')"),
      "it holds a link, 'e/r/l'");
  CHECK_CONTAINS(problem_of("add('e/r/f')\nadd('e/r/l', b'', "
                            "type=tarfile.LNKTYPE, linkname='e/r/f')"),
                 "it holds a link, 'e/r/l'");
  for (const std::string type : {"CHRTYPE", "BLKTYPE", "FIFOTYPE"}) {
    CHECK_CONTAINS(problem_of("add('e/r/d', b'', type=tarfile." + type + ")"),
                   "it holds a device or pipe");
  }
}

TEST_CASE("import unpacks what was announced and no more") {
  CHECK_CONTAINS(problem_of("add('e/r/a')\nadd('e/r/a')"), "'e/r/a' twice");
  CHECK_CONTAINS(problem_of("add('e/r/a', b'x' * 100)",
                            R"("files": 1, "folders": 0, "bytes": 99)"),
                 "more than the 1 files and 99 bytes");
  CHECK_CONTAINS(problem_of("add('e/r/a')\nadd('e/r/b')",
                            R"("files": 1, "folders": 0, "bytes": 99)"),
                 "more than the 1 files");
  CHECK_CONTAINS(problem_of("add('e/r/d', b'', type=tarfile.DIRTYPE)",
                            R"("files": 0, "folders": 0, "bytes": 0)"),
                 "more folders");
  CHECK_CONTAINS(problem_of("add('e/r/a')"), "files are missing");
  CHECK_CONTAINS(problem_of("", R"("files": 0, "folders": 0, "bytes": -1)"),
                 "bytes is -1");
  CHECK_CONTAINS(
      problem_of("", R"("files": 0, "folders": 0, "bytes": 0, "id": "..")"),
      "name \"..\" cannot name");
  CHECK_CONTAINS(
      problem_of("", R"("files": 0, "folders": 0, "bytes": 0, "format": 2)"),
      "the format version is 2");
  CHECK_CONTAINS(
      problem_of(
          "",
          R"("files": 0, "folders": 0, "bytes": 0, "links": {"a": "../b"})"),
      "the link 'a' leads to '../b'");
}

TEST_CASE("import needs as much room as the file announces") {
  TempDir dir;
  write_file_atomic(dir / "make.py", R"(
import io, json, tarfile
tar = tarfile.open("evil.tar", "w")
data = json.dumps({"format": 1, "experiment": "e", "id": "r", "links": {},
                   "files": 1, "folders": 0, "bytes": 1 << 60}).encode()
info = tarfile.TarInfo("e/r/.thexp-export.json")
info.size = len(data)
tar.addfile(info, io.BytesIO(data))
tar.close()
)");
  REQUIRE(thexp_test::run_shell("python3 make.py", dir.path()).exit_code == 0);
  CHECK_CONTAINS(message_of<UsageError>(
                     [&] { import_run(dir / "evil.tar", dir / "runs"); }),
                 "run e/r needs ");
}

}  // namespace
