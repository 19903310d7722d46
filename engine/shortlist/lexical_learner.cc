#include "engine/shortlist/lexical_learner.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/log.h"
#include "engine/shortlist/likeliest.h"

namespace parley {
namespace {

// Of a source token, for each of its translations that is kept in the end.
constexpr int kCandidatesOfEach = 4;
// Of the whole time, roughly.
constexpr double kChoosingShare = 0.3;
// Progress is told so many times in each part.
constexpr size_t kReports = 50;

// Tells a part's progress, now and then.
class Report {
 public:
  Report(const LexicalLearner::Progress& progress, size_t num_items,
         std::pair<double, double> begin_end)
      : progress_(progress), num_items_(num_items), range_(begin_end) {}

  void ItemDone() {
    ++num_done_;
    if (num_done_ % (num_items_ / kReports + 1) != 0) return;
    progress_(range_.first + (range_.second - range_.first) *
                                 static_cast<double>(num_done_) /
                                 static_cast<double>(num_items_));
  }

 private:
  const LexicalLearner::Progress& progress_;
  const size_t num_items_;
  const std::pair<double, double> range_;
  size_t num_done_ = 0;
};

// Tells whether a token comes for the first time since Start.
class Seen {
 public:
  explicit Seen(int vocab_size) : stamps_(vocab_size) {}
  void Start() { ++stamp_; }
  bool IsNew(TokenId id) {
    return std::exchange(stamps_[id], stamp_) != stamp_;
  }

 private:
  std::vector<uint64_t> stamps_;
  uint64_t stamp_ = 0;
};

}  // namespace

void LexicalLearner::Side::Add(absl::Span<const TokenId> sentence) {
  for (const TokenId id : sentence) {
    PARLEY_CHECK(id >= 0 && id < vocab_size) << id;
  }
  ids.insert(ids.end(), sentence.begin(), sentence.end());
  ends.push_back(ids.size());
}

absl::Span<const TokenId> LexicalLearner::Side::Sentence(size_t index) const {
  const size_t begin = index == 0 ? 0 : ends[index - 1];
  return absl::MakeConstSpan(ids).subspan(begin, ends[index] - begin);
}

std::vector<uint32_t> LexicalLearner::Side::CountSentences() const {
  std::vector<uint32_t> counts(vocab_size);
  Seen seen(vocab_size);
  for (size_t i = 0; i < ends.size(); ++i) {
    seen.Start();
    for (const TokenId id : Sentence(i)) counts[id] += seen.IsNew(id) ? 1 : 0;
  }
  return counts;
}

// The pairs of tokens that may belong together, numbered: those of one source
// token follow one another, by rising target.
class LexicalLearner::Candidates {
 public:
  Candidates(const Side& source, const Side& target, int max_of_each,
             Report report);

  size_t size() const { return targets_.size(); }
  TokenId target(size_t pair) const { return targets_[pair]; }
  size_t begin(TokenId source) const { return begins_[source]; }
  size_t end(TokenId source) const { return begins_[source + 1]; }
  std::optional<size_t> Find(TokenId source, TokenId target) const;

 private:
  void Choose(absl::Span<const uint32_t> sentences, const Side& target);

  const int max_of_each_;
  const std::vector<uint32_t> target_counts_;  // In sentences.
  // While choosing: in how many sentences each target token is beside the
  // source token; zero but for those in `met_`.
  std::vector<uint32_t> counts_;
  std::vector<TokenId> met_;
  Seen seen_;

