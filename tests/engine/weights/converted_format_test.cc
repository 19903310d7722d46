#include "engine/weights/converted_format.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/weights/named_tensors.h"
#include "engine/weights/safetensors_writer.h"
#include "engine/weights/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Metadata = std::map<std::string, std::string, std::less<>>;

const ConvertedFormat& ExampleFormat() {
  static const auto* format = new ConvertedFormat{
      .compute_type = "int8",
      .products = {{"a.query_key", {"a.query", "a.key"}}, {"b", {"b"}}},
      .shared = {{"table", "b"}}};
  return *format;
}

// That of a file with one tensor, "b.packed", whose bytes are "abc".
Metadata GoodMetadata() {
  Metadata metadata;
  for (const auto& [key, value] : ConvertedMetadata(ExampleFormat())) {
    metadata[key] = value;
  }
  metadata["parley.sha256.b.packed"] = Sha256Hex(AsBytes("abc"));
  return metadata;
}

NamedTensors FileWith(Metadata metadata) {
  NamedTensors file("dir/model.safetensors");
  file.Add("b.packed", {DType::kI8, {3}, AsBytes("abc")});
  file.SetMetadata(std::move(metadata));
  return file;
}

std::string Refusal(absl::string_view key, absl::string_view value) {
  Metadata metadata = GoodMetadata();
  metadata[std::string(key)] = std::string(value);
  const absl::Status status =
      ReadConvertedFormat(FileWith(std::move(metadata))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("dir/model.safetensors: "));
  return std::string(status.message());
}

TEST(ConvertedFormatTest, ReadsWhatItMade) {
  const auto format = ReadConvertedFormat(FileWith(GoodMetadata()));
  ASSERT_TRUE(format.ok()) << format.status();
  ASSERT_TRUE(format->has_value());
  EXPECT_EQ((*format)->compute_type, "int8");
  EXPECT_THAT((*format)->products,
              ElementsAre(Pair("a.query_key", ElementsAre("a.query", "a.key")),
                          Pair("b", ElementsAre("b"))));
  EXPECT_THAT((*format)->shared, ElementsAre(Pair("table", "b")));
  EXPECT_EQ((*format)->StoredName("table"), "b");
  EXPECT_EQ((*format)->StoredName("a.query_key"), "a.query_key");
}

TEST(ConvertedFormatTest, OtherFilesAreNone) {
  EXPECT_FALSE(ReadConvertedFormat(FileWith({}))->has_value());
  EXPECT_FALSE(ReadConvertedFormat(FileWith({{"format", "pt"}}))->has_value());
}

TEST(ConvertedFormatTest, EveryKeyIsNeeded) {
  for (const auto& [key, value] : GoodMetadata()) {
    if (key == "format") continue;
    Metadata metadata = GoodMetadata();
    metadata.erase(key);
    const absl::Status status =
        ReadConvertedFormat(FileWith(std::move(metadata))).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << key;
  }
}

TEST(ConvertedFormatTest, MalformedOnesAreRefused) {
  EXPECT_THAT(Refusal("parley.format_version", "1"),
              HasSubstr("\"parley.format_version\" is \"1\", expected \"2\""));
  EXPECT_THAT(Refusal("parley.compute_type", "int4"),
              HasSubstr("is \"int4\", expected one of int8, bf16"));
  EXPECT_THAT(Refusal("parley.products", "[]"),
              HasSubstr("\"parley.products\""));
  EXPECT_THAT(Refusal("parley.products", R"({"a":"b"})"),
              HasSubstr("expected an array"));
  EXPECT_THAT(Refusal("parley.products", R"({"a":[]})"),
              HasSubstr("has no parts of \"a\""));
  EXPECT_THAT(Refusal("parley.products", R"({"a":null})"),
              HasSubstr("has no parts of \"a\""));
  EXPECT_THAT(Refusal("parley.shared", R"({"a":["b"]})"),
              HasSubstr("expected a string"));
  EXPECT_THAT(Refusal("parley.shared", R"({"a":"c"})"),
              HasSubstr("\"parley.shared\" names no product for \"a\""));
  EXPECT_THAT(Refusal("parley.sha256.b.packed", "12"),
              HasSubstr("tensor \"b.packed\" has no checksum"));
  EXPECT_THAT(Refusal("parley.sha256.a.bias", Sha256Hex({})),
              HasSubstr("tensor \"a.bias\" is missing"));
}

class VerifyChecksumsTest : public testing::Test {
 protected:
  // A file of a few tensors, with `damage` done to its bytes.
  absl::Status Verify(const std::function<void(std::string&)>& damage,
                      int num_threads) {
    const std::string path = folder_.path() + "/model.safetensors";
    SafetensorsPlan plan = {.metadata = ConvertedMetadata(ExampleFormat()),
                            .digest_prefix = std::string(kDigestPrefix)};
    for (int i = 0; i < 9; ++i) {
      plan.tensors.push_back({"t" + std::to_string(i), DType::kU8, {64}});
    }
    auto writer = SafetensorsWriter::Create(path, plan);
    EXPECT_TRUE(writer.ok()) << writer.status();
    for (const PlannedTensor& tensor : plan.tensors) {
      const std::string bytes(64, tensor.name.back());
      EXPECT_TRUE((*writer)->Write(tensor.name, AsBytes(bytes)).ok());
    }
    EXPECT_TRUE((*writer)->Finish().ok());
    std::ifstream file(path, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    damage(bytes);
    folder_.Write("model.safetensors", bytes);
    PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<WeightFile> opened,
                            OpenSafetensors(path));
    PARLEY_ASSIGN_OR_RETURN(const std::optional<ConvertedFormat> format,
                            ReadConvertedFormat(*opened));
    if (!format.has_value()) return absl::NotFoundError("no converted file");
    return VerifyChecksums(*opened, num_threads);
  }

  const TempFolder folder_;
};

TEST_F(VerifyChecksumsTest, WholeFilesPass) {
  for (const int num_threads : {1, 2, 20}) {
    EXPECT_TRUE(Verify([](std::string&) {}, num_threads).ok());
  }
}

TEST_F(VerifyChecksumsTest, NamesWhatIsDamaged) {
  for (const int num_threads : {1, 3}) {
    const absl::Status status = Verify(
        [](std::string& bytes) {
          bytes[bytes.size() - 1] ^= 1;        // In the last, t8.
          bytes[bytes.size() - 7 * 64] ^= 16;  // The first of t2.
        },
        num_threads);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr("in tensor \"t2\", \"t8\";"));
  }
}

TEST_F(VerifyChecksumsTest, NoByteOfTheTensorsCanChange) {
  for (size_t back = 1; back <= 9 * 64; back += 13) {
    EXPECT_FALSE(
        Verify([&](std::string& bytes) { bytes[bytes.size() - back] ^= 128; },
               1)
            .ok());
  }
}

}  // namespace
}  // namespace parley
