#include "thexp/program/run_program.h"

#include "catch.h"

namespace {

TEST_CASE("a parameter that is refused before there is a run is wrong usage") {
  thexp::TrainerParams params;
  const char* argv[] = {"program"};
  auto refuse = [&params]() -> std::unique_ptr<thexp::Trainer> {
    params.set("no_such_key", 1);
    return nullptr;
  };
  CHECK(thexp::run_program(params, refuse, 1, argv) == thexp::kExitUsage);
}

}  // namespace
