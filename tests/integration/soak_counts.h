// How much a test does: little in `make test`, all of it in `make soak`.
#ifndef PARLEY_TESTS_INTEGRATION_SOAK_COUNTS_H_
#define PARLEY_TESTS_INTEGRATION_SOAK_COUNTS_H_

#include <cstdlib>

namespace parley {

struct Counts {
  int small = 0;
  int full = 0;
};

// counts.full where PARLEY_SOAK is set in the environment and not empty.
inline int SoakCount(const Counts& counts) {
  const char* soak = std::getenv("PARLEY_SOAK");
  return soak != nullptr && *soak != '\0' ? counts.full : counts.small;
}

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_SOAK_COUNTS_H_
