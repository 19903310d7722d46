#include "engine/tokenizer/step_growth.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/step_readers.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

constexpr double kMaxGrowth = 64;

double BytesOf(const JsonNode& node) {
  if (!node.is_string()) return 0;
  return static_cast<double>(node.value().get_ref<const std::string&>().size());
}

// A match of a regular expression may be empty, between any two bytes.
double GrowthOfReplace(const JsonNode& node) {
  const double content = BytesOf(node.Get("content"));
  const double literal = BytesOf(node.Get("pattern").Get("String"));
  const double growth = literal > 0 ? content / literal : content + 1;
  return std::max(growth, 1.0);
}

double GrowthOf(const JsonNode& node, int max_nested) {
  if (!node.Get("pattern").is_missing()) return GrowthOfReplace(node);
  double growth = 1;
  for (absl::string_view key : {"normalizers", "decoders"}) {
    const auto items = node.Get(key).AsArray();
    if (!items.ok() || max_nested == 0) continue;
    for (const JsonNode& item : *items) {
      growth *= GrowthOf(item, max_nested - 1);
    }
  }
  return growth;
}

}  // namespace

absl::Status CheckGrowth(const JsonNode& node) {
  if (GrowthOf(node, kMaxNestedSteps) <= kMaxGrowth) return absl::OkStatus();
  return node.Wrong(absl::StrCat("can make a text more than ", kMaxGrowth,
                                 " times longer, which is not supported"));
}

}  // namespace parley
