// Which method a call on the wire is for.
#ifndef PARLEY_SERVER_RPC_WIRE_CALL_ROUTER_H_
#define PARLEY_SERVER_RPC_WIRE_CALL_ROUTER_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// A method begins a call: each ends it (WireCall::Finish), now or later. It
// runs on the loop's thread, where nothing may wait.
struct WireMethod {
  // One of the two. Of calls with one request, unary or with a stream of
  // responses: it has been read. It is not valid where the peer has sent none.
  std::function<void(const RequestWire& wire)> with_request;
  // Of calls with a stream of requests.
  std::function<void(WireCall* call)> with_stream;
};

// Methods by their paths: "/parley.v1.TranslationService/Translate". Filled
// before it is used; from then on const, and so thread-safe.
class CallRouter {
 public:
  void Add(absl::string_view service, absl::string_view method,
           std::function<void(const RequestWire& wire)> start) {
    methods_[PathOf(service, method)] = {.with_request = std::move(start)};
  }
  void AddStream(absl::string_view service, absl::string_view method,
                 std::function<void(WireCall* call)> start) {
    methods_[PathOf(service, method)] = {.with_stream = std::move(start)};
  }

  // Null: nobody answers such calls.
  const WireMethod* Find(absl::string_view path) const {
    const auto found = methods_.find(path);
    return found == methods_.end() ? nullptr : &found->second;
  }

 private:
  static std::string PathOf(absl::string_view service,
                            absl::string_view method) {
    return absl::StrCat("/", service, "/", method);
  }

  absl::flat_hash_map<std::string, WireMethod> methods_;
};

// What a server serves.
class WireService {
 public:
  virtual ~WireService() = default;

  virtual void AddMethods(CallRouter* router) = 0;

  // The same service as generated code knows it, with generic methods only:
  // what reflection lists.
  virtual grpc::Service* generated() = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_WIRE_CALL_ROUTER_H_
