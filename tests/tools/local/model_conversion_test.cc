#include "tools/local/model_conversion.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "engine/kernels/linear.h"
#include "engine/runtime/loader.h"
#include "engine/weights/safetensors_writer.h"
#include "engine/weights/weight_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/runtime/run_tasks.h"
#include "tests/temp_folder.h"
#include "tests/tools/local/encoder_copy.h"
#include "tools/local/model_summary.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kDemo[] = "models/demo";

void Ignore(absl::string_view, double) {}

absl::StatusOr<LoadedModel> Load(const std::string& directory,
                                 std::optional<ComputeType> type = {}) {
  return LoadModel(directory,
                   {.compute_type = type,
                    .num_threads = 2,
                    .kv_cache_bytes = 16 << 20,
                    .max_rows = 32},
                   Ignore);
}

// Fails the test where it cannot be converted.
ConversionReport Convert(const std::string& input, const std::string& output,
                         ComputeType type = ComputeType::kInt8) {
  const auto report = ConvertModel(
      {.input = input, .output = output, .compute_type = type}, Ignore);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : ConversionReport();
}

std::vector<ComputeType> TypesOfThisMachine() {
  std::vector<ComputeType> types = {ComputeType::kInt8};
  if (kernels::Supports(kernels::Precision::kBF16)) {
    types.push_back(ComputeType::kBF16);
  }
  return types;
}

std::vector<std::vector<Hypothesis>> Translate(LoadedModel& model) {
  std::vector<Task> tasks;
  for (const char* text : {"A dog runs on the beach.", "Two men.",
                           "A woman in a red dress sings into a microphone."}) {
    Task task;
    task.source_ids = model.tokenizer->Encode(text, ">>de<<").value().ids;
    task.search = model.info.default_search;
    task.search.max_new_tokens = 20;
    tasks.push_back(task);
  }
  return RunTasks(*model.engines.front(), tasks);
}

TEST(ConvertModelTest, TranslatesAsTheModelThatIsPackedWhileLoading) {
  for (const ComputeType type : TypesOfThisMachine()) {
    const TempFolder folder;
    const std::string out = folder.path() + "/out";
    Convert(kDemo, out, type);
    auto loading = Load(kDemo, type);
    auto converted = Load(out);
    ASSERT_TRUE(loading.ok()) << loading.status();
    ASSERT_TRUE(converted.ok()) << converted.status();
    EXPECT_EQ(converted->info.compute_type, type);
    const auto expected = Translate(*loading);
    const auto actual = Translate(*converted);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_EQ(actual[i].size(), expected[i].size());
      for (size_t j = 0; j < expected[i].size(); ++j) {
        EXPECT_EQ(actual[i][j].token_ids, expected[i][j].token_ids);
        // Bit for bit.
        EXPECT_EQ(actual[i][j].token_log_probs, expected[i][j].token_log_probs);
      }
    }
  }
}

// What a model makes of some tokens: vectors, and by each head.
std::vector<TaskResult> Encode(LoadedModel& model) {
  const EncoderInfo& info = model.info.encoder;
  Task task = {.source_ids = {2, 7, 9, 11, 30, 3}};
  std::vector<Task> tasks = {task};
  task.encode.output = EncoderOutput::kTokenVectors;
  tasks.push_back(task);
  if (!info.labels.empty()) {
    task.encode.output = EncoderOutput::kLabels;
    tasks.push_back(task);
  }
  if (info.predicts_next_sentence) {
    task.encode.output = EncoderOutput::kNextSentence;
    tasks.push_back(task);
  }
  if (info.fills_masks) {
    task.encode.output = EncoderOutput::kMaskedTokens;
    task.encode.positions = {2};
    task.encode.top_k = 5;
    tasks.push_back(task);
  }
  return RunAnyTasks(*model.engines.front(), tasks);
}

TEST(ConvertModelTest, EveryKindOfEncoderEncodesAsPackedWhileLoading) {
  for (const std::string& name : GoldenEncoders()) {
    for (const ComputeType type : TypesOfThisMachine()) {
      SCOPED_TRACE(absl::StrCat(name, " ", ComputeTypeName(type)));
      const EncoderCopy copy(name);
      const std::string out = copy.path() + "-converted";
      Convert(copy.path(), out, type);
      auto loading = Load(copy.path(), type);
      auto converted = Load(out);
      ASSERT_TRUE(loading.ok()) << loading.status();
      ASSERT_TRUE(converted.ok()) << converted.status();
      EXPECT_EQ(converted->info.compute_type, type);
      EXPECT_EQ(converted->info.encoder.labels, loading->info.encoder.labels);
      EXPECT_EQ(converted->info.encoder.fills_masks,
                loading->info.encoder.fills_masks);
      const auto expected = Encode(*loading);
      const auto actual = Encode(*converted);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(actual[i].encoded.values, expected[i].encoded.values);
        const auto& masked = expected[i].encoded.masked_tokens;
        ASSERT_EQ(actual[i].encoded.masked_tokens.size(), masked.size());
        for (size_t j = 0; j < masked.size(); ++j) {
          for (size_t k = 0; k < masked[j].size(); ++k) {
            const ScoredToken& token = actual[i].encoded.masked_tokens[j][k];
            EXPECT_EQ(token.id, masked[j][k].id);
            EXPECT_EQ(token.log_prob, masked[j][k].log_prob);
          }
        }
      }
    }
  }
}

