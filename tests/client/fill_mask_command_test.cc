#include "client/fill_mask_command.h"

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
  return RunCommand(&RunFillMask, server.address(), args);
}

TEST(RunFillMask, FillsEachTextInItsPlace) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"a [MASK]", "bad"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "one 0.2500 | two 0.2500\n\n");
  EXPECT_THAT(ran.err, HasSubstr("text 2: INVALID_ARGUMENT: a bad text"));
}

TEST(RunFillMask, SendsEveryOption) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"--model=m", "--top_k=3", "--max_tokens=7",
                                   "--output=json", "a [MASK]"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr(R"("text":"a [MASK]")"),
                             HasSubstr(R"("probability":0.25)")));
  const v1::FillMaskRequest& seen = server.embedding().fill_mask_request;
  EXPECT_EQ(seen.model(), "m");
  EXPECT_EQ(seen.top_k(), 3);
  EXPECT_EQ(seen.limits().max_tokens(), 7);
}

TEST(RunFillMask, WrongUsage) {
  FakeServer server;
  EXPECT_EQ(RunArgs(server, {}).exit_code, 2);
  EXPECT_EQ(RunArgs(server, {"--top_k=few", "a"}).exit_code, 2);
}

}  // namespace
}  // namespace parley::client
