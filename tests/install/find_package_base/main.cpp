// An installed thexp without LibTorch: parameters, and a log in a file.
#include <cstdio>
#include <fstream>
#include <string>

#include "thexp/params/params.h"
#include "thexp/tracking/logger.h"

struct AppParams : thexp::Params {
  thexp::Param<double> lr{this, "optim.lr", 0.05, "learning rate",
                          thexp::between(0.0, 1.0)};
};

int fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

int main() {
  AppParams params;
  params.parse_args({"--optim.lr=0.25"});
  if (*params.lr != 0.25) return fail("the command line was not read");

  std::remove("app.log");  // of an earlier run
  {
    thexp::Logger logger(thexp::LoggerOptions().console(false));
    logger.add_file("app.log");
    logger.raw("lr is " + std::to_string(*params.lr));
  }
  std::ifstream log("app.log");
  std::string line;
  std::getline(log, line);
  if (line != "lr is 0.250000") return fail("app.log holds: " + line);

  try {
    params.parse_args({"--optim.rl=1"});
  } catch (const thexp::Error&) {
    return 0;
  }
  return fail("an unknown parameter was accepted");
}
