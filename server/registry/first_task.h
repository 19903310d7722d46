// A first task for a model: whether it works at all.
#ifndef PARLEY_SERVER_REGISTRY_FIRST_TASK_H_
#define PARLEY_SERVER_REGISTRY_FIRST_TASK_H_

#include "absl/status/status.h"
#include "server/batching/served_model.h"

namespace parley {

// Has `model` answer a short text, which also makes what is only made when it
// is first used, and waits for that. The error says what is wrong with the
// model; UNAVAILABLE where its runner stops. REQUIRES: a runner drives it. Not
// on that runner's threads.
absl::Status RunFirstTask(const ServedModel& model);

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_FIRST_TASK_H_
