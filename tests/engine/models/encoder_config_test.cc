#include "engine/models/encoder_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

Json Bert() {
  return {{"model_type", "bert"},     {"architectures", {"BertModel"}},
          {"hidden_size", 24},        {"num_hidden_layers", 2},
          {"num_attention_heads", 3}, {"intermediate_size", 40},
          {"vocab_size", 120},        {"max_position_embeddings", 64}};
}

absl::StatusOr<EncoderConfig> Read(const Json& json) {
  const auto file = JsonFile::Parse(json.dump(), "config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  return ReadEncoderConfig(*file);
}

Json With(Json json, const Json& changes) {
  json.merge_patch(changes);
  return json;
}

TEST(EncoderConfigTest, ReadsBertWithTheDefaultsOfItsClass) {
  const auto config = Read(Bert());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->family, EncoderFamily::kBert);
  EXPECT_EQ(config->architecture, "BertModel");
  EXPECT_EQ(config->d_model, 24);
  EXPECT_EQ(config->embedding_dim, 24);
  EXPECT_EQ(config->num_layers, 2);
  EXPECT_EQ(config->num_heads, 3);
  EXPECT_EQ(config->ffn_dim, 40);
  EXPECT_EQ(config->num_segments, 2);
  EXPECT_EQ(config->max_tokens(), 64);
  EXPECT_EQ(config->activation, kernels::Activation::kGelu);
  EXPECT_FLOAT_EQ(config->norm_epsilon, 1e-12f);
  EXPECT_TRUE(config->ties_output);
  EXPECT_FALSE(config->heads.classifies);
  EXPECT_THAT(config->heads.labels, IsEmpty());
}

TEST(EncoderConfigTest, DistilBertHasOtherKeysAndNoSegments) {
  const auto config = Read({{"model_type", "distilbert"},
                            {"dim", 24},
                            {"n_layers", 2},
                            {"n_heads", 3},
                            {"hidden_dim", 40},
                            {"activation", "relu"},
                            {"layer_norm_eps", 0.5},
                            {"vocab_size", 120}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ffn_dim, 40);
  EXPECT_EQ(config->num_segments, 0);
  EXPECT_EQ(config->max_tokens(), 512);
  EXPECT_EQ(config->activation, kernels::Activation::kRelu);
  EXPECT_FLOAT_EQ(config->norm_epsilon, 1e-12f);
  EXPECT_EQ(config->architecture, "distilbert");
}

TEST(EncoderConfigTest, PositionsOfRobertaStartBehindPadding) {
  for (const char* type : {"roberta", "xlm-roberta", "camembert"}) {
    auto config = Read(With(Bert(), {{"model_type", type}}));
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->family, EncoderFamily::kRoberta);
    EXPECT_EQ(config->padding_token, 1);
    EXPECT_EQ(config->max_tokens(), 62);
    config = Read(With(Bert(), {{"model_type", type}, {"pad_token_id", 9}}));
    EXPECT_EQ(config->max_tokens(), 54);
  }
  const auto mpnet =
      Read(With(Bert(), {{"model_type", "mpnet"}, {"pad_token_id", 9}}));
  EXPECT_EQ(mpnet->padding_token, 1);
  EXPECT_EQ(mpnet->num_relative_buckets, 32);
  EXPECT_EQ(mpnet->num_segments, 0);
}

TEST(EncoderConfigTest, ElectraMayHaveNarrowEmbeddings) {
  const Json electra = With(Bert(), {{"model_type", "electra"}});
  EXPECT_EQ(Read(electra)->embedding_dim, 128);
  EXPECT_EQ(Read(With(electra, {{"embedding_size", 16}}))->embedding_dim, 16);
}

TEST(EncoderConfigTest, HeadsByArchitecture) {
  struct Row {
    const char* architecture;
    bool classifies;
    bool fills_masks;
    bool predicts_next_sentence;
  };
  constexpr Row kRows[] = {
      {"BertModel", false, false, false},
      {"BertForPreTraining", false, true, true},
      {"BertForMaskedLM", false, true, false},
      {"BertForNextSentencePrediction", false, false, true},
      {"BertForSequenceClassification", true, false, false},
      {"BertForTokenClassification", false, false, false}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.architecture);
    const auto config =
        Read(With(Bert(), {{"architectures", {row.architecture}}}));
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->heads.classifies, row.classifies);
    EXPECT_EQ(config->heads.fills_masks, row.fills_masks);
    EXPECT_EQ(config->heads.predicts_next_sentence, row.predicts_next_sentence);
  }
  // Its pre-training predicts replaced tokens, which nobody asks for here.
  const auto electra =
      Read(With(Bert(), {{"model_type", "electra"},
                         {"architectures", {"ElectraForPreTraining"}}}));
  EXPECT_FALSE(electra->heads.fills_masks);
}

