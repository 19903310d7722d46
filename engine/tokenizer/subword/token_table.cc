#include "engine/tokenizer/subword/token_table.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace parley {

absl::StatusOr<TokenTable> TokenTable::Create(
    std::vector<std::pair<std::string, TokenId>> tokens) {
  TokenTable table;
  table.tokens_ = std::move(tokens);
  table.ids_.reserve(table.tokens_.size());
  int32_t index = 0;
  for (const auto& [text, id] : table.tokens_) {
    if (id < 0 || id > kMaxId) {
      return absl::InvalidArgumentError(
          absl::StrCat("the id of \"", absl::Utf8SafeCEscape(text), "\" is ",
                       id, ", expected 0 to ", kMaxId));
    }
    if (id >= table.size()) table.index_of_id_.resize(id + 1, -1);
    table.index_of_id_[id] = index++;
    table.ids_.insert_or_assign(text, id);
  }
  return table;
}

std::optional<TokenId> TokenTable::Find(absl::string_view token) const {
  const auto it = ids_.find(token);
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

const std::string* TokenTable::Text(TokenId id) const {
  if (id < 0 || id >= size() || index_of_id_[id] < 0) return nullptr;
  return &tokens_[index_of_id_[id]].first;
}

}  // namespace parley
