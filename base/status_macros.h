// Early return on an error: the two macros that Abseil leaves to its users.
//
//   PARLEY_RETURN_IF_ERROR(file.Read(&header));
//   PARLEY_ASSIGN_OR_RETURN(Config config, ReadConfig(path));
#ifndef PARLEY_BASE_STATUS_MACROS_H_
#define PARLEY_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates `expression` (an absl::Status) once; returns it unless it is OK.
#define PARLEY_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status parley_status_ = (expression); !parley_status_.ok()) { \
      return parley_status_;                                                \
    }                                                                       \
  } while (false)

// Evaluates `expression` (an absl::StatusOr<T>) once; returns its status unless
// it is OK, else moves its value to `declaration`.
#define PARLEY_ASSIGN_OR_RETURN(declaration, expression)                     \
  PARLEY_ASSIGN_OR_RETURN_IMPL_(PARLEY_CONCAT_(parley_status_or_, __LINE__), \
                                declaration, expression)

#define PARLEY_ASSIGN_OR_RETURN_IMPL_(result, declaration, expression) \
  auto result = (expression);                                          \
  if (!result.ok()) return std::move(result).status();                 \
  declaration = *std::move(result)

#define PARLEY_CONCAT_(a, b) PARLEY_CONCAT_IMPL_(a, b)
#define PARLEY_CONCAT_IMPL_(a, b) a##b

#endif  // PARLEY_BASE_STATUS_MACROS_H_
