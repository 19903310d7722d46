// From a step's logits to the few tokens that each search chooses among, in one
// pass over logits that come in blocks.
#ifndef PARLEY_ENGINE_DECODING_CANDIDATE_SCAN_H_
#define PARLEY_ENGINE_DECODING_CANDIDATE_SCAN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"
#include "engine/kernels/vector_ops.h"

namespace parley {

struct ScanSizes {
  int max_rows = 0;
  int num_blocks = 0;   // Of a row's logits.
  int num_threads = 1;  // That blocks come from.
};

// What is looked for in one row.
struct RowQuery {
  const RowConstraints* constraints = nullptr;
  int num_candidates = 0;  // At most kMaxCandidates.
  int64_t num_logits = 0;
  // The tokens that the row's logits are of, rising; empty: logit i is of token
  // i of the whole vocabulary.
  absl::Span<const TokenId> tokens;
  bool is_rough = false;  // Its logits are, and Finish is told of it.
};

// How to know better where the logits of a row are rough.
struct RoughRow {
  float max_error = 0;                            // Of each logit.
  absl::FunctionRef<float(int64_t index)> logit;  // In full.
};

// Some neighbouring logits of one row.
struct LogitBlock {
  int index = 0;      // Of the block in its row.
  int64_t first = 0;  // Of its logits in the row.
  absl::Span<float> logits;
  int thread = 0;
};

// As transformers' beam search: log-softmax over all logits of a row, then
// constraints (the forced token has log-probability 0), then, where they say
// so, log-softmax again over what they leave.
//
// Rough logits give the candidates that logits in full would give: all that can
// be among the greatest are looked at in full. Of the sum of exponentials the
// greatest terms are (docs/decisions/0009), the others hold their errors.
//
// Thread rule: Take for different blocks from several threads at once, those of
// one row and thread by rising index; the rest from one thread. What it finds
// does not depend on which thread took what. No allocation once made.
class CandidateScan {
 public:
  explicit CandidateScan(const ScanSizes& sizes);

  // Forgets the last step's rows. REQUIRES: num_rows <= max_rows
  void Start(int num_rows);

  // Changes the logits.
  void Take(int row, const RowQuery& query, const LogitBlock& block);

  // After all `num_blocks` blocks of a row: writes its best candidates, best
  // first by logit, equal logits by rising token, and returns how many there
  // are: fewer than query.num_candidates only where constraints leave fewer
  // tokens. Tokens that the row has no logit of are neither forbidden nor
  // forced. A row whose logits hold a NaN or +infinity, or no finite number,
  // has no candidates. `candidates`: [num_candidates]. `rough`: where
  // query.is_rough, else null.
  int Finish(int row, const RowQuery& query, int num_blocks,
             const RoughRow* rough, absl::Span<Candidate> candidates);

 private:
  // Terms of a rough row's sum that are taken in full; and how many logits are
  // kept beyond those that are wanted, for they may turn out to be greater.
  static constexpr int kFullTerms = 8;
  static constexpr int kMoreKept = 8;
  static constexpr int kMaxKept = kMaxCandidates + kMoreKept;

  // The greatest logits that one thread has met in a row, best first.
  struct Top {
    absl::Span<const kernels::IndexedValue> span() const {
      return {logits.data(), static_cast<size_t>(count)};
    }
    std::array<kernels::IndexedValue, kMaxKept> logits;
    int count = 0;
  };

  // How many logits of a row are wanted in the end, and how many are kept.
  static int NumWanted(const RowQuery& query);
  static int NumKept(const RowQuery& query);

  Top& TopOf(int thread, int row) {
    return tops_[int64_t{thread} * sizes_.max_rows + row];
  }
  // The greatest logits of all threads.
  Top Merge(int row, int capacity);
  // Those wanted, in full, of the greatest that are rough.
  static Top Refine(const RowQuery& query, const RoughRow& rough,
                    const Top& greatest);
  static Top LookAtAll(const RowQuery& query, const RoughRow& rough);

  const ScanSizes sizes_;
  // Of each block: its greatest logit, and its sum of exponentials relative to
  // that. [max_rows, num_blocks]
  std::vector<float> max_;
  std::vector<float> sum_;
  std::vector<Top> tops_;  // [num_threads, max_rows]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_CANDIDATE_SCAN_H_
