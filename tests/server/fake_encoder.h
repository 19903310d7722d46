// An encoder model without a model: tokens are bytes, and its answers can be
// told from the tokens that it was given.
#ifndef PARLEY_TESTS_SERVER_FAKE_ENCODER_H_
#define PARLEY_TESTS_SERVER_FAKE_ENCODER_H_

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/server/fake_model.h"

namespace parley {

// A token for each byte, kFirst above it; "[MASK]" is one token. Templates are
// "[CLS] a [SEP]" and "[CLS] a [SEP] b [SEP]"; the first bytes are cut by
// default where the side is left, else the last.
class FakeEncoderTokenizer final : public EncoderTokenizer {
 public:
  static constexpr TokenId kCls = 0;
  static constexpr TokenId kSep = 1;
  static constexpr TokenId kMask = 2;
  static constexpr TokenId kFirst = 10;
  static constexpr int kVocabSize = kFirst + 256;

  absl::StatusOr<Encoding> Tokenize(absl::string_view text) const override {
    constexpr absl::string_view kMaskText = "[MASK]";
    if (absl::StrContains(text, "untokenizable")) {
      return absl::InvalidArgumentError("no token for it");
    }
    Encoding encoding;
    for (size_t i = 0; i < text.size();) {
      const bool is_mask = absl::StartsWith(text.substr(i), kMaskText);
      const size_t bytes = is_mask ? kMaskText.size() : 1;
      encoding.ids.push_back(
          is_mask ? kMask : kFirst + static_cast<unsigned char>(text[i]));
      encoding.offsets.push_back({i, i + bytes});
      i += bytes;
    }
    return encoding;
  }

  absl::StatusOr<EncoderInput> Assemble(
      const Encoding& first, const Encoding* second,
      const AssembleOptions& options) const override {
    std::vector<Encoding> texts = {first};
    if (second != nullptr) texts.push_back(*second);
    const int num_special =
        options.add_special_tokens ? num_special_tokens(texts.size()) : 0;
    EncoderInput input;
    while (options.max_tokens &&
           NumTokens(texts) + num_special > *options.max_tokens) {
      Encoding& longest =
          texts.size() == 2 &&
                  options.pair_truncation != PairTruncation::kLongestFirst
              ? texts[options.pair_truncation == PairTruncation::kOnlySecond]
              : *std::max_element(texts.begin(), texts.end(),
                                  [](const auto& a, const auto& b) {
                                    return a.ids.size() < b.ids.size();
                                  });
      const bool left = options.truncation_side == TruncationSide::kLeft;
      longest.ids.erase(left ? longest.ids.begin() : longest.ids.end() - 1);
      longest.offsets.erase(left ? longest.offsets.begin()
                                 : longest.offsets.end() - 1);
      input.truncated = true;
    }
    const auto add = [&input](TokenId id, ByteRange range, int text,
                              int segment) {
      input.ids.push_back(id);
      input.offsets.push_back(range);
      input.text_index.push_back(static_cast<int8_t>(text));
      input.segment_ids.push_back(static_cast<uint8_t>(segment));
    };
    const int kNone = EncoderInput::kSpecial;
    if (options.add_special_tokens) add(kCls, {}, kNone, 0);
    for (int t = 0; t < std::ssize(texts); ++t) {
      for (size_t i = 0; i < texts[t].ids.size(); ++i) {
        add(texts[t].ids[i], texts[t].offsets[i], t, t);
      }
      if (options.add_special_tokens) add(kSep, {}, kNone, t);
    }
    return input;
  }

  int num_special_tokens(int num_texts) const override { return num_texts + 1; }

  std::string Decode(absl::Span<const TokenId> ids,
                     bool keep_special_tokens) const override {
    std::string text;
    for (const TokenId id : ids) {
      if (id >= kFirst || keep_special_tokens) text += TokenText(id);
    }
    return text;
  }

  std::string TokenText(TokenId id) const override {
    if (id == kCls) return "[CLS]";
    if (id == kSep) return "[SEP]";
    if (id == kMask) return "[MASK]";
    return std::string(1, static_cast<char>(id - kFirst));
  }

  std::optional<TokenId> FindToken(absl::string_view token) const override {
    return std::nullopt;
  }
  std::optional<TokenId> mask_token() const override { return kMask; }
  int vocab_size() const override { return kVocabSize; }
  std::optional<int> max_tokens() const override { return std::nullopt; }

 private:
  static int NumTokens(const std::vector<Encoding>& texts) {
    int num_tokens = 0;
    for (const Encoding& text : texts) {
      num_tokens += static_cast<int>(text.ids.size());
    }
    return num_tokens;
  }
};

// Of a task's n tokens t it makes
// - kVector: [n, t[1], number of unpooled tokens, pooling], wide kWidth;
// - kTokenVectors: for each token and layer, [t, layer, n, 1];
// - kLabels: as many logits as labels, logit i being t[1] - i;
// - kNextSentence: [n, t[1]];
// - kMaskedTokens: tokens kFirst + 'a', 'b', ... with log_prob -1, -2, ....
// A text with one of these bytes has: 'N' a NaN, 'Z' zeros only, 'F' failed.
class FakeEncoderEngine final : public FakeEngine {
 public:
  static constexpr int kWidth = 4;

