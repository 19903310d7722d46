// A model as calls meet it: what it is, its tokenizer, its queue.
#ifndef PARLEY_SERVER_BATCHING_SERVED_MODEL_H_
#define PARLEY_SERVER_BATCHING_SERVED_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/api/model.h"
#include "server/batching/observer.h"
#include "server/batching/result_cache.h"
#include "server/batching/task_queue.h"

namespace parley {

// Shared by the calls that use it; everything here may be used from any
// thread. Each engine is its runner's, and calls use nothing of it but Cost.
struct ServedModel {
  std::string name;     // What requests call it.
  std::string version;  // Of all that had this name, in words of the registry.
  ModelInfo info;
  // One of the two, by its kind.
  std::unique_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<const EncoderTokenizer> encoder_tokenizer;
  std::unique_ptr<const Shortlist> shortlist;  // Null: none.
  // One for each runner; all have one set of weights and one queue.
  std::vector<std::unique_ptr<Engine>> engines;
  std::unique_ptr<TaskQueue> queue;
  // Of the results of all models; null: none. Outlives all entries.
  std::shared_ptr<ResultCache> cache;
  // Told of what happens to its tasks. Never null once it is served.
  std::shared_ptr<BatchingObserver> observer =
      std::make_shared<BatchingObserver>();

  // See Engine::Cost.
  absl::StatusOr<TaskCost> Cost(const Task& task) const {
    return engines.front()->Cost(task);
  }
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_SERVED_MODEL_H_
