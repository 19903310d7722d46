#include "engine/weights/quoted_name.h"

#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/utf8.h"

namespace parley {
namespace {

constexpr size_t kMaxBytes = 120;

}  // namespace

std::string QuotedName(absl::string_view name) {
  const std::string shown = MakeValidUtf8(name.substr(0, kMaxBytes));
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(shown),
                      name.size() > kMaxBytes ? "...\"" : "\"");
}

}  // namespace parley
