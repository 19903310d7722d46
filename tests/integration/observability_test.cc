// What can be seen of the real server from outside: metrics, probes, the log,
// and the ids that calls carry.
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "parley/v1/embedding.grpc.pb.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"
#include "tests/integration/embedding_server.h"
#include "tests/server/metrics/exposition.h"
#include "tests/server/metrics/http_get.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/server/server_process.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr char kTraceId[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSecret[] = "A man is riding a bike.";

// What a call was told in its answer's metadata.
struct Ids {
  std::string request_id;
  std::string traceparent;
};

class ObservabilityTest : public testing::Test {
 protected:
  void Start(std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        absl::StrCat("--models=demo=models/demo,", MiniLmArgument()),
        "--grpc_port=0", "--metrics_port=0", "--threads=1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<ServerProcess>(
        ServerProcess::Options{.arguments = std::move(arguments)});
    const std::string address = server_->WaitUntilReady();
    ASSERT_NE(address, "") << server_->err();
    channel_ = ChannelTo(address);
    ASSERT_GT(server_->metrics_port(), 0) << server_->out();
  }

  void End() {
    server_->Signal(SIGTERM);
    EXPECT_EQ(server_->WaitForExit(), 0) << server_->err();
  }

  Exposition Scrape() const {
    const HttpReply reply = HttpGet(server_->metrics_port(), "/metrics");
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.head, HasSubstr("text/plain; version=0.0.4"));
    return Exposition(reply.body);
  }

  static std::string Metadata(const grpc::ClientContext& context,
                              const char* key) {
    const auto& metadata = context.GetServerInitialMetadata();
    const auto it = metadata.find(key);
    return it == metadata.end()
               ? ""
               : std::string(it->second.data(), it->second.size());
  }

  grpc::StatusCode Translate(
      const std::string& model,
      const std::vector<std::pair<std::string, std::string>>& metadata = {},
      Ids* ids = nullptr) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    v1::TranslateRequest request;
    request.set_model(model);
    request.set_target_language("de");
    request.add_texts(kSecret);
    request.add_texts("Two dogs play.");
    v1::TranslateResponse response;
    const grpc::Status status =
        v1::TranslationService::NewStub(channel_)->Translate(&context, request,
                                                             &response);
    if (ids != nullptr) {
      ids->request_id = Metadata(context, "x-request-id");
      ids->traceparent = Metadata(context, "traceparent");
    }
    return status.error_code();
  }

  grpc::StatusCode Embed() {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::EmbedRequest request;
    request.add_texts(kSecret);
    v1::EmbedResponse response;
    return v1::EmbeddingService::NewStub(channel_)
        ->Embed(&context, request, &response)
        .error_code();
  }

  void EmbedOnAStream(int num_requests) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    const auto stub = v1::EmbeddingService::NewStub(channel_);
    const auto stream = stub->EmbedStream(&context);
    v1::EmbedRequest request;
    request.add_texts(kSecret);
    for (int i = 0; i < num_requests; ++i) stream->Write(request);
    stream->WritesDone();
    v1::EmbedStreamResponse response;
    while (stream->Read(&response)) EXPECT_EQ(response.status().code(), 0);
    EXPECT_TRUE(stream->Finish().ok());
  }

  grpc::StatusCode ListModels() {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::ListModelsResponse response;
    return v1::ModelService::NewStub(channel_)
        ->ListModels(&context, {}, &response)
        .error_code();
  }

  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

struct MetricRow {
  std::string type;
  std::set<std::string> labels;
};

// The metrics that docs/observability.md has a row for, by name.
std::map<std::string, MetricRow> DocumentedMetrics() {
  std::ifstream file("docs/observability.md");
  std::string line;
  std::map<std::string, MetricRow> metrics;
  const std::regex row(
      R"(^\| `((parley|process)_[a-z_]+)` \| ([a-z_, ]*) ?\| (histogram: )?.*)");
  std::smatch match;
  while (std::getline(file, line)) {
    if (!std::regex_match(line, match, row)) continue;
    const std::string name = match[1];
    const bool is_counter = absl::EndsWith(name, "_total");
    const bool is_histogram = match[4].matched;
    MetricRow metric = {
        .type = is_histogram ? "histogram"
                : is_counter ? "counter"
                             : "gauge",
        .labels = absl::StrSplit(match[3].str(), absl::ByAnyChar(", "),
                                 absl::SkipEmpty())};
    EXPECT_TRUE(metrics.emplace(name, std::move(metric)).second) << name;
  }
  return metrics;
}

