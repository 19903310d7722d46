#include "server/openmp_environment.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace parley {

void RestartWithOpenMpSettings(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr ||
      std::getenv("OMP_WAIT_POLICY") != nullptr) {
    return;
  }
  std::error_code error;
  const std::string program =
      std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error || setenv("GOMP_SPINCOUNT", kSpinCount, /*overwrite=*/0) != 0) {
    return;
  }
  execv(program.c_str(), argv);
}

}  // namespace parley
