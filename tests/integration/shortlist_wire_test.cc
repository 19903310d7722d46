// The real server with the demo model and vocabulary shortlists of it: who is
// restricted, and what clients are told.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/integration/translation_server.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Outcome = TranslationClient::Outcome;

// "plain" has none; the list of "wide" has the whole vocabulary; that of
// "asked" is for requests that ask for it.
class ShortlistWireTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    AddModel("plain", "{}");
    AddModel("wide", R"({"shortlist": {"file": "lex.s2t", "frequent": 9000}})");
    AddModel("asked",
             R"({"shortlist": {"file": "lex.s2t", "frequent": 9000,
                               "default": false}})");
    server_ = new TranslationServer({"--model_repository=" + folder_->path()});
  }

  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  static void AddModel(const std::string& name, const std::string& json) {
    const std::string directory = absl::StrCat(folder_->path(), "/", name);
    fs::copy("models/demo", directory);
    std::ofstream(directory + "/parley.json") << json;
    std::ofstream(directory + "/lex.s2t") << "\u2581Hund \u2581dog 0.5\n"
                                          << "xyzzy plugh 0.5\n";
  }

  static Outcome Translate(const std::string& model,
                           const v1::TranslateOptions& options) {
    v1::TranslateRequest request =
        DemoRequest({"A man in a blue shirt is standing on a ladder.",
                     "Two dogs play in the snow. A girl reads a book."});
    request.set_model(model);
    *request.mutable_options() = options;
    return server_->client().Translate(request);
  }

  static std::vector<std::string> Texts(const Outcome& outcome) {
    std::vector<std::string> texts;
    for (const v1::TranslateResult& result : outcome.response.results()) {
      EXPECT_EQ(result.status().code(), 0) << result.status().message();
      for (const v1::Hypothesis& hypothesis : result.hypotheses()) {
        texts.push_back(hypothesis.text());
      }
    }
    return texts;
  }

  static TempFolder* folder_;
  static TranslationServer* server_;
};

TempFolder* ShortlistWireTest::folder_ = nullptr;
TranslationServer* ShortlistWireTest::server_ = nullptr;

TEST_F(ShortlistWireTest, ModelsSayWhetherTheyUseOne) {
  const v1::ListModelsResponse models = server_->client().ListModels();
  std::vector<std::string> said;
  for (const v1::Model& model : models.models()) {
    said.push_back(absl::StrCat(
        model.name(), ": ",
        !model.has_shortlist() ? "none" : (model.shortlist() ? "yes" : "no")));
  }
  EXPECT_THAT(said, ElementsAre("asked: no", "plain: none", "wide: yes"));
  EXPECT_TRUE(server_->process().WaitForErr(
      "lex.s2t: ignored 1 of 2 pairs, which have words that the vocabularies "
      "do not have; the first is on line 2"));
}

TEST_F(ShortlistWireTest, AskingForOneThatIsNotThereIsRefused) {
  v1::TranslateOptions options;
  options.set_shortlist(true);
  const Outcome outcome = Translate("plain", options);
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(outcome.status.error_message(), HasSubstr("options.shortlist"));
  options.set_shortlist(false);
  EXPECT_TRUE(Translate("plain", options).status.ok());
}

TEST_F(ShortlistWireTest, AListWithEveryTokenChangesNothing) {
  v1::TranslateOptions options;
  for (const int num_beams : {1, 4}) {
    options.Clear();
    options.set_num_beams(num_beams);
    const Outcome plain = Translate("plain", options);
    ASSERT_TRUE(plain.status.ok()) << plain.status.error_message();
    const std::vector<std::string> wanted = Texts(plain);
    EXPECT_EQ(wanted.size(), 2);
    for (const char* model : {"wide", "asked"}) {
      EXPECT_EQ(Texts(Translate(model, options)), wanted) << model;
      for (const bool shortlist : {false, true}) {
        options.set_shortlist(shortlist);
        EXPECT_EQ(Texts(Translate(model, options)), wanted) << model;
      }
      options.clear_shortlist();
    }
  }
}

}  // namespace
}  // namespace parley
