#include "server/rpc/random_hex.h"

#include "absl/random/random.h"
#include "absl/strings/escaping.h"

namespace parley {

std::string RandomHex(int num_bytes) {
  thread_local absl::BitGen generator;
  std::string bytes(num_bytes, '\0');
  do {
    for (char& byte : bytes) {
      byte = static_cast<char>(absl::Uniform<unsigned char>(generator));
    }
  } while (bytes.find_first_not_of('\0') == std::string::npos);
  return absl::BytesToHexString(bytes);
}

}  // namespace parley
