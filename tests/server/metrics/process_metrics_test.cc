#include "server/metrics/process_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

std::map<std::string, double> Values() {
  std::map<std::string, double> values;
  for (const ProcessMetric& metric : ReadProcessMetrics()) {
    EXPECT_TRUE(values.emplace(metric.name, metric.value).second);
    EXPECT_FALSE(metric.help.empty());
    EXPECT_EQ(metric.is_counter, metric.name == "process_cpu_seconds_total");
  }
  return values;
}

TEST(ProcessMetricsTest, AreThisProcess) {
  std::map<std::string, double> values = Values();
  const double now = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  EXPECT_GT(values["process_resident_memory_bytes"], 1 << 20);
  EXPECT_GT(values["process_virtual_memory_bytes"],
            values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_cpu_seconds_total"], 0);
  EXPECT_LE(values["process_start_time_seconds"], now + 2);
  EXPECT_GT(values["process_start_time_seconds"], now - 86400);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
}

TEST(ProcessMetricsTest, FollowThreadsAndFiles) {
  std::map<std::string, double> before = Values();
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  absl::Notification end;
  std::thread thread([&end] { end.WaitForNotification(); });
  std::map<std::string, double> during = Values();
  EXPECT_EQ(during["process_threads"], before["process_threads"] + 1);
  EXPECT_EQ(during["process_open_fds"], before["process_open_fds"] + 1);
  end.Notify();
  thread.join();
  ::close(fd);
}

TEST(ParseProcessStatTest, TakesProgramsOfAnyName) {
  ProcessStat stat;
  ASSERT_TRUE(ParseProcessStat(
      "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 30 12 0 0 20 0 5 0 99 1000 "
      "8 18446744073709551615 1 1\n",
      &stat));
  EXPECT_EQ(stat.cpu_ticks, 42);
  EXPECT_EQ(stat.num_threads, 5);
  EXPECT_EQ(stat.start_ticks, 99);
  EXPECT_EQ(stat.virtual_bytes, 1000);
  EXPECT_EQ(stat.resident_pages, 8);
}

TEST(ParseProcessStatTest, RefusesOtherText) {
  ProcessStat stat;
  EXPECT_FALSE(ParseProcessStat("", &stat));
  EXPECT_FALSE(ParseProcessStat("7 (a) S 1 2 3", &stat));
  EXPECT_FALSE(ParseProcessStat("no brackets at all", &stat));
}

}  // namespace
}  // namespace parley
