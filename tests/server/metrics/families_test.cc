#include "server/metrics/families.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::EndsWith;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(FamiliesTest, NamesFollowPrometheusConventions) {
  prometheus::Registry registry;
  const CallFamilies calls(&registry);
  const TaskFamilies tasks(&registry);
  // Families without series are not collected.
  calls.requests.Add({});
  calls.in_flight.Add({});
  calls.duration.Add({});
  calls.tokenize.Add({});
  tasks.rejected.Add({});
  tasks.step_rows.Add({});
  std::set<std::string> names;
  for (const prometheus::MetricFamily& family : registry.Collect()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_THAT(family.name, MatchesRegex("parley_[a-z_]+"));
    EXPECT_THAT(family.help, EndsWith("."));
    if (family.type == prometheus::MetricType::Counter) {
      EXPECT_THAT(family.name, EndsWith("_total"));
    } else {
      EXPECT_THAT(family.name, Not(EndsWith("_total")));
    }
    if (absl::StrContains(family.name, "duration")) {
      EXPECT_THAT(family.name, EndsWith("_seconds"));
    }
  }
  EXPECT_GE(names.size(), 6);
}

TEST(FamiliesTest, BucketsGrow) {
  prometheus::Registry registry;
  const CallFamilies calls(&registry);
  const TaskFamilies tasks(&registry);
  for (const HistogramFamily* family :
       {&calls.duration, &calls.tokenize, &tasks.queue_time,
        &tasks.compute_time, &tasks.first_token, &tasks.per_token,
        &tasks.step_time, &tasks.step_rows, &tasks.step_encoder_tokens}) {
    EXPECT_TRUE(std::is_sorted(family->buckets.begin(), family->buckets.end()));
    EXPECT_GE(family->buckets.size(), 10);
    EXPECT_LE(family->buckets.size(), 20);  // Each is a series.
  }
}

}  // namespace
}  // namespace parley
