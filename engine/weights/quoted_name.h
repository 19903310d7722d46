// Names that come out of files, made fit for a message.
#ifndef PARLEY_ENGINE_WEIGHTS_QUOTED_NAME_H_
#define PARLEY_ENGINE_WEIGHTS_QUOTED_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace parley {

// `name` in double quotes: control characters and quotes escaped, what is not
// UTF-8 replaced, and cut after 120 bytes, so that a hostile name can neither
// forge lines of a log nor flood it.
std::string QuotedName(absl::string_view name);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_QUOTED_NAME_H_
