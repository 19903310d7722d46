#include "client/similarity_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Ran RunArgs(const FakeServer& server, const std::vector<std::string>& args) {
  return RunCommand(&RunSimilarity, server.address(), args);
}

TEST(RunSimilarity, MostAlikeFirst) {
  FakeServer server;
  const Ran ran =
      RunArgs(server, {"--text=t", "0.1 a", "0.9 b", "--", "-0.5 c"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "0.9000\t0.9 b\n0.1000\t0.1 a\n-0.5000\t-0.5 c\n");
}

TEST(RunSimilarity, SendsEveryOption) {
  FakeServer server;
  const Ran ran = RunArgs(
      server, {"--text=t", "--model=m", "--pooling=max", "--prompt_name=query",
               "--output=json", "--max_tokens=5", "1 a"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith(R"({"line":1,"text":"1 a","model":"fake",)"));
  const v1::SimilarityRequest& seen = server.embedding().similarity_request;
  EXPECT_EQ(seen.text(), "t");
  EXPECT_EQ(seen.model(), "m");
  EXPECT_EQ(seen.options().pooling(), v1::POOLING_MAX);
  EXPECT_EQ(seen.options().prompt_name(), "query");
  EXPECT_EQ(seen.options().limits().max_tokens(), 5);
}

TEST(RunSimilarity, WrongUsage) {
  FakeServer server;
  EXPECT_THAT(RunArgs(server, {"a"}).err, HasSubstr("wants --text=TEXT"));
  EXPECT_EQ(RunArgs(server, {"--text=t"}).exit_code, 2);
  EXPECT_EQ(RunArgs(server, {"--text=t", "--prompt=a", "--prompt_name=b", "a"})
                .exit_code,
            2);
}

}  // namespace
}  // namespace parley::client
