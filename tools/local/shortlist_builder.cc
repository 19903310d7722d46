#include "tools/local/shortlist_builder.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/runtime/parley_json.h"
#include "engine/shortlist/lexical_learner.h"
#include "engine/shortlist/lexical_shortlist.h"
#include "engine/shortlist/lexical_table.h"
#include "engine/shortlist/shortlist_file.h"
#include "engine/tokenizer/marian_tokenizer.h"
#include "engine/tokenizer/piece_cutter.h"
#include "engine/tokenizer/tokenizer_config.h"

namespace parley::tools {
namespace {

// Every so many lines, one is tried instead of learned from; so many at most.
constexpr int64_t kLinesOfATriedOne = 50;
constexpr size_t kMaxTried = 1000;

struct SentencePair {
  std::vector<TokenId> source;
  std::vector<TokenId> target;
};

// Both sides' tokens as the model has them.
class PairEncoder {
 public:
  static absl::StatusOr<PairEncoder> Load(const ShortlistBuild& build);

  const MarianTokenizer& tokenizer() const { return *tokenizer_; }
  TokenId end_token() const { return end_token_; }
  absl::StatusOr<SentencePair> Encode(absl::string_view source,
                                      absl::string_view target) const;

 private:
  PairEncoder(std::unique_ptr<const MarianTokenizer> tokenizer,
              PieceCutter target_cutter)
      : tokenizer_(std::move(tokenizer)),
        target_cutter_(std::move(target_cutter)) {}

  std::unique_ptr<const MarianTokenizer> tokenizer_;
  PieceCutter target_cutter_;
  std::string language_token_;
  TokenId end_token_ = 0;  // Of the target side, as is the next.
  TokenId unknown_token_ = 0;
};

absl::StatusOr<PairEncoder> PairEncoder::Load(const ShortlistBuild& build) {
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<MarianTokenizer> tokenizer,
                          MarianTokenizer::Load(build.directory));
  // The tokenizer itself has no need to encode the target side.
  PARLEY_ASSIGN_OR_RETURN(PieceCutter target_cutter,
                          PieceCutter::Load(build.directory + "/target.spm"));
  PARLEY_ASSIGN_OR_RETURN(const TokenizerConfig config,
                          ReadTokenizerConfig(build.directory));
  PairEncoder encoder(std::move(tokenizer), std::move(target_cutter));
  const Vocabulary& vocabulary = encoder.tokenizer_->target_vocabulary();
  // The tokenizer has made sure that there are both.
  encoder.end_token_ = vocabulary.Find(config.eos_token).value_or(0);
  encoder.unknown_token_ = vocabulary.Find(config.unk_token).value_or(0);
  if (!build.target_language.empty()) {
    PARLEY_ASSIGN_OR_RETURN(const ParleyJson parley_json,
                            ReadParleyJson(build.directory));
    encoder.language_token_ = absl::StrReplaceAll(
        parley_json.target_language_token.value_or(">>{language}<<"),
        {{"{language}", build.target_language}});
    PARLEY_RETURN_IF_ERROR(
        encoder.tokenizer_->Encode("", encoder.language_token_).status());
  }
  return encoder;
}

absl::StatusOr<SentencePair> PairEncoder::Encode(
    absl::string_view source, absl::string_view target) const {
  SentencePair pair;
  if (source.empty() || target.empty()) return pair;
  PARLEY_ASSIGN_OR_RETURN(Encoding encoding,
                          tokenizer_->Encode(source, language_token_));
  pair.source = std::move(encoding.ids);
  // Added tokens may lie beyond the vocabulary, and so beyond the table.
  std::erase_if(pair.source, [this](TokenId id) {
    return id >= tokenizer_->source_vocabulary().size();
  });
  PARLEY_ASSIGN_OR_RETURN(const std::vector<SentencePiece> pieces,
                          target_cutter_.Cut(target));
  const Vocabulary& vocabulary = tokenizer_->target_vocabulary();
  for (const SentencePiece& piece : pieces) {
    pair.target.push_back(
        vocabulary.Find(piece.piece).value_or(unknown_token_));
  }
  pair.target.push_back(end_token_);
  return pair;
}

// What the texts hold.
struct Gathered {
  LexicalLearner learner;
  std::vector<SentencePair> tried;  // And not learned from.
  ShortlistReport report;
};

absl::Status ReadTexts(const ShortlistBuild& build, const PairEncoder& encoder,
                       const LoadProgress& progress, Gathered* to) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<AlignedLines> lines,
                          AlignedLines::Open(build.texts));
  std::string source;
  std::string target;
  for (;;) {
    PARLEY_ASSIGN_OR_RETURN(const bool more, lines->Next(&source, &target));
    if (!more) return absl::OkStatus();
    to->report.num_lines = lines->num_lines();
    progress("reading texts", lines->done());
    PARLEY_ASSIGN_OR_RETURN(
        SentencePair pair,
        encoder.Encode(MakeValidUtf8(source), MakeValidUtf8(target)));
    if (!LexicalLearner::Takes(pair.source, pair.target)) {
      ++to->report.num_skipped;
    } else if (to->report.num_lines % kLinesOfATriedOne == 0 &&
               to->tried.size() < kMaxTried) {
      to->tried.push_back(std::move(pair));
    } else {
      to->learner.Add(pair.source, pair.target);
    }
  }
}

