// Every architecture over the wire to the real server, from its directory: as
// transformers stores it, and with its tensors' other names.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "parley/v1/model.grpc.pb.h"
#include "tests/integration/embedding_server.h"

namespace parley {
namespace {

using nlohmann::json;
using Stub = v1::EmbeddingService::Stub;

// Of logits; vectors are compared with the closer one of the issue's.
constexpr double kLogitTolerance = 2e-5;
constexpr double kVectorTolerance = 1e-5;

struct Architecture {
  std::string directory;  // In tests/goldens/encoder, or `source` has it.
  std::string class_name;
  std::string prefix;  // Of the base model's tensors in models with heads.
  // Made from that one: without these heads, and of that "model_type".
  std::string source = "";
  std::vector<std::string> dropped = {};
  std::string model_type = "";

  const std::string& references() const {
    return source.empty() ? directory : source;
  }
};

const std::vector<Architecture>& Architectures() {
  static const auto& all = *new std::vector<Architecture>{
      {"bert-long", "BertModel", "bert."},
      {"bert-pretraining", "BertForPreTraining", "bert."},
      {"bert-next-sentence", "BertForNextSentencePrediction", "bert."},
      {"bert-classifier", "BertForSequenceClassification", "bert."},
      {"bert-masked-lm",
       "BertForMaskedLM",
       "bert.",
       "bert-pretraining",
       {"bert.pooler.", "cls.seq_relationship."}},
      {"distilbert-masked-lm", "DistilBertForMaskedLM", "distilbert."},
      {"distilbert-classifier", "DistilBertForSequenceClassification",
       "distilbert."},
      {"distilbert-base",
       "DistilBertModel",
       "distilbert.",
       "distilbert-masked-lm",
       {"vocab_"}},
      {"roberta-masked-lm", "RobertaForMaskedLM", "roberta."},
      {"roberta-classifier", "RobertaForSequenceClassification", "roberta."},
      {"roberta-base",
       "RobertaModel",
       "roberta.",
       "roberta-masked-lm",
       {"lm_head."}},
      {"xlm-roberta-base", "XLMRobertaModel", "roberta."},
      {"xlm-roberta-masked-lm",
       "XLMRobertaForMaskedLM",
       "roberta.",
       "roberta-masked-lm",
       {},
       "xlm-roberta"},
      {"xlm-roberta-classifier",
       "XLMRobertaForSequenceClassification",
       "roberta.",
       "roberta-classifier",
       {},
       "xlm-roberta"},
      {"camembert-masked-lm", "CamembertForMaskedLM", "roberta."},
      {"camembert-base",
       "CamembertModel",
       "roberta.",
       "camembert-masked-lm",
       {"lm_head."}},
      {"mpnet-masked-lm", "MPNetForMaskedLM", "mpnet."},
      {"mpnet-classifier", "MPNetForSequenceClassification", "mpnet."},
      {"mpnet-sentences", "MPNetModel", "mpnet."},
      {"electra-masked-lm", "ElectraForMaskedLM", "electra."},
      {"electra-classifier", "ElectraForSequenceClassification", "electra."},
      {"electra-base",
       "ElectraModel",
       "electra.",
       "electra-masked-lm",
       {"generator_"}},
      {"modernbert-masked-lm", "ModernBertForMaskedLM", "model."},
      {"modernbert-classifier", "ModernBertForSequenceClassification",
       "model."},
      {"modernbert-base",
       "ModernBertModel",
       "model.",
       "modernbert-masked-lm",
       {"head.", "decoder."}},
  };
  return all;
}

// Tensors that stand beside the base model, and so never have its prefix.
bool IsOfAHead(const std::string& name) {
  for (const char* part : {"cls.", "classifier", "pre_classifier", "vocab_",
                           "lm_head.", "generator_", "head.", "decoder."}) {
    if (absl::StartsWith(name, part)) return true;
  }
  return false;
}

std::string Renamed(const Architecture& architecture) {
  return architecture.directory + "-renamed";
}

class ArchitecturesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempFolder();
    std::vector<std::string> models;
    for (const Architecture& architecture : Architectures()) {
      models.push_back(architecture.source.empty()
                           ? TinyModelArgument(architecture.directory, *folder_)
                           : WriteDerived(architecture));
      models.push_back(WriteRenamed(architecture));
    }
    server_ = new EmbeddingServer(absl::StrJoin(models, ","));
  }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
    delete folder_;
  }

  static EmbeddingClient& client() { return server_->client(); }

  static std::string WriteDerived(const Architecture& architecture) {
    const std::string& name = architecture.directory;
    const std::filesystem::path source = TinyModelPath(architecture.source);
    std::ifstream config_file(source / "config.json");
    json config = json::parse(config_file);
    config["architectures"] = {architecture.class_name};
    if (!architecture.model_type.empty()) {
      config["model_type"] = architecture.model_type;
    }
    TensorFile weights(source / "model.safetensors");
    weights.Drop(architecture.dropped);
    const std::string path = folder_->path() + "/" + name;
    std::filesystem::create_directories(path);
    folder_->Write(name + "/config.json", config.dump());
    folder_->Write(name + "/model.safetensors", weights.Bytes());
    folder_->Write(name + "/tokenizer.json", TinyTokenizerJson());
    return absl::StrCat(name, "=", path);
  }

  // The same model, its prefix taken off, or put on where it had none.
  static std::string WriteRenamed(const Architecture& architecture) {
    namespace fs = std::filesystem;
    const fs::path source = fs::path(folder_->path()) / architecture.directory;
    const fs::path target = fs::path(folder_->path()) / Renamed(architecture);
    fs::copy(source, target);
    TensorFile weights(source / "model.safetensors");
    const std::string& prefix = architecture.prefix;
    bool has_prefix = false;
    for (const auto& [name, tensor] : weights.header.items()) {
      has_prefix = has_prefix || absl::StartsWith(name, prefix);
    }
    weights.Rename([&](const std::string& name) {
      if (has_prefix) return std::string(absl::StripPrefix(name, prefix));
      return IsOfAHead(name) ? name : prefix + name;
    });
    folder_->Write(Renamed(architecture) + "/model.safetensors",
                   weights.Bytes());
    return absl::StrCat(Renamed(architecture), "=", target.string());
  }

  static v1::Model GetModel(const std::string& name) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::GetModelRequest request;
    request.set_model(name);
    v1::Model model;
    const grpc::Status status = v1::ModelService::NewStub(client().channel())
                                    ->GetModel(&context, request, &model);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return model;
  }

  static EmbeddingServer* server_;
  static TempFolder* folder_;
};

