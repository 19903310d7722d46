#include "client/rerank_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"
#include "tests/temp_folder.h"

namespace parley::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Ran RunArgs(const FakeServer& server, const std::vector<std::string>& args) {
  return RunCommand(&RunRerank, server.address(), args);
}

TEST(RunRerank, BestFirstOverAllCalls) {
  FakeServer server;
  const TempFolder folder;
  const std::string input =
      folder.Write("in", "0.25 a\n0.75 b\n0.5 c\n1 d\n0.5 e\n");
  const Ran ran =
      RunArgs(server, {"--query=q", "--batch_size=2", "--input=" + input});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "1.0000\t1 d\n0.7500\t0.75 b\n0.5000\t0.5 c\n0.5000\t0.5 e\n"
            "0.2500\t0.25 a\n");
  const Ran best = RunArgs(
      server, {"--query=q", "--batch_size=2", "--input=" + input, "--top_n=2"});
  EXPECT_EQ(best.out, "1.0000\t1 d\n0.7500\t0.75 b\n");
}

TEST(RunRerank, SendsEveryOption) {
  FakeServer server;
  const Ran ran =
      RunArgs(server, {"--query=who?", "--model=m", "--score=raw",
                       "--max_tokens=64", "--truncation=right",
                       "--pair_truncation=only_second", "--top_n=1", "me"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const v1::RerankRequest& seen = server.embedding().rerank_request;
  EXPECT_EQ(seen.query(), "who?");
  EXPECT_EQ(seen.model(), "m");
  EXPECT_EQ(seen.score_function(), v1::SCORE_FUNCTION_NONE);
  EXPECT_EQ(seen.limits().max_tokens(), 64);
  EXPECT_EQ(seen.limits().truncation(), v1::TRUNCATION_RIGHT);
  EXPECT_EQ(seen.limits().pair_truncation(), v1::PAIR_TRUNCATION_ONLY_SECOND);
  // The best of a call need not be among the best of all.
  EXPECT_FALSE(seen.has_top_n());
}

TEST(RunRerank, PrintsJsonWithThoseThatFailedLast) {
  FakeServer server;
  const Ran ran =
      RunArgs(server, {"--query=q", "--output=json", "bad", "1 a", "2 b"});
  EXPECT_EQ(ran.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(ran.out, '\n');
  ASSERT_EQ(lines.size(), 4u);  // The last one is empty.
  EXPECT_THAT(lines[0],
              StartsWith(R"({"line":3,"text":"2 b","model":"fake",)"));
  EXPECT_THAT(lines[0], HasSubstr(R"("score":2)"));
  EXPECT_THAT(lines[1], StartsWith(R"({"line":2,)"));
  EXPECT_THAT(lines[2], HasSubstr("a bad text"));
  EXPECT_THAT(ran.err, HasSubstr("text 1: INVALID_ARGUMENT: a bad text"));
  // As text only those that have a score.
  EXPECT_EQ(RunArgs(server, {"--query=q", "bad", "1 a"}).out, "1.0000\t1 a\n");
}

TEST(RunRerank, ResultsThatDoNotFitTheDocumentsAreAnError) {
  FakeServer server;
  server.embedding().spoil_rerank = [](v1::RerankResponse* response) {
    response->mutable_results(0)->set_index(7);
  };
  const Ran ran = RunArgs(server, {"--query=q", "1 a", "2 b"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("do not name document 1 just once"));
}

TEST(RunRerank, WrongUsage) {
  FakeServer server;
  EXPECT_THAT(RunArgs(server, {"a"}).err, HasSubstr("wants --query=TEXT"));
  EXPECT_EQ(RunArgs(server, {"--query=q"}).exit_code, 2);
  EXPECT_EQ(RunArgs(server, {"--query=q", "--top_n=0", "a"}).exit_code, 2);
  // An empty one is for the model to judge.
  EXPECT_EQ(RunArgs(server, {"--query=", "1 a"}).exit_code, 0);
}

}  // namespace
}  // namespace parley::client