void Try(const LexicalTable& table, const PairEncoder& encoder,
         const std::vector<SentencePair>& tried, ShortlistReport* report) {
  const Vocabulary& target = encoder.tokenizer().target_vocabulary();
  const LexicalShortlist shortlist(
      table,
      {.always = {encoder.end_token()},
       .joint_vocabulary = &encoder.tokenizer().source_vocabulary() == &target,
       .target_vocab_size = target.size()});
  size_t num_tokens = 0;
  size_t num_covered = 0;
  size_t num_listed = 0;
  for (const SentencePair& pair : tried) {
    const std::vector<TokenId> listed = shortlist.TargetTokens(pair.source);
    num_listed += listed.size();
    num_tokens += pair.target.size();
    num_covered += std::count_if(
        pair.target.begin(), pair.target.end(), [&listed](TokenId id) {
          return std::binary_search(listed.begin(), listed.end(), id);
        });
  }
  report->num_tried = static_cast<int>(tried.size());
  report->vocab_size = target.size();
  if (tried.empty()) return;
  report->covered =
      static_cast<double>(num_covered) / static_cast<double>(num_tokens);
  report->mean_listed =
      static_cast<double>(num_listed) / static_cast<double>(tried.size());
}

}  // namespace

absl::StatusOr<ShortlistReport> BuildShortlist(const ShortlistBuild& build,
                                               const LoadProgress& progress) {
  progress("reading vocabulary", 0);
  PARLEY_ASSIGN_OR_RETURN(const PairEncoder encoder, PairEncoder::Load(build));
  const Vocabulary& source = encoder.tokenizer().source_vocabulary();
  const Vocabulary& target = encoder.tokenizer().target_vocabulary();
  Gathered texts = {.learner = LexicalLearner(source.size(), target.size())};
  PARLEY_RETURN_IF_ERROR(ReadTexts(build, encoder, progress, &texts));
  if (texts.learner.num_sentences() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        build.texts.source, ": none of its ", texts.report.num_lines,
        " lines can be learned from; they are empty or longer than ",
        LexicalLearner::kMaxSentenceTokens, " tokens"));
  }
  const LexicalTable table = texts.learner.Learn(
      {.num_iterations = build.num_iterations, .best = build.best},
      [&progress](double done) { progress("learning", done); });
  texts.report.num_translations = table.num_targets();
  PARLEY_RETURN_IF_ERROR(WriteShortlistFile(
      table, DescribeVocabularies(source, target), build.output));
  Try(table, encoder, texts.tried, &texts.report);
  return texts.report;
}

}  // namespace parley::tools
