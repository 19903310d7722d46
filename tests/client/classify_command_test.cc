#include "client/classify_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Ran RunArgs(const FakeServer& server, const std::vector<std::string>& args) {
  return RunCommand(&RunClassify, server.address(), args);
}

TEST(RunClassify, LabelsEachTextInItsPlace) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"one", "bad", "two"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "one 0.7500\tother 0.2500\n\ntwo 0.7500\tother 0.2500\n");
  EXPECT_THAT(ran.err, HasSubstr("text 2: INVALID_ARGUMENT: a bad text"));
}

TEST(RunClassify, PairsStandBetweenTabs) {
  FakeServer server;
  const Ran ran =
      RunArgs(server, {"--pairs", "a\tb", "\tc", "no pair", "a\tb\tc"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "a+b 0.7500\tother 0.2500\n+c 0.7500\tother 0.2500\n\n\n");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("text 3: INVALID_ARGUMENT: a pair is"),
                             HasSubstr("text 4: INVALID_ARGUMENT: a pair is"),
                             HasSubstr("2 texts failed")));
  const v1::ClassifyRequest& seen = server.embedding().classify_request;
  EXPECT_EQ(seen.texts_size(), 0);
  ASSERT_EQ(seen.pairs_size(), 2);
  EXPECT_TRUE(seen.pairs(1).has_first());
}

TEST(RunClassify, SendsEveryOption) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"--model=m", "--top_k=2", "--score=softmax",
                                   "--max_tokens=7", "--output=json", "a"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr(R"({"line":1,"text":"a",)"),
                             HasSubstr(R"("label":"a","score":0.75)")));
  const v1::ClassifyRequest& seen = server.embedding().classify_request;
  EXPECT_EQ(seen.model(), "m");
  EXPECT_EQ(seen.top_k(), 2);
  EXPECT_EQ(seen.score_function(), v1::SCORE_FUNCTION_SOFTMAX);
  EXPECT_EQ(seen.limits().max_tokens(), 7);
}

TEST(RunClassify, WrongUsage) {
  FakeServer server;
  EXPECT_EQ(RunArgs(server, {}).exit_code, 2);
  EXPECT_EQ(RunArgs(server, {"--score=cosine", "a"}).exit_code, 2);
}

}  // namespace
}  // namespace parley::client
