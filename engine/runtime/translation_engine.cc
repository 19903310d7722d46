#include "engine/runtime/translation_engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/kernels/wide_linear.h"
#include "engine/runtime/translate_check.h"

namespace parley {
namespace {

// Rows of one pass of the encoder: the products are at their peak, and what
// stands between them stays in the caches.
constexpr int64_t kEncoderRows = 512;

// A source that is longer has a pass for itself.
int64_t MaxEncoderRows(const MarianConfig& config) {
  return std::max<int64_t>(kEncoderRows, config.max_positions);
}

SearchRules RulesOf(const MarianConfig& config) {
  const GenerationConfig& generation = config.generation;
  SearchRules rules;
  rules.vocab_size = config.decoder.vocab_size;
  rules.start_token = generation.decoder_start_token_id;
  rules.end_token = generation.eos_token_id;
  rules.forced_end_token = generation.forced_eos_token_id;
  for (const std::vector<int>& word : generation.bad_words_ids) {
    rules.bad_words.emplace_back(word.begin(), word.end());
  }
  rules.renormalize = generation.renormalize_logits;
  return rules;
}

// Translations are about as long as their sources.
int64_t ExpectedWork(const Task& task) {
  const int64_t source_len = task.source_ids.size();
  return source_len + task.search.num_beams *
                          std::clamp<int64_t>(source_len,
                                              task.search.min_new_tokens,
                                              task.search.max_new_tokens);
}

// Slots that a task is likely to hold at once: with some room, as a target may
// be longer than its source. Beams share most of what they descend from, and
// their dead ends are reused.
int64_t ExpectedTargetSlots(const Task& task) {
  const int64_t source_len = task.source_ids.size();
  const int64_t target_len = std::clamp<int64_t>(
      source_len + source_len / 2 + 8, task.search.min_new_tokens,
      task.search.max_new_tokens);
  const int64_t num_beams = task.search.num_beams;
  return std::min(target_len * num_beams, target_len + 8 * num_beams);
}

}  // namespace

struct TranslationEngine::ActiveTask {
  // Takes the memory that its steps will want.
  ActiveTask(TaskId id, Task new_task, KvPool* pool)
      : id(id), task(std::move(new_task)), slots(pool) {
    const int64_t max_len = task.search.max_new_tokens;
    slots.Prepare(static_cast<int64_t>(task.source_ids.size()),
                  task.search.num_beams * max_len);
    for (auto* lists : {&histories, &next_histories}) {
      lists->resize(task.search.num_beams);
      for (std::vector<int32_t>& list : *lists) list.reserve(max_len);
    }
  }

  // What each live row descends from.
  absl::Span<std::vector<int32_t>> live() {
    return absl::MakeSpan(histories).first(search->num_rows());
  }

  // Blocks that count as taken: what it has, or what it may yet want.
  int64_t charged_blocks() const {
    return std::max(reserved_blocks, slots.num_blocks());
  }

