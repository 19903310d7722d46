// Calls back at a time, by gRPC's clock and threads.
#ifndef PARLEY_SERVER_RPC_CALL_ALARM_H_
#define PARLEY_SERVER_RPC_CALL_ALARM_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace parley {

// CallContext::call_at. Any thread, `call` itself included; what is returned
// may be let go on any.
std::shared_ptr<void> CallAt(absl::Time time, std::function<void()> call);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_ALARM_H_
