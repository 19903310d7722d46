#include "client/model_change_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class RunModelChangeTest : public ::testing::Test {
 protected:
  Ran Run(absl::string_view word, const std::vector<std::string>& args,
          bool is_terminal = false) {
    std::ostringstream out;
    std::ostringstream err;
    const CommandContext context = {.out = out,
                                    .err = err,
                                    .error_is_terminal = is_terminal,
                                    .admin_server = server_.address()};
    const int exit_code = RunModelChange(context, word, args);
    return {exit_code, out.str(), err.str()};
  }

  FakeServer server_;
};

TEST_F(RunModelChangeTest, KnowsItsWords) {
  EXPECT_TRUE(IsModelChange("load"));
  EXPECT_TRUE(IsModelChange("reload"));
  EXPECT_TRUE(IsModelChange("unload"));
  EXPECT_FALSE(IsModelChange("demo"));
}

TEST_F(RunModelChangeTest, Loads) {
  const Ran ran =
      Run("load", {"fr", "--directory=/srv/fr", "--compute_type=int8"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(
      ran.out,
      StartsWith("fr is ready: version 1, MarianMTModel, int8, after "));
  EXPECT_THAT(ran.err, IsEmpty());
  EXPECT_EQ(server_.last_change(), "load fr /srv/fr");
}

TEST_F(RunModelChangeTest, Reloads) {
  const Ran ran = Run("reload", {"demo"}, /*is_terminal=*/true);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("demo is ready: version 2, "));
  EXPECT_EQ(ran.err, "reloading demo ...\n");
  EXPECT_EQ(server_.last_change(), "reload demo ");
}

TEST_F(RunModelChangeTest, Unloads) {
  const Ran ran = Run("unload", {"demo"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "demo is unloaded\n");
  EXPECT_EQ(server_.last_change(), "unload demo");
}

TEST_F(RunModelChangeTest, FailsWithTheServersWords) {
  const Ran ran = Run("load", {"demo"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("ALREADY_EXISTS: demo is there already"));
}

TEST_F(RunModelChangeTest, TriesOnceAndSaysWhereItAsked) {
  const Ran ran = Run("reload", {"going-down"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("going down"), HasSubstr(server_.address()),
                    HasSubstr("admin port")));
  EXPECT_EQ(server_.num_reloads(), 1);
}

TEST_F(RunModelChangeTest, ExplainsItself) {
  const Ran ran = Run("load", {"--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("--directory=DIR"),
                             HasSubstr("--compute_type=TYPE"),
                             HasSubstr("PARLEY_ADMIN_SERVER")));
}

TEST_F(RunModelChangeTest, WrongUsage) {
  EXPECT_EQ(Run("load", {}).exit_code, 2);
  EXPECT_EQ(Run("reload", {"a", "b"}).exit_code, 2);
  EXPECT_EQ(Run("unload", {"a", "--directory=b"}).exit_code, 2);
  EXPECT_EQ(Run("reload", {"a", "--compute_type=f32"}).exit_code, 2);
}

}  // namespace
}  // namespace parley::client
