#include "engine/weights/json_text.h"

#include "absl/strings/str_cat.h"
#include "base/utf8.h"
#include "engine/weights/quoted_name.h"

namespace parley {

absl::Status CheckJsonText(absl::string_view text) {
  const size_t valid_bytes = ValidUtf8PrefixBytes(text);
  if (valid_bytes != text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("not UTF-8 at byte ", valid_bytes));
  }
  const size_t nul = text.find('\0');
  if (nul != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("not JSON at byte ", nul, ": a NUL character"));
  }
  return absl::OkStatus();
}

std::string JsonSyntaxMessage(size_t position,
                              absl::string_view library_message) {
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax
  // error while parsing ...": only what comes after the place is of use.
  const size_t detail = library_message.find(": ");
  if (detail != absl::string_view::npos) {
    library_message.remove_prefix(detail + 2);
  }
  return absl::StrCat("not JSON at byte ", position, ": ",
                      QuotedName(library_message));
}

}  // namespace parley
