#include "engine/runtime/parley_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<ParleyJson> Read(absl::string_view text) {
  const TempFolder folder;
  folder.Write("parley.json", text);
  return ReadParleyJson(folder.path());
}

TEST(ParleyJsonTest, ReadsEverything) {
  const auto json = Read(R"({
    "display_name": "Ours", "share": 2.5,
    "language_pairs": [["en", "de"], ["de", "en"]],
    "target_language_token": ">>{language}<<",
    "defaults": {"num_beams": 6, "num_hypotheses": 2, "length_penalty": 0.8,
                 "max_new_tokens": 99, "min_new_tokens": 3,
                 "early_stopping": true},
    "shortlist": {"file": "lex.s2t", "frequent": 0, "best": 7,
                  "default": false}})");
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->display_name, "Ours");
  EXPECT_EQ(json->share, 2.5);
  ASSERT_EQ(json->language_pairs.size(), 2u);
  EXPECT_EQ(json->language_pairs[1].source, "de");
  EXPECT_EQ(json->language_pairs[1].target, "en");
  EXPECT_EQ(json->target_language_token, ">>{language}<<");
  EXPECT_EQ(json->num_beams, 6);
  EXPECT_EQ(json->num_hypotheses, 2);
  EXPECT_EQ(json->length_penalty, 0.8);
  EXPECT_EQ(json->max_new_tokens, 99);
  EXPECT_EQ(json->min_new_tokens, 3);
  EXPECT_EQ(json->early_stopping, "true");
  ASSERT_TRUE(json->shortlist.has_value());
  EXPECT_EQ(json->shortlist->file, "lex.s2t");
  EXPECT_EQ(json->shortlist->frequent, 0);
  EXPECT_EQ(json->shortlist->best, 7);
  EXPECT_FALSE(json->shortlist->is_default);
}

TEST(ParleyJsonTest, AShortlistNeedsOnlyItsFile) {
  const auto json = Read(R"({"shortlist": {"file": "shortlist.bin"}})");
  ASSERT_TRUE(json.ok()) << json.status();
  ASSERT_TRUE(json->shortlist.has_value());
  EXPECT_EQ(json->shortlist->frequent, 100);
  EXPECT_EQ(json->shortlist->best, 100);
  EXPECT_TRUE(json->shortlist->is_default);
}

TEST(ParleyJsonTest, AShareIsAboveZero) {
  for (const char* share : {"0", "-1", "101", "0.001"}) {
    const auto json = Read(absl::StrCat(R"({"share": )", share, "}"));
    EXPECT_TRUE(absl::IsInvalidArgument(json.status())) << json.status();
    EXPECT_THAT(std::string(json.status().message()), HasSubstr("\"share\""));
  }
  EXPECT_EQ(Read(R"({"share": 0.01})")->share, 0.01);
}

TEST(ParleyJsonTest, IsOptional) {
  const TempFolder folder;
  const auto json = ReadParleyJson(folder.path());
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_FALSE(json->display_name.has_value());
  EXPECT_TRUE(json->language_pairs.empty());
  EXPECT_FALSE(json->num_beams.has_value());
}

TEST(ParleyJsonTest, RefusesWhatIsWrongByName) {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {R"({"displayname": "x"})", "unknown key \"displayname\""},
      {R"({"defaults": {"beams": 4}})", "unknown key \"beams\""},
      {R"({"defaults": {"num_beams": -4}})", "\"num_beams\" is -4"},
      {R"({"defaults": [4]})", "\"defaults\""},
      {R"({"language_pairs": [["en"]]})", "expected [source, target]"},
      {R"({"language_pairs": [["en", ""]]})", "expected [source, target]"},
      {R"({"language_pairs": ["en-de"]})", "language_pairs"},
      {R"({"target_language_token": ">>de<<"})", "{language}"},
      {R"({"display_name": 5})", "display_name"},
      {R"({"shortlist": "lex.s2t"})", "\"shortlist\""},
      {R"({"shortlist": {}})", "\"file\" must name a file"},
      {R"({"shortlist": {"file": ""}})", "\"file\" must name a file"},
      {R"({"shortlist": {"file": ".."}})", "\"file\" must name a file"},
      {R"({"shortlist": {"file": "../lex"}})", "\"file\" must name a file"},
      {R"({"shortlist": {"file": "/etc/passwd"}})", "must name a file"},
      {R"({"shortlist": {"file": "a\u0000b"}})", "must name a file"},
      {R"({"shortlist": {"file": "a", "first": 1}})", "unknown key \"first\""},
      {R"({"shortlist": {"file": "a", "best": 0}})", "\"best\" is 0"},
      {R"({"shortlist": {"file": "a", "best": -1}})", "\"best\" is -1"},
      {R"({"shortlist": {"file": "a", "frequent": -1}})", "\"frequent\" is"},
      {R"({"shortlist": {"file": "a", "default": 1}})", "\"default\""},
      {"[]", "parley.json"},
      {"{", "parley.json"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.text);
    const absl::Status status = Read(row.text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
    EXPECT_THAT(std::string(status.message()), HasSubstr("parley.json"));
  }
}

TEST(ParleyJsonTest, KeysOfTranslationAreRefusedForOthers) {
  struct Row {
    const char* text;
    const char* key;  // Null: nothing to refuse.
  };
  constexpr Row kRows[] = {
      {R"({"display_name": "x"})", nullptr},
      {R"({"language_pairs": [["en", "de"]]})", "language_pairs"},
      {R"({"target_language_token": "<{language}>"})", "target_language_token"},
      {R"({"defaults": {"num_beams": 2}})", "defaults"},
      {R"({"shortlist": {"file": "lex.s2t"}})", "shortlist"}};
  const TempFolder folder;
  for (const Row& row : kRows) {
    folder.Write("parley.json", row.text);
    const auto parley_json = ReadParleyJson(folder.path());
    ASSERT_TRUE(parley_json.ok()) << parley_json.status();
    const absl::Status status =
        RefuseTranslationKeys(*parley_json, folder.path());
    EXPECT_EQ(status.ok(), row.key == nullptr) << status;
    if (row.key == nullptr) continue;
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr(std::string("\"") + row.key));
  }
}

}  // namespace
}  // namespace parley
