#include "engine/weights/zip_reader.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

std::string Refusal(absl::string_view archive) {
  const absl::Status status = ReadZip(AsBytes(archive)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

// An archive of two entries with the bytes at `offset` from the first
// `signature` on replaced by `bytes`.
struct Patch {
  absl::string_view signature;
  size_t offset;
  std::string bytes;
  ZipOptions options;
};

std::string Patched(const Patch& patch) {
  std::string archive =
      ZipBytes({{"a/one", "1111"}, {"a/two", "22"}}, patch.options);
  const size_t at = archive.find(std::string(patch.signature)) + patch.offset;
  return archive.replace(at, patch.bytes.size(), patch.bytes);
}

constexpr absl::string_view kLocal = "PK\3\4";
constexpr absl::string_view kCentral = "PK\1\2";
constexpr absl::string_view kEnd = "PK\5\6";
constexpr absl::string_view kEnd64 = "PK\6\6";
constexpr absl::string_view kLocator64 = "PK\6\7";

std::string U16(uint16_t value) { return LittleEndian(value); }
std::string U32(uint32_t value) { return LittleEndian(value); }
std::string U64(uint64_t value) { return LittleEndian(value); }

TEST(ZipReaderTest, GivesNamesAndBytes) {
  for (const bool zip64 : {false, true}) {
    for (const bool sizes_after_data : {false, true}) {
      const std::string archive =
          ZipBytes({{"a/data.pkl", "pickle"}, {"a/data/0", ""}, {"b", "bytes"}},
                   {.zip64 = zip64,
                    .sizes_after_data = sizes_after_data,
                    .comment = "a PK\5\6 comment"});
      const auto entries = ReadZip(AsBytes(archive));
      ASSERT_TRUE(entries.ok()) << entries.status();
      ASSERT_EQ(entries->size(), 3u);
      EXPECT_EQ(entries->at("a/data.pkl"), AsBytes("pickle"));
      EXPECT_TRUE(entries->at("a/data/0").empty());
      EXPECT_EQ(entries->at("b"), AsBytes("bytes"));
    }
  }
}

TEST(ZipReaderTest, ArchiveMayBeEmpty) {
  const std::string archive = ZipBytes({});
  const auto entries = ReadZip(AsBytes(archive));
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_TRUE(entries->empty());
}

TEST(ZipReaderTest, EndRecordMustBeThere) {
  EXPECT_THAT(Refusal(""), HasSubstr("no end record"));
  EXPECT_THAT(Refusal("PK\3\4"), HasSubstr("no end record"));
  // A comment of another length: the record is not at the end.
  EXPECT_THAT(Refusal(ZipBytes({{"a", "1"}}) + "x"),
              HasSubstr("no end record"));
}

TEST(ZipReaderTest, CompressedAndEncryptedEntriesAreRefusedByName) {
  EXPECT_EQ(Refusal(Patched({kCentral, 10, U16(8)})),
            "zip archive: entry \"a/one\": it is compressed (method 8), "
            "expected stored (0)");
  for (const uint16_t flag : {0x0001, 0x0040, 0x2000}) {
    EXPECT_EQ(Refusal(Patched({kCentral, 8, U16(flag)})),
              "zip archive: entry \"a/one\": it is encrypted");
  }
}

TEST(ZipReaderTest, SizesMustAgree) {
  EXPECT_EQ(Refusal(Patched({kCentral, 24, U32(5)})),
            "zip archive: entry \"a/one\": it is stored in 4 bytes but has 5");
  EXPECT_EQ(Refusal(Patched({kCentral, 20, U32(5) + U32(5)})),
            "zip archive: entry \"a/one\": its local header says other than "
            "the directory");
}

TEST(ZipReaderTest, LocalHeaderMustAgreeWithTheDirectory) {
  constexpr absl::string_view kRule =
      "zip archive: entry \"a/one\": its local header says other than the "
      "directory";
  EXPECT_EQ(Refusal(Patched({kLocal, 6, U16(0x800)})), kRule);  // Flags.
  EXPECT_EQ(Refusal(Patched({kLocal, 8, U16(8)})), kRule);      // Method.
  EXPECT_EQ(Refusal(Patched({kLocal, 18, U32(3)})), kRule);     // Stored size.
  EXPECT_EQ(Refusal(Patched({kLocal, 22, U32(3)})), kRule);     // Size.
  EXPECT_EQ(Refusal(Patched({kLocal, 30, "b"})), kRule);        // Name.
  EXPECT_EQ(Refusal(Patched({kLocal, 0, "xxxx"})),
            "zip archive: entry \"a/one\": its local header has no signature");
  EXPECT_EQ(Refusal(Patched({kLocal, 28, U16(0xffff)})),
            "zip archive: entry \"a/one\": its local header is out of range");
}

TEST(ZipReaderTest, RangesAreChecked) {
  EXPECT_EQ(Refusal(Patched({kCentral, 42, U32(1'000'000)})),
            "zip archive: entry \"a/one\": its local header is out of range");
  EXPECT_EQ(Refusal(Patched({kCentral,
                             20,
                             U32(1'000'000) + U32(1'000'000),
                             {.sizes_after_data = true}})),
            "zip archive: entry \"a/one\": its 1000000 bytes reach beyond the "
            "archive's data");
  EXPECT_EQ(Refusal(Patched({kEnd, 12, U32(1'000'000)})),
            "zip archive: its directory is out of range");
  EXPECT_EQ(Refusal(Patched({kEnd, 16, U32(1'000'000)})),
            "zip archive: its directory is out of range");
  EXPECT_EQ(Refusal(Patched({kCentral, 28, U16(0xffff)})),
            "zip archive: its directory is cut short");
}

TEST(ZipReaderTest, EntriesMustFillTheDirectory) {
  EXPECT_THAT(Refusal(Patched({kEnd, 8, U16(1) + U16(1)})),
              HasSubstr("its directory has 51 bytes more than its entries"));
  EXPECT_THAT(Refusal(Patched({kEnd, 8, U16(3) + U16(3)})),
              HasSubstr("too small for 3 entries"));
  EXPECT_THAT(Refusal(Patched({kCentral, 0, "xxxx"})),
              HasSubstr("no entry where one should be"));
}

TEST(ZipReaderTest, SplitArchivesAreRefused) {
  for (const size_t offset : {4, 6, 8}) {
    EXPECT_EQ(Refusal(Patched({kEnd, offset, U16(1)})),
              "zip archive: it is split over disks");
  }
  EXPECT_EQ(Refusal(Patched({kCentral, 34, U16(1)})),
            "zip archive: entry \"a/one\": it is on another disk");
  for (const size_t offset : {16, 20, 24}) {
    EXPECT_EQ(Refusal(Patched({kEnd64, offset, U32(1), {.zip64 = true}})),
              "zip archive: it is split over disks");
  }
  EXPECT_EQ(Refusal(Patched({kLocator64, 16, U32(2), {.zip64 = true}})),
            "zip archive: it is split over disks");
}

TEST(ZipReaderTest, Zip64RecordsAreChecked) {
  const ZipOptions zip64{.zip64 = true};
  EXPECT_EQ(Refusal(Patched({kLocator64, 8, U64(UINT64_MAX), zip64})),
            "zip archive: the zip64 record is out of range");
  EXPECT_EQ(Refusal(Patched({kLocator64, 8, U64(0), zip64})),
            "zip archive: the zip64 record has no signature");
  EXPECT_THAT(
      Refusal(Patched({kEnd64, 24, U64(UINT64_MAX) + U64(UINT64_MAX), zip64})),
      HasSubstr("too small for 18446744073709551615 entries"));
  EXPECT_EQ(Refusal(Patched({kEnd64, 48, U64(UINT64_MAX), zip64})),
            "zip archive: its directory is out of range");
  EXPECT_EQ(Refusal(Patched({kEnd64, 40, U64(UINT64_MAX), zip64})),
            "zip archive: its directory is out of range");
  // The extra field: tag, length, size, stored size, offset.
  EXPECT_THAT(Refusal(Patched({kCentral, 51, U16(2), zip64})),
              HasSubstr("its zip64 sizes are missing"));
  EXPECT_THAT(Refusal(Patched({kCentral, 53, U16(0xffff), zip64})),
              HasSubstr("an extra field is out of range"));
  EXPECT_THAT(Refusal(Patched(
                  {kCentral, 55, U64(UINT64_MAX) + U64(UINT64_MAX), zip64})),
              HasSubstr("says other than the directory"));
  EXPECT_THAT(Refusal(Patched({kCentral, 71, U64(UINT64_MAX), zip64})),
              HasSubstr("its local header is out of range"));
}

TEST(ZipReaderTest, NamesAreThereOnce) {
  EXPECT_EQ(Refusal(ZipBytes({{"a", "1"}, {"a", "2"}})),
            "zip archive: entry \"a\": it is there twice");
}

TEST(ZipReaderTest, EntriesMayNotOverlap) {
  // The second entry's bytes hold a whole entry of the same name as the
  // first, which the directory then points to.
  const std::string inner = ZipBytes({{"a", "1"}});
  std::string archive = ZipBytes({{"a", "1"}, {"b", inner}});
  const size_t inner_at = archive.find(inner);
  const size_t central_at =
      archive.rfind("PK\1\2", archive.rfind("PK\1\2") - 1);
  archive.replace(central_at + 42, 4, U32(static_cast<uint32_t>(inner_at)));
  EXPECT_EQ(Refusal(archive),
            absl::StrCat("zip archive: entries overlap at byte ", inner_at));
}

TEST(ZipReaderTest, EveryCutOfAnArchiveIsRefused) {
  for (const bool zip64 : {false, true}) {
    const std::string archive = ZipBytes({{"a", "1"}}, {.zip64 = zip64});
    for (size_t size = 0; size < archive.size(); ++size) {
      EXPECT_FALSE(ReadZip(AsBytes(archive).subspan(0, size)).ok()) << size;
    }
  }
}

}  // namespace
}  // namespace parley
