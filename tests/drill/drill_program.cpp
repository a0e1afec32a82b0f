// A program whose training has the flaw that it is asked for.
#include "flawed_trainer.h"

int main(int argc, char** argv) {
  return thexp::run<thexp_test::FlawedTrainer, thexp_test::FlawParams>(argc,
                                                                       argv);
}
