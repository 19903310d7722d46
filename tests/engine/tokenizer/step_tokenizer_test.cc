#include "engine/tokenizer/step_tokenizer.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/subword/wordpiece.h"
#include "engine/tokenizer/text/bert_normalizer.h"
#include "engine/tokenizer/text/decoders.h"
#include "engine/tokenizer/text/pre_tokenizers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum Id : TokenId { kUnk, kCls, kSep, kMask, kA, kB, kC, kAccented };

TokenizerSteps Steps(const std::string& unk_token = "[UNK]") {
  TokenizerSteps steps;
  steps.normalizer = CreateBertNormalizer({});
  steps.pre_tokenizer = CreateBertPreTokenizer();
  auto model = CreateWordPiece({.vocab = {{"[UNK]", kUnk},
                                          {"[CLS]", kCls},
                                          {"[SEP]", kSep},
                                          {"[MASK]", kMask},
                                          {"a", kA},
                                          {"##b", kB},
                                          {"c", kC},
                                          {"e", kAccented}},
                                .unk_token = unk_token});
  EXPECT_TRUE(model.ok()) << model.status();
  steps.model = *std::move(model);
  steps.added =
      AddedVocabulary({{.content = "[MASK]", .id = kMask, .special = true},
                       {.content = "new", .id = 9, .normalized = true}},
                      steps.normalizer.get());
  steps.post_processor = BertPostProcessor(kCls, kSep);
  steps.decoder = CreateWordPieceDecoder({});
  return steps;
}

// "4:0-1" for each token.
std::vector<std::string> Shown(const std::vector<TokenId>& ids,
                               const std::vector<ByteRange>& offsets) {
  EXPECT_EQ(ids.size(), offsets.size());
  std::vector<std::string> shown;
  for (size_t i = 0; i < ids.size(); ++i) {
    shown.push_back(
        absl::StrCat(ids[i], ":", offsets[i].begin, "-", offsets[i].end));
  }
  return shown;
}

std::vector<std::string> Tokens(const EncoderTokenizer& tokenizer,
                                absl::string_view text) {
  const auto encoding = tokenizer.Tokenize(text);
  EXPECT_TRUE(encoding.ok()) << encoding.status();
  return Shown(encoding->ids, encoding->offsets);
}

Encoding EncodingOf(std::vector<TokenId> ids) {
  Encoding encoding;
  for (size_t i = 0; i < ids.size(); ++i)
    encoding.offsets.push_back({i, i + 1});
  encoding.ids = std::move(ids);
  return encoding;
}

std::vector<TokenId> Assembled(const Encoding& first, const Encoding* second,
                               const AssembleOptions& options) {
  const auto input =
      CreateStepTokenizer(Steps())->Assemble(first, second, options);
  EXPECT_TRUE(input.ok()) << input.status();
  return input->ids;
}

TEST(StepTokenizerTest, Tokenizes) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  EXPECT_THAT(Tokens(*tokenizer, "Ab É,x"),
              ElementsAre("4:0-1", "5:1-2", "7:3-5", "0:5-6", "0:6-7"));
  EXPECT_THAT(Tokens(*tokenizer, ""), IsEmpty());
  EXPECT_THAT(Tokens(*tokenizer, " \u0301\u200B "), IsEmpty());
}

TEST(StepTokenizerTest, FindsAddedTokens) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  EXPECT_THAT(Tokens(*tokenizer, "a[MASK]cNEWc"),
              ElementsAre("4:0-1", "3:1-7", "6:7-8", "9:8-11", "6:11-12"));
  EXPECT_THAT(Tokens(*tokenizer, "[mask]"),
              ElementsAre("0:0-1", "0:1-5", "0:5-6"));
}

TEST(StepTokenizerTest, WorksWithoutSteps) {
  TokenizerSteps steps = Steps();
  steps.normalizer = nullptr;
  steps.pre_tokenizer = nullptr;
  steps.decoder = nullptr;
  const auto tokenizer = CreateStepTokenizer(std::move(steps));
  EXPECT_THAT(Tokens(*tokenizer, "ab"), ElementsAre("4:0-1", "5:1-2"));
  EXPECT_THAT(Tokens(*tokenizer, "a c"), ElementsAre("0:0-3"));
  const std::vector<TokenId> ids = {kA, kB};
  EXPECT_EQ(tokenizer->Decode(ids, true), "a ##b");
}

TEST(StepTokenizerTest, FailsWithoutUnknownToken) {
  const auto tokenizer = CreateStepTokenizer(Steps("<unk>"));
  const auto encoding = tokenizer->Tokenize("a xyz");
  EXPECT_EQ(encoding.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(encoding.status().message()), HasSubstr("at byte 2"));
}

TEST(StepTokenizerTest, LowersCaseBeforeAllElse) {
  TokenizerSteps steps = Steps();
  steps.normalizer = nullptr;
  steps.lowercase = true;
  const auto tokenizer = CreateStepTokenizer(std::move(steps));
  EXPECT_THAT(Tokens(*tokenizer, "ȺA [MASK]"),
              ElementsAre("0:0-3", "0:4-5", "0:5-9", "0:9-10"));
}

TEST(StepTokenizerTest, AssemblesOneText) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  const auto input = tokenizer->Assemble(EncodingOf({kA, kB}), nullptr, {});
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(Shown(input->ids, input->offsets),
              ElementsAre("1:0-0", "4:0-1", "5:1-2", "2:0-0"));
  EXPECT_THAT(input->segment_ids, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(input->text_index, ElementsAre(-1, 0, 0, -1));
  EXPECT_FALSE(input->truncated);
}

