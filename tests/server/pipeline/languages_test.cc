#include "server/pipeline/languages.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const ModelLanguages& Captions() {
  static const auto& languages = *new ModelLanguages{
      .pairs = {{"en", "de"}, {"de", "en"}, {"en", "fr"}, {"fr", "en"}},
      .targets = {"de", "en", "fr"},
      .target_token = ">>{language}<<"};
  return languages;
}

const ModelLanguages& OnlyTargets() {
  static const auto& languages = *new ModelLanguages{
      .targets = {"de", "fr"}, .target_token = ">>{language}<<"};
  return languages;
}

const ModelLanguages& OnePair() {
  static const auto& languages =
      *new ModelLanguages{.pairs = {{"en", "de"}}, .targets = {"de"}};
  return languages;
}

// The token of a text that brings `prefix`, or the message of the refusal.
std::string TokenOrError(const ModelLanguages& languages,
                         absl::string_view source, absl::string_view target,
                         absl::string_view prefix = "") {
  const auto choice = LanguageChoice::Create(languages, source, target);
  const absl::StatusOr<std::string> token =
      choice.ok() ? choice->TokenFor(prefix) : choice.status();
  if (token.ok()) return *token;
  EXPECT_TRUE(absl::IsInvalidArgument(token.status())) << token.status();
  return absl::StrCat("error: ", token.status().message());
}

TEST(LanguageChoiceTest, AListedPairGetsItsToken) {
  EXPECT_EQ(TokenOrError(Captions(), "en", "de"), ">>de<<");
  EXPECT_EQ(TokenOrError(Captions(), "", "fr"), ">>fr<<");
  EXPECT_EQ(TokenOrError(OnlyTargets(), "xx", "fr"), ">>fr<<");
  EXPECT_EQ(TokenOrError(OnePair(), "en", "de"), "");
}

TEST(LanguageChoiceTest, AnUnlistedPairIsRefusedWithTheList) {
  EXPECT_THAT(TokenOrError(Captions(), "de", "fr"),
              AllOf(HasSubstr("\"fr\""), HasSubstr("source \"de\""),
                    HasSubstr("en-de, de-en, en-fr, fr-en")));
  EXPECT_THAT(TokenOrError(Captions(), "", "es"),
              AllOf(HasSubstr("\"es\""), HasSubstr("en-de, de-en")));
  EXPECT_THAT(TokenOrError(Captions(), "es", ""),
              AllOf(HasSubstr("source_language \"es\""), HasSubstr("en-de")));
  EXPECT_THAT(TokenOrError(OnlyTargets(), "", "es"),
              AllOf(HasSubstr("\"es\""), HasSubstr("into de, fr")));
  EXPECT_THAT(TokenOrError(OnePair(), "de", "en"), HasSubstr("en-de"));
}

TEST(LanguageChoiceTest, TheOnlyTargetNeedsNoNaming) {
  EXPECT_EQ(TokenOrError(OnePair(), "", ""), "");
  EXPECT_EQ(TokenOrError(Captions(), "de", ""), ">>en<<");
}

TEST(LanguageChoiceTest, AChoiceOfTargetsMustBeMade) {
  const auto choice = LanguageChoice::Create(Captions(), "en", "");
  ASSERT_TRUE(choice.ok());
  EXPECT_FALSE(choice->default_token());
  EXPECT_THAT(TokenOrError(Captions(), "en", ""),
              AllOf(HasSubstr("target_language"), HasSubstr("de, fr")));
  EXPECT_THAT(TokenOrError(OnlyTargets(), "", ""), HasSubstr("de, fr"));
}

TEST(LanguageChoiceTest, WhereNothingIsListedAnythingGoes) {
  const ModelLanguages nothing;
  EXPECT_EQ(TokenOrError(nothing, "", ""), "");
  EXPECT_EQ(TokenOrError(nothing, "en", "de"), "");
  const ModelLanguages with_token = {.target_token = ">>{language}<<"};
  EXPECT_EQ(TokenOrError(with_token, "", ""), "");
  EXPECT_EQ(TokenOrError(with_token, "", "de"), ">>de<<");
}

TEST(LanguageChoiceTest, ATextMayBringItsToken) {
  EXPECT_EQ(TokenOrError(Captions(), "", "", ">>fr<<"), ">>fr<<");
  EXPECT_EQ(TokenOrError(Captions(), "en", "fr", ">>fr<<"), ">>fr<<");
  EXPECT_EQ(TokenOrError(OnlyTargets(), "", "", ">>de<<"), ">>de<<");
}

TEST(LanguageChoiceTest, ATextsTokenMustFitTheCallAndTheModel) {
  EXPECT_THAT(TokenOrError(Captions(), "", "de", ">>fr<<"),
              AllOf(HasSubstr(">>fr<<"), HasSubstr("\"de\"")));
  EXPECT_THAT(TokenOrError(Captions(), "", "", ">>es<<"), HasSubstr("en-de"));
  // Not from German.
  EXPECT_THAT(TokenOrError(Captions(), "de", "", ">>fr<<"),
              HasSubstr("source \"de\""));
}

TEST(LanguageChoiceTest, KnowsTheSourceWhereThereIsOnlyOne) {
  EXPECT_EQ(LanguageChoice::Create(Captions(), "", "de")->source(), "en");
  EXPECT_EQ(LanguageChoice::Create(Captions(), "", "en")->source(), "");
  EXPECT_EQ(LanguageChoice::Create(Captions(), "fr", "en")->source(), "fr");
  EXPECT_EQ(LanguageChoice::Create(OnePair(), "", "")->source(), "en");
  EXPECT_EQ(LanguageChoice::Create(OnlyTargets(), "", "de")->source(), "");
}

TEST(LanguageChoiceTest, MessagesStayShortAndPrintable) {
  ModelLanguages many;
  for (int i = 0; i < 5000; ++i) many.targets.push_back(absl::StrCat("l", i));
  const std::string code = std::string(1 << 20, 'x') + "\xff\n";
  const std::string error = TokenOrError(many, "", code);
  EXPECT_LT(error.size(), 4000);
  EXPECT_THAT(error, HasSubstr("and 4800 more"));
  EXPECT_THAT(TokenOrError(many, "", "\xff\n"), HasSubstr("\\377\\n"));
}

}  // namespace
}  // namespace parley
