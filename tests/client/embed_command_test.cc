#include "client/embed_command.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"
#include "tests/temp_folder.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Ran RunArgs(const FakeServer& server, const std::vector<std::string>& args) {
  return RunCommand(&RunEmbed, server.address(), args);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(RunEmbed, ShowsItsArguments) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"A man.", ""});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "2 dimensions: 6.0000 0.3333 (8 tokens)\n"
            "2 dimensions: 0.0000 0.3333 (2 tokens)\n");
}

TEST(RunEmbed, SendsEveryOption) {
  FakeServer server;
  const Ran ran = RunArgs(
      server, {"--model=m", "--pooling=cls", "--normalize", "--dimensions=1",
               "--prompt=p: ", "--max_tokens=9", "--truncation=left", "A"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  v1::EmbedRequest wanted;
  wanted.set_model("m");
  wanted.add_texts("A");
  v1::EmbedOptions& options = *wanted.mutable_options();
  options.set_pooling(v1::POOLING_CLS);
  options.set_normalize(true);
  options.set_dimensions(1);
  options.set_prompt("p: ");
  options.mutable_limits()->set_max_tokens(9);
  options.mutable_limits()->set_truncation(v1::TRUNCATION_LEFT);
  EXPECT_EQ(server.embedding().embed_request.DebugString(),
            wanted.DebugString());
}

TEST(RunEmbed, PrintsLinesOfJson) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"--output=json", "a", "bad", "bcd"});
  EXPECT_EQ(ran.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(ran.out, '\n');
  ASSERT_EQ(lines.size(), 4u);  // The last one is empty.
  google::protobuf::Struct parsed;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(lines[2], &parsed).ok())
      << lines[2];
  const auto& fields = parsed.fields();
  EXPECT_EQ(fields.at("line").number_value(), 3);
  EXPECT_EQ(fields.at("text").string_value(), "bcd");
  EXPECT_EQ(fields.at("model").string_value(), "fake");
  EXPECT_EQ(fields.at("tokens").number_value(), 5);
  EXPECT_EQ(fields.at("truncated").bool_value(), false);
  const auto& vector = fields.at("vector").list_value();
  ASSERT_EQ(vector.values_size(), 2);
  EXPECT_EQ(vector.values(0).number_value(), 3);
  EXPECT_EQ(static_cast<float>(vector.values(1).number_value()), 1.0f / 3);
  EXPECT_THAT(lines[1],
              AllOf(HasSubstr("a bad text"), HasSubstr("\"vector\":[]")));
  EXPECT_THAT(ran.err, HasSubstr("text 2: INVALID_ARGUMENT: a bad text"));
}

TEST(RunEmbed, WritesANumPyFileInOrder) {
  FakeServer server;
  const TempFolder folder;
  std::string lines;
  for (int i = 1; i <= 100; ++i) lines += std::string(i, 'x') + "\n";
  const std::string input = folder.Write("in", lines);
  const std::string output = folder.path() + "/out.npy";
  const Ran ran =
      RunArgs(server, {"--input=" + input, "--output=npy", "--batch_size=3",
                       "--output_file=" + output});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  const std::string bytes = ReadFile(output);
  EXPECT_THAT(bytes, HasSubstr("'shape': (100, 2)"));
  ASSERT_EQ(bytes.size(), 128u + 100 * 2 * sizeof(float));
  for (int i = 0; i < 100; ++i) {
    float row[2];
    std::memcpy(row, bytes.data() + 128 + i * sizeof(row), sizeof(row));
    EXPECT_EQ(row[0], static_cast<float>(i + 1));
    EXPECT_EQ(row[1], 1.0f / 3);
  }
}

TEST(RunEmbed, ANumPyFileHasNoPlaceForATextThatFails) {
  FakeServer server;
  const TempFolder folder;
  const std::string output = folder.path() + "/out.npy";
  const Ran ran = RunArgs(server, {"--output=npy", "--output_file=" + output,
                                   "good", "bad", "good"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("INVALID_ARGUMENT: text 2: a bad text"),
                             HasSubstr("out.npy is not written"),
                             HasSubstr("--output=json")));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(RunEmbed, AVectorThatIsNoneEndsTheRun) {
  FakeServer server;
  server.embedding().spoil_embed = [](v1::EmbedResponse* response) {
    response->mutable_results(0)->set_dimensions(3);
  };
  const Ran ran = RunArgs(server, {"--output=json", "a"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("8 bytes for a vector of 3 numbers"));
}

TEST(RunEmbed, ARefusedRequestFailsWithTheServersWords) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"--model=none", "a"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("NOT_FOUND: from text 1 on: no such model"));
}

TEST(RunEmbed, WrongUsage) {
  FakeServer server;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{},
        {"--output=npy", "a"},
        {"--output=csv", "a"},
        {"--prompt=a", "--prompt_name=b", "a"}}) {
    EXPECT_EQ(RunArgs(server, args).exit_code, 2);
  }
}

}  // namespace
}  // namespace parley::client
