#include "tools/local/build_shortlist_command.h"

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/command_run.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

client::Ran RunArgs(const std::vector<std::string>& args) {
  return client::RunCommand(&RunBuildShortlist, "", args);
}

TEST(RunBuildShortlist, WritesIntoTheModelsDirectory) {
  const TempFolder folder;
  const std::string model = folder.path() + "/demo";
  fs::copy("models/demo", model);
  const std::string english = folder.Write("en", "A dog runs.\n\nTwo cats.\n");
  const std::string german =
      folder.Write("de", "Ein Hund rennt.\n\nZwei Katzen.\n");
  const client::Ran ran = RunArgs({"--target=de", model, english, german});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("wrote " + model + "/shortlist.bin: "),
                             HasSubstr(" translations from 3 lines\n"),
                             HasSubstr("passed over 1 lines")));
  EXPECT_EQ(ran.err, "");
  EXPECT_TRUE(fs::exists(model + "/shortlist.bin"));

  const std::string other = folder.path() + "/other.bin";
  EXPECT_EQ(RunArgs({"--target=de", "--best=1", "--iterations=1",
                     "--output=" + other, model, english, german})
                .exit_code,
            0);
  EXPECT_LT(fs::file_size(other), fs::file_size(model + "/shortlist.bin"));
}

TEST(RunBuildShortlist, SaysHowWellItDoes) {
  const TempFolder folder;
  const client::Ran ran =
      RunArgs({"--target=de", absl::StrCat("--output=", folder.path(), "/out"),
               "models/demo", "bench/data/test_2016_flickr.en",
               "bench/data/test_2016_flickr.de"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("tried on 20 lines kept aside: "),
                             HasSubstr(" of 8004 tokens on average\n")));
}

TEST(RunBuildShortlist, FailsWithTheFileAtFault) {
  const client::Ran ran =
      RunArgs({"models/demo", "models/none.en", "models/no.de"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("models/none.en"));
  EXPECT_EQ(ran.out, "");
}

TEST(RunBuildShortlist, WrongUsage) {
  EXPECT_EQ(RunArgs({}).exit_code, 2);
  EXPECT_EQ(RunArgs({"models/demo", "a"}).exit_code, 2);
  EXPECT_EQ(RunArgs({"models/demo", "a", "b", "c"}).exit_code, 2);
  EXPECT_EQ(RunArgs({"--best=0", "models/demo", "a", "b"}).exit_code, 2);
  EXPECT_EQ(RunArgs({"--iterations=x", "models/demo", "a", "b"}).exit_code, 2);
}

TEST(RunBuildShortlist, HelpTeaches) {
  const client::Ran ran = RunArgs({"--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Usage: parley build-shortlist"),
                             HasSubstr("Examples:"), HasSubstr("--best"),
                             HasSubstr("parley.json")));
}

}  // namespace
}  // namespace parley::tools
