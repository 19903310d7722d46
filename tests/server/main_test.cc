// The program parley-server: its command line, and how it starts and ends.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/server_process.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDemo[] = "--models=demo=models/demo";
constexpr char kAnyPort[] = "--grpc_port=0";

// A repository of links to the demo model's files.
class Repository {
 public:
  void AddModel(const std::string& name) const {
    fs::create_directory(folder_.path() + "/" + name);
    for (const auto& file : fs::directory_iterator("models/demo")) {
      fs::create_symlink(fs::absolute(file.path()),
                         PathOf(name, file.path().filename()));
    }
  }

  // Puts a file of its own in place of a link.
  void Replace(const std::string& name, const std::string& file,
               absl::string_view bytes) const {
    Remove(name, file);
    folder_.Write(name + "/" + file, bytes);
  }

  void Remove(const std::string& name, const std::string& file) const {
    fs::remove(PathOf(name, file));
  }

  std::string PathOf(const std::string& name, const std::string& file) const {
    return absl::StrCat(folder_.path(), "/", name, "/", file);
  }

  std::string flag() const { return "--model_repository=" + folder_.path(); }

 private:
  const TempFolder folder_;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void ExpectFails(ServerProcess::Options options, int exit_status,
                 const std::string& part) {
  ServerProcess server(std::move(options));
  EXPECT_EQ(server.WaitForExit(), exit_status) << server.err();
  EXPECT_THAT(server.err(), HasSubstr(part));
  EXPECT_THAT(server.out(), IsEmpty());
}

TEST(ServerProgram, ExplainsItself) {
  ServerProcess help({.arguments = {"--help"}});
  EXPECT_EQ(help.WaitForExit(), 0);
  EXPECT_THAT(help.out(), AllOf(HasSubstr("--model_repository=models"),
                                HasSubstr("--grpc_port=PORT")));
  ServerProcess version({.arguments = {"--version"}});
  EXPECT_EQ(version.WaitForExit(), 0);
  EXPECT_THAT(version.out(), HasSubstr("parley-server 0."));
}

TEST(ServerProgram, RefusesAWrongCommandLine) {
  ExpectFails({.arguments = {}}, 2, "nothing to serve");
  ExpectFails({.arguments = {kDemo, "--grpc_prot=1"}}, 2,
              "unknown flag --grpc_prot");
  ExpectFails({.arguments = {kDemo, "--grpc_port=65536"}}, 2, "0 to 65535");
  ExpectFails({.arguments = {kDemo}, .environment = {"PARLEY_THREADS=x"}}, 2,
              "PARLEY_THREADS=x");
}

TEST(ServerProgram, RefusesARepositoryWithoutModels) {
  const TempFolder empty;
  ExpectFails({.arguments = {"--model_repository=" + empty.path()}}, 1,
              "config.json");
  ExpectFails({.arguments = {"--model_repository=/no/such"}}, 1, "/no/such");
}

TEST(ServerProgram, EndsWhereTheOnlyModelCannotBeLoaded) {
  ExpectFails({.arguments = {kAnyPort, "--models=x=/no/such"}}, 1, "/no/such");
}

TEST(ServerProgram, ServesTheOthersWhereAModelCannotBeLoaded) {
  const Repository repository;
  const std::string weights = ReadFile("models/demo/model.safetensors");
  ASSERT_GT(weights.size(), 1000);
  repository.AddModel("good");
  repository.AddModel("missing");
  repository.Remove("missing", "model.safetensors");
  repository.AddModel("truncated");
  repository.Replace("truncated", "model.safetensors",
                     absl::string_view(weights).substr(0, weights.size() / 2));
  repository.AddModel("inconsistent");
  std::string config = ReadFile("models/demo/config.json");
  const size_t d_model = config.find("\"d_model\": 256");
  ASSERT_NE(d_model, std::string::npos);
  config.replace(d_model, 14, "\"d_model\": 128");
  repository.Replace("inconsistent", "config.json", config);
  repository.AddModel("no_tokenizer");
  repository.Remove("no_tokenizer", "source.spm");
  repository.AddModel("bad_config");
  repository.Replace("bad_config", "config.json", "{\"d_model\": ");

  ServerProcess server({.arguments = {kAnyPort, repository.flag()}});
  ASSERT_NE(server.WaitUntilReady(), "") << server.err();
  EXPECT_THAT(server.out(),
              HasSubstr("models: bad_config (FAILED), good (translation, 4 "
                        "pairs, f32), inconsistent (FAILED), missing "
                        "(FAILED), no_tokenizer (FAILED), truncated (FAILED)"));
  for (const std::string& part :
       {repository.PathOf("bad_config", "config.json"),
        repository.PathOf("truncated", "model.safetensors"),
        std::string("model \"inconsistent\""),
        std::string("[8004, 256], expected [8004, 128]"),
        std::string("model \"missing\""),
        repository.PathOf("no_tokenizer", "source.spm")}) {
    EXPECT_TRUE(server.WaitForErr(part)) << part;
  }
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0);
}

TEST(ServerProgram, ShowsProgressAndOneReadyLine) {
  ServerProcess server(
      {.arguments = {kDemo},
       .environment = {"PARLEY_GRPC_PORT=0", "PARLEY_THREADS=1"}});
  const std::string address = server.WaitUntilReady();
  ASSERT_NE(address, "") << server.err();
  EXPECT_EQ(server.out(),
            absl::StrCat("parley-server ready: grpc ", address,
                         ", models: demo (translation, 4 pairs, f32)\n"));
  EXPECT_TRUE(server.WaitForErr("loading demo: "));
  server.Signal(SIGINT);
  EXPECT_EQ(server.WaitForExit(), 0) << server.err();
}

TEST(ServerProgram, NamesTheAdminPort) {
  ServerProcess server({.arguments = {kDemo, kAnyPort, "--admin_port=0"}});
  ASSERT_NE(server.WaitUntilReady(), "") << server.err();
  EXPECT_NE(server.admin_address(), "");
  ExpectFails({.arguments = {kDemo, kAnyPort,
                             "--admin_port=" +
                                 std::string(absl::StripPrefix(
                                     server.admin_address(), "127.0.0.1:"))}},
              1, "the admin port: cannot listen on 127.0.0.1");
}

TEST(ServerProgram, NamesAPortInUse) {
  ServerProcess first({.arguments = {kDemo, kAnyPort}});
  const std::string address = first.WaitUntilReady();
  ASSERT_NE(address, "") << first.err();
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  ExpectFails({.arguments = {kDemo, "--grpc_port=" + parts[1]}}, 1,
              absl::StrCat("cannot listen on 127.0.0.1 port ", parts[1],
                           ": the port is in use"));
  EXPECT_TRUE(first.running());
}

TEST(ServerProgram, AMetricsPortInUseIsAnErrorWhereItWasAskedFor) {
  ServerProcess first({.arguments = {kDemo, kAnyPort, "--metrics_port=0"}});
  ASSERT_NE(first.WaitUntilReady(), "") << first.err();
  const int port = first.metrics_port();
  ASSERT_GT(port, 0) << first.out();
  ExpectFails(
      {.arguments = {kDemo, kAnyPort, absl::StrCat("--metrics_port=", port)}},
      1,
      absl::StrCat("the metrics port: cannot listen on 127.0.0.1 port ", port,
                   ": the port is in use"));
  EXPECT_TRUE(first.running());
}

}  // namespace
}  // namespace parley