TEST(EncoderConfigTest, LabelsAndProblemOfAClassifier) {
  const Json classifier =
      With(Bert(), {{"architectures", {"BertForSequenceClassification"}}});
  EXPECT_THAT(Read(classifier)->heads.labels,
              ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_THAT(Read(With(classifier, {{"num_labels", 1}}))->heads.labels,
              ElementsAre("LABEL_0"));
  const auto config =
      Read(With(classifier, {{"id2label", {{"1", "b"}, {"0", "a"}}},
                             {"problem_type", "multi_label_classification"}}));
  EXPECT_THAT(config->heads.labels, ElementsAre("a", "b"));
  EXPECT_TRUE(config->heads.has_independent_labels);
  EXPECT_FALSE(config->heads.is_regression);
  EXPECT_TRUE(Read(With(classifier, {{"problem_type", "regression"}}))
                  ->heads.is_regression);
}

TEST(EncoderConfigTest, MalformedIsRefusedByItsKey) {
  const Json classifier =
      With(Bert(), {{"architectures", {"BertForSequenceClassification"}}});
  struct Row {
    Json json;
    const char* message;
  };
  const Row rows[] = {
      {With(Bert(), {{"hidden_size", nullptr}}), "\"hidden_size\" is missing"},
      {With(Bert(), {{"num_attention_heads", 5}}), "does not divide"},
      {With(Bert(), {{"num_hidden_layers", 0}}), "expected 1 to 256"},
      {With(Bert(), {{"vocab_size", "many"}}), "expected an integer"},
      {With(Bert(), {{"layer_norm_eps", -1}}), "\"layer_norm_eps\" is -1"},
      {With(Bert(), {{"type_vocab_size", 257}}), "\"type_vocab_size\" is 257"},
      {With(Bert(),
            {{"model_type", "roberta"}, {"max_position_embeddings", 2}}),
       "leaves no position"},
      {With(classifier, {{"id2label", {{"0", "a"}, {"2", "b"}}}}),
       "\"1\" is missing"},
      {With(classifier, {{"id2label", Json::object()}}), "has 0 labels"},
      {With(classifier, {{"problem_type", "ranking"}}),
       "\"problem_type\" is \"ranking\""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.message);
    const absl::Status status = Read(row.json).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
    EXPECT_THAT(std::string(status.message()), HasSubstr("config.json"));
  }
}

TEST(EncoderConfigTest, OtherModelsOfTheSameTensorsAreRefused) {
  struct Row {
    Json changes;
    const char* message;
  };
  const Row rows[] = {
      {{{"model_type", "t5"}}, "supported are bert, camembert"},
      {{{"model_type", nullptr}}, "\"model_type\" is \"(missing)\""},
      {{{"is_decoder", true}}, "\"is_decoder\" is true"},
      {{{"add_cross_attention", true}}, "\"add_cross_attention\""},
      {{{"position_embedding_type", "relative_key"}}, "\"relative_key\""},
      {{{"hidden_act", "mish"}}, "\"hidden_act\" is \"mish\""},
      {{{"pruned_heads", {{"0", {1}}}}}, "\"pruned_heads\""},
      {{{"quantization_config", {{"bits", 8}}}}, "\"quantization_config\""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.message);
    const absl::Status status = Read(With(Bert(), row.changes)).status();
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

TEST(EncoderConfigTest, ModernBertTakesHeadsOfEvenSize) {
  Json json = With(Bert(), {{"model_type", "modernbert"}});
  EXPECT_EQ(Read(json)->family, EncoderFamily::kModernBert);
  EXPECT_FLOAT_EQ(Read(json)->norm_epsilon, 1e-5f);
  json["hidden_size"] = 9;
  EXPECT_THAT(std::string(Read(json).status().message()),
              HasSubstr("an even number"));
}

}  // namespace
}  // namespace parley
