// How much requests ask and replies hold, for all methods alike: by the names
// that their fields share.
#ifndef PARLEY_SERVER_RPC_MESSAGE_COUNTS_H_
#define PARLEY_SERVER_RPC_MESSAGE_COUNTS_H_

#include <concepts>
#include <cstdint>

#include "server/rpc/call_record.h"

namespace parley {

// The items of a request, of whatever kind.
template <typename Request>
int64_t CountItems(const Request& request) {
  int64_t count = 0;
  if constexpr (requires { request.texts_size(); }) {
    count += request.texts_size();
  }
  if constexpr (requires { request.pairs_size(); }) {
    count += request.pairs_size();
  }
  if constexpr (requires { request.inputs_size(); }) {
    count += request.inputs_size();
  }
  if constexpr (requires { request.others_size(); }) {
    count += request.others_size();
  }
  if constexpr (requires { request.documents_size(); }) {
    count += request.documents_size();
  }
  return count;
}

// What `reply`, a struct of server/pipeline, says of its work.
template <typename Reply>
CallWork WorkOf(const Reply& reply) {
  CallWork work;
  if constexpr (requires { reply.timing.queue; }) work.timing = reply.timing;
  if constexpr (requires { reply.results.size(); }) {
    for (const auto& result : reply.results) {
      if constexpr (requires { result.source_tokens; }) {
        work.source_tokens += result.source_tokens;
      } else if constexpr (requires {
                             { result.tokens + 0 } -> std::integral;
                           }) {
        work.source_tokens += result.tokens;
      } else if constexpr (requires { result.tokens.size(); }) {
        work.source_tokens += static_cast<int64_t>(result.tokens.size());
      }
    }
  }
  return work;
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_MESSAGE_COUNTS_H_
