// A vocabulary of a few words.
#ifndef PARLEY_TESTS_ENGINE_SHORTLIST_TINY_VOCABULARY_H_
#define PARLEY_TESTS_ENGINE_SHORTLIST_TINY_VOCABULARY_H_

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/vocabulary.h"

namespace parley {

// The first word is token 0. An empty one leaves a hole.
inline Vocabulary TinyVocabulary(
    std::initializer_list<absl::string_view> words) {
  std::string json;
  int id = -1;
  for (const absl::string_view word : words) {
    ++id;
    if (word.empty()) continue;
    absl::StrAppend(&json, json.empty() ? "" : ",", "\"", word, "\":", id);
  }
  auto vocabulary = Vocabulary::Parse(absl::StrCat("{", json, "}"), "tiny");
  if (!vocabulary.ok()) std::abort();
  return *std::move(vocabulary);
}

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_SHORTLIST_TINY_VOCABULARY_H_
