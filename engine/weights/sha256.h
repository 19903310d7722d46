// SHA-256 of bytes, in hexadecimal.
#ifndef PARLEY_ENGINE_WEIGHTS_SHA256_H_
#define PARLEY_ENGINE_WEIGHTS_SHA256_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/types/span.h"

namespace parley {

// Digits of a digest.
inline constexpr size_t kSha256Digits = 64;

// The digest of what comes in pieces. One thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void Add(absl::Span<const std::byte> bytes);
  // Of all that was added, in lower case, as sha256sum prints it; starts anew.
  std::string Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of bytes at hand. Any thread.
std::string Sha256Hex(absl::Span<const std::byte> bytes);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_SHA256_H_
