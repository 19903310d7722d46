// Whether a translation model can take a task.
#ifndef PARLEY_ENGINE_RUNTIME_TRANSLATE_CHECK_H_
#define PARLEY_ENGINE_RUNTIME_TRANSLATE_CHECK_H_

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "engine/models/marian_config.h"

namespace parley {

// INVALID_ARGUMENT, naming what is wrong and what was expected, where the
// model of `config` cannot take `task`. Any thread.
absl::Status CheckTranslateTask(const Task& task, const MarianConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_TRANSLATE_CHECK_H_