TEST(ConvertModelTest, TakesAQuarterOrAHalfOfF32) {
  for (const ComputeType type : TypesOfThisMachine()) {
    const TempFolder folder;
    const ConversionReport report =
        Convert(kDemo, folder.path() + "/out", type);
    const double full = 4.0 * static_cast<double>(report.num_parameters);
    const double share = static_cast<double>(report.weight_bytes) / full;
    const double wanted = type == ComputeType::kInt8 ? 0.25 : 0.5;
    EXPECT_GT(share, wanted);
    // Norms and biases in f32, scales, checksums.
    EXPECT_LT(share, 1.05 * wanted);
    EXPECT_EQ(report.precision_before, "F16");
    EXPECT_EQ(report.weight_bytes_before, 13083040);
    EXPECT_EQ(report.weight_bytes,
              static_cast<int64_t>(
                  fs::file_size(folder.path() + "/out/model.safetensors")));
    EXPECT_EQ(report.directory_bytes, DirectoryBytes(folder.path() + "/out"));
  }
}

TEST(ConvertModelTest, BringsTheOtherFilesAlong) {
  const EncoderCopy copy("mpnet-sentences");
  std::ofstream(copy.path() + "/tf_model.h5") << "weights";
  const std::string out = copy.path() + "-int8";
  const ConversionReport report = Convert(copy.path(), out);
  EXPECT_THAT(report.left_out, ElementsAre("model.safetensors", "tf_model.h5"));
  for (const char* name :
       {"config.json", "modules.json", "1_Pooling/config.json",
        "2_Dense/config.json", "vocab.txt"}) {
    EXPECT_TRUE(fs::exists(out + "/" + name)) << name;
  }
  EXPECT_FALSE(fs::exists(out + "/tf_model.h5"));
  EXPECT_TRUE(fs::exists(copy.path() + "/model.safetensors"));
}

TEST(ConvertModelTest, InspectShowsWhatItIs) {
  const TempFolder folder;
  const std::string out = folder.path() + "/out";
  Convert(kDemo, out);
  const auto summary = SummarizeModel(out, Ignore);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->info.compute_type, ComputeType::kInt8);
  EXPECT_EQ(StoredPrecision(summary->weights.front()), "int8");
  EXPECT_EQ(summary->info.languages.pairs.size(), 4u);
}

TEST(ConvertModelTest, RefusesWhatIsConverted) {
  const TempFolder folder;
  Convert(kDemo, folder.path() + "/out");
  const absl::Status status = ConvertModel({.input = folder.path() + "/out",
                                            .output = folder.path() + "/again"},
                                           Ignore)
                                  .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("is converted to int8 already"));
  EXPECT_FALSE(fs::exists(folder.path() + "/again"));
}

