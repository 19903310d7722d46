#include "engine/shortlist/shortlist_file.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace parley {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the file is little-endian and copied as it is");

// No text begins with it, and a copy that changed the ends of lines shows.
constexpr char kMagic[8] = {'\x89', 'P', 'S', 'L', '\r', '\n', '\x1a', '\n'};
constexpr uint32_t kVersion = 1;

struct Header {
  char magic[sizeof(kMagic)];
  uint32_t version;
  uint32_t source_size;
  uint32_t target_size;
  uint32_t num_frequent;
  uint64_t num_targets;
  uint64_t fingerprint;
};
static_assert(sizeof(Header) == 40 && std::is_trivially_copyable_v<Header>);

// Reads one file. What it hands out is right by the rules of the page.
class Parser {
 public:
  Parser(absl::string_view bytes, const std::string& path,
         const VocabularyPair& vocabularies)
      : bytes_(bytes), path_(path), vocabularies_(vocabularies) {}

  absl::StatusOr<LexicalTable> Parse(int best);

 private:
  template <typename... Parts>
  absl::Status Broken(const Parts&... parts) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": ", parts...));
  }

  absl::Status ReadHeader();
  absl::Status CheckVocabularies() const;
  // The next `count` numbers; there are as many bytes.
  std::vector<uint32_t> ReadNumbers(uint64_t count);
  // Target tokens that may stand together: known ones, none of them twice.
  absl::StatusOr<std::vector<TokenId>> ReadTargets(uint64_t count,
                                                   absl::string_view where);

  absl::string_view bytes_;  // What is left of them.
  const std::string& path_;
  const VocabularyPair vocabularies_;
  Header header_ = {};
  std::vector<uint32_t> list_of_target_;  // Where it was last: [target_size]
  uint32_t num_lists_ = 0;
};

absl::Status Parser::ReadHeader() {
  const size_t num_bytes = bytes_.size();
  if (num_bytes < sizeof(Header)) {
    return Broken("it ends within its header, which has ", sizeof(Header),
                  " bytes");
  }
  std::memcpy(&header_, bytes_.data(), sizeof(Header));
  bytes_.remove_prefix(sizeof(Header));
  if (std::memcmp(header_.magic, kMagic, sizeof(kMagic)) != 0) {
    return Broken("it does not begin as a shortlist file does");
  }
  if (header_.version != kVersion) {
    return Broken("its version is ", header_.version, ", expected ", kVersion);
  }
  PARLEY_RETURN_IF_ERROR(CheckVocabularies());
  // Each row has target_size entries at most, so that nothing overflows below.
  if (header_.num_targets >
      uint64_t{header_.source_size} * header_.target_size) {
    return Broken("its ", header_.num_targets,
                  " translations are more than there are pairs of tokens");
  }
  const uint64_t num_numbers = uint64_t{header_.num_frequent} +
                               header_.source_size + header_.num_targets;
  if (bytes_.size() % sizeof(uint32_t) != 0 ||
      bytes_.size() / sizeof(uint32_t) != num_numbers) {
    return Broken("it has ", num_bytes, " bytes, expected ",
                  sizeof(Header) + num_numbers * sizeof(uint32_t));
  }
  return absl::OkStatus();
}

absl::Status Parser::CheckVocabularies() const {
  if (header_.source_size != static_cast<uint32_t>(vocabularies_.source_size) ||
      header_.target_size != static_cast<uint32_t>(vocabularies_.target_size)) {
    return Broken("it is for vocabularies of ", header_.source_size, " and ",
                  header_.target_size, " tokens, but the model's have ",
                  vocabularies_.source_size, " and ",
                  vocabularies_.target_size);
  }
  if (header_.fingerprint != vocabularies_.fingerprint) {
    return Broken(
        "it was made with other vocabularies than the model's; make it again "
        "with parley build-shortlist");
  }
  return absl::OkStatus();
}

std::vector<uint32_t> Parser::ReadNumbers(uint64_t count) {
  std::vector<uint32_t> numbers(count);
  const size_t num_bytes = count * sizeof(uint32_t);
  PARLEY_CHECK(num_bytes <= bytes_.size()) << path_;
  if (num_bytes > 0) std::memcpy(numbers.data(), bytes_.data(), num_bytes);
  bytes_.remove_prefix(num_bytes);
  return numbers;
}

