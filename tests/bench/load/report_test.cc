#include "bench/load/report.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

constexpr absl::StatusCode kOk = absl::StatusCode::kOk;

// Ten seconds, after one that does not count.
constexpr ReportOptions kOptions = {.begin = absl::Seconds(1),
                                    .end = absl::Seconds(11),
                                    .deadline = absl::Seconds(2)};

struct Times {
  double scheduled;
  double sent;
  double done;
};

CallRecord Record(Times times, absl::StatusCode code = kOk) {
  CallRecord record = {.scheduled = absl::Seconds(times.scheduled),
                       .sent = absl::Seconds(times.sent),
                       .done = absl::Seconds(times.done)};
  record.answer.code = code;
  if (code == kOk) {
    record.answer.num_texts = 2;
    record.answer.num_source_tokens = 30;
    record.answer.num_target_tokens = 40;
  }
  return record;
}

TEST(ReportTest, LatencyCountsFromWhenACallWasDue) {
  const auto report = MakeReport({Record({2, 3, 3.5})}, kOptions);
  EXPECT_DOUBLE_EQ(report["latency"]["p50"], 1.5);
  EXPECT_DOUBLE_EQ(report["start_lateness"]["max"], 1);
  EXPECT_EQ(report["late_starts"], 1);
}

TEST(ReportTest, OnlyWhatIsDueInTheMeasuredPartIsCounted) {
  const auto report = MakeReport(
      {Record({0.5, 0.5, 0.6}), Record({1, 1, 1.1}), Record({11, 11, 11.1})},
      kOptions);
  EXPECT_EQ(report["sent"], 1);
  EXPECT_EQ(report["latency"]["count"], 1);
}

TEST(ReportTest, GoodputIsWhatComesBackInTheMeasuredPartAndInTime) {
  const auto report = MakeReport(
      {
          Record({0.5, 0.5, 1.5}),                                    // Good.
          Record({2, 2, 3}),                                          // Good.
          Record({2, 2, 4.5}),                                        // Late.
          Record({10.5, 10.5, 11.5}),                                 // After.
          Record({3, 3, 3.1}, absl::StatusCode::kResourceExhausted),  // Bad.
      },
      kOptions);
  EXPECT_DOUBLE_EQ(report["good_calls_per_second"], 0.2);
  EXPECT_DOUBLE_EQ(report["good_texts_per_second"], 0.4);
  EXPECT_DOUBLE_EQ(report["good_tokens_per_second"], 6);
  EXPECT_DOUBLE_EQ(report["good_target_tokens_per_second"], 8);
  EXPECT_EQ(report["too_late"], 1);
}

TEST(ReportTest, RefusalsHaveLatenciesOfTheirOwn) {
  const auto report =
      MakeReport({Record({2, 2, 3}),
                  Record({4, 4.25, 4.5}, absl::StatusCode::kResourceExhausted)},
                 kOptions);
  EXPECT_EQ(report["answered"], 1);
  EXPECT_EQ(report["rejected"], 1);
  EXPECT_DOUBLE_EQ(report["latency"]["max"], 1);
  EXPECT_DOUBLE_EQ(report["rejection"]["p50"], 0.5);
  EXPECT_DOUBLE_EQ(report["rejection_since_sent"]["p50"], 0.25);
}

TEST(ReportTest, ErrorsAreCountedByCode) {
  CallRecord cancelled = Record({2, 2, 3}, absl::StatusCode::kCancelled);
  cancelled.was_cancelled = true;
  const auto report =
      MakeReport({cancelled, Record({2, 2, 3}, absl::StatusCode::kCancelled),
                  Record({2, 2, 3}, absl::StatusCode::kUnavailable),
                  Record({2, 2, 3}, absl::StatusCode::kUnavailable)},
                 kOptions);
  EXPECT_EQ(report["cancelled"], 1);
  EXPECT_EQ(report["errors"]["CANCELLED"], 1);
  EXPECT_EQ(report["errors"]["UNAVAILABLE"], 2);
  EXPECT_EQ(report["latency"]["count"], 0);
}

TEST(ReportTest, KindsOfTextsAreToldApart) {
  CallRecord paragraph = Record({2, 2, 4});
  paragraph.kind = TextKind::kParagraph;
  CallRecord short_text = Record({2, 2, 2.5});
  short_text.kind = TextKind::kShort;
  const auto report = MakeReport({paragraph, short_text}, kOptions);
  EXPECT_DOUBLE_EQ(report["latency_by_kind"]["short"]["p50"], 0.5);
  EXPECT_DOUBLE_EQ(report["latency_by_kind"]["paragraph"]["p50"], 2);
  EXPECT_FALSE(report["latency_by_kind"].contains("line"));
}

TEST(ReportTest, AllThatWasSentIsAccountedFor) {
  std::vector<CallRecord> records;
  const absl::StatusCode codes[] = {kOk, absl::StatusCode::kResourceExhausted,
                                    absl::StatusCode::kUnavailable};
  for (int i = 0; i < 30; ++i) {
    records.push_back(Record({2, 2, 3}, codes[i % 3]));
  }
  const auto report = MakeReport(records, kOptions);
  EXPECT_EQ(report["sent"], 30);
  EXPECT_EQ(report["answered"], 10);
  EXPECT_EQ(report["rejected"], 10);
  EXPECT_EQ(report["errors"]["UNAVAILABLE"], 10);
}

TEST(ReportTest, NothingIsNoError) {
  const auto report = MakeReport({}, kOptions);
  EXPECT_EQ(report["sent"], 0);
  EXPECT_DOUBLE_EQ(report["good_calls_per_second"], 0);
  EXPECT_TRUE(report["errors"].empty());
}

}  // namespace
}  // namespace parley::load