TEST_F(ObservabilityTest, MetricsCountWhatWasDone) {
  Start({});
  const Exposition before = Scrape();
  EXPECT_EQ(before.Value("parley_model_ready", {{"model", "demo"}}), 1);
  EXPECT_EQ(before.Value("parley_model_ready", {{"model", "minilm"}}), 1);
  EXPECT_EQ(before.Value(
                "parley_model_info",
                {{"model", "demo"}, {"version", "1"}, {"compute_type", "f32"}}),
            1);
  EXPECT_GT(before.Value("parley_kv_cache_blocks", {{"model", "demo"}}), 0);

  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Translate("demo"), grpc::StatusCode::OK);
  }
  EXPECT_EQ(Translate("no-such-model"), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Translate("minilm"), grpc::StatusCode::FAILED_PRECONDITION);
  ASSERT_EQ(Embed(), grpc::StatusCode::OK);
  EmbedOnAStream(2);
  ASSERT_EQ(ListModels(), grpc::StatusCode::OK);

  const Exposition after = Scrape();
  const auto requests = [&after](const char* method, const char* code,
                                 const char* model) {
    return after.Value("parley_requests_total",
                       {{"method", method}, {"code", code}, {"model", model}});
  };
  EXPECT_EQ(requests("Translate", "OK", "demo"), 3);
  EXPECT_EQ(requests("Translate", "NOT_FOUND", ""), 1);
  EXPECT_EQ(requests("Embed", "OK", "minilm"), 1);
  EXPECT_EQ(requests("EmbedStream", "OK", "minilm"), 2);
  EXPECT_EQ(requests("ListModels", "OK", ""), 1);
  EXPECT_EQ(after.Value("parley_streams_total",
                        {{"method", "EmbedStream"}, {"code", "OK"}}),
            1);
  EXPECT_EQ(after.Value("parley_request_duration_seconds_count",
                        {{"method", "Translate"}, {"model", "demo"}}),
            3);
  const SampleLabels demo = {{"model", "demo"}};
  EXPECT_EQ(after.Value("parley_tokenize_duration_seconds_count", demo), 3);
  EXPECT_EQ(after.Value("parley_queue_duration_seconds_count", demo), 6);
  EXPECT_EQ(after.Value("parley_compute_duration_seconds_count", demo), 6);
  EXPECT_EQ(after.Value("parley_first_token_seconds_count", demo), 6);
  EXPECT_EQ(after.Value("parley_target_token_seconds_count", demo), 6);
  EXPECT_EQ(after.Value("parley_tasks_finished_total", demo), 6);
  EXPECT_GT(after.Value("parley_source_tokens_total", demo), 6);
  EXPECT_GT(after.Value("parley_target_tokens_total", demo), 6);
  EXPECT_GT(after.Value("parley_step_rows_count", demo), 0);
  EXPECT_GT(after.Value("parley_step_encoder_tokens_sum", demo), 6);
  EXPECT_EQ(after.Value("parley_tasks_finished_total", {{"model", "minilm"}}),
            3);
  // All is over.
  for (const char* gauge :
       {"parley_queue_tasks", "parley_queue_oldest_age_seconds",
        "parley_active_tasks", "parley_active_rows",
        "parley_kv_cache_blocks_used"}) {
    EXPECT_EQ(after.Value(gauge, demo), 0) << gauge;
  }
  EXPECT_EQ(after.Value("parley_requests_in_flight", {{"method", "Translate"}}),
            0);
  End();
}

TEST_F(ObservabilityTest, LabelsAreOfTheServersMaking) {
  Start({});
  for (int i = 0; i < 5; ++i) Translate(absl::StrCat("guess-", i));
  Translate("demo", {{"x-request-id", "an-id-of-a-caller"},
                     {"x-api-key", "a-key-of-a-caller"}});
  EmbedOnAStream(1);
  const Exposition all = Scrape();
  EXPECT_THAT(all.LabelNames(),
              IsSubsetOf({"method", "code", "model", "reason", "stage",
                          "version", "compute_type"}));
  EXPECT_THAT(all.LabelValues("model"), IsSubsetOf({"", "demo", "minilm"}));
  const std::string text = HttpGet(server_->metrics_port(), "/metrics").body;
  for (const char* part : {"guess", "caller", "bike", "127.0.0.1"}) {
    EXPECT_THAT(text, Not(HasSubstr(part)));
  }
}