EmbeddingServer* ArchitecturesTest::server_ = nullptr;
TempFolder* ArchitecturesTest::folder_ = nullptr;

template <typename Request>
void AddInput(const json& row, Request* request) {
  v1::TokenInput& input = *request->add_inputs();
  for (const int id : row["ids"]) input.add_token_ids(id);
  for (const int segment : row["segments"]) input.add_segment_ids(segment);
}

TEST_F(ArchitecturesTest, AreServedByTheirNames) {
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.directory);
    for (const std::string& name :
         {architecture.directory, Renamed(architecture)}) {
      const v1::Model model = GetModel(name);
      EXPECT_EQ(model.architecture(), architecture.class_name);
      EXPECT_EQ(model.state(), v1::MODEL_STATE_READY);
      const auto expect_method = [&](const char* method, bool has_it) {
        EXPECT_EQ(absl::c_linear_search(model.encoder().methods(), method),
                  has_it)
            << method;
      };
      const std::string& class_name = architecture.class_name;
      const bool is_pretraining = absl::EndsWith(class_name, "ForPreTraining");
      expect_method("Embed", true);
      expect_method("Classify",
                    absl::EndsWith(class_name, "ForSequenceClassification"));
      expect_method("FillMask", is_pretraining ||
                                    absl::EndsWith(class_name, "ForMaskedLM"));
      expect_method("NextSentence",
                    is_pretraining ||
                        absl::EndsWith(class_name, "NextSentencePrediction"));
    }
  }
}

