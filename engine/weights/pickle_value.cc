#include "engine/weights/pickle_value.h"

#include "absl/strings/str_cat.h"
#include "engine/weights/quoted_name.h"

namespace parley {

std::string DescribePickleValue(const PickleValue& value) {
  using Kind = PickleValue::Kind;
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.integer != 0 ? "True" : "False";
    case Kind::kInteger:
      return absl::StrCat("the integer ", value.integer);
    case Kind::kBigInteger:
      return "an integer beyond 64 bits";
    case Kind::kFloat:
      return "a float";
    case Kind::kString:
      return absl::StrCat("the string ", QuotedName(value.text));
    case Kind::kTuple:
      return absl::StrCat("a tuple of ", value.items.size());
    case Kind::kList:
      return "a list";
    case Kind::kDict:
      return "a dict";
    case Kind::kGlobal:
      return absl::StrCat("the name ", QuotedName(value.text));
    case Kind::kCall:
      return absl::StrCat("a call of ", value.items.front()->text);
    case Kind::kPersistent:
      return "a persistent id";
  }
  return "an unknown value";
}

}  // namespace parley
