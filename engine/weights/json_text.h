// What JSON text must satisfy before a parser sees it.
#ifndef PARLEY_ENGINE_WEIGHTS_JSON_TEXT_H_
#define PARLEY_ENGINE_WEIGHTS_JSON_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace parley {

// INVALID_ARGUMENT where `text` is not UTF-8 or holds a NUL, which the JSON
// library would take for the end of the text and so hide what follows.
absl::Status CheckJsonText(absl::string_view text);

// The message for a syntax error of the JSON library, whose own words
// (`library_message`) repeat the input: "not JSON at byte 12: ...", cut short.
std::string JsonSyntaxMessage(size_t position,
                              absl::string_view library_message);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_JSON_TEXT_H_
