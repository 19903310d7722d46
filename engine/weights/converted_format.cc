#include "engine/weights/converted_format.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/weights/json_file.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/sha256.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

constexpr absl::string_view kFormatKey = "format";
constexpr absl::string_view kFormat = "parley";
constexpr absl::string_view kVersionKey = "parley.format_version";
constexpr absl::string_view kVersion = "2";
constexpr absl::string_view kComputeTypeKey = "parley.compute_type";
constexpr absl::string_view kProductsKey = "parley.products";
constexpr absl::string_view kSharedKey = "parley.shared";
constexpr absl::string_view kComputeTypes[] = {"int8", "bf16"};

absl::Status Malformed(const WeightFile& file, absl::string_view key,
                       absl::string_view problem) {
  return absl::InvalidArgumentError(
      absl::StrCat(file.path(), ": __metadata__: \"", key, "\" ", problem));
}

// The value of a key that a converted file always has.
absl::StatusOr<absl::string_view> Needed(const WeightFile& file,
                                         absl::string_view key) {
  const std::optional<absl::string_view> value = file.Metadata(key);
  if (!value.has_value()) return Malformed(file, key, "is missing");
  return *value;
}

absl::StatusOr<std::string> ReadComputeType(const WeightFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const absl::string_view type,
                          Needed(file, kComputeTypeKey));
  if (std::find(std::begin(kComputeTypes), std::end(kComputeTypes), type) ==
      std::end(kComputeTypes)) {
    return Malformed(file, kComputeTypeKey,
                     absl::StrCat("is ", QuotedName(type), ", expected one of ",
                                  absl::StrJoin(kComputeTypes, ", ")));
  }
  return std::string(type);
}

// The JSON object that a value holds.
absl::StatusOr<JsonFile> NeededJson(const WeightFile& file,
                                    absl::string_view key) {
  PARLEY_ASSIGN_OR_RETURN(const absl::string_view text, Needed(file, key));
  return JsonFile::Parse(
      text, absl::StrCat(file.path(), ": __metadata__: \"", key, "\""));
}

absl::StatusOr<ProductParts> ReadProducts(const WeightFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const JsonFile json, NeededJson(file, kProductsKey));
  ProductParts products;
  for (std::string& name : json.UnknownKeys({})) {  // All that there are.
    PARLEY_ASSIGN_OR_RETURN(std::optional<std::vector<std::string>> parts,
                            json.GetStrings(name));
    if (!parts.has_value() || parts->empty()) {
      return Malformed(file, kProductsKey,
                       absl::StrCat("has no parts of ", QuotedName(name)));
    }
    products.emplace(std::move(name), *std::move(parts));
  }
  return products;
}

absl::StatusOr<SharedWeights> ReadShared(const WeightFile& file,
                                         const ProductParts& products) {
  PARLEY_ASSIGN_OR_RETURN(const JsonFile json, NeededJson(file, kSharedKey));
  SharedWeights shared;
  for (std::string& name : json.UnknownKeys({})) {
    PARLEY_ASSIGN_OR_RETURN(std::optional<std::string> stored,
                            json.GetString(name));
    if (!stored.has_value() || !products.contains(*stored)) {
      return Malformed(file, kSharedKey,
                       absl::StrCat("names no product for ", QuotedName(name)));
    }
    shared.emplace(std::move(name), *std::move(stored));
  }
  return shared;
}

std::string DigestKey(absl::string_view name) {
  return absl::StrCat(kDigestPrefix, name);
}

absl::Status CheckDigests(const WeightFile& file) {
  for (const std::string& name : file.names()) {
    const std::optional<absl::string_view> digest =
        file.Metadata(DigestKey(name));
    if (!digest.has_value() || digest->size() != kSha256Digits) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path(), ": tensor ", QuotedName(name), " has no checksum"));
    }
  }
  for (const std::string& key : file.MetadataKeys()) {
    absl::string_view name = key;
    if (absl::ConsumePrefix(&name, kDigestPrefix) &&
        file.Find(name) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path(), ": tensor ", QuotedName(name), " is missing"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<ConvertedFormat>> ReadConvertedFormat(
    const WeightFile& file) {
  if (file.Metadata(kFormatKey) != kFormat) return std::nullopt;
  PARLEY_ASSIGN_OR_RETURN(const absl::string_view version,
                          Needed(file, kVersionKey));
  if (version != kVersion) {
    return Malformed(file, kVersionKey,
                     absl::StrCat("is ", QuotedName(version), ", expected \"",
                                  kVersion, "\"; convert the model again"));
  }
  ConvertedFormat format;
  PARLEY_ASSIGN_OR_RETURN(format.compute_type, ReadComputeType(file));
  PARLEY_ASSIGN_OR_RETURN(format.products, ReadProducts(file));
  PARLEY_ASSIGN_OR_RETURN(format.shared, ReadShared(file, format.products));
  PARLEY_RETURN_IF_ERROR(CheckDigests(file));
  return format;
}

std::map<std::string, std::string> ConvertedMetadata(
    const ConvertedFormat& format) {
  nlohmann::json products = nlohmann::json::object();
  for (const auto& [name, parts] : format.products) products[name] = parts;
  nlohmann::json shared = nlohmann::json::object();
  for (const auto& [name, stored] : format.shared) shared[name] = stored;
  return {{std::string(kFormatKey), std::string(kFormat)},
          {std::string(kVersionKey), std::string(kVersion)},
          {std::string(kComputeTypeKey), format.compute_type},
          {std::string(kProductsKey), products.dump()},
          {std::string(kSharedKey), shared.dump()}};
}

absl::Status VerifyChecksums(const WeightFile& file, int num_threads) {
  PARLEY_CHECK(num_threads >= 1) << num_threads;
  const std::vector<std::string> names = file.names();
  std::vector<uint8_t> differs(names.size(), 0);
  std::atomic<size_t> next = 0;
  const auto verify = [&] {
    for (size_t i; (i = next.fetch_add(1)) < names.size();) {
      differs[i] = file.Metadata(DigestKey(names[i])) !=
                   Sha256Hex(file.Find(names[i])->data);
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < num_threads; ++i) others.emplace_back(verify);
  verify();
  for (std::thread& other : others) other.join();

  std::vector<std::string> damaged;
  for (size_t i = 0; i < names.size(); ++i) {
    if (differs[i] != 0) damaged.push_back(QuotedName(names[i]));
  }
  if (damaged.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      file.path(), ": bytes differ from their checksum in tensor ",
      absl::StrJoin(damaged, ", "), "; convert or copy the model again"));
}

}  // namespace parley
