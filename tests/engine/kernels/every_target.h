// Runs a check on each instruction set that the machine and the build have.
#ifndef PARLEY_TESTS_ENGINE_KERNELS_EVERY_TARGET_H_
#define PARLEY_TESTS_ENGINE_KERNELS_EVERY_TARGET_H_

#include <cstdint>

#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace parley::kernels {

template <class Check>
void OnEveryTarget(const Check& check) {
  int num_targets = 0;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check();
    ++num_targets;
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  EXPECT_GT(num_targets, 0);
}

}  // namespace parley::kernels

#endif  // PARLEY_TESTS_ENGINE_KERNELS_EVERY_TARGET_H_
