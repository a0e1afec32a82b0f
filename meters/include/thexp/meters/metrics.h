#pragma once

// All metrics.
#include "thexp/meters/accuracy.h"
#include "thexp/meters/confusion_matrix.h"
#include "thexp/meters/metric.h"
#include "thexp/meters/perplexity.h"
#include "thexp/meters/regression.h"