TEST_F(ObservabilityTest, ThePageListsWhatThereIs) {
  Start({});
  // Families show once they have a series.
  Translate("demo");
  EmbedOnAStream(1);
  std::map<std::string, MetricRow> documented = DocumentedMetrics();
  const Exposition all = Scrape();
  for (const auto& [name, type] : all.types()) {
    const auto row = documented.find(name);
    if (row == documented.end()) {
      ADD_FAILURE() << "docs/observability.md lacks " << name;
      continue;
    }
    EXPECT_EQ(row->second.type, type) << name;
    EXPECT_EQ(row->second.labels, all.LabelNames(name)) << name;
    documented.erase(row);
  }
  // Needs a task that fails.
  documented.erase("parley_tasks_failed_total");
  for (const auto& [name, row] : documented) {
    ADD_FAILURE() << name << " is in docs/observability.md only";
  }
}

TEST_F(ObservabilityTest, ProbesAnswer) {
  Start({});
  EXPECT_EQ(HttpGet(server_->metrics_port(), "/healthz").status, 200);
  EXPECT_EQ(HttpGet(server_->metrics_port(), "/readyz").status, 200);
  EXPECT_EQ(HttpGet(server_->metrics_port(), "/other").status, 404);
}

TEST_F(ObservabilityTest, TheLogIsJsonLineByLine) {
  Start({"--log_format=json"});
  Ids ids;
  const std::string parent =
      absl::StrCat("00-", kTraceId, "-b7ad6b7169203331-01");
  ASSERT_EQ(
      Translate("demo", {{"x-request-id", "my-id"}, {"traceparent", parent}},
                &ids),
      grpc::StatusCode::OK);
  EXPECT_EQ(ids.request_id, "my-id");
  EXPECT_THAT(ids.traceparent,
              MatchesRegex(absl::StrCat("00-", kTraceId, "-[0-9a-f]{16}-01")));
  EXPECT_NE(ids.traceparent, parent);
  Ids made;
  EXPECT_EQ(Translate("no-such-model", {}, &made), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(made.request_id, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(made.traceparent, "");
  EmbedOnAStream(1);
  End();

  std::vector<nlohmann::json> calls;
  const std::vector<std::string> lines = absl::StrSplit(server_->err(), '\n');
  for (const std::string& line : lines) {
    if (line.empty()) continue;
    EXPECT_THAT(line, Not(HasSubstr("bike")));
    EXPECT_THAT(line, Not(HasSubstr("no-such-model")));
    EXPECT_THAT(line, Not(HasSubstr("127.0.0.1")));
    auto parsed = nlohmann::json::parse(line, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << line;
    for (const char* name : {"time", "severity", "message"}) {
      EXPECT_TRUE(parsed.contains(name)) << line;
    }
    if (parsed["message"] == "call") calls.push_back(std::move(parsed));
  }
  ASSERT_EQ(calls.size(), 3);
  EXPECT_EQ(calls[0]["method"], "Translate");
  EXPECT_EQ(calls[0]["model"], "demo");
  EXPECT_EQ(calls[0]["version"], "1");
  EXPECT_EQ(calls[0]["code"], "OK");
  EXPECT_EQ(calls[0]["items"], 2);
  EXPECT_GT(calls[0]["source_tokens"], 2);
  EXPECT_GE(calls[0]["duration_seconds"], calls[0]["compute_seconds"]);
  EXPECT_EQ(calls[0]["request_id"], "my-id");
  EXPECT_EQ(calls[0]["trace_id"], kTraceId);
  EXPECT_THAT(ids.traceparent,
              HasSubstr(calls[0]["span_id"].get<std::string>()));
  EXPECT_EQ(calls[1]["code"], "NOT_FOUND");
  EXPECT_EQ(calls[1]["request_id"], made.request_id);
  EXPECT_EQ(calls[2]["method"], "EmbedStream");
}

TEST_F(ObservabilityTest, CallsNeedNotBeLogged) {
  Start({"--nolog_calls"});
  ASSERT_EQ(Translate("demo"), grpc::StatusCode::OK);
  End();
  EXPECT_THAT(server_->err(), Not(HasSubstr("method=Translate")));
}

TEST_F(ObservabilityTest, LinesOfTextAreTheDefault) {
  Start({});
  ASSERT_EQ(Translate("demo", {{"x-request-id", "my-id"}}),
            grpc::StatusCode::OK);
  End();
  EXPECT_THAT(server_->err(),
              HasSubstr(" I call method=Translate model=demo version=1 "
                        "code=OK items=2 "));
  EXPECT_THAT(server_->err(), HasSubstr(" request_id=my-id"));
}

}  // namespace
}  // namespace parley