TEST(StepTokenizerTest, AssemblesPairs) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  const Encoding second = EncodingOf({kC});
  const auto input = tokenizer->Assemble(EncodingOf({kA}), &second, {});
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(input->ids, ElementsAre(kCls, kA, kSep, kC, kSep));
  EXPECT_THAT(input->segment_ids, ElementsAre(0, 0, 0, 1, 1));
  EXPECT_THAT(input->text_index, ElementsAre(-1, 0, -1, 1, -1));
  EXPECT_EQ(tokenizer->num_special_tokens(1), 2);
  EXPECT_EQ(tokenizer->num_special_tokens(2), 3);
}

TEST(StepTokenizerTest, LeavesSpecialTokensOut) {
  const Encoding second = EncodingOf({kC});
  EXPECT_THAT(Assembled(EncodingOf({kA}), &second,
                        {.max_tokens = 1, .add_special_tokens = false}),
              ElementsAre(kC));
}

TEST(StepTokenizerTest, Truncates) {
  const Encoding text = EncodingOf({kA, kB, kC});
  EXPECT_THAT(Assembled(text, nullptr, {.max_tokens = 4}),
              ElementsAre(kCls, kA, kB, kSep));
  EXPECT_THAT(
      Assembled(text, nullptr,
                {.max_tokens = 4, .truncation_side = TruncationSide::kLeft}),
      ElementsAre(kCls, kB, kC, kSep));
  EXPECT_THAT(Assembled(text, &text, {.max_tokens = 6}),
              ElementsAre(kCls, kA, kSep, kA, kB, kSep));
  const auto input =
      CreateStepTokenizer(Steps())->Assemble(text, nullptr, {.max_tokens = 4});
  ASSERT_TRUE(input.ok());
  EXPECT_TRUE(input->truncated);
}

TEST(StepTokenizerTest, CutsTheOneTextOfAPairThatMayBeCut) {
  const Encoding first = EncodingOf({kA, kB, kC});
  const Encoding second = EncodingOf({kA, kB, kC});
  EXPECT_THAT(Assembled(first, &second,
                        {.max_tokens = 7,
                         .pair_truncation = PairTruncation::kOnlySecond}),
              ElementsAre(kCls, kA, kB, kC, kSep, kA, kSep));
  EXPECT_THAT(Assembled(first, &second,
                        {.max_tokens = 8,
                         .truncation_side = TruncationSide::kLeft,
                         .pair_truncation = PairTruncation::kOnlyFirst}),
              ElementsAre(kCls, kB, kC, kSep, kA, kB, kC, kSep));
  // Of a text alone there is no other.
  EXPECT_THAT(Assembled(first, nullptr,
                        {.max_tokens = 3,
                         .pair_truncation = PairTruncation::kOnlySecond}),
              ElementsAre(kCls, kA, kSep));
  const absl::Status status =
      CreateStepTokenizer(Steps())
          ->Assemble(
              first, &second,
              {.max_tokens = 6, .pair_truncation = PairTruncation::kOnlyFirst})
          .status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("only the first text of the pair may be cut, but the "
                        "other's 3 tokens and 3 special ones"));
}

TEST(StepTokenizerTest, SideIsTheFilesOwnUnlessGiven) {
  TokenizerSteps steps = Steps();
  steps.truncation_side = TruncationSide::kLeft;
  const auto tokenizer = CreateStepTokenizer(std::move(steps));
  const Encoding text = EncodingOf({kA, kB, kC});
  EXPECT_THAT(tokenizer->Assemble(text, nullptr, {.max_tokens = 3})->ids,
              ElementsAre(kCls, kC, kSep));
  EXPECT_THAT(tokenizer
                  ->Assemble(text, nullptr,
                             {.max_tokens = 3,
                              .truncation_side = TruncationSide::kRight})
                  ->ids,
              ElementsAre(kCls, kA, kSep));
}

TEST(StepTokenizerTest, RefusesLimitsWithoutRoom) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  for (int limit : {-1, 0, 2}) {
    EXPECT_EQ(
        tokenizer->Assemble(EncodingOf({kA}), nullptr, {.max_tokens = limit})
            .status()
            .code(),
        absl::StatusCode::kInvalidArgument);
  }
}

TEST(StepTokenizerTest, Decodes) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  const std::vector<TokenId> ids = {kA, kB, kMask, 1000, -1, kC, 9};
  EXPECT_EQ(tokenizer->Decode(ids, false), "ab c new");
  EXPECT_EQ(tokenizer->Decode(ids, true), "ab [MASK] c new");
  EXPECT_EQ(tokenizer->Decode({}, true), "");
}

TEST(StepTokenizerTest, KnowsItsTokens) {
  TokenizerSteps steps = Steps();
  steps.mask_token = kMask;
  steps.max_tokens = 128;
  const auto tokenizer = CreateStepTokenizer(std::move(steps));
  EXPECT_EQ(tokenizer->TokenText(kB), "##b");
  EXPECT_EQ(tokenizer->TokenText(9), "new");
  EXPECT_EQ(tokenizer->TokenText(8), "");
  EXPECT_EQ(tokenizer->FindToken("new"), 9);
  EXPECT_EQ(tokenizer->FindToken("c"), kC);
  EXPECT_EQ(tokenizer->FindToken("zzz"), std::nullopt);
  EXPECT_EQ(tokenizer->vocab_size(), 10);
  EXPECT_EQ(tokenizer->mask_token(), kMask);
  EXPECT_EQ(tokenizer->max_tokens(), 128);
}

TEST(StepTokenizerTest, ManyThreads) {
  const auto tokenizer = CreateStepTokenizer(Steps());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tokenizer] {
      for (int n = 0; n < 200; ++n) {
        EXPECT_EQ(tokenizer->Tokenize("Ab É,x [MASK]")->ids.size(), 6u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace parley