  std::vector<size_t> begins_;    // [source vocab_size + 1]
  std::vector<TokenId> targets_;  // [num_pairs]
};

LexicalLearner::Candidates::Candidates(const Side& source, const Side& target,
                                       int max_of_each, Report report)
    : max_of_each_(max_of_each),
      target_counts_(target.CountSentences()),
      counts_(target.vocab_size),
      seen_(target.vocab_size),
      begins_({0}) {
  // The sentences of each source token, end to end.
  const std::vector<uint32_t> counts = source.CountSentences();
  std::vector<size_t> ends(counts.begin(), counts.end());
  std::partial_sum(ends.begin(), ends.end(), ends.begin());
  std::vector<uint32_t> sentences(ends.empty() ? 0 : ends.back());
  Seen seen(source.vocab_size);
  for (size_t i = source.ends.size(); i-- > 0;) {
    seen.Start();
    for (const TokenId id : source.Sentence(i)) {
      if (seen.IsNew(id)) sentences[--ends[id]] = static_cast<uint32_t>(i);
    }
  }
  const std::vector<size_t>& firsts = ends;  // What they have become.
  for (TokenId id = 0; id < source.vocab_size; ++id) {
    Choose(absl::MakeConstSpan(sentences).subspan(firsts[id], counts[id]),
           target);
    report.ItemDone();
  }
}

void LexicalLearner::Candidates::Choose(absl::Span<const uint32_t> sentences,
                                        const Side& target) {
  for (const uint32_t sentence : sentences) {
    seen_.Start();
    for (const TokenId id : target.Sentence(sentence)) {
      if (!seen_.IsNew(id)) continue;
      if (counts_[id]++ == 0) met_.push_back(id);
    }
  }
  LikeliestTargets best(max_of_each_);
  for (const TokenId id : met_) {
    const float together = static_cast<float>(counts_[id]);
    best.Add({.target = id,
              .probability = together * together /
                             static_cast<float>(target_counts_[id])});
    counts_[id] = 0;
  }
  met_.clear();
  std::vector<TokenId> chosen = std::move(best).Take();
  std::sort(chosen.begin(), chosen.end());
  targets_.insert(targets_.end(), chosen.begin(), chosen.end());
  begins_.push_back(targets_.size());
}

std::optional<size_t> LexicalLearner::Candidates::Find(TokenId source,
                                                       TokenId target) const {
  const auto first = targets_.begin() + static_cast<ptrdiff_t>(begin(source));
  const auto last = targets_.begin() + static_cast<ptrdiff_t>(end(source));
  const auto found = std::lower_bound(first, last, target);
  if (found == last || *found != target) return std::nullopt;
  return static_cast<size_t>(found - targets_.begin());
}

// The probabilities, and how they are fitted.
class LexicalLearner::Model {
 public:
  // All as likely as one another.
  Model(const Candidates& candidates, const Side& source, const Side& target)
      : candidates_(candidates),
        source_(source),
        target_(target),
        probabilities_(candidates.size(), 1.0f),
        counts_(candidates.size()),
        null_probabilities_(target.vocab_size, 1.0f),
        null_counts_(target.vocab_size) {}

  void Iterate(Report report);
  // The `best` likeliest translations.
  std::vector<TokenId> Row(TokenId source, int best) const;

 private:
  // Shares one occurrence of `target` among what it may have come from.
  void Count(TokenId target, absl::Span<const TokenId> source);
  // Makes probabilities of the counts [begin, end), and clears them.
  static void Normalize(std::pair<size_t, size_t> begin_end,
                        std::vector<double>* counts,
                        std::vector<float>* probabilities);

