// The engine of encoder models: a task is finished after one step.
#ifndef PARLEY_ENGINE_RUNTIME_ENCODER_ENGINE_H_
#define PARLEY_ENGINE_RUNTIME_ENCODER_ENGINE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/api/engine.h"
#include "engine/api/model.h"
#include "engine/models/encoder.h"
#include "engine/runtime/dense_layers.h"
#include "engine/runtime/encode_check.h"
#include "engine/runtime/encoder_outputs.h"
#include "engine/runtime/encoder_pass.h"
#include "engine/runtime/pass_plan.h"
#include "engine/runtime/team.h"

namespace parley {

// What an encoder engine is made of; engines of one model share it.
struct EncoderEngineParts {
  std::shared_ptr<const EncoderModel> model;
  VectorDefaults defaults;
  // Without layers, or not null.
  std::shared_ptr<const DenseLayers> dense = std::make_shared<DenseLayers>();
};

// See Engine. Tasks of any lengths share a pass as one ragged batch; a step is
// as many passes as its budget takes, side by side where there are enough
// (PlanPasses).
class EncoderEngine : public Engine {
 public:
  // The engine number `replica` of those that share `parts`. To be made on a
  // thread whose team is as large as that of the one that will call Step.
  EncoderEngine(EncoderEngineParts parts, const LoadOptions& options,
                int replica = 0);

  absl::StatusOr<TaskCost> Cost(const Task& task) const override;
  Capacity capacity() const override;
  Capacity max_capacity() const override;
  absl::Status Admit(TaskId id, Task task) override;
  void Remove(TaskId id) override;
  absl::Status Step(const StepBudget& budget, StepResult* result) override;
  int64_t num_tasks() const override {
    return static_cast<int64_t>(tasks_.size());
  }

 private:
  struct AdmittedTask {
    TaskId id = 0;
    Task task;
  };

  // The number of tasks, from the oldest on, whose tokens together are no more
  // than `max_tokens`: one at least. REQUIRES: there are some
  size_t CountWithin(int64_t max_tokens) const;
  // Computes the first `count` tasks.
  void RunPasses(size_t count);
  // Takes those tasks, and what became of them.
  void Finish(size_t count, StepResult* result);

  EngineTeam team_;
  const std::shared_ptr<const EncoderModel> model_;
  const VectorDefaults defaults_;
  // For each thread of the team; the first also for passes of all threads.
  std::vector<std::unique_ptr<EncoderPass>> passes_;
  std::deque<AdmittedTask> tasks_;  // Oldest first.
  int64_t num_tokens_ = 0;          // Of all of them.
  // Of the step under way: each task's rows; then the tasks, pass by pass.
  std::vector<int64_t> num_rows_;
  PassPlan plan_;
  std::vector<EncodedTask> encoded_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_ENCODER_ENGINE_H_
