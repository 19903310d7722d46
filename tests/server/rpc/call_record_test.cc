#include "server/rpc/call_record.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/log_event.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/server/metrics/exposition.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CallRecordTest : public testing::Test {
 protected:
  CallRecordTest() { SetLogFormat(LogFormat::kJson); }
  ~CallRecordTest() override {
    SetLogFormat(LogFormat::kText);
    SetMinLogSeverity(LogSeverity::kInfo);
  }

  // The lines that `what` writes.
  template <typename What>
  static std::vector<nlohmann::json> Lines(const What& what) {
    testing::internal::CaptureStderr();
    what();
    const std::vector<std::string> written =
        absl::StrSplit(testing::internal::GetCapturedStderr(), '\n');
    std::vector<nlohmann::json> lines;
    for (const std::string& line : written) {
      if (!line.empty()) lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }

  double Value(const std::string& name, const SampleLabels& labels) const {
    return Exposition(metrics_.Text()).Value(name, labels);
  }

  Metrics metrics_{"1"};
  const CallReporting reporting_ = {.metrics = &metrics_, .log_calls = true};
};

TEST_F(CallRecordTest, TellsAllThatIsKnown) {
  const auto lines = Lines([this] {
    CallRecord record(
        reporting_, "Translate",
        {.request_id = "r1",
         .trace = TraceContext{.trace_id = "t1", .span_id = "s1"}});
    EXPECT_EQ(Value("parley_requests_in_flight", {{"method", "Translate"}}), 1);
    record.SetNumItems(3);
    record.SetModel("demo", "7");
    record.SetWork({.source_tokens = 12,
                    .timing = CallTiming{.tokenize = absl::Seconds(1),
                                         .queue = absl::Seconds(2),
                                         .compute = absl::Seconds(4)}});
    record.End(absl::OkStatus());
  });
  ASSERT_EQ(lines.size(), 1);
  const nlohmann::json& line = lines[0];
  EXPECT_EQ(line["severity"], "INFO");
  EXPECT_EQ(line["message"], "call");
  EXPECT_EQ(line["method"], "Translate");
  EXPECT_EQ(line["model"], "demo");
  EXPECT_EQ(line["version"], "7");
  EXPECT_EQ(line["code"], "OK");
  EXPECT_EQ(line["items"], 3);
  EXPECT_EQ(line["source_tokens"], 12);
  EXPECT_GE(line["duration_seconds"], 0);
  EXPECT_EQ(line["tokenize_seconds"], 1);
  EXPECT_EQ(line["queue_seconds"], 2);
  EXPECT_EQ(line["compute_seconds"], 4);
  EXPECT_EQ(line["request_id"], "r1");
  EXPECT_EQ(line["trace_id"], "t1");
  EXPECT_EQ(line["span_id"], "s1");
  EXPECT_FALSE(line.contains("error"));
  EXPECT_EQ(Value("parley_requests_in_flight", {{"method", "Translate"}}), 0);
  EXPECT_EQ(Value("parley_requests_total",
                  {{"method", "Translate"}, {"code", "OK"}, {"model", "demo"}}),
            1);
  EXPECT_EQ(Value("parley_tokenize_duration_seconds_sum", {{"model", "demo"}}),
            1);
}

TEST_F(CallRecordTest, LeavesOutWhatIsNot) {
  const auto lines = Lines([this] {
    CallRecord(reporting_, "Embed", {.request_id = "r1"})
        .End(absl::NotFoundError("no model \"secret\""));
  });
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0]["code"], "NOT_FOUND");
  // Statuses of peers' faults quote them.
  EXPECT_THAT(lines[0].dump(), Not(HasSubstr("secret")));
  for (const char* name : {"model", "version", "items", "source_tokens",
                           "tokenize_seconds", "trace_id"}) {
    EXPECT_FALSE(lines[0].contains(name)) << name;
  }
}

TEST_F(CallRecordTest, OurOwnFaultsAreErrorsWithTheirReason) {
  const auto lines = Lines([this] {
    CallRecord(reporting_, "Embed", {.request_id = "r1"})
        .End(absl::InternalError("the engine was lost"));
  });
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0]["severity"], "ERROR");
  EXPECT_EQ(lines[0]["error"], "the engine was lost");
}

TEST_F(CallRecordTest, TheMinimumGoesForCallsToo) {
  SetMinLogSeverity(LogSeverity::kError);
  const auto lines = Lines([this] {
    StreamRecord stream(reporting_, "EmbedStream", {});
    stream.StartCall()->End(absl::OkStatus());
    stream.StartCall()->End(absl::InternalError("the engine was lost"));
    stream.End(absl::OkStatus());
  });
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0]["code"], "INTERNAL");
  EXPECT_EQ(Value("parley_requests_total",
                  {{"method", "EmbedStream"}, {"code", "OK"}, {"model", ""}}),
            1);
}

TEST_F(CallRecordTest, EndsOnce) {
  const auto lines = Lines([this] {
    {
      CallRecord record(reporting_, "Embed", {});
      record.End(absl::CancelledError(""));
      record.SetModel("demo", "1");
      record.End(absl::OkStatus());
    }
    CallRecord forgotten(reporting_, "Embed", {});
  });
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(lines[0]["code"], "CANCELLED");
  EXPECT_EQ(lines[1]["code"], "UNKNOWN");
  EXPECT_EQ(Value("parley_requests_in_flight", {{"method", "Embed"}}), 0);
}

TEST_F(CallRecordTest, NobodyNeedListen) {
  const auto lines = Lines([] {
    CallRecord record({}, "Embed", {});
    record.End(absl::OkStatus());
    StreamRecord stream({}, "EmbedStream", {});
    stream.StartCall()->End(absl::OkStatus());
    stream.End(absl::OkStatus());
  });
  EXPECT_THAT(lines, IsEmpty());
}

TEST_F(CallRecordTest, AStreamIsOneAndEachOfItsCalls) {
  const auto lines = Lines([this] {
    StreamRecord stream(reporting_, "EmbedStream", {.request_id = "r1"});
    EXPECT_EQ(Value("parley_streams_open", {{"method", "EmbedStream"}}), 1);
    stream.StartCall()->End(absl::OkStatus());
    stream.StartCall()->End(absl::InvalidArgumentError(""));
    stream.End(absl::OkStatus());
  });
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[0]["message"], "call");
  EXPECT_EQ(lines[0]["request_id"], "r1");
  EXPECT_EQ(lines[1]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(lines[2]["message"], "stream");
  EXPECT_EQ(lines[2]["requests"], 2);
  EXPECT_EQ(lines[2]["code"], "OK");
  EXPECT_EQ(lines[2]["request_id"], "r1");
  EXPECT_EQ(Value("parley_streams_open", {{"method", "EmbedStream"}}), 0);
  EXPECT_EQ(Value("parley_streams_total",
                  {{"method", "EmbedStream"}, {"code", "OK"}}),
            1);
  EXPECT_EQ(Value("parley_requests_total", {{"method", "EmbedStream"},
                                            {"code", "INVALID_ARGUMENT"},
                                            {"model", ""}}),
            1);
}

}  // namespace
}  // namespace parley
