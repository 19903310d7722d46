#include "server/batching/fair_order.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

// A queue of what FairOrder needs to know of tasks.
class Line {
 public:
  void Join(const Flow& flow, int64_t work) {
    waiting_[{order_.Join(flow, work), num_joined_++}] = {flow, work};
  }

  // Serves the next task; returns whose it was.
  std::string Serve() {
    const auto next = waiting_.begin();
    const auto [flow, work] = next->second;
    order_.Serve(flow, work, next->first.first);
    waiting_.erase(next);
    return flow.caller;
  }

  std::vector<std::string> ServeAll() {
    std::vector<std::string> callers;
    while (!waiting_.empty()) callers.push_back(Serve());
    return callers;
  }

  FairOrder& order() { return order_; }

 private:
  FairOrder order_;
  int num_joined_ = 0;
  std::map<std::pair<double, int>, std::pair<Flow, int64_t>> waiting_;
};

TEST(FairOrderTest, OneFlowIsFirstInFirstOut) {
  FairOrder order;
  double last = -1;
  for (const int64_t work : {5, 0, 100, 1}) {
    const double place = order.Join({"a"}, work);
    EXPECT_GT(place, last);
    last = place;
  }
}

TEST(FairOrderTest, WhoAsksForLittleDoesNotWaitForWhoAsksForMuch) {
  Line line;
  for (int i = 0; i < 100; ++i) line.Join({"many"}, 10);
  EXPECT_EQ(line.Serve(), "many");
  line.Join({"one"}, 10);
  // The next, or the one after it.
  std::vector<std::string> served = {line.Serve(), line.Serve()};
  EXPECT_THAT(served, ::testing::Contains("one"));
}

TEST(FairOrderTest, FlowsGetEqualWorkRatherThanEqualTasks) {
  Line line;
  for (int i = 0; i < 100; ++i) {
    line.Join({"long"}, 40);
    for (int k = 0; k < 4; ++k) line.Join({"short"}, 10);
  }
  int num_short = 0;
  int num_long = 0;
  for (int i = 0; i < 250; ++i) {
    ++(line.Serve() == "short" ? num_short : num_long);
    EXPECT_LE(std::abs(num_short * 10 - num_long * 40), 50) << i;
  }
}

TEST(FairOrderTest, PrioritiesAreShares) {
  Line line;
  for (int i = 0; i < 700; ++i) {
    line.Join({"high", Priority::kHigh}, 10);
    line.Join({"normal", Priority::kNormal}, 10);
    line.Join({"low", Priority::kLow}, 10);
  }
  std::map<std::string, int> served;
  for (int i = 0; i < 700; ++i) ++served[line.Serve()];
  EXPECT_NEAR(served["high"], 400, 3);
  EXPECT_NEAR(served["normal"], 200, 3);
  EXPECT_NEAR(served["low"], 100, 3);
}

TEST(FairOrderTest, NobodyStarves) {
  Line line;
  line.Join({"patient", Priority::kLow}, 1000);
  line.Join({"patient", Priority::kLow}, 1000);
  int num_served = 0;
  for (int num_patient = 0; num_patient < 2; ++num_served) {
    // Others keep coming.
    line.Join({"busy", Priority::kHigh}, 10);
    line.Join({"busy", Priority::kHigh}, 10);
    if (line.Serve() == "patient") ++num_patient;
    ASSERT_LT(num_served, 1000);
  }
}

TEST(FairOrderTest, IdleTimeIsNoClaim) {
  Line line;
  for (int i = 0; i < 50; ++i) line.Join({"early"}, 10);
  for (int i = 0; i < 50; ++i) line.Serve();
  for (int i = 0; i < 10; ++i) {
    line.Join({"late"}, 10);
    line.Join({"early"}, 10);
  }
  const std::vector<std::string> served = line.ServeAll();
  const auto half = served.begin() + 10;
  EXPECT_NEAR(std::count(served.begin(), half, "late"), 5, 1);
}

TEST(FairOrderTest, KeepsThePlaceOfWhatComesBack) {
  FairOrder order;
  const double first = order.Join({"a"}, 10);
  order.Serve({"a"}, 10, first);
  order.Rejoin({"a"}, 10);
  EXPECT_EQ(order.WorkBefore({"a"}), 10);
  EXPECT_LE(first, order.Join({"b"}, 10));
}

TEST(FairOrderTest, TellsTheWorkBeforeAFlow) {
  FairOrder order;
  EXPECT_EQ(order.WorkBefore({"a"}), 0);
  for (int i = 0; i < 10; ++i) order.Join({"a"}, 10);
  order.Join({"b"}, 10);
  // Behind all of its own, and as much of the other's as there is.
  EXPECT_EQ(order.WorkBefore({"a"}), 110);
  // Behind its own, and an equal share of the other's.
  EXPECT_EQ(order.WorkBefore({"b"}), 20);
  // A newcomer waits for nobody's many.
  EXPECT_EQ(order.WorkBefore({"c"}), 0);
  for (int i = 0; i < 10; ++i) order.Leave({"a"}, 10);
  EXPECT_EQ(order.WorkBefore({"b"}), 10);
  order.Leave({"b"}, 10);
  EXPECT_EQ(order.WorkBefore({"b"}), 0);
}

}  // namespace
}  // namespace parley
