#include "engine/models/marian_config.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/random_marian_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

// The demo's config.json with these keys replaced; null removes one.
absl::StatusOr<MarianConfig> ReadWith(const Json& changes) {
  Json config = Json::parse(std::ifstream("models/demo/config.json"));
  config.merge_patch(changes);
  const std::string directory = TestDirectory("marian_config_test");
  std::ofstream(directory + "/config.json") << config.dump();
  return ReadMarianConfig(directory);
}

TEST(MarianConfigTest, ReadsTheDemoModel) {
  const auto config = ReadMarianConfig("models/demo");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->architecture, "MarianMTModel");
  EXPECT_EQ(config->d_model, 256);
  EXPECT_EQ(config->encoder.num_layers, 4);
  EXPECT_EQ(config->decoder.num_layers, 2);
  EXPECT_EQ(config->encoder.num_heads, 4);
  EXPECT_EQ(config->decoder.ffn_dim, 768);
  EXPECT_EQ(config->encoder.vocab_size, 8004);
  EXPECT_EQ(config->decoder.vocab_size, 8004);
  EXPECT_EQ(config->activation, kernels::Activation::kSwish);
  EXPECT_EQ(config->embedding_scale, 16.0f);
  EXPECT_TRUE(config->shares_embeddings);
  EXPECT_TRUE(config->ties_output);
  EXPECT_EQ(config->max_positions, 512);
  EXPECT_EQ(config->generation.num_beams, 4);
  EXPECT_EQ(config->generation.decoder_start_token_id, 8003);
}

TEST(MarianConfigTest, ReadsVariants) {
  const auto config = ReadWith({{"activation_function", "relu"},
                                {"scale_embedding", false},
                                {"share_encoder_decoder_embeddings", false},
                                {"tie_word_embeddings", false},
                                {"vocab_size", 9000}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->activation, kernels::Activation::kRelu);
  EXPECT_EQ(config->embedding_scale, 1.0f);
  EXPECT_FALSE(config->shares_embeddings);
  EXPECT_FALSE(config->ties_output);
  EXPECT_EQ(config->encoder.vocab_size, 9000);
  EXPECT_EQ(config->decoder.vocab_size, 8004);
}

TEST(MarianConfigTest, RefusesWhatIsWrongByName) {
  struct Row {
    Json changes;
    absl::StatusCode code;
    const char* message;
  };
  const auto kInvalid = absl::StatusCode::kInvalidArgument;
  const auto kUnsupported = absl::StatusCode::kUnimplemented;
  const Row rows[] = {
      {{{"model_type", "t5"}}, kUnsupported, "\"model_type\" is \"t5\""},
      {{{"model_type", nullptr}}, kUnsupported, "(missing)"},
      {{{"d_model", nullptr}}, kInvalid, "\"d_model\" is missing"},
      {{{"d_model", 0}}, kInvalid, "\"d_model\" is 0"},
      {{{"d_model", "256"}}, kInvalid, "expected an integer"},
      {{{"encoder_layers", 100000}}, kInvalid, "\"encoder_layers\" is 100000"},
      {{{"decoder_attention_heads", 3}},
       kInvalid,
       "\"decoder_attention_heads\" is 3, which does not divide"},
      {{{"encoder_ffn_dim", -1}}, kInvalid, "\"encoder_ffn_dim\" is -1"},
      {{{"vocab_size", 9000}}, kInvalid, "embeddings are shared"},
      {{{"max_position_embeddings", 1}}, kInvalid, "max_position_embeddings"},
      {{{"activation_function", "mish"}}, kUnsupported, "\"mish\""},
      {{{"normalize_before", true}}, kUnsupported, "\"normalize_before\""},
      {{{"normalize_embedding", true}}, kUnsupported, "normalize_embedding"},
      {{{"static_position_embeddings", false}},
       kUnsupported,
       "\"static_position_embeddings\" is false; only true"},
      {{{"decoder_start_token_id", 8004}},
       kInvalid,
       "\"decoder_start_token_id\" is 8004, but the vocabulary has 8004"},
      {{{"eos_token_id", 9999}}, kInvalid, "\"eos_token_id\" is 9999"},
      {{{"bad_words_ids", {{8004}}}}, kInvalid, "\"bad_words_ids\" is 8004"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.changes.dump());
    const absl::Status status = ReadWith(row.changes).status();
    EXPECT_EQ(status.code(), row.code) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
    EXPECT_THAT(std::string(status.message()), HasSubstr("config.json"));
  }
}

TEST(MarianConfigTest, MissingFileIsNotFound) {
  const auto config = ReadMarianConfig(TestDirectory("marian_config_test"));
  EXPECT_TRUE(absl::IsNotFound(config.status())) << config.status();
}

}  // namespace
}  // namespace parley
