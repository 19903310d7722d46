#include "engine/runtime/marian_loader.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/runtime/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/run_tasks.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

constexpr LoadOptions kOptions = {
    .num_threads = 2, .kv_cache_bytes = 16 << 20, .max_rows = 32};

absl::StatusOr<LoadedModel> Load(const std::string& directory) {
  return LoadModel(directory, kOptions, [](absl::string_view, double) {});
}

// A copy of the demo model that a test may spoil.
class ModelCopy {
 public:
  ModelCopy() {
    for (const auto& file : fs::directory_iterator("models/demo")) {
      fs::copy(file.path(), fs::path(path()) / file.path().filename());
    }
  }
  std::string path() const { return folder_.path(); }
  std::string file(const std::string& name) const {
    return absl::StrCat(path(), "/", name);
  }
  void Remove(const std::string& name) const { fs::remove(file(name)); }
  void Truncate(const std::string& name, uintmax_t size) const {
    fs::resize_file(file(name), size);
  }
  void Write(const std::string& name, const std::string& text) const {
    folder_.Write(name, text);
  }
  // Replaces keys of a JSON file; null removes one.
  void Patch(const std::string& name, const Json& changes) const {
    Json json = Json::parse(std::ifstream(file(name)));
    json.merge_patch(changes);
    Write(name, json.dump());
  }

 private:
  TempFolder folder_;
};

TEST(MarianLoaderTest, DescribesTheDemoModel) {
  std::vector<double> progress;
  const auto model = LoadModel("models/demo/", kOptions,
                               [&](absl::string_view stage, double done) {
                                 EXPECT_FALSE(stage.empty());
                                 progress.push_back(done);
                               });
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  EXPECT_EQ(progress.front(), 0.0);
  EXPECT_EQ(progress.back(), 1.0);
  const ModelInfo& info = model->info;
  EXPECT_EQ(info.display_name, "Parley demo: English, German, French captions");
  EXPECT_EQ(info.architecture, "MarianMTModel");
  EXPECT_EQ(info.compute_type, ComputeType::kF32);
  EXPECT_EQ(info.num_parameters, 6534980);
  EXPECT_EQ(info.vocab_size, 8004);
  EXPECT_EQ(info.max_source_tokens, 256);
  EXPECT_EQ(info.max_target_tokens, 512);
  EXPECT_EQ(info.languages.pairs.size(), 4u);
  EXPECT_THAT(info.languages.targets, ElementsAre("de", "en", "fr"));
  EXPECT_EQ(info.languages.target_token, ">>{language}<<");
  EXPECT_EQ(info.default_search.num_beams, 4);
  EXPECT_EQ(info.default_search.num_hypotheses, 1);
  EXPECT_EQ(info.default_search.max_new_tokens, 127);
}

TEST(MarianLoaderTest, Translates) {
  const auto model = Load("models/demo");
  ASSERT_TRUE(model.ok()) << model.status();
  const auto source = model->tokenizer->Encode("Two dogs play.", ">>de<<");
  ASSERT_TRUE(source.ok()) << source.status();
  const auto result = RunTasks(
      *model->engines.front(),
      {{.source_ids = source->ids, .search = model->info.default_search}});
  EXPECT_EQ(model->tokenizer->Decode(result[0][0].token_ids),
            "Zwei Hunde spielen.");
}

TEST(MarianLoaderTest, LanguagesOfAModelWithoutParleyJson) {
  const ModelCopy copy;
  copy.Remove("parley.json");
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->info.display_name,
            fs::path(copy.path()).filename().string());
  EXPECT_THAT(model->info.languages.pairs, IsEmpty());
  // By their tokens in the vocabulary, which has one more than the model knows.
  EXPECT_THAT(model->info.languages.targets,
              ElementsAre("cs", "de", "en", "fr"));
  EXPECT_EQ(model->info.languages.target_token, ">>{language}<<");
}

