#include "base/status_macros.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(StatusMacrosTest, ReturnIfErrorReturnsTheErrorAndEvaluatesOnce) {
  int evaluated = 0;
  bool went_on = false;
  const auto run = [&](absl::Status status) -> absl::Status {
    const auto evaluate = [&] {
      ++evaluated;
      return status;
    };
    PARLEY_RETURN_IF_ERROR(evaluate());
    went_on = true;
    return absl::OkStatus();
  };
  EXPECT_EQ(run(absl::AbortedError("why")), absl::AbortedError("why"));
  EXPECT_EQ(evaluated, 1);
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(run(absl::OkStatus()).ok());
  EXPECT_EQ(evaluated, 2);
  EXPECT_TRUE(went_on);
}

TEST(StatusMacrosTest, ReturnIfErrorIsOneStatement) {
  const auto run = [](bool fail) -> absl::Status {
    if (fail)
      PARLEY_RETURN_IF_ERROR(absl::AbortedError("why"));
    else
      return absl::OutOfRangeError("the else of the if above");
    return absl::OkStatus();
  };
  EXPECT_EQ(run(true).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(run(false).code(), absl::StatusCode::kOutOfRange);
}

TEST(StatusMacrosTest, ReturnIfErrorWorksInAFunctionOfStatusOr) {
  const auto run = [](const absl::Status& status) -> absl::StatusOr<int> {
    PARLEY_RETURN_IF_ERROR(status);
    return 7;
  };
  EXPECT_EQ(run(absl::AbortedError("why")).status(), absl::AbortedError("why"));
  EXPECT_EQ(*run(absl::OkStatus()), 7);
}

absl::StatusOr<std::unique_ptr<int>> MakeNumber(int number) {
  if (number < 0) return absl::OutOfRangeError("negative");
  return std::make_unique<int>(number);
}

absl::StatusOr<int> Add(int a, int b) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, MakeNumber(a));
  PARLEY_ASSIGN_OR_RETURN(auto second, MakeNumber(b));
  return *first + *second;
}

TEST(StatusMacrosTest, AssignOrReturnMovesTheValueOrReturnsTheError) {
  EXPECT_EQ(*Add(3, 4), 7);
  EXPECT_EQ(Add(-1, 4).status(), absl::OutOfRangeError("negative"));
  EXPECT_EQ(Add(1, -4).status(), absl::OutOfRangeError("negative"));
}

TEST(StatusMacrosTest, AssignOrReturnAssignsToWhatIsThere) {
  const auto run = [](int number) -> absl::StatusOr<int> {
    std::unique_ptr<int> value = std::make_unique<int>(1);
    PARLEY_ASSIGN_OR_RETURN(value, MakeNumber(number));
    return *value;
  };
  EXPECT_EQ(*run(5), 5);
  EXPECT_FALSE(run(-5).ok());
}

}  // namespace
}  // namespace parley
