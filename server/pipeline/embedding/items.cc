#include "server/pipeline/embedding/items.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace parley {

absl::Status CheckItems(const Items& items, const CallLimits& limits) {
  PARLEY_RETURN_IF_ERROR(CheckNumItems("texts", items.texts.size(), limits));
  PARLEY_RETURN_IF_ERROR(CheckNumItems("pairs", items.pairs.size(), limits));
  PARLEY_RETURN_IF_ERROR(CheckNumItems("inputs", items.inputs.size(), limits));
  std::vector<absl::string_view> kinds;
  if (!items.texts.empty()) kinds.push_back("texts");
  if (!items.pairs.empty()) kinds.push_back("pairs");
  if (!items.inputs.empty()) kinds.push_back("inputs");
  if (kinds.size() <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a request has items of one kind, but this one has ",
                   absl::StrJoin(kinds, " and ")));
}

}  // namespace parley