  const Candidates& candidates_;
  const Side& source_;
  const Side& target_;
  std::vector<float> probabilities_;       // [num_pairs]
  std::vector<double> counts_;             // [num_pairs]
  std::vector<float> null_probabilities_;  // [target vocab_size]
  std::vector<double> null_counts_;        // [target vocab_size]
  std::vector<size_t> links_;              // Of Count, kept for its memory.
};

void LexicalLearner::Model::Iterate(Report report) {
  for (size_t i = 0; i < source_.ends.size(); ++i) {
    const absl::Span<const TokenId> source = source_.Sentence(i);
    for (const TokenId target : target_.Sentence(i)) Count(target, source);
    report.ItemDone();
  }
  for (TokenId id = 0; id < source_.vocab_size; ++id) {
    Normalize({candidates_.begin(id), candidates_.end(id)}, &counts_,
              &probabilities_);
  }
  Normalize({0, null_counts_.size()}, &null_counts_, &null_probabilities_);
}

void LexicalLearner::Model::Count(TokenId target,
                                  absl::Span<const TokenId> source) {
  links_.clear();
  double sum = null_probabilities_[target];
  for (const TokenId id : source) {
    const std::optional<size_t> pair = candidates_.Find(id, target);
    if (!pair.has_value()) continue;
    links_.push_back(*pair);
    sum += probabilities_[*pair];
  }
  if (sum <= 0) return;  // All of them too small for a float.
  null_counts_[target] += null_probabilities_[target] / sum;
  for (const size_t pair : links_) {
    counts_[pair] += probabilities_[pair] / sum;
  }
}

void LexicalLearner::Model::Normalize(std::pair<size_t, size_t> begin_end,
                                      std::vector<double>* counts,
                                      std::vector<float>* probabilities) {
  double sum = 0;
  for (size_t i = begin_end.first; i < begin_end.second; ++i) {
    sum += (*counts)[i];
  }
  for (size_t i = begin_end.first; i < begin_end.second; ++i) {
    (*probabilities)[i] =
        sum > 0 ? static_cast<float>((*counts)[i] / sum) : 0.0f;
    (*counts)[i] = 0;
  }
}

std::vector<TokenId> LexicalLearner::Model::Row(TokenId source,
                                                int best) const {
  LikeliestTargets row(best);
  for (size_t pair = candidates_.begin(source); pair < candidates_.end(source);
       ++pair) {
    // Unlikely ones are of use, too: it is their number that is bounded.
    if (probabilities_[pair] <= 0) continue;
    row.Add({.target = candidates_.target(pair),
             .probability = probabilities_[pair]});
  }
  return std::move(row).Take();
}

LexicalLearner::LexicalLearner(int source_vocab_size, int target_vocab_size)
    : source_{.vocab_size = source_vocab_size},
      target_{.vocab_size = target_vocab_size} {}

bool LexicalLearner::Takes(absl::Span<const TokenId> source,
                           absl::Span<const TokenId> target) {
  return !source.empty() && source.size() <= kMaxSentenceTokens &&
         !target.empty() && target.size() <= kMaxSentenceTokens;
}

bool LexicalLearner::Add(absl::Span<const TokenId> source,
                         absl::Span<const TokenId> target) {
  if (!Takes(source, target)) return false;
  source_.Add(source);
  target_.Add(target);
  return true;
}

std::vector<TokenId> LexicalLearner::FrequentTargets() const {
  std::vector<size_t> counts(target_.vocab_size);
  for (const TokenId id : target_.ids) ++counts[id];
  std::vector<TokenId> frequent;
  for (TokenId id = 0; id < target_.vocab_size; ++id) {
    if (counts[id] > 0) frequent.push_back(id);
  }
  std::stable_sort(frequent.begin(), frequent.end(),
                   [&](TokenId a, TokenId b) { return counts[a] > counts[b]; });
  return frequent;
}

LexicalTable LexicalLearner::Learn(const Options& options,
                                   const Progress& progress) const {
  progress(0);
  const Candidates candidates(
      source_, target_, kCandidatesOfEach * options.best,
      Report(progress, source_.vocab_size, {0, kChoosingShare}));
  Model model(candidates, source_, target_);
  const double share = (1 - kChoosingShare) / options.num_iterations;
  for (int i = 0; i < options.num_iterations; ++i) {
    const double begin = kChoosingShare + share * i;
    model.Iterate(Report(progress, num_sentences(), {begin, begin + share}));
  }
  LexicalTable table;
  table.frequent = FrequentTargets();
  for (TokenId id = 0; id < source_.vocab_size; ++id) {
    table.AppendRow(model.Row(id, options.best));
  }
  progress(1);
  return table;
}

}  // namespace parley