TEST(ConvertModelTest, LeavesNothingBehindOnAnError) {
  const EncoderCopy copy("bert-classifier");
  const fs::path parent = fs::path(copy.path()).parent_path();
  fs::remove(copy.path() + "/vocab.txt");
  EXPECT_FALSE(
      ConvertModel({.input = copy.path(), .output = (parent / "out").string()},
                   Ignore)
          .ok());
  const fs::directory_iterator entries(parent);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

// A converted demo model, damaged in one way or another.
class DamagedModelTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    Convert(kDemo, folder_->path() + "/whole");
    std::ifstream file(folder_->path() + "/whole/model.safetensors",
                       std::ios::binary);
    bytes_ = new std::string(std::istreambuf_iterator<char>(file), {});
  }
  static void TearDownTestSuite() {
    delete folder_;
    delete bytes_;
  }

  DamagedModelTest() {
    fs::remove_all(damaged());
    fs::copy(folder_->path() + "/whole", damaged());
  }
  static std::string damaged() { return folder_->path() + "/damaged"; }
  static std::string weights() { return damaged() + "/model.safetensors"; }
  static void Write(const std::string& bytes) {
    folder_->Write("damaged/model.safetensors", bytes);
  }
  // Why a model is not loaded; fails the test where it is.
  static std::string Refusal() {
    const absl::Status status = Load(damaged()).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(weights()));
    return std::string(status.message());
  }

  // Writes the file without the tensors that `is_left_out` names.
  static void WriteWithout(
      const std::function<bool(const std::string&)>& is_left_out) {
    const auto file = OpenSafetensors(weights());
    ASSERT_TRUE(file.ok()) << file.status();
    const auto format = ReadConvertedFormat(**file);
    ASSERT_TRUE(format.ok()) << format.status();
    SafetensorsPlan plan = {.metadata = ConvertedMetadata(**format),
                            .digest_prefix = std::string(kDigestPrefix)};
    std::vector<const TensorView*> tensors;
    for (const std::string& name : (*file)->names()) {
      if (is_left_out(name)) continue;
      tensors.push_back((*file)->Find(name));
      plan.tensors.push_back(
          {name, tensors.back()->dtype, tensors.back()->shape});
    }
    // Whole lines first.
    absl::c_stable_sort(plan.tensors, [&](const auto& a, const auto& b) {
      return (*file)->Find(a.name)->data.size() % 64 == 0 &&
             (*file)->Find(b.name)->data.size() % 64 != 0;
    });
    const auto names = plan.tensors;
    auto writer = SafetensorsWriter::Create(weights() + ".new", plan);
    ASSERT_TRUE(writer.ok()) << writer.status();
    for (const PlannedTensor& tensor : names) {
      ASSERT_TRUE(
          (*writer)->Write(tensor.name, (*file)->Find(tensor.name)->data).ok());
    }
    ASSERT_TRUE((*writer)->Finish().ok());
    fs::rename(weights() + ".new", weights());
  }

  static TempFolder* folder_;
  static std::string* bytes_;  // Of the whole file.
};

TempFolder* DamagedModelTest::folder_ = nullptr;
std::string* DamagedModelTest::bytes_ = nullptr;

TEST_F(DamagedModelTest, FlippedBitsAreNamed) {
  const auto file = OpenSafetensors(weights());
  ASSERT_TRUE(file.ok()) << file.status();
  const size_t data = bytes_->size() - 1;
  for (size_t back = 0; back < data; back += data / 7) {
    std::string bytes = *bytes_;
    bytes[data - back] ^= 4;
    if (data - back < 100'000) break;  // The header is another matter.
    Write(bytes);
    EXPECT_THAT(Refusal(), HasSubstr("bytes differ from their checksum in "
                                     "tensor \""));
  }
}

TEST_F(DamagedModelTest, HeadersCannotChangeUnnoticed) {
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, bytes_->data(), sizeof(header_bytes));
  for (size_t place = 0; place < header_bytes; place += header_bytes / 97) {
    std::string bytes = *bytes_;
    bytes[place] ^= 1;
    Write(bytes);
    EXPECT_FALSE(Load(damaged()).ok()) << place;
  }
}

// The bytes are the same, and so are their checksums.
TEST_F(DamagedModelTest, TypesThatAreNotExpectedAreRefused) {
  for (const std::string name :
       {"encoder.layers.0.self_attention_norm.weight",
        "encoder.layers.0.self_attention.query_key_value.bias",
        "decoder.layers.1.feed_forward.input.scale"}) {
    std::string bytes = *bytes_;
    const size_t entry = bytes.find("\"" + name + "\":{");
    ASSERT_NE(entry, std::string::npos) << name;
    bytes[bytes.find("F32", entry)] = 'I';
    Write(bytes);
    EXPECT_THAT(Refusal(), HasSubstr(name));
  }
}

TEST_F(DamagedModelTest, TruncatedFilesAreRefused) {
  for (const size_t size : {size_t{0}, size_t{7}, size_t{1000},
                            bytes_->size() / 2, bytes_->size() - 1}) {
    Write(bytes_->substr(0, size));
    Refusal();
  }
}

TEST_F(DamagedModelTest, MissingTensorsAreNamed) {
  for (const std::string name :
       {"encoder.layers.0.self_attention.query_key_value.packed",
        "encoder.layers.0.self_attention.query_key_value.scale",
        "encoder.layers.0.self_attention.query_key_value.sum",
        "encoder.layers.0.self_attention_norm.weight",
        "decoder.layers.1.feed_forward.output.bias"}) {
    fs::remove_all(damaged());
    fs::copy(folder_->path() + "/whole", damaged());
    WriteWithout([&](const std::string& each) { return each == name; });
    EXPECT_THAT(Refusal(), HasSubstr(name));
  }
}

TEST_F(DamagedModelTest, OtherModelsConfigurationIsRefused) {
  const std::string path = damaged() + "/config.json";
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string key = "\"encoder_layers\": ";
  const size_t place = text.find(key);
  ASSERT_NE(place, std::string::npos);
  text[place + key.size()] += 1;
  folder_->Write("damaged/config.json", text);
  EXPECT_THAT(Refusal(), HasSubstr("is missing"));
}

}  // namespace
}  // namespace parley::tools
