#include "server/config.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<CommandLine> Parse(
    std::vector<const char*> arguments,
    const std::map<std::string, std::string>& variables = {}) {
  return ParseCommandLine(
      arguments, [&](const std::string& name) -> std::optional<std::string> {
        const auto it = variables.find(name);
        if (it == variables.end()) return std::nullopt;
        return it->second;
      });
}

void ExpectRefused(std::vector<const char*> arguments,
                   const std::string& part) {
  const absl::Status status = Parse(std::move(arguments)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(ParseCommandLineTest, DefaultsAreThoseOfTheStruct) {
  const auto line = Parse({"--model_repository=models"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->action, CommandLine::Action::kServe);
  EXPECT_EQ(line->config.model_repository, "models");
  EXPECT_EQ(line->config.listen, "127.0.0.1");
  EXPECT_EQ(line->config.grpc_port, 8470);
  EXPECT_EQ(line->config.metrics_port, 9464);
  EXPECT_FALSE(line->config.needs_metrics_port);
  EXPECT_TRUE(line->config.log_calls);
  EXPECT_EQ(line->config.max_texts_per_request, 1024);
  EXPECT_TRUE(line->config.grpc_reflection);
}

TEST(ParseCommandLineTest, EveryFlagReachesItsField) {
  const auto line = Parse({"--model_repository=r",
                           "--models=a=x,b=y",
                           "--listen=0.0.0.0",
                           "--grpc_port=1",
                           "--nogrpc_reflection",
                           "--threads=2",
                           "--kv_cache_mb=3",
                           "--max_rows=44",
                           "--max_encoder_tokens_per_step=5",
                           "--max_queued_tasks=6",
                           "--max_queue_delay=1500ms",
                           "--max_concurrent_requests=12",
                           "--replicas=13",
                           "--max_texts_per_request=7",
                           "--max_request_bytes=8000",
                           "--max_inflight_mb=9",
                           "--max_response_mb=10",
                           "--max_streams_per_connection=10",
                           "--watch_repository",
                           "--watch_interval=12s",
                           "--admin_listen=::1",
                           "--admin_port=13",
                           "--drain_delay=14s",
                           "--drain_timeout=1m",
                           "--log_level=error",
                           "--metrics_port=12",
                           "--metrics_listen=::1",
                           "--log_format=json",
                           "--nolog_calls"});
  ASSERT_TRUE(line.ok()) << line.status();
  const ServerConfig& config = line->config;
  EXPECT_EQ(config.model_repository, "r");
  ASSERT_EQ(config.models.size(), 2);
  EXPECT_EQ(config.models[1].name, "b");
  EXPECT_EQ(config.models[1].directory, "y");
  EXPECT_EQ(config.listen, "0.0.0.0");
  EXPECT_EQ(config.grpc_port, 1);
  EXPECT_FALSE(config.grpc_reflection);
  EXPECT_EQ(config.threads, 2);
  EXPECT_EQ(config.kv_cache_mb, 3);
  EXPECT_EQ(config.max_rows, 44);
  EXPECT_EQ(config.max_encoder_tokens_per_step, 5);
  EXPECT_EQ(config.max_queued_tasks, 6);
  EXPECT_EQ(config.max_queue_delay, absl::Milliseconds(1500));
  EXPECT_EQ(config.max_concurrent_requests, 12);
  EXPECT_EQ(config.replicas, 13);
  EXPECT_EQ(config.max_texts_per_request, 7);
  EXPECT_EQ(config.max_request_bytes, 8000);
  EXPECT_EQ(config.max_inflight_mb, 9);
  EXPECT_EQ(config.max_response_mb, 10);
  EXPECT_EQ(config.max_streams_per_connection, 10);
  EXPECT_TRUE(config.watch_repository);
  EXPECT_EQ(config.watch_interval, absl::Seconds(12));
  EXPECT_EQ(config.admin_listen, "::1");
  EXPECT_EQ(config.admin_port, 13);
  EXPECT_TRUE(config.needs_admin_port);
  EXPECT_EQ(config.drain_delay, absl::Seconds(14));
  EXPECT_EQ(config.drain_timeout, absl::Minutes(1));
  EXPECT_EQ(config.log_level, LogSeverity::kError);
  EXPECT_EQ(config.metrics_port, 12);
  EXPECT_TRUE(config.needs_metrics_port);
  EXPECT_EQ(config.metrics_listen, "::1");
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_FALSE(config.log_calls);
}

TEST(ParseCommandLineTest, ThePortForMetricsCanBeOff) {
  const auto line = Parse({"--model_repository=m", "--metrics_port=off"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.metrics_port, ServerConfig::kNoPort);
  EXPECT_FALSE(line->config.needs_metrics_port);
}

TEST(ParseCommandLineTest, TheAdminPortIsNeededWhereItIsAskedFor) {
  const auto parse = [](const char* flag) {
    return Parse({"--model_repository=m", flag});
  };
  EXPECT_EQ(parse("--threads=1")->config.admin_port, 8471);
  EXPECT_FALSE(parse("--threads=1")->config.needs_admin_port);
  EXPECT_EQ(parse("--admin_port=8471")->config.admin_port, 8471);
  EXPECT_TRUE(parse("--admin_port=8471")->config.needs_admin_port);
  EXPECT_EQ(parse("--admin_port=0")->config.admin_port, 0);
  EXPECT_EQ(parse("--admin_port=off")->config.admin_port,
            ServerConfig::kNoPort);
  EXPECT_FALSE(parse("--admin_port=off")->config.needs_admin_port);
}

TEST(ParseCommandLineTest, TheCommandLineWinsOverTheEnvironment) {
  const auto line =
      Parse({"--grpc_port=1"},
            {{"PARLEY_GRPC_PORT", "2"}, {"PARLEY_MODEL_REPOSITORY", "models"}});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->config.grpc_port, 1);
  EXPECT_EQ(line->config.model_repository, "models");
  EXPECT_FALSE(Parse({}, {{"PARLEY_GRPC_PORT", "x"},
                          {"PARLEY_MODEL_REPOSITORY", "models"}})
                   .ok());
}

TEST(ParseCommandLineTest, RefusesWhatCannotWork) {
  ExpectRefused({}, "--model_repository=DIR");
  ExpectRefused({"--model_repository=m", "--grpc_port=65536"}, "0 to 65535");
  ExpectRefused({"--model_repository=m", "--grpc_port=-1"}, "0 to 65535");
  ExpectRefused({"--model_repository=m", "--max_rows=31"}, "from 32");
  ExpectRefused({"--model_repository=m", "--kv_cache_mb=0"}, "from 1");
  ExpectRefused({"--model_repository=m", "--drain_timeout=-1s"}, "from 0");
  ExpectRefused({"--model_repository=m", "--admin_port=-1"}, "expected off");
  ExpectRefused({"--model_repository=m", "--admin_port="}, "expected off");
  ExpectRefused({"--model_repository=m", "--admin_listen="}, "--admin_listen");
  ExpectRefused({"--models=a=x", "--watch_repository"}, "--model_repository");
  ExpectRefused({"--model_repository=m", "--watch_interval=0"}, "from 10ms");
  ExpectRefused({"--model_repository=m", "--log_level=loud"},
                "info, warning or error");
  ExpectRefused({"--model_repository=m", "--log_format=xml"}, "text or json");
  ExpectRefused({"--model_repository=m", "--metrics_port=65536"},
                "off, or a whole number from 0 to 65535");
  ExpectRefused({"--model_repository=m", "--metrics_port=-1"}, "expected off");
  ExpectRefused({"--model_repository=m", "--listen="}, "--listen is empty");
  ExpectRefused({"--models=a"}, "name=path");
  ExpectRefused({"--model_repository=m", "--port=1"}, "unknown flag --port");
  ExpectRefused({"--model_repository=m", "--max_request_bytes=268435457"},
                "--max_inflight_mb=256");
}

TEST(ParseCommandLineTest, HelpAndVersionComeBeforeAllElse) {
  EXPECT_EQ(Parse({"--help"})->action, CommandLine::Action::kShowHelp);
  EXPECT_EQ(Parse({"--nonsense", "-h"})->action,
            CommandLine::Action::kShowHelp);
  EXPECT_EQ(Parse({"--version"})->action, CommandLine::Action::kShowVersion);
}

TEST(HelpTextTest, ShowsEveryFlagAndExamples) {
  const std::string help = HelpText();
  for (const char* part :
       {"parley-server --model_repository=models", "--grpc_port=PORT",
        "(default: 8470)", "PARLEY_GRPC_PORT", "--models=NAME=PATH",
        "--max_texts_per_request=N", "--drain_timeout=TIME", "Exit status"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
  for (const auto& line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

TEST(HostPortTest, PutsIpv6InBrackets) {
  EXPECT_EQ(HostPort("127.0.0.1", 80), "127.0.0.1:80");
  EXPECT_EQ(HostPort("localhost", 80), "localhost:80");
  EXPECT_EQ(HostPort("::1", 80), "[::1]:80");
  EXPECT_EQ(HostPort("[::1]", 80), "[::1]:80");
}

}  // namespace
}  // namespace parley
