#ifndef THEXP_CATCH3
#define CATCH_CONFIG_MAIN
#endif
#include "catch.h"
#include "temp_dir.h"

namespace {

// The runs of the tests are none that the user wants to be found from anywhere,
// nor to have snapshots in this repository.
struct OwnHome {
  OwnHome() {
    ::setenv("THEXP_HOME", folder.path().c_str(), 1);
    ::setenv("THEXP_RECORD_CODE", "0", 1);
  }
  thexp_test::TempDir folder;
};

const OwnHome own_home;

}  // namespace
