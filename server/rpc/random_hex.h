// Identifiers that nobody else has.
#ifndef PARLEY_SERVER_RPC_RANDOM_HEX_H_
#define PARLEY_SERVER_RPC_RANDOM_HEX_H_

#include <string>

namespace parley {

// `num_bytes` random bytes, not all of them zero, as lower-case hexadecimal
// digits. Not for secrets. Any thread.
std::string RandomHex(int num_bytes);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_RANDOM_HEX_H_