  TaskId id;
  Task task;
  TaskSlots slots;
  int64_t reserved_blocks = 0;
  bool encoded = false;
  bool decodes = false;               // In the step under way.
  int num_told = 0;                   // Tokens that its progress has told of.
  std::vector<int32_t> source_slots;  // [source_len]
  std::unique_ptr<Search> search;
  // Of task.target_tokens alone; null where any token may be chosen.
  std::unique_ptr<kernels::WideLinear> output;
  // The slots that each row descends from, oldest first, its own last; of the
  // search's rows, where those are fewer than its beams, the first ones.
  std::vector<std::vector<int32_t>> histories;
  std::vector<std::vector<int32_t>> next_histories;
};

absl::StatusOr<std::unique_ptr<TranslationEngine>> TranslationEngine::Create(
    std::shared_ptr<const MarianModel> model, const LoadOptions& options,
    int replica) {
  PARLEY_CHECK(options.max_rows >= kMaxBeams) << options.max_rows;
  PARLEY_ASSIGN_OR_RETURN(
      KvPool pool,
      KvPool::Create({.num_layers = model->config.decoder.num_layers,
                      .d_model = model->config.d_model},
                     options.kv_cache_bytes));
  return std::unique_ptr<TranslationEngine>(
      new TranslationEngine(std::move(model), std::move(pool),
                            EngineTeam(options, replica), options));
}

TranslationEngine::TranslationEngine(std::shared_ptr<const MarianModel> model,
                                     KvPool pool, EngineTeam team,
                                     const LoadOptions& options)
    : model_(std::move(model)),
      max_rows_(options.max_rows),
      team_(team),
      rules_(RulesOf(model_->config)),
      pool_(std::move(pool)),
      activations_(MarianActivationSizes(
          model_->config,
          std::max<int64_t>(
              {MaxEncoderRows(model_->config),
               // The product of a restricted task's rows rounds their number
               // up from wherever among the rows they stand.
               kernels::RoundUpRows(options.max_rows) + kMaxBeams}))),
      scan_(
          {.max_rows = options.max_rows,
           .num_blocks = static_cast<int>(model_->weights.output->num_blocks()),
           .num_threads = team.size()}),
      sources_(MaxEncoderRows(model_->config)),
      constraints_(options.max_rows),
      queries_(options.max_rows),
      candidates_(int64_t{options.max_rows} * kMaxCandidates),
      num_candidates_(options.max_rows) {
  slots_.reserve(MaxEncoderRows(model_->config));
  owners_.reserve(max_rows_);
  tokens_.reserve(max_rows_);
  positions_.reserve(max_rows_);
  rows_.reserve(max_rows_);
  spans_.reserve(kMaxBeams);
  for (RowConstraints& constraints : constraints_) {
    // Besides, the end token where there is a least length.
    constraints.forbidden.reserve(rules_.bad_words.size() + 1);
  }
}

TranslationEngine::~TranslationEngine() = default;

absl::StatusOr<TaskCost> TranslationEngine::Cost(const Task& task) const {
  PARLEY_RETURN_IF_ERROR(CheckTranslateTask(task, model_->config));
  const int64_t source_len = task.source_ids.size();
  // One block more: free slots may lie in several blocks.
  const int64_t most =
      KvPool::BlocksFor(source_len + int64_t{task.search.num_beams} *
                                         task.search.max_new_tokens) +
      1;
  if (most > pool_.num_blocks()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the task may need ", most,
                     " blocks of the KV cache, which has ", pool_.num_blocks(),
                     ": lower num_beams or max_new_tokens, or start "
                     "the server with a larger --kv_cache_mb"));
  }
  return TaskCost{
      .encoder_tokens = source_len,
      .max_rows = task.search.num_beams,
      .kv_blocks = std::min(
          most, KvPool::BlocksFor(source_len + ExpectedTargetSlots(task)) + 1),
      .work = ExpectedWork(task)};
}

Capacity TranslationEngine::max_capacity() const {
  return {.encoder_tokens = activations_.sizes().max_rows,
          .rows = max_rows_,
          .kv_blocks = pool_.num_blocks()};
}

Capacity TranslationEngine::capacity() const {
  Capacity free = max_capacity();
  for (const std::unique_ptr<ActiveTask>& active : tasks_) {
    free.rows -= active->task.search.num_beams;
    free.kv_blocks -= active->charged_blocks();
    if (!active->encoded) {
      free.encoder_tokens -= active->task.source_ids.size();
    }
  }
  free.encoder_tokens = std::max<int64_t>(0, free.encoder_tokens);
  free.kv_blocks = std::max<int64_t>(0, free.kv_blocks);
  return free;
}

absl::Status TranslationEngine::Admit(TaskId id, Task task) {
  PARLEY_ASSIGN_OR_RETURN(const TaskCost cost, Cost(task));
  const Capacity free = capacity();
  if (cost.max_rows > free.rows || cost.kv_blocks > free.kv_blocks) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the task takes ", cost.max_rows, " rows and ", cost.kv_blocks,
        " KV blocks; free are ", free.rows, " and ", free.kv_blocks));
  }
  std::unique_ptr<kernels::WideLinear> output;
  if (!task.target_tokens.empty()) {
    team_.Join();
    PARLEY_ASSIGN_OR_RETURN(output,
                            model_->weights.output->Select(task.target_tokens));
  }
  const int source_len = static_cast<int>(task.source_ids.size());
  auto active = std::make_unique<ActiveTask>(id, std::move(task), &pool_);
  PARLEY_CHECK(active->slots.Reserve(source_len, {}));
  for (int i = 0; i < source_len; ++i) {
    active->source_slots.push_back(active->slots.Take());
  }
  active->slots.Pin();
  active->reserved_blocks = cost.kv_blocks;
  active->search = CreateSearch(active->task.search, rules_);
  active->output = std::move(output);
  tasks_.push_back(std::move(active));
  return absl::OkStatus();
}

