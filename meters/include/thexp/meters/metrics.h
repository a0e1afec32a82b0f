#pragma once

// All metrics.
#include "thexp/meters/accuracy.h"
#include "thexp/meters/auc.h"
#include "thexp/meters/bleu.h"
#include "thexp/meters/confusion_matrix.h"
#include "thexp/meters/metric.h"
#include "thexp/meters/perplexity.h"
#include "thexp/meters/precision_recall.h"
#include "thexp/meters/r2.h"
#include "thexp/meters/regression.h"
