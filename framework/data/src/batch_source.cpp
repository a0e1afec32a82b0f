#include "thexp/data/batch_source.h"

namespace thexp {

BatchStream::~BatchStream() = default;
BatchSource::~BatchSource() = default;

}  // namespace thexp
