#include "server/batching/completion_thread.h"

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

Answer Call(absl::AnyInvocable<void()> call) {
  return {.done = [call = std::move(call)](TaskOutcome) mutable { call(); },
          .outcome = {.result = TaskResult()}};
}

std::vector<Message> Calls(absl::AnyInvocable<void()> call) {
  std::vector<Message> answers;
  answers.push_back(Call(std::move(call)));
  return answers;
}

TEST(CompletionThreadTest, CallsInOrderOnItsOwnThread) {
  std::vector<int> order;
  std::thread::id thread;
  CompletionThread completions;
  for (int i = 0; i < 3; ++i) {
    std::vector<Message> answers = Calls([&order, &thread, i] {
      order.push_back(i);
      thread = std::this_thread::get_id();
    });
    completions.Post(&answers);
    EXPECT_TRUE(answers.empty());
  }
  completions.Finish();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(CompletionThreadTest, ASlowCallDoesNotHoldThePoster) {
  absl::Notification release;
  int num_called = 0;
  CompletionThread completions;
  std::vector<Message> slow = Calls([&] { release.WaitForNotification(); });
  completions.Post(&slow);
  for (int i = 0; i < 100; ++i) {
    std::vector<Message> answers = Calls([&num_called] { ++num_called; });
    completions.Post(&answers);  // Returns though nothing can be called yet.
  }
  release.Notify();
  completions.Finish();
  EXPECT_EQ(num_called, 100);
}

TEST(CompletionThreadTest, LetsGoOfACallBeforeTheNext) {
  auto held = std::make_shared<int>(0);
  bool gone = false;
  CompletionThread completions;
  std::vector<Message> answers;
  answers.push_back(Call([held] {}));
  answers.push_back(Call(
      [watch = std::weak_ptr<int>(held), &gone] { gone = watch.expired(); }));
  held.reset();
  completions.Post(&answers);
  completions.Finish();
  EXPECT_TRUE(gone);
}

TEST(CompletionThreadTest, FinishesTwice) {
  CompletionThread completions;
  completions.Finish();
  completions.Finish();
}

}  // namespace
}  // namespace parley
