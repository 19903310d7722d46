// The names of the pickle format's opcodes.
#ifndef PARLEY_ENGINE_WEIGHTS_PICKLE_OPCODES_H_
#define PARLEY_ENGINE_WEIGHTS_PICKLE_OPCODES_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace parley {

// As CPython's Lib/pickletools.py spells it, "BINUNICODE"; "unknown" for a
// byte that is no opcode of protocols 0 to 5.
absl::string_view PickleOpcodeName(uint8_t code);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_PICKLE_OPCODES_H_
