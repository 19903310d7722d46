#include "server/pipeline/prepare.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/batching/fake_engine.h"
#include "tests/server/pipeline/fake_tokenizer.h"

namespace parley {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PrepareTest : public ::testing::Test {
 protected:
  void SetUp() override {
    model_ = FakeModel({.max_tasks = 20}, &engine_);
    model_->tokenizer = std::make_unique<FakeTokenizer>();
    model_->info.max_source_tokens = 32;
    model_->info.max_target_tokens = 10;
    model_->info.default_search.max_new_tokens = 2;
    model_->info.languages = {.targets = {"de", "fr", "xx"},
                              .target_token = ">>{language}<<"};
  }

  absl::StatusOr<PreparedCall> Prepare(const TranslateCall& call) {
    return PrepareCall(*model_, {.max_texts_per_request = 10}, call);
  }

  FakeEngine* engine_;
  std::shared_ptr<ServedModel> model_;
};

TEST_F(PrepareTest, SplitsAndTokenizesEveryText) {
  const auto prepared = Prepare({.texts = {" A. B.", "c"},
                                 .target_language = "de",
                                 .options = {.num_beams = 3}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->num_pieces, 3);
  ASSERT_EQ(prepared->texts.size(), 2);
  const PreparedText& text = prepared->texts[0];
  ASSERT_EQ(text.pieces.size(), 2);
  EXPECT_THAT(text.spacing, ElementsAre(" ", " ", ""));
  EXPECT_EQ(text.source_tokens, 8);
  EXPECT_THAT(
      text.pieces[1].task.source_ids,
      ElementsAre(FakeTokenizer::kGerman, 1066, 1046, FakeTokenizer::kEnd));
  EXPECT_EQ(text.pieces[1].task.search.num_beams, 3);
  EXPECT_EQ(text.pieces[1].cost.max_rows, 3);
  EXPECT_EQ(text.pieces[1].cost.encoder_tokens, 4);
}

TEST_F(PrepareTest, EveryPieceKnowsWhetherItHasAShortlist) {
  TranslateCall call = {.texts = {"A. B."}, .target_language = "de"};
  call.options.shortlist = true;
  const absl::Status none = Prepare(call).status();
  EXPECT_TRUE(absl::IsInvalidArgument(none)) << none;
  model_->info.has_shortlist = true;
  for (const bool used : {false, true}) {
    call.options.shortlist = used;
    const auto prepared = Prepare(call);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    ASSERT_EQ(prepared->texts[0].pieces.size(), 2);
    for (const PreparedTask& piece : prepared->texts[0].pieces) {
      EXPECT_EQ(piece.use_shortlist, used);
      EXPECT_THAT(piece.task.target_tokens, IsEmpty());
    }
  }
}

// The seeds of all pieces of all texts.
std::vector<std::vector<uint64_t>> SeedsOf(const PreparedCall& prepared) {
  std::vector<std::vector<uint64_t>> seeds;
  for (const PreparedText& text : prepared.texts) {
    seeds.emplace_back();
    for (const PreparedTask& piece : text.pieces) {
      seeds.back().push_back(piece.task.search.sampling.value().seed);
    }
  }
  return seeds;
}

TEST_F(PrepareTest, ASeedGivesATextTheSamePiecesInAnyPlace) {
  const auto prepared = Prepare({.texts = {"A. B.", "c", "A. B."},
                                 .target_language = "de",
                                 .options = {.do_sample = true, .seed = 5}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const auto seeds = SeedsOf(*prepared);
  EXPECT_EQ(seeds[0][0], 5u);
  EXPECT_NE(seeds[0][1], 5u);
  EXPECT_EQ(seeds[1][0], 5u);
  EXPECT_EQ(seeds[2], seeds[0]);
}

TEST_F(PrepareTest, WithoutASeedEveryTextIsDrawnAnew) {
  const TranslateCall call = {.texts = {"A. B.", "A. B."},
                              .target_language = "de",
                              .options = {.do_sample = true}};
  const auto prepared = Prepare(call);
  const auto again = Prepare(call);
  ASSERT_TRUE(prepared.ok() && again.ok());
  const auto seeds = SeedsOf(*prepared);
  EXPECT_NE(seeds[0], seeds[1]);
  EXPECT_NE(SeedsOf(*again)[0], seeds[0]);
}

TEST_F(PrepareTest, ABlankTextIsItself) {
  const auto prepared = Prepare({.texts = {"", " \n\t", ">>fr<<", ">>fr<<  "},
                                 .source_language = "en",
                                 .target_language = ""});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->num_pieces, 0);
  const char* const itself[] = {"", " \n\t", "", ""};
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(prepared->texts[i].status.ok()) << i;
    EXPECT_EQ(prepared->texts[i].itself, itself[i]);
  }
  const auto unsplit = Prepare({.texts = {"  "},
                                .target_language = "de",
                                .options = {.split = SplitMode::kNone}});
  ASSERT_TRUE(unsplit.ok());
  EXPECT_THAT(unsplit->texts[0].pieces, IsEmpty());
}

TEST_F(PrepareTest, ATextsOwnTokenGoesBeforeAllItsPieces) {
  const auto prepared = Prepare({.texts = {">>fr<< A. B.", ">>de<<c"}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const PreparedText& text = prepared->texts[0];
  ASSERT_EQ(text.pieces.size(), 2);
  // The space after the token belongs to neither.
  EXPECT_THAT(text.spacing, ElementsAre("", " ", ""));
  for (const PreparedTask& piece : text.pieces) {
    EXPECT_EQ(piece.task.source_ids[0], FakeTokenizer::kFrench);
    EXPECT_EQ(piece.task.source_ids.size(), 4);
  }
  EXPECT_EQ(prepared->texts[1].pieces.at(0).task.source_ids[0],
            FakeTokenizer::kGerman);
}

TEST_F(PrepareTest, WhatIsWrongWithOneTextFailsIt) {
  const auto prepared =
      Prepare({.texts = {">>fr<< a", "b", "c\xff", ">>de<< d"},
               .target_language = "de"});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const auto& texts = prepared->texts;
  EXPECT_TRUE(absl::IsInvalidArgument(texts[0].status));
  EXPECT_THAT(texts[0].status.message(), HasSubstr(">>fr<<"));
  EXPECT_TRUE(texts[1].status.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(texts[2].status));
  EXPECT_THAT(texts[2].status.message(), HasSubstr("byte 1"));
  EXPECT_TRUE(texts[3].status.ok());
  EXPECT_EQ(prepared->num_pieces, 2);
}

TEST_F(PrepareTest, ATargetMustComeFromSomewhere) {
  const auto none = Prepare({.texts = {"a", "b"}});
  EXPECT_TRUE(absl::IsInvalidArgument(none.status()));
  EXPECT_THAT(none.status().message(), HasSubstr("de, fr"));
  const auto one = Prepare({.texts = {"a", ">>de<< b"}});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_TRUE(absl::IsInvalidArgument(one->texts[0].status));
  EXPECT_TRUE(one->texts[1].status.ok());
}

TEST_F(PrepareTest, ATokenThatTheVocabularyLacksIsTheCallsOrTheTexts) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Prepare({.texts = {"a"}, .target_language = "xx"}).status()));
  const auto prepared = Prepare({.texts = {">>xx<< a", ">>de<< b"}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_TRUE(absl::IsInvalidArgument(prepared->texts[0].status));
  EXPECT_TRUE(prepared->texts[1].status.ok());
}

TEST_F(PrepareTest, UnsplitIsOneSequenceCutAtTheLimit) {
  const auto prepared =
      Prepare({.texts = {" One. Two.\n", std::string(100, 'x')},
               .target_language = "de",
               .options = {.split = SplitMode::kNone}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const PreparedText& whole = prepared->texts[0];
  ASSERT_EQ(whole.pieces.size(), 1);
  EXPECT_THAT(whole.spacing, ElementsAre("", ""));
  EXPECT_EQ(whole.source_tokens, 13);
  EXPECT_FALSE(whole.truncated);
  const PreparedText& cut = prepared->texts[1];
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.source_tokens, 32);
}

TEST_F(PrepareTest, ALongSentenceIsSplitFurther) {
  const auto prepared = Prepare(
      {.texts = {"A sentence of some length, and more of it after the comma."},
       .target_language = "de"});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_EQ(prepared->texts[0].pieces.size(), 3);
  EXPECT_THAT(prepared->texts[0].spacing, ElementsAre("", " ", " ", ""));
  EXPECT_FALSE(prepared->texts[0].truncated);
}

TEST_F(PrepareTest, RefusesTooManyTexts) {
  EXPECT_TRUE(Prepare({.texts = std::vector<std::string>(10, "a"),
                       .target_language = "de"})
                  .ok());
  const auto refused = Prepare(
      {.texts = std::vector<std::string>(11, "a"), .target_language = "de"});
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  EXPECT_THAT(refused.status().message(),
              AllOf(HasSubstr("texts"), HasSubstr("11"), HasSubstr("10")));
}

TEST_F(PrepareTest, RefusesWhatTheQueueCanNeverHold) {
  std::string twenty;
  for (int i = 0; i < 20; ++i) twenty += "A.\n";
  EXPECT_TRUE(Prepare({.texts = {twenty}, .target_language = "de"}).ok());
  for (const std::vector<std::string>& texts :
       {std::vector<std::string>{twenty, "b"},
        std::vector<std::string>{std::string(1 << 20, 'x')}}) {
    const auto refused = Prepare({.texts = texts, .target_language = "de"});
    EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
    EXPECT_THAT(refused.status().message(), HasSubstr("more than 20"));
  }
}

TEST_F(PrepareTest, RefusesBadOptionsAndLanguages) {
  EXPECT_TRUE(absl::IsInvalidArgument(Prepare({.texts = {"a"},
                                               .target_language = "de",
                                               .options = {.num_beams = 0}})
                                          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Prepare({.texts = {"a"}, .target_language = "es"}).status()));
}

TEST_F(PrepareTest, ATaskThatTheEngineNeverTakesFailsItsText) {
  const auto prepared = Prepare({.texts = {"a", "  "},
                                 .target_language = "de",
                                 .options = {.num_beams = 5}});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_TRUE(absl::IsResourceExhausted(prepared->texts[0].status));
  EXPECT_TRUE(prepared->texts[1].status.ok());
}

TEST_F(PrepareTest, OfAFailedTextNothingIsComputed) {
  engine_->max_source_tokens = 5;
  const auto prepared =
      Prepare({.texts = {"A. A longer one.", "B."}, .target_language = "de"});
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  EXPECT_TRUE(absl::IsResourceExhausted(prepared->texts[0].status));
  EXPECT_THAT(prepared->texts[0].pieces, IsEmpty());
  EXPECT_EQ(prepared->num_pieces, 1);
}

TEST_F(PrepareTest, DoesNothingForACallNobodyWaitsFor) {
  auto cancel = std::make_shared<CancelFlag>();
  cancel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(Prepare({.texts = {"a"},
                                         .target_language = "de",
                                         .context = {.cancel = cancel}})
                                    .status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      Prepare({.texts = {"a"},
               .target_language = "de",
               .context = {.deadline = absl::Now() - absl::Seconds(1)}})
          .status()));
}

TEST_F(PrepareTest, NulIsACharacter) {
  const auto prepared =
      Prepare({.texts = {std::string("\0a", 2)}, .target_language = "de"});
  ASSERT_TRUE(prepared.ok());
  EXPECT_EQ(prepared->texts[0].source_tokens, 4);
}

TEST_F(PrepareTest, NoTextsAreNoTrouble) {
  const auto prepared = Prepare({.target_language = "de"});
  ASSERT_TRUE(prepared.ok());
  EXPECT_THAT(prepared->texts, IsEmpty());
}

}  // namespace
}  // namespace parley