void TranslationEngine::Remove(TaskId id) {
  std::erase_if(tasks_, [id](const std::unique_ptr<ActiveTask>& active) {
    return active->id == id;
  });
}

absl::Status TranslationEngine::Step(const StepBudget& budget,
                                     StepResult* result) {
  *result = {};
  team_.Join();
  kernels::KeepTeamTogether([&] { StepTogether(budget, result); });
  return absl::OkStatus();
}

void TranslationEngine::StepTogether(const StepBudget& budget,
                                     StepResult* result) {
  result->num_encoder_tokens = EncodeNewTasks(budget);
  for (const std::unique_ptr<ActiveTask>& active : tasks_) {
    active->decodes =
        active->encoded && !absl::c_binary_search(budget.resting, active->id);
  }
  PlaceRows(result);
  GatherRows();
  result->num_rows = static_cast<int64_t>(rows_.size());
  if (rows_.empty()) return;
  MarianDecode(*model_,
               {.tokens = tokens_, .positions = positions_, .rows = rows_},
               pool_, activations_);
  ScanRows();
  AdvanceSearches(result);
}

int64_t TranslationEngine::EncodeNewTasks(const StepBudget& budget) {
  int64_t num_tokens = 0;
  for (const std::unique_ptr<ActiveTask>& active : tasks_) {
    if (active->encoded) continue;
    const int64_t source_len = active->task.source_ids.size();
    if (num_tokens > 0 && num_tokens + source_len > budget.max_encoder_tokens) {
      break;
    }
    if (sources_.num_rows() > 0 &&
        sources_.num_rows() + source_len > kEncoderRows) {
      EncodeSources();
    }
    sources_.Append(active->task.source_ids);
    absl::c_copy(active->source_slots, std::back_inserter(slots_));
    active->encoded = true;
    num_tokens += source_len;
  }
  if (sources_.num_rows() > 0) EncodeSources();
  return num_tokens;
}

void TranslationEngine::EncodeSources() {
  MarianEncode(*model_, sources_, slots_, pool_, activations_);
  sources_.Clear();
  slots_.clear();
}

void TranslationEngine::PlaceRows(StepResult* result) {
  // Oldest first, so that it is the youngest who leaves when room runs out; the
  // oldest always has room, for it fits the empty pool (see Cost).
  for (size_t i = 0; i < tasks_.size(); ++i) {
    ActiveTask& active = *tasks_[i];
    if (!active.decodes) continue;
    bool evicted = false;
    while (!active.slots.Reserve(active.search->num_rows(), active.live())) {
      evicted = &active == tasks_.back().get();
      Evict(result);
      if (evicted) return;
    }
    for (std::vector<int32_t>& history : active.live()) {
      history.push_back(active.slots.Take());
    }
  }
}

void TranslationEngine::Evict(StepResult* result) {
  std::unique_ptr<ActiveTask> youngest = std::move(tasks_.back());
  tasks_.pop_back();
  result->evicted.push_back(
      {.id = youngest->id, .task = std::move(youngest->task)});
}

void TranslationEngine::GatherRows() {
  owners_.clear();
  tokens_.clear();
  positions_.clear();
  rows_.clear();
  // Rows that share the product with the whole vocabulary stand together.
  for (const bool is_restricted : {false, true}) {
    for (const std::unique_ptr<ActiveTask>& active : tasks_) {
      if (active->decodes && (active->output != nullptr) == is_restricted) {
        GatherRowsOf(*active);
      }
    }
  }
}

