#include "client/models_command.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RunModels, PrintsATable) {
  FakeServer server;
  const Ran ran = RunCommand(&RunModels, server.address(), {});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "NAME      STATE  KIND         PARAMETERS  COMPUTE  DETAILS\n"
            "demo      ready  translation  6.8M        f32      en-de\n"
            "embedder  ready  encoder      22.7M       f32      "
            "384 dimensions, 256 tokens: Embed Similarity\n");
}

TEST(RunModels, TellsAllAboutOne) {
  FakeServer server;
  const Ran ran = RunCommand(&RunModels, server.address(), {"demo"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("A demo"), HasSubstr("MarianMTModel"),
                             HasSubstr("en-de"), HasSubstr("32 beams"),
                             HasSubstr("shortlist:     used unless"),
                             HasSubstr("version:       3\n"),
                             HasSubstr("last error:    no more memory\n")));
}

TEST(RunModels, TellsWhatAnEncoderCanDo) {
  FakeServer server;
  const Ran ran = RunCommand(&RunModels, server.address(), {"embedder"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("methods:       Embed Similarity\n"),
                             HasSubstr("384 dimensions, of unit length\n"),
                             HasSubstr("pooling:       mean\n"),
                             HasSubstr("similarity:    cosine\n"),
                             HasSubstr("256 tokens (512 where asked for)")));
  EXPECT_THAT(ran.out, HasSubstr("prompt:        passage = \"passage: \"\n"
                                 "prompt:        query = \"query: \"\n"));
  EXPECT_THAT(ran.out, Not(HasSubstr("languages")));
}

TEST(RunModels, PrintsJson) {
  FakeServer server;
  const Ran list = RunCommand(&RunModels, server.address(), {"--output=json"});
  v1::ListModelsResponse parsed;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(list.out, &parsed).ok())
      << list.out;
  EXPECT_EQ(parsed.models(0).name(), "demo");
  const Ran one =
      RunCommand(&RunModels, server.address(), {"demo", "--output=json"});
  v1::Model model;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(one.out, &model).ok())
      << one.out;
  EXPECT_EQ(model.num_parameters(), 6'800'000);
}

TEST(RunModels, UnknownNamesFailWithTheServersWords) {
  FakeServer server;
  const Ran ran = RunCommand(&RunModels, server.address(), {"other"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("NOT_FOUND: no such model; served: demo"));
}

TEST(RunModels, HandsChangesOn) {
  const Ran ran = RunCommand(&RunModels, "", {"reload"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("parley models reload: wants one"));
}

TEST(RunModels, WrongUsage) {
  EXPECT_EQ(RunCommand(&RunModels, "", {"a", "b"}).exit_code, 2);
  EXPECT_EQ(RunCommand(&RunModels, "", {"--output=xml"}).exit_code, 2);
}

}  // namespace
}  // namespace parley::client