absl::StatusOr<std::vector<TokenId>> Parser::ReadTargets(
    uint64_t count, absl::string_view where) {
  const std::vector<uint32_t> numbers = ReadNumbers(count);
  ++num_lists_;
  for (const uint32_t number : numbers) {
    if (number >= header_.target_size) {
      return Broken("the token ", number, " of ", where,
                    " is not in the target vocabulary");
    }
    if (list_of_target_[number] == num_lists_) {
      return Broken("the token ", number, " stands twice in ", where);
    }
    list_of_target_[number] = num_lists_;
  }
  return std::vector<TokenId>(numbers.begin(), numbers.end());
}

absl::StatusOr<LexicalTable> Parser::Parse(int best) {
  PARLEY_RETURN_IF_ERROR(ReadHeader());
  list_of_target_.resize(header_.target_size);
  LexicalTable table;
  PARLEY_ASSIGN_OR_RETURN(
      table.frequent,
      ReadTargets(header_.num_frequent, "the most frequent tokens"));
  const std::vector<uint32_t> row_sizes = ReadNumbers(header_.source_size);
  for (size_t source = 0; source < row_sizes.size(); ++source) {
    if (row_sizes[source] > bytes_.size() / sizeof(uint32_t)) {
      return Broken("the translations of token ", source,
                    " reach past the end of the file");
    }
    PARLEY_ASSIGN_OR_RETURN(
        const std::vector<TokenId> row,
        ReadTargets(row_sizes[source],
                    absl::StrCat("the translations of token ", source)));
    table.AppendRow(absl::MakeConstSpan(row).subspan(0, best));
  }
  if (!bytes_.empty()) {
    return Broken(bytes_.size() / sizeof(uint32_t),
                  " translations are of no token");
  }
  return table;
}

void Append(absl::Span<const TokenId> ids, std::string* bytes) {
  bytes->append(reinterpret_cast<const char*>(ids.data()),
                ids.size() * sizeof(TokenId));
}

std::string Format(const LexicalTable& table,
                   const VocabularyPair& vocabularies) {
  PARLEY_CHECK(table.num_rows() == vocabularies.source_size);
  Header header = {
      .version = kVersion,
      .source_size = static_cast<uint32_t>(vocabularies.source_size),
      .target_size = static_cast<uint32_t>(vocabularies.target_size),
      .num_frequent = static_cast<uint32_t>(table.frequent.size()),
      .num_targets = table.num_targets(),
      .fingerprint = vocabularies.fingerprint};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  Append(table.frequent, &bytes);
  std::vector<TokenId> row_sizes;
  for (TokenId source = 0; source < table.num_rows(); ++source) {
    row_sizes.push_back(static_cast<TokenId>(table.Row(source).size()));
  }
  Append(row_sizes, &bytes);
  for (TokenId source = 0; source < table.num_rows(); ++source) {
    Append(table.Row(source), &bytes);
  }
  return bytes;
}

}  // namespace

bool IsShortlistFile(absl::string_view bytes) {
  return bytes.substr(0, sizeof(kMagic)) ==
         absl::string_view(kMagic, sizeof(kMagic));
}

absl::StatusOr<LexicalTable> ParseShortlistFile(
    absl::string_view bytes, const std::string& path, int best,
    const VocabularyPair& vocabularies) {
  return Parser(bytes, path, vocabularies).Parse(best);
}

absl::Status WriteShortlistFile(const LexicalTable& table,
                                const VocabularyPair& vocabularies,
                                const std::string& path) {
  const std::string bytes = Format(table, vocabularies);
  const std::string partial = absl::StrCat(path, ".partial");
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code error;
  if (!file.fail()) std::filesystem::rename(partial, path, error);
  if (!file.fail() && !error) return absl::OkStatus();
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);
  return absl::UnavailableError(absl::StrCat(
      path, ": cannot be written",
      error ? absl::StrCat(": ", error.message()) : std::string()));
}

}  // namespace parley
