// Whether an encoder model can do what a task asks.
#ifndef PARLEY_ENGINE_RUNTIME_ENCODE_CHECK_H_
#define PARLEY_ENGINE_RUNTIME_ENCODE_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "engine/models/encoder.h"

namespace parley {

// How an encoder model's vectors come about where a task does not say.
struct VectorDefaults {
  std::vector<Pooling> pooling;  // Never empty.
  // Dense layers behind the pooling take this many poolings, no more and no
  // fewer; 0: any.
  int num_poolings = 0;
};

// INVALID_ARGUMENT names what is out of range, and its range; or the output
// that the model has no head for.
absl::Status CheckEncodeTask(const Task& task, const EncoderModel& model,
                             const VectorDefaults& defaults);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_ENCODE_CHECK_H_
