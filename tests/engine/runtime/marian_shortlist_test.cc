// Shortlists of the demo model, with a table learned here and now.
#include "engine/runtime/marian_shortlist.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/models/marian_config.h"
#include "engine/runtime/loader.h"
#include "engine/runtime/parley_json.h"
#include "engine/shortlist/lexical_learner.h"
#include "engine/shortlist/lexical_table.h"
#include "engine/shortlist/shortlist_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/run_tasks.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr TokenId kEnd = 0;     // </s>
constexpr TokenId kPad = 8003;  // Never comes out.

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class MarianShortlistTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto tokenizer = MarianTokenizer::Load("models/demo");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = std::move(tokenizer)->release();
    auto config = ReadMarianConfig("models/demo");
    ASSERT_TRUE(config.ok()) << config.status();
    generation_ = new GenerationConfig(config->generation);
  }
  static void TearDownTestSuite() {
    delete tokenizer_;
    delete generation_;
  }

  static std::vector<TokenId> Encode(const std::string& text,
                                     const std::string& token) {
    const auto encoding = tokenizer_->Encode(text, token);
    EXPECT_TRUE(encoding.ok()) << encoding.status();
    return encoding.ok() ? encoding->ids : std::vector<TokenId>();
  }

  static VocabularyPair Vocabularies() {
    return DescribeVocabularies(tokenizer_->source_vocabulary(),
                                tokenizer_->target_vocabulary());
  }

  // A model of a directory whose parley.json has this shortlist.
  absl::StatusOr<LoadedModel> Add(const std::string& shortlist) {
    folder_.Write("parley.json",
                  absl::StrCat("{\"shortlist\": ", shortlist, "}"));
    ModelSource source = {.directory = folder_.path()};
    auto parley_json = ReadParleyJson(folder_.path());
    if (!parley_json.ok()) return parley_json.status();
    source.parley_json = *std::move(parley_json);
    LoadedModel model;
    const absl::Status status =
        AddMarianShortlist(source, *tokenizer_, *generation_, &model);
    if (!status.ok()) return status;
    return model;
  }

  static MarianTokenizer* tokenizer_;
  static GenerationConfig* generation_;
  const TempFolder folder_;
};

MarianTokenizer* MarianShortlistTest::tokenizer_ = nullptr;
GenerationConfig* MarianShortlistTest::generation_ = nullptr;

TEST_F(MarianShortlistTest, EndAndLanguageTokensAlwaysBelong) {
  folder_.Write("lex.s2t", "\u2581Hund \u2581dog 0.5\n");
  const auto model =
      Add(R"({"file": "lex.s2t", "frequent": 0, "default": false})");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->info.has_shortlist);
  EXPECT_FALSE(model->info.uses_shortlist);
  const Vocabulary& vocabulary = tokenizer_->target_vocabulary();
  std::vector<TokenId> wanted = {kEnd};
  for (const char* token : {">>cs<<", ">>de<<", ">>en<<", ">>fr<<"}) {
    wanted.push_back(vocabulary.Find(token).value());
  }
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(model->shortlist->TargetTokens({}), wanted);
  const TokenId dog = vocabulary.Find("\u2581dog").value();
  const TokenId hund = vocabulary.Find("\u2581Hund").value();
  wanted.insert(wanted.end(), {dog, hund});
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(model->shortlist->TargetTokens({dog}), wanted);
}

TEST_F(MarianShortlistTest, NoneIsFine) {
  LoadedModel model;
  ASSERT_TRUE(AddMarianShortlist({}, *tokenizer_, *generation_, &model).ok());
  EXPECT_EQ(model.shortlist, nullptr);
  EXPECT_FALSE(model.info.has_shortlist);
}

TEST_F(MarianShortlistTest, ErrorsNameTheFile) {
  const absl::Status none = Add(R"({"file": "none.bin"})").status();
  EXPECT_THAT(std::string(none.message()), HasSubstr("none.bin"));
  folder_.Write("lex.s2t", "a b c\n");
  const absl::Status broken = Add(R"({"file": "lex.s2t"})").status();
  EXPECT_TRUE(absl::IsInvalidArgument(broken)) << broken;
  EXPECT_THAT(std::string(broken.message()), HasSubstr("lex.s2t: line 1"));
}

