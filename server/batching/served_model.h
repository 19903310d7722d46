// A model as calls meet it: what it is, its tokenizer, its queue.
#ifndef PARLEY_SERVER_BATCHING_SERVED_MODEL_H_
#define PARLEY_SERVER_BATCHING_SERVED_MODEL_H_

#include <memory>
#include <string>

#include "engine/api/model.h"
#include "server/batching/task_queue.h"

namespace parley {

// Shared by the calls that use it; everything here may be used from any
// thread. `engine` is the runner's, and calls use nothing of it but Cost.
struct ServedModel {
  std::string name;  // What requests call it.
  ModelInfo info;
  // One of the two, by its kind.
  std::unique_ptr<const Tokenizer> tokenizer;
  std::unique_ptr<const EncoderTokenizer> encoder_tokenizer;
  std::unique_ptr<const Shortlist> shortlist;  // Null: none.
  std::unique_ptr<Engine> engine;
  std::unique_ptr<TaskQueue> queue;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_SERVED_MODEL_H_