// Takes >>xx<< from the vocabulary: a model of one pair.
void MakeBilingual(const ModelCopy& copy, const char* source,
                   const char* target) {
  copy.Remove("parley.json");
  Json vocabulary = Json::parse(std::ifstream(copy.file("vocab.json")));
  for (const char* token : {">>de<<", ">>en<<", ">>fr<<", ">>cs<<"}) {
    vocabulary[std::string("was ") + token] = vocabulary[token];
    vocabulary.erase(token);
  }
  copy.Write("vocab.json", vocabulary.dump());
  copy.Patch("tokenizer_config.json",
             {{"source_lang", source}, {"target_lang", target}});
}

TEST(MarianLoaderTest, LanguagesOfABilingualModel) {
  const ModelCopy copy;
  MakeBilingual(copy, "en", "de");
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->info.languages.pairs.size(), 1u);
  EXPECT_EQ(model->info.languages.pairs[0].source, "en");
  EXPECT_THAT(model->info.languages.targets, ElementsAre("de"));
  EXPECT_EQ(model->info.languages.target_token, "");
}

TEST(MarianLoaderTest, LanguagesOfAModelFromMany) {
  const ModelCopy copy;
  MakeBilingual(copy, "mul", "en");
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->info.languages.pairs, IsEmpty());
  EXPECT_THAT(model->info.languages.targets, ElementsAre("en"));
}

TEST(MarianLoaderTest, EveryMissingFileIsNamed) {
  for (const char* name : {"config.json", "source.spm", "target.spm",
                           "vocab.json", "model.safetensors"}) {
    SCOPED_TRACE(name);
    const ModelCopy copy;
    copy.Remove(name);
    const absl::Status status = Load(copy.path()).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

TEST(MarianLoaderTest, OptionalFilesMayBeMissing) {
  const ModelCopy copy;
  copy.Remove("generation_config.json");
  copy.Remove("tokenizer_config.json");
  copy.Remove("README.md");
  EXPECT_TRUE(Load(copy.path()).ok()) << Load(copy.path()).status();
}

TEST(MarianLoaderTest, EveryTruncatedFileIsNamed) {
  for (const char* name :
       {"config.json", "generation_config.json", "parley.json", "source.spm",
        "target.spm", "tokenizer_config.json", "vocab.json",
        "model.safetensors"}) {
    const ModelCopy copy;
    const uintmax_t size = fs::file_size(copy.file(name));
    for (const uintmax_t kept : {uintmax_t{0}, size / 2, size - 1}) {
      SCOPED_TRACE(absl::StrCat(name, " cut to ", kept, " of ", size));
      copy.Truncate(name, kept);
      const absl::Status status = Load(copy.path()).status();
      EXPECT_FALSE(status.ok());
      EXPECT_THAT(std::string(status.message()), HasSubstr(name));
      fs::copy(fs::path("models/demo") / name, copy.file(name),
               fs::copy_options::overwrite_existing);
    }
  }
}

TEST(MarianLoaderTest, InconsistentFilesAreRefused) {
  struct Row {
    const char* file;
    Json changes;
    const char* message;
  };
  const Row rows[] = {
      {"config.json", {{"d_model", 128}}, "expected [8004, 128]"},
      {"config.json", {{"decoder_layers", 3}}, "decoder.layers.2"},
      {"config.json",
       {{"vocab_size", 8003},
        {"decoder_vocab_size", 8003},
        {"decoder_start_token_id", 8000}},
       "8003"},
      {"generation_config.json", {{"num_beams", 64}}, "num_beams is 64"},
      {"vocab.json", {{"extra", 8004}}, "ids up to 8004"},
      {"parley.json",
       {{"language_pairs", Json::array({Json::array({"en", "it"})})}},
       ">>it<<"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.changes.dump());
    const ModelCopy copy;
    copy.Patch(row.file, row.changes);
    const absl::Status status = Load(copy.path()).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

TEST(MarianLoaderTest, DefaultsOfParleyJson) {
  const ModelCopy copy;
  copy.Patch("parley.json",
             {{"defaults", {{"num_beams", 2}, {"max_new_tokens", 30}}}});
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->info.default_search.num_beams, 2);
  EXPECT_EQ(model->info.default_search.max_new_tokens, 30);
}

}  // namespace
}  // namespace parley
