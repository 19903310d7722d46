// How commands on local files end that could not do their work.
#ifndef PARLEY_TOOLS_LOCAL_LOCAL_FAILURE_H_
#define PARLEY_TOOLS_LOCAL_LOCAL_FAILURE_H_

#include "absl/status/status.h"
#include "client/command.h"

namespace parley::tools {

// Prints why; returns kExitFailure.
inline int ReportLocalFailure(const client::CommandContext& context,
                              const absl::Status& status) {
  context.err << "parley: " << absl::StatusCodeToString(status.code()) << ": "
              << status.message() << "\n";
  return client::kExitFailure;
}

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_LOCAL_FAILURE_H_