void TranslationEngine::GatherRowsOf(ActiveTask& active) {
  const Search& search = *active.search;
  for (int row = 0; row < search.num_rows(); ++row) {
    const std::vector<int32_t>& history = active.histories[row];
    const size_t index = owners_.size();
    owners_.push_back({.task = &active, .row = row});
    tokens_.push_back(search.input_token(row));
    positions_.push_back(search.num_steps());
    rows_.push_back({.slot = history.back(),
                     .history = history,
                     .source = active.source_slots});
    search.Constrain(row, &constraints_[index]);
    const absl::Span<const TokenId> allowed = active.task.target_tokens;
    queries_[index] = {
        .constraints = &constraints_[index],
        .num_candidates = search.num_candidates(),
        .num_logits = allowed.empty() ? rules_.vocab_size
                                      : static_cast<int64_t>(allowed.size()),
        .tokens = allowed,
        .is_rough = (active.output != nullptr ? *active.output
                                              : *model_->weights.output)
                        .is_rough()};
  }
}

void TranslationEngine::ScanRows() {
  const int64_t num_rows = rows_.size();
  scan_.Start(static_cast<int>(num_rows));
  for (int64_t begin = 0; begin < num_rows;) {
    const kernels::WideLinear* restricted = owners_[begin].task->output.get();
    int64_t end = begin + 1;
    while (end < num_rows && owners_[end].task->output.get() == restricted) {
      ++end;
    }
    ScanProduct(restricted != nullptr ? *restricted : *model_->weights.output,
                begin, end - begin);
    begin = end;
  }
}

void TranslationEngine::ScanProduct(const kernels::WideLinear& output,
                                    int64_t first_row, int64_t num_rows) {
  const auto take = [&](const kernels::OutputBlock& block) {
    for (int64_t i = 0; i < block.num_rows; ++i) {
      const int64_t row = first_row + block.first_row + i;
      scan_.Take(static_cast<int>(row), queries_[row],
                 {.index = static_cast<int>(block.index),
                  .first = block.first_output,
                  .logits = {block.y + i * block.stride,
                             static_cast<size_t>(block.num_outputs)},
                  .thread = block.thread});
    }
  };
  output.Run(activations_.hidden() + first_row * model_->config.d_model,
             num_rows, take);
  const auto num_blocks = static_cast<int>(output.num_blocks());
  kernels::ForEachRow(num_rows, [&](int64_t i) {
    const int64_t row = first_row + i;
    const float* x = activations_.hidden() + row * model_->config.d_model;
    const auto logit = [&](int64_t index) { return output.Result(x, index); };
    const RoughRow rough = {.max_error = output.MaxError(x), .logit = logit};
    num_candidates_[row] =
        scan_.Finish(static_cast<int>(row), queries_[row], num_blocks,
                     output.is_rough() ? &rough : nullptr,
                     CandidatesOf(row).first(queries_[row].num_candidates));
  });
}

absl::Span<Candidate> TranslationEngine::CandidatesOf(int64_t row) {
  return absl::MakeSpan(candidates_)
      .subspan(row * kMaxCandidates, kMaxCandidates);
}

void TranslationEngine::AdvanceSearches(StepResult* result) {
  for (size_t begin = 0; begin < owners_.size();) {
    ActiveTask& active = *owners_[begin].task;
    Search& search = *active.search;
    const int num_rows = search.num_rows();
    spans_.clear();
    for (int row = 0; row < num_rows; ++row) {
      spans_.push_back(
          CandidatesOf(begin + row).first(num_candidates_[begin + row]));
    }
    begin += num_rows;
    absl::Status status = search.Advance(spans_);
    if (!status.ok()) {
      result->failed.push_back({.id = active.id, .status = std::move(status)});
      continue;
    }
    if (search.finished()) {
      result->finished.push_back(
          {.id = active.id, .result = {.hypotheses = search.TakeHypotheses()}});
      continue;
    }
    for (int row = 0; row < search.num_rows(); ++row) {
      active.next_histories[row] = active.histories[search.parent(row)];
    }
    active.histories.swap(active.next_histories);
    if (active.task.wants_progress) TellProgress(active, result);
  }
  for (const FinishedTask& finished : result->finished) Remove(finished.id);
  for (const FailedTask& failed : result->failed) Remove(failed.id);
}

void TranslationEngine::TellProgress(ActiveTask& active, StepResult* result) {
  TaskProgress progress = {.id = active.id};
  active.search->AppendCertain(active.num_told, &progress.token_ids);
  if (progress.token_ids.empty()) return;
  active.num_told += static_cast<int>(progress.token_ids.size());
  result->progress.push_back(std::move(progress));
}

}  // namespace parley