  FakeEncoderEngine(std::shared_ptr<FakeEngineControl> control, int num_labels)
      : FakeEngine(std::move(control)), num_labels_(num_labels) {}

  absl::StatusOr<TaskCost> Cost(const Task& task) const override {
    for (const TokenId id : task.source_ids) {
      if (id >= 0 && id < FakeEncoderTokenizer::kVocabSize) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("id ", id, " is not in the vocabulary"));
    }
    return TaskCost{.encoder_tokens = std::ssize(task.source_ids)};
  }

 protected:
  absl::StatusOr<TaskResult> Answer(const Task& task) const override {
    if (Has(task, 'F')) return absl::InternalError("the task failed");
    EncoderResult encoded = Encode(task);
    for (float& value : encoded.values) {
      if (Has(task, 'N')) value = std::numeric_limits<float>::quiet_NaN();
      if (Has(task, 'Z')) value = 0;
    }
    return TaskResult{.encoded = std::move(encoded)};
  }

 private:
  static bool Has(const Task& task, char byte) {
    return std::count(task.source_ids.begin(), task.source_ids.end(),
                      FakeEncoderTokenizer::kFirst + byte) > 0;
  }

  EncoderResult Encode(const Task& task) const {
    const float n = static_cast<float>(task.source_ids.size());
    const float second = static_cast<float>(
        task.source_ids[std::min<size_t>(1, task.source_ids.size() - 1)]);
    EncoderResult result;
    switch (task.encode.output) {
      case EncoderOutput::kVector:
        result.values = {n, second,
                         static_cast<float>(task.encode.num_unpooled_tokens),
                         static_cast<float>(task.encode.pooling.at(0))};
        break;
      case EncoderOutput::kTokenVectors:
        result.values = TokenVectors(task);
        break;
      case EncoderOutput::kLabels:
        for (int i = 0; i < num_labels_; ++i) {
          result.values.push_back(second - static_cast<float>(i));
        }
        break;
      case EncoderOutput::kNextSentence:
        result.values = {n, second};
        break;
      case EncoderOutput::kMaskedTokens:
        result.masked_tokens.resize(task.encode.positions.size());
        for (auto& tokens : result.masked_tokens) {
          for (int k = 0; k < task.encode.top_k; ++k) {
            tokens.push_back({.id = FakeEncoderTokenizer::kFirst + 'a' + k,
                              .log_prob = -1.0f - static_cast<float>(k)});
          }
        }
        break;
    }
    return result;
  }

  static std::vector<float> TokenVectors(const Task& task) {
    std::vector<float> values;
    for (const TokenId id : task.source_ids) {
      for (const int layer : task.encode.layers) {
        values.insert(values.end(),
                      {static_cast<float>(id), static_cast<float>(layer),
                       static_cast<float>(task.source_ids.size()), 1});
        if (task.encode.layer_join == LayerJoin::kSum) break;
      }
    }
    return values;
  }

  const int num_labels_;
};

// Has every method but Rerank, or with one label every method. 20 tokens by
// default, 40 at most; two layers; mean pooling, not normalized.
inline LoadedModel MakeFakeEncoder(std::shared_ptr<FakeEngineControl> control,
                                   std::vector<std::string> labels = {
                                       "no", "maybe", "yes"}) {
  LoadedModel model;
  model.info.display_name = "Fake encoder";
  model.info.kind = ModelKind::kEncoder;
  model.info.architecture = "FakeEncoderModel";
  model.info.compute_type = ComputeType::kF32;
  model.info.vocab_size = FakeEncoderTokenizer::kVocabSize;
  model.info.max_source_tokens = 40;
  EncoderInfo& encoder = model.info.encoder;
  encoder.embedding_dim = FakeEncoderEngine::kWidth;
  encoder.d_model = FakeEncoderEngine::kWidth;
  encoder.num_layers = 2;
  encoder.num_segments = 2;
  encoder.max_tokens = 20;
  encoder.pooling = {Pooling::kMean};
  encoder.prompts = {{"query", "q: "}, {"passage", "p: "}};
  encoder.labels = std::move(labels);
  encoder.fills_masks = true;
  encoder.predicts_next_sentence = true;
  model.encoder_tokenizer = std::make_unique<FakeEncoderTokenizer>();
  model.engines.push_back(std::make_unique<FakeEncoderEngine>(
      std::move(control), static_cast<int>(encoder.labels.size())));
  return model;
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_FAKE_ENCODER_H_
