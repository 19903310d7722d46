#include "engine/runtime/encoder_loader.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/runtime/loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/engine/models/golden_encoder.h"
#include "tests/engine/runtime/run_tasks.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr char kMiniLm[] = ".deps/models/all-MiniLM-L6-v2";

absl::StatusOr<LoadedModel> Load(const std::string& directory) {
  return LoadModel(directory, {.num_threads = 2},
                   [](absl::string_view, double) {});
}

// A copy of a tiny model with a vocabulary of words w0, w1 ... in BERT's form.
class ModelCopy {
 public:
  explicit ModelCopy(const std::string& name, int num_words = 115) {
    fs::copy(
        GoldenEncoderPath(name), path(),
        fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (int i = 0; i < num_words; ++i) {
      absl::StrAppend(&vocabulary, "w", i, "\n");
    }
    Write("vocab.txt", vocabulary);
    Write("tokenizer_config.json",
          R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true,
              "model_max_length": 100})");
  }
  std::string path() const { return folder_.path(); }
  void Write(const std::string& name, const std::string& text) const {
    folder_.Write(name, text);
  }

 private:
  TempFolder folder_;
};

TEST(EncoderLoaderTest, DescribesTheDefaultModel) {
  ASSERT_TRUE(fs::exists(kMiniLm))
      << kMiniLm << " is missing: run tools/setup.sh";
  const auto model = Load(kMiniLm);
  ASSERT_TRUE(model.ok()) << model.status();
  const ModelInfo& info = model->info;
  EXPECT_EQ(info.display_name, "all-MiniLM-L6-v2");
  EXPECT_EQ(info.kind, ModelKind::kEncoder);
  EXPECT_EQ(info.architecture, "BertModel");
  EXPECT_EQ(info.compute_type, ComputeType::kF32);
  EXPECT_EQ(info.num_parameters, 22713216);
  EXPECT_EQ(info.vocab_size, 30522);
  EXPECT_EQ(info.max_source_tokens, 512);
  const EncoderInfo& encoder = info.encoder;
  EXPECT_EQ(encoder.embedding_dim, 384);
  EXPECT_EQ(encoder.d_model, 384);
  EXPECT_EQ(encoder.num_layers, 6);
  EXPECT_EQ(encoder.num_segments, 2);
  EXPECT_EQ(encoder.max_tokens, 256);
  EXPECT_THAT(encoder.pooling, ElementsAre(Pooling::kMean));
  EXPECT_TRUE(encoder.pools_any_width);
  EXPECT_TRUE(encoder.normalizes);
  EXPECT_EQ(encoder.similarity, SimilarityMeasure::kCosine);
  EXPECT_TRUE(encoder.labels.empty());
  EXPECT_FALSE(encoder.fills_masks);
  EXPECT_FALSE(encoder.predicts_next_sentence);
  EXPECT_EQ(model->tokenizer, nullptr);
}

TEST(EncoderLoaderTest, TokenizesAndEncodes) {
  ASSERT_TRUE(fs::exists(kMiniLm))
      << kMiniLm << " is missing: run tools/setup.sh";
  const auto model = Load(kMiniLm);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto tokens = model->encoder_tokenizer->Tokenize("A dog runs.");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const auto input = model->encoder_tokenizer->Assemble(*tokens, nullptr, {});
  ASSERT_TRUE(input.ok()) << input.status();
  const auto result =
      RunAnyTasks(*model->engines.front(), {{.source_ids = input->ids}});
  EXPECT_EQ(result[0].encoded.values.size(), 384u);
}

TEST(EncoderLoaderTest, DescribesHeads) {
  const ModelCopy pretraining("bert-pretraining");
  auto model = Load(pretraining.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(model->info.encoder.fills_masks);
  EXPECT_TRUE(model->info.encoder.predicts_next_sentence);
  EXPECT_EQ(model->info.encoder.max_tokens, 100);
  EXPECT_EQ(model->info.max_source_tokens, 160);
  EXPECT_FALSE(model->info.encoder.normalizes);
  const ModelCopy classifier("bert-classifier");
  model = Load(classifier.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->info.encoder.labels, ElementsAre("no", "maybe", "yes"));
  EXPECT_TRUE(model->info.encoder.has_independent_labels);
}

TEST(EncoderLoaderTest, DescribesWhatSentenceTransformersStores) {
  const ModelCopy copy("mpnet-sentences");
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  const EncoderInfo& encoder = model->info.encoder;
  EXPECT_EQ(encoder.embedding_dim, 10);
  EXPECT_EQ(encoder.d_model, 24);
  EXPECT_EQ(encoder.num_segments, 1);
  EXPECT_THAT(encoder.pooling, ElementsAre(Pooling::kCls, Pooling::kMean));
  EXPECT_FALSE(encoder.pools_any_width);
  EXPECT_TRUE(encoder.normalizes);
  EXPECT_EQ(encoder.similarity, SimilarityMeasure::kDot);
  EXPECT_EQ(encoder.prompts.size(), 2u);
}

TEST(EncoderLoaderTest, VocabularyLargerThanTheTableIsRefused) {
  const ModelCopy copy("bert-classifier", 116);
  const absl::Status status = Load(copy.path()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the tokenizer has ids up to 120, but \"vocab_size\" "
                        "of config.json is 120"));
}

TEST(EncoderLoaderTest, ParleyJson) {
  const ModelCopy copy("bert-classifier");
  copy.Write("parley.json", R"({"display_name": "Ours"})");
  const auto model = Load(copy.path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->info.display_name, "Ours");
  copy.Write("parley.json", R"({"target_language_token": ">>{language}<<"})");
  EXPECT_THAT(std::string(Load(copy.path()).status().message()),
              HasSubstr("only for translation models"));
}

TEST(EncoderLoaderTest, EveryMissingFileIsNamed) {
  for (const char* name : {"config.json", "model.safetensors", "vocab.txt"}) {
    SCOPED_TRACE(name);
    const ModelCopy copy("bert-classifier");
    fs::remove(fs::path(copy.path()) / name);
    const absl::Status status = Load(copy.path()).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(copy.path()));
  }
}

TEST(EncoderLoaderTest, EveryTruncatedFileIsNamed) {
  for (const char* name :
       {"config.json", "model.safetensors", "modules.json",
        "1_Pooling/config.json", "2_Dense/config.json",
        "2_Dense/model.safetensors", "sentence_bert_config.json",
        "config_sentence_transformers.json"}) {
    SCOPED_TRACE(name);
    const ModelCopy copy("mpnet-sentences");
    const fs::path file = fs::path(copy.path()) / name;
    fs::resize_file(file, fs::file_size(file) / 2);
    const absl::Status status = Load(copy.path()).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

}  // namespace
}  // namespace parley
