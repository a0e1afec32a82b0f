// A build without libgit2.
#include "repository.h"

namespace {

TEST_CASE("S1 without libgit2, code in a repository is copied") {
  thexp_test::Repository repository;
  thexp::Snapshot snapshot = repository.take();
  CHECK(snapshot.kind == thexp::SnapshotKind::kCopy);
  CHECK(snapshot.problem == "thexp was built without libgit2");
  CHECK(snapshot.repository == repository.root().string());
  CHECK(files(snapshot).size() == 4);
  CHECK_CONTAINS(thexp_test::message_of<thexp::Error>([&] { patch(snapshot); }),
                 "there is no commit to compare it with");
}

}  // namespace
