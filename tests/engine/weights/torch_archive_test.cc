#include "engine/weights/torch_archive.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

std::string Refusal(absl::string_view bytes) {
  const absl::Status status = ReadTorchArchive(AsBytes(bytes)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

constexpr absl::string_view kFloats = "0123456789abcdef";  // Four of them.

// The entries of a good archive with `more` after them.
std::string Zip(
    const std::vector<std::pair<std::string, std::string>>& more = {},
    absl::string_view storage = kFloats) {
  std::vector<std::pair<std::string, std::string>> entries = {
      {"model/data.pkl", PickleOfOne({})},
      {"model/data/0", std::string(storage)}};
  entries.insert(entries.end(), more.begin(), more.end());
  return ZipBytes(entries);
}

struct LegacyParts {
  std::string magic =
      PickleBytes("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
  std::string version = PickleBytes(PickleInteger(1001));
  std::string machine =
      PickleBytes(absl::StrCat("}", PickleString("little_endian"), "\x88s"));
  std::string object = PickleOfOne({.is_legacy = true});
  std::string keys = PickleBytes(absl::StrCat("]", PickleString("0"), "a"));
  std::string storages = absl::StrCat(LittleEndian<int64_t>(4), kFloats);
};

std::string Legacy(const LegacyParts& parts) {
  return absl::StrCat(parts.magic, parts.version, parts.machine, parts.object,
                      parts.keys) +
         parts.storages;
}

TEST(TorchArchiveTest, ReadsBothFormats) {
  for (const std::string& bytes : {Zip(), Legacy({})}) {
    const std::string whole = bytes;
    const auto archive = ReadTorchArchive(AsBytes(whole));
    ASSERT_TRUE(archive.ok()) << archive.status();
    ASSERT_EQ(archive->state_dict.entries.size(), 1u);
    EXPECT_EQ(archive->state_dict.entries[0].name, "w");
    ASSERT_EQ(archive->storages.size(), 1u);
    EXPECT_EQ(archive->storages.at("0"), AsBytes(kFloats));
  }
}

TEST(TorchArchiveTest, OtherFilesAreRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("neither a zip archive nor a pickle"));
  EXPECT_THAT(Refusal("{}"), HasSubstr("neither a zip archive nor a pickle"));
  EXPECT_THAT(Refusal(PickleBytes("N")),
              HasSubstr("not one that torch.save wrote"));
  EXPECT_THAT(Refusal(PickleBytes(PickleInteger(5))),
              HasSubstr("not one that torch.save wrote"));
}

TEST(TorchArchiveTest, ByteOrderMustBeLittle) {
  EXPECT_TRUE(
      ReadTorchArchive(AsBytes(Zip({{"model/byteorder", "little"}}))).ok());
  EXPECT_EQ(Refusal(Zip({{"model/byteorder", "big"}})),
            "its byte order is \"big\", expected \"little\"");
  EXPECT_EQ(
      Refusal(Legacy({.machine = PickleBytes(absl::StrCat(
                          "}", PickleString("little_endian"), "\x89s"))})),
      "it was not written on a little-endian machine");
  EXPECT_EQ(Refusal(Legacy({.machine = PickleBytes("}")})),
            "it was not written on a little-endian machine");
  EXPECT_EQ(Refusal(Legacy({.machine = PickleBytes("]")})),
            "its machine description is not a dict");
}

TEST(TorchArchiveTest, ZipMustHoldAStateDict) {
  EXPECT_EQ(Refusal(ZipBytes({})),
            "zip archive: no entry is named <folder>/data.pkl");
  EXPECT_EQ(Refusal(ZipBytes({{"data.pkl", PickleOfOne({})}})),
            "zip archive: no entry is named <folder>/data.pkl");
  EXPECT_EQ(Refusal(Zip({{"model/constants.pkl", ""}})),
            "it is a TorchScript program, expected a state dict");
  EXPECT_THAT(
      Refusal(ZipBytes({{"m/data.pkl", PickleBytes("cposix\nsystem\n")}})),
      HasSubstr("\"posix.system\""));
}

TEST(TorchArchiveTest, ZipMustHoldEachStorageWhole) {
  EXPECT_EQ(Refusal(ZipBytes({{"model/data.pkl", PickleOfOne({})}})),
            "storage \"0\": no entry has its data");
  EXPECT_EQ(Refusal(ZipBytes({{"model/data.pkl", PickleOfOne({})},
                              {"other/data/0", std::string(kFloats)}})),
            "storage \"0\": no entry has its data");
  EXPECT_EQ(Refusal(Zip({}, "short")),
            "storage \"0\": it has 5 bytes, F32[4] needs 16");
  EXPECT_EQ(Refusal(Zip({}, std::string(17, 'x'))),
            "storage \"0\": it has 17 bytes, F32[4] needs 16");
}

TEST(TorchArchiveTest, LegacyPreambleIsChecked) {
  EXPECT_EQ(Refusal(Legacy({.version = PickleBytes(PickleInteger(1002))})),
            "its protocol version is the integer 1002, expected 1001");
  EXPECT_THAT(Refusal(Legacy({.magic = PickleBytes("cos\nsystem\n")})),
              HasSubstr("magic number at byte 0: pickle byte 2: GLOBAL: "
                        "\"os.system\""));
  EXPECT_THAT(Refusal(Legacy({.machine = PickleBytes("cos\nsystem\n")})),
              HasSubstr("machine description at byte"));
  EXPECT_THAT(Refusal(Legacy({.object = PickleBytes("cos\nsystem\n")})),
              HasSubstr("object at byte"));
  EXPECT_THAT(Refusal(Legacy({.keys = PickleBytes("cos\nsystem\n")})),
              HasSubstr("storage keys at byte"));
}

TEST(TorchArchiveTest, LegacyStoragesAreThoseOfTheTensors) {
  const std::string key = PickleString("0");
  EXPECT_EQ(Refusal(Legacy({.keys = PickleBytes("}")})),
            "its storage keys are not a list");
  EXPECT_EQ(Refusal(Legacy({.keys = PickleBytes("]Na")})),
            "one of its storage keys is not a string");
  EXPECT_EQ(Refusal(Legacy({.keys = PickleBytes(
                                absl::StrCat("]", PickleString("x"), "a"))})),
            "storage \"x\": no tensor is in it");
  EXPECT_EQ(Refusal(Legacy({.keys = PickleBytes("]")})),
            "storage \"0\": the file lacks it");
  const std::string storage = LegacyParts().storages;
  EXPECT_EQ(
      Refusal(Legacy({.keys = PickleBytes(absl::StrCat("](", key, key, "e")),
                      .storages = storage + storage})),
      "storage \"0\": it is there twice");
}

TEST(TorchArchiveTest, LegacyStoragesAreWholeAndTheLast) {
  EXPECT_EQ(Refusal(Legacy({.storages = "1234567"})),
            "storage \"0\": the file ends before its size");
  EXPECT_EQ(Refusal(Legacy(
                {.storages = LittleEndian<int64_t>(5) + std::string(20, 'x')})),
            "storage \"0\": it has 5 elements, the pickle says 4");
  EXPECT_EQ(Refusal(Legacy({.storages = LittleEndian<int64_t>(4) + "12"})),
            "storage \"0\": it needs 16 bytes, the file has 2 more");
  EXPECT_EQ(Refusal(Legacy({.storages = LegacyParts().storages + "x"})),
            "the last 1 bytes belong to no storage");
}

TEST(TorchArchiveTest, EveryCutOfALegacyFileIsRefused) {
  const std::string whole = Legacy({});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadTorchArchive(AsBytes(whole).subspan(0, size)).ok())
        << size;
  }
}

}  // namespace
}  // namespace parley
