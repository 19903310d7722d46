#include "base/log.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetMinLogSeverity(LogSeverity::kInfo); }
};

TEST_F(LogTest, LineHasTimeSeverityPlaceAndText) {
  testing::internal::CaptureStderr();
  PARLEY_LOG(kWarning) << "rows " << 3;
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                   "\\.[0-9]{6}Z W log_test\\.cc:[0-9]+ rows 3\n"));
}

TEST_F(LogTest, LinesBelowTheMinimumAreDropped) {
  SetMinLogSeverity(LogSeverity::kError);
  testing::internal::CaptureStderr();
  PARLEY_LOG(kInfo) << "quiet";
  PARLEY_LOG(kWarning) << "quiet";
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
  testing::internal::CaptureStderr();
  PARLEY_LOG(kError) << "loud";
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(" E "));
  EXPECT_FALSE(IsLogged(LogSeverity::kWarning));
  EXPECT_TRUE(IsLogged(LogSeverity::kError));
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < kLines; ++j) {
        PARLEY_LOG(kInfo) << std::string(80, 'x') << " end";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::vector<std::string> lines =
      absl::StrSplit(testing::internal::GetCapturedStderr(), '\n');
  ASSERT_EQ(lines.size(), kThreads * kLines + 1);
  EXPECT_EQ(lines.back(), "");
  for (int i = 0; i < kThreads * kLines; ++i) {
    EXPECT_THAT(lines[i], MatchesRegex("[^x]* x{80} end"));
  }
}

TEST_F(LogTest, CheckThatHoldsDoesNothing) {
  int evaluated = 0;
  const auto count = [&evaluated] { return ++evaluated; };
  testing::internal::CaptureStderr();
  PARLEY_CHECK(count() == 1) << "never built " << count();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), IsEmpty());
  EXPECT_EQ(evaluated, 1);
}

TEST_F(LogTest, CheckBindsLikeOneStatement) {
  bool reached = false;
  if (false)
    PARLEY_CHECK(false) << "not run";
  else
    reached = true;
  EXPECT_TRUE(reached);
}

using LogDeathTest = LogTest;

TEST_F(LogDeathTest, CheckThatFailsEndsTheProcessAndSaysWhy) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const int rows = 5;
  EXPECT_DEATH(PARLEY_CHECK(rows < 4) << "rows " << rows,
               "F log_test\\.cc:[0-9]+ check failed: rows < 4 rows 5");
}

TEST_F(LogDeathTest, FatalEndsTheProcessWhateverTheMinimum) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(PARLEY_LOG(kFatal) << "the end", "the end");
}

}  // namespace
}  // namespace parley
