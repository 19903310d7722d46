#include "engine/weights/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "base/log.h"

namespace parley {

struct Sha256::State {
  State() : context(EVP_MD_CTX_new()) { PARLEY_CHECK(context != nullptr); }
  ~State() { EVP_MD_CTX_free(context); }

  EVP_MD_CTX* const context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // Fails only where OpenSSL itself is set up without the algorithm.
  PARLEY_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1)
      << "OpenSSL has no SHA-256";
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Add(absl::Span<const std::byte> bytes) {
  PARLEY_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) ==
               1);
}

std::string Sha256::Finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int num_bytes = 0;
  PARLEY_CHECK(EVP_DigestFinal_ex(state_->context, digest, &num_bytes) == 1);
  PARLEY_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), num_bytes));
}

std::string Sha256Hex(absl::Span<const std::byte> bytes) {
  Sha256 digest;
  digest.Add(bytes);
  return digest.Finish();
}

}  // namespace parley
