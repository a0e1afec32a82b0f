#ifndef THEXP_CATCH3
#define CATCH_CONFIG_MAIN
#endif
#include "catch.h"
