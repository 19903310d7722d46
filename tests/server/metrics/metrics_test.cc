#include "server/metrics/metrics.h"

#include <memory>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/metrics/exposition.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

class FixedGauges final : public ModelGaugeSource {
 public:
  explicit FixedGauges(std::optional<ModelGauges> gauges)
      : gauges_(std::move(gauges)) {}
  std::optional<ModelGauges> Read() const override { return gauges_; }

 private:
  const std::optional<ModelGauges> gauges_;
};

class MetricsTest : public testing::Test {
 protected:
  Exposition Read() const { return Exposition(metrics_.Text()); }

  std::shared_ptr<FixedGauges> Add(std::optional<ModelGauges> gauges) {
    auto source = std::make_shared<FixedGauges>(std::move(gauges));
    metrics_.AddGauges(source);
    return source;
  }

  Metrics metrics_{"1.2.3"};
};

TEST_F(MetricsTest, SaysWhatIsRunning) {
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_build_info", {{"version", "1.2.3"}}), 1);
  EXPECT_GT(all.Value("process_resident_memory_bytes"), 1 << 20);
  EXPECT_EQ(all.types().at("process_cpu_seconds_total"), "counter");
}

TEST_F(MetricsTest, CountsCalls) {
  metrics_.CallStarted("Translate");
  metrics_.CallStarted("Translate");
  EXPECT_EQ(
      Read().Value("parley_requests_in_flight", {{"method", "Translate"}}), 2);
  metrics_.CallEnded({.method = "Translate",
                      .model = "demo",
                      .code = "OK",
                      .duration = absl::Milliseconds(250),
                      .tokenize = absl::Milliseconds(1)});
  metrics_.CallEnded({.method = "Translate",
                      .code = "NOT_FOUND",
                      .duration = absl::Milliseconds(1)});
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_requests_in_flight", {{"method", "Translate"}}),
            0);
  EXPECT_EQ(all.types().at("parley_requests_total"), "counter");
  EXPECT_EQ(
      all.Value("parley_requests_total",
                {{"method", "Translate"}, {"code", "OK"}, {"model", "demo"}}),
      1);
  EXPECT_EQ(all.Value("parley_requests_total", {{"method", "Translate"},
                                                {"code", "NOT_FOUND"},
                                                {"model", ""}}),
            1);
  EXPECT_EQ(all.Value("parley_request_duration_seconds_sum",
                      {{"method", "Translate"}, {"model", "demo"}}),
            0.25);
  EXPECT_EQ(
      all.Value("parley_tokenize_duration_seconds_count", {{"model", "demo"}}),
      1);
  EXPECT_FALSE(
      all.Has("parley_tokenize_duration_seconds_count", {{"model", ""}}));
}

TEST_F(MetricsTest, CountsStreams) {
  metrics_.StreamOpened("EmbedStream");
  EXPECT_EQ(Read().Value("parley_streams_open", {{"method", "EmbedStream"}}),
            1);
  metrics_.StreamClosed("EmbedStream", "OK");
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_streams_open", {{"method", "EmbedStream"}}), 0);
  EXPECT_EQ(all.Value("parley_streams_total",
                      {{"method", "EmbedStream"}, {"code", "OK"}}),
            1);
}

TEST_F(MetricsTest, AModelsVersionsShareItsCounters) {
  EXPECT_EQ(metrics_.ForModel("demo"), metrics_.ForModel("demo"));
  EXPECT_NE(metrics_.ForModel("demo"), metrics_.ForModel("other"));
}

TEST_F(MetricsTest, GaugesAreSummedOverVersionsForAsLongAsTheyLive) {
  const auto old_version = Add(ModelGauges{.model = "demo",
                                           .version = "1",
                                           .compute_type = "f32",
                                           .load_time = absl::Seconds(2),
                                           .queued_tasks = 1,
                                           .oldest_queued = absl::Seconds(3),
                                           .active_tasks = 2,
                                           .active_rows = 8,
                                           .kv_blocks = 5,
                                           .max_kv_blocks = 100});
  auto new_version = Add(ModelGauges{.model = "demo",
                                     .version = "2",
                                     .compute_type = "int8",
                                     .queued_tasks = 10,
                                     .oldest_queued = absl::Seconds(1),
                                     .active_tasks = 20,
                                     .active_rows = 80,
                                     .kv_blocks = 50,
                                     .max_kv_blocks = 100});
  const auto gone = Add(std::nullopt);
  const SampleLabels model = {{"model", "demo"}};
  Exposition all = Read();
  EXPECT_EQ(all.Value("parley_queue_tasks", model), 11);
  EXPECT_EQ(all.Value("parley_queue_oldest_age_seconds", model), 3);
  EXPECT_EQ(all.Value("parley_active_tasks", model), 22);
  EXPECT_EQ(all.Value("parley_active_rows", model), 88);
  EXPECT_EQ(all.Value("parley_kv_cache_blocks_used", model), 55);
  EXPECT_EQ(all.Value("parley_kv_cache_blocks", model), 200);
  EXPECT_EQ(all.Value("parley_model_load_seconds",
                      {{"model", "demo"}, {"version", "1"}}),
            2);
  EXPECT_EQ(all.LabelValues("compute_type").size(), 2);
  EXPECT_EQ(all.Value("parley_model_info", {{"model", "demo"},
                                            {"version", "2"},
                                            {"compute_type", "int8"}}),
            1);
  new_version.reset();
  all = Read();
  EXPECT_EQ(all.Value("parley_queue_tasks", model), 1);
  EXPECT_THAT(all.LabelValues("compute_type"), ElementsAre("f32"));
}

TEST_F(MetricsTest, AVersionThatIsThereTwiceIsShownOnce) {
  const ModelGauges gauges = {
      .model = "demo", .version = "1", .queued_tasks = 1};
  const auto dying = Add(gauges);
  const auto loaded_again = Add(gauges);
  // A series that is there twice fails in the parser.
  EXPECT_EQ(Read().Value("parley_queue_tasks", {{"model", "demo"}}), 2);
}

TEST_F(MetricsTest, ListsModelsThatAreNotReady) {
  metrics_.SetModelList([] {
    return std::vector<ModelReadiness>{{"broken", false}, {"good", true}};
  });
  const Exposition all = Read();
  EXPECT_EQ(all.Value("parley_model_ready", {{"model", "broken"}}), 0);
  EXPECT_EQ(all.Value("parley_model_ready", {{"model", "good"}}), 1);
}

TEST_F(MetricsTest, NamesOfModelsMayHoldAnything) {
  const std::string name = "a\"b\\c é {x=\"1\"}";
  metrics_.ForModel(name)->AddEvicted();
  EXPECT_EQ(Read().Value("parley_tasks_evicted_total", {{"model", name}}), 1);
}

}  // namespace
}  // namespace parley