TEST_F(ArchitecturesTest, VectorsEqualTheReferences) {
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.directory);
    v1::EmbedRequest request;
    request.set_model(architecture.directory);
    const std::vector<json> rows = TinyModelRows(architecture.references());
    for (const json& row : rows) AddInput(row, &request);
    const v1::EmbedResponse response = client().Good(&Stub::Embed, request);
    ASSERT_EQ(response.results_size(), std::ssize(rows));
    for (int i = 0; i < response.results_size(); ++i) {
      ASSERT_EQ(response.results(i).status().code(), 0);
      const std::vector<float> vector = Floats(response.results(i).vector());
      const std::vector<float> mean = rows[i]["mean"];
      ASSERT_EQ(vector.size(), mean.size());
      for (size_t k = 0; k < mean.size(); ++k) {
        ASSERT_NEAR(vector[k], mean[k], kVectorTolerance) << i << " " << k;
      }
    }
    request.set_model(Renamed(architecture));
    const v1::EmbedResponse renamed = client().Good(&Stub::Embed, request);
    ASSERT_EQ(renamed.results_size(), response.results_size());
    for (int i = 0; i < response.results_size(); ++i) {
      EXPECT_EQ(renamed.results(i).vector(), response.results(i).vector());
    }
  }
}

TEST_F(ArchitecturesTest, LabelsEqualTheReferences) {
  int num_classifiers = 0;
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.directory);
    const std::vector<json> rows = TinyModelRows(architecture.references());
    if (!absl::EndsWith(architecture.class_name, "Classification")) continue;
    ++num_classifiers;
    v1::ClassifyRequest request;
    request.set_score_function(v1::SCORE_FUNCTION_NONE);
    for (const json& row : rows) AddInput(row, &request);
    for (const std::string& name :
         {architecture.directory, Renamed(architecture)}) {
      request.set_model(name);
      const v1::ClassifyResponse response =
          client().Good(&Stub::Classify, request);
      ASSERT_EQ(response.results_size(), std::ssize(rows));
      for (int i = 0; i < response.results_size(); ++i) {
        const auto& labels = response.results(i).labels();
        ASSERT_EQ(labels.size(), std::ssize(rows[i]["labels"]));
        for (const v1::LabelScore& label : labels) {
          EXPECT_NEAR(label.score(), rows[i]["labels"][label.index()],
                      kLogitTolerance);
        }
      }
    }
  }
  EXPECT_EQ(num_classifiers, 7);
}

// What the masks are filled with, encoder_engine_test compares with the
// references; here both names of the tensors have to give the same.
TEST_F(ArchitecturesTest, OtherNamesFillMasksAlike) {
  int num_filling = 0;
  for (const Architecture& architecture : Architectures()) {
    SCOPED_TRACE(architecture.directory);
    v1::FillMaskRequest request;
    request.set_model(architecture.directory);
    const auto methods = GetModel(request.model()).encoder().methods();
    if (!absl::c_linear_search(methods, "FillMask")) continue;
    ++num_filling;
    request.add_texts("a [MASK] runs [MASK].");
    request.set_top_k(20);
    const v1::FillMaskResponse stored = client().Good(&Stub::FillMask, request);
    request.set_model(Renamed(architecture));
    const v1::FillMaskResponse renamed =
        client().Good(&Stub::FillMask, request);
    ASSERT_EQ(stored.results(0).masks_size(), 2);
    EXPECT_EQ(renamed.results(0).SerializeAsString(),
              stored.results(0).SerializeAsString());
  }
  EXPECT_EQ(num_filling, 9);
}

}  // namespace
}  // namespace parley
