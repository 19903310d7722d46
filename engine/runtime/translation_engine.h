// The engine of sequence-to-sequence models: joins model, search and cache.
#ifndef PARLEY_ENGINE_RUNTIME_TRANSLATION_ENGINE_H_
#define PARLEY_ENGINE_RUNTIME_TRANSLATION_ENGINE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/api/engine.h"
#include "engine/api/model.h"
#include "engine/decoding/candidate_scan.h"
#include "engine/decoding/candidates.h"
#include "engine/decoding/search.h"
#include "engine/layers/activations.h"
#include "engine/layers/kv_cache.h"
#include "engine/models/marian.h"
#include "engine/runtime/team.h"

namespace parley {

// See Engine. The KV pool is the memory ceiling: a task that could not finish
// in it alone is refused by Cost, the others reserve what they are expected to
// take, and when blocks run out all the same the youngest is evicted.
class TranslationEngine : public Engine {
 public:
  // The engine number `replica` of those that share `model`.
  // INVALID_ARGUMENT where the pool is too small for the model.
  static absl::StatusOr<std::unique_ptr<TranslationEngine>> Create(
      std::shared_ptr<const MarianModel> model, const LoadOptions& options,
      int replica = 0);
  ~TranslationEngine() override;

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
  struct ActiveTask;

  TranslationEngine(std::shared_ptr<const MarianModel> model, KvPool pool,
                    EngineTeam team, const LoadOptions& options);

  // Step with the team at hand; then its parts, in order.
  void StepTogether(const StepBudget& budget, StepResult* result);
  int64_t EncodeNewTasks(const StepBudget& budget);  // The tokens encoded.
  void PlaceRows(StepResult* result);
  void GatherRows();
  void ScanRows();
  void AdvanceSearches(StepResult* result);

  void TellProgress(ActiveTask& active, StepResult* result);
  void GatherRowsOf(ActiveTask& active);
  void EncodeSources();
  void Evict(StepResult* result);
  void ScanProduct(const kernels::WideLinear& output, int64_t first_row,
                   int64_t num_rows);
  absl::Span<Candidate> CandidatesOf(int64_t row);

  const std::shared_ptr<const MarianModel> model_;
  const int max_rows_;
  EngineTeam team_;
  const SearchRules rules_;
  KvPool pool_;
  Activations activations_;
  CandidateScan scan_;
  std::vector<std::unique_ptr<ActiveTask>> tasks_;  // Oldest first.

  // Of the encoder's pass under way.
  EncoderBatch sources_;
  std::vector<int32_t> slots_;  // Of its rows.

  // Of the step under way, an entry a row; sized once.
  struct RowOwner {
    ActiveTask* task = nullptr;
    int row = 0;  // Within the task.
  };
  std::vector<RowOwner> owners_;
  std::vector<TokenId> tokens_;
  std::vector<int> positions_;
  std::vector<CachedRow> rows_;
  std::vector<RowConstraints> constraints_;
  std::vector<RowQuery> queries_;
  std::vector<Candidate> candidates_;  // [max_rows, kMaxCandidates]
  std::vector<int> num_candidates_;
  std::vector<absl::Span<const Candidate>> spans_;  // Of one task.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_TRANSLATION_ENGINE_H_
