#include "server/rpc/call_identity.h"

#include <algorithm>
#include <iterator>

#include "server/rpc/random_hex.h"

namespace parley {
namespace {

constexpr int kRequestIdBytes = 16;

// The value of a key that is there once; else empty.
absl::string_view OnlyValue(const grpc::ServerContextBase& context,
                            const char* key) {
  const auto [first, end] = context.client_metadata().equal_range(key);
  if (first == end || std::next(first) != end) return "";
  return absl::string_view(first->second.data(), first->second.size());
}

}  // namespace

std::string RequestIdFrom(absl::string_view given) {
  const bool is_good = !given.empty() && given.size() <= kMaxRequestIdBytes &&
                       std::all_of(given.begin(), given.end(),
                                   [](char c) { return c > 0x20 && c < 0x7F; });
  return is_good ? std::string(given) : RandomHex(kRequestIdBytes);
}

CallIdentity TakeIdentity(grpc::ServerContextBase* context) {
  CallIdentity identity;
  identity.request_id = RequestIdFrom(OnlyValue(*context, kRequestIdKey));
  context->AddInitialMetadata(kRequestIdKey, identity.request_id);
  const std::optional<TraceContext> parent =
      ParseTraceparent(OnlyValue(*context, kTraceparentKey));
  if (parent.has_value()) {
    identity.trace = StartSpan(*parent);
    context->AddInitialMetadata(kTraceparentKey,
                                ToTraceparent(*identity.trace));
  }
  return identity;
}

}  // namespace parley
