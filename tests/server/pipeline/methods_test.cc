#include "server/pipeline/methods.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::vector<std::string> Names(const ModelInfo& info) {
  std::vector<std::string> names;
  for (const Method method : MethodsOf(info)) {
    names.emplace_back(MethodName(method));
  }
  return names;
}

ModelInfo Encoder(EncoderInfo info) {
  return {.kind = ModelKind::kEncoder, .encoder = std::move(info)};
}

TEST(MethodsOfTest, ATranslationModelTranslates) {
  EXPECT_THAT(Names({}), ElementsAre("Translate", "TranslateStream",
                                     "TranslateBatchStream"));
}

TEST(MethodsOfTest, EveryEncoderEmbeds) {
  EXPECT_THAT(Names(Encoder({})),
              ElementsAre("Embed", "EmbedTokens", "EmbedStream", "Similarity",
                          "Tokenize", "Detokenize"));
}

TEST(MethodsOfTest, HeadsGiveTheOthers) {
  EXPECT_THAT(Names(Encoder({.labels = {"a"}})),
              IsSupersetOf({"Rerank", "Classify"}));
  EXPECT_THAT(Names(Encoder({.labels = {"a", "b"}})),
              Not(IsSupersetOf({"Rerank"})));
  EXPECT_THAT(
      Names(Encoder({.fills_masks = true, .predicts_next_sentence = true})),
      IsSupersetOf({"FillMask", "NextSentence"}));
}

TEST(CheckMethodTest, ListsWhatTheModelCanDo) {
  ServedModel model;
  model.name = "m";
  model.info = Encoder({.fills_masks = true});
  EXPECT_TRUE(CheckMethod(model, Method::kFillMask).ok());
  for (const Method method :
       {Method::kTranslate, Method::kRerank, Method::kNextSentence}) {
    const absl::Status status = CheckMethod(model, method);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"m\""));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(std::string(MethodName(method))));
    EXPECT_THAT(std::string(status.message()), HasSubstr("FillMask"));
  }
  model.info = {};
  EXPECT_THAT(std::string(CheckMethod(model, Method::kEmbed).message()),
              HasSubstr("what it can do: Translate"));
}

TEST(KindForTest, OnlyTranslateIsOfTranslation) {
  EXPECT_EQ(KindFor(Method::kTranslate), ModelKind::kTranslation);
  EXPECT_EQ(KindFor(Method::kTranslateStream), ModelKind::kTranslation);
  EXPECT_EQ(KindFor(Method::kTranslateBatchStream), ModelKind::kTranslation);
  EXPECT_EQ(KindFor(Method::kEmbedStream), ModelKind::kEncoder);
}

}  // namespace
}  // namespace parley