TEST_F(MarianShortlistTest, TheLoaderTakesIt) {
  const std::string directory = folder_.path() + "/model";
  fs::copy("models/demo", directory);
  LexicalTable table;
  table.frequent = {5, 6};
  for (int i = 0; i < Vocabularies().source_size; ++i) table.AppendRow({7});
  ASSERT_TRUE(
      WriteShortlistFile(table, Vocabularies(), directory + "/shortlist.bin")
          .ok());
  std::ofstream(directory + "/parley.json")
      << R"({"shortlist": {"file": "shortlist.bin"}})";
  const auto model =
      LoadModel(directory, {.kv_cache_bytes = 16 << 20, .max_rows = 32},
                [](absl::string_view, double) {});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->info.has_shortlist);
  EXPECT_TRUE(model->info.uses_shortlist);
  const std::vector<TokenId> tokens = model->shortlist->TargetTokens({9});
  for (const TokenId id : {kEnd, 5, 6, 7, 9}) {
    EXPECT_THAT(tokens, Contains(id));
  }
}

// What a table is for: the model hardly ever wants a token that it does not
// list, of a small part of the vocabulary.
TEST_F(MarianShortlistTest, ALearnedTableHasWhatTranslationsNeed) {
  constexpr size_t kNumTexts = 200;
  std::vector<std::string> english =
      ReadLines("bench/data/test_2016_flickr.en");
  ASSERT_GE(english.size(), kNumTexts);
  english.resize(kNumTexts);
  auto demo =
      LoadModel("models/demo",
                {.num_threads = 2, .kv_cache_bytes = 64 << 20, .max_rows = 64},
                [](absl::string_view, double) {});
  ASSERT_TRUE(demo.ok()) << demo.status();
  std::vector<Task> tasks;
  for (const std::string& text : english) {
    tasks.push_back({.source_ids = Encode(text, ">>de<<"),
                     .search = demo->info.default_search});
    tasks.back().search.num_beams = 1;
  }
  const auto translations = RunTasks(*demo->engines.front(), tasks);

  LexicalLearner learner(Vocabularies().source_size,
                         Vocabularies().target_size);
  for (size_t i = 0; i < kNumTexts; ++i) {
    ASSERT_TRUE(
        learner.Add(tasks[i].source_ids, translations[i].at(0).token_ids));
  }
  ASSERT_TRUE(WriteShortlistFile(learner.Learn({}, [](double) {}),
                                 Vocabularies(),
                                 folder_.path() + "/shortlist.bin")
                  .ok());
  const auto model = Add(R"({"file": "shortlist.bin", "best": 50})");
  ASSERT_TRUE(model.ok()) << model.status();

  size_t num_covered = 0;
  size_t num_listed = 0;
  for (size_t i = 0; i < kNumTexts; ++i) {
    const std::vector<TokenId> listed =
        model->shortlist->TargetTokens(tasks[i].source_ids);
    EXPECT_TRUE(std::is_sorted(listed.begin(), listed.end()));
    EXPECT_THAT(listed, Contains(kEnd));
    EXPECT_THAT(listed, Not(Contains(kPad)));
    num_listed += listed.size();
    const std::vector<TokenId>& wanted = translations[i].at(0).token_ids;
    num_covered +=
        std::all_of(wanted.begin(), wanted.end(), [&listed](TokenId id) {
          return std::binary_search(listed.begin(), listed.end(), id);
        });
  }
  RecordProperty("covered", static_cast<int>(num_covered));
  RecordProperty("mean_listed", static_cast<int>(num_listed / kNumTexts));
  EXPECT_GE(num_covered, kNumTexts * 97 / 100);
  EXPECT_LT(num_listed, kNumTexts * 8004 / 20);
}

}  // namespace
}  // namespace parley
