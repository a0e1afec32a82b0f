// take_program SOURCE NAME STORE: prints the record of a snapshot.
#include <cstdio>

#include "thexp/snapshot/snapshot.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  thexp::Snapshot snapshot = thexp::take_snapshot(
      thexp::SnapshotOptions().source(argv[1]).name(argv[2]).store(argv[3]));
  std::puts(snapshot.to_value().to_json(2).c_str());
  return 0;
}
