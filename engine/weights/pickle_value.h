// Values of a Python pickle as plain data.
#ifndef PARLEY_ENGINE_WEIGHTS_PICKLE_VALUE_H_
#define PARLEY_ENGINE_WEIGHTS_PICKLE_VALUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace parley {

// One value of a pickle. Values refer to each other by pointer and may be
// shared or form cycles, so walk them to a known depth only.
struct PickleValue {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInteger,
    kBigInteger,  // Beyond 64 bits.
    kFloat,       // The number is not kept.
    kString,
    kTuple,
    kList,
    kDict,  // Also an OrderedDict.
    kGlobal,
    kCall,
    kPersistent,  // What the pickle's reader is to supply, by id.
  };

  Kind kind = Kind::kNone;
  bool ordered = false;  // kDict: made by collections.OrderedDict().
  int64_t integer = 0;   // kBool (0 or 1), kInteger.
  // kString: its UTF-8. kBigInteger: its bytes, little-endian, two's
  // complement. kGlobal: "module.name". A view of the pickle's bytes, or of
  // the allowed globals.
  absl::string_view text;
  // kTuple, kList: the elements. kDict: key, value, key, value, as written,
  // keys not compared. kCall: what is called, and the tuple of arguments.
  // kPersistent: the id.
  std::vector<const PickleValue*> items;
};

// For messages: `an integer`, `the string "x"`, `a call of torch.Size`.
std::string DescribePickleValue(const PickleValue& value);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_PICKLE_VALUE_H_
