#include "engine/models/marian.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "engine/layers/thread_team.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/marian_reference.h"
#include "tests/engine/models/random_marian_directory.h"

namespace parley {
namespace {

const std::vector<int> kSource = {5, 9, 33, 100, 7, 7, 21, 64, 3, 0};
const std::vector<int> kTarget = {100, 4, 17, 17, 90, 2, 55, 31, 8};

// Of the logits, whose size is about 5: float arithmetic over a few layers.
constexpr double kTolerance = 1e-4;

class MarianTest : public testing::Test {
 protected:
  void Load(const RandomMarianOptions& options,
            kernels::Precision precision = kernels::Precision::kF32) {
    SetTeamSize(2);
    const std::string directory = TestDirectory("marian_test");
    WriteRandomMarian(directory, options);
    Load(directory, precision);
  }

  void Load(const std::string& directory,
            kernels::Precision precision = kernels::Precision::kF32) {
    auto config = ReadMarianConfig(directory);
    ASSERT_TRUE(config.ok()) << config.status();
    model_.config = *config;
    auto file = OpenModelWeights(directory);
    ASSERT_TRUE(file.ok()) << file.status();
    const std::shared_ptr<const WeightFile> shared = std::move(*file);
    auto weights =
        LoadMarianWeights(model_.config, shared, {.precision = precision});
    ASSERT_TRUE(weights.ok()) << weights.status();
    model_.weights = std::move(*weights);
    reference_ = std::make_unique<MarianReference>(model_.config, *shared);
    auto pool = KvPool::Create({.num_layers = model_.config.decoder.num_layers,
                                .d_model = model_.config.d_model},
                               16 << 20);
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = std::make_unique<KvPool>(std::move(*pool));
    activations_ = std::make_unique<Activations>(
        MarianActivationSizes(model_.config, 256));
    source_slots_.resize(kSource.size());
    std::iota(source_slots_.begin(), source_slots_.end(), 0);
  }

  void Encode() {
    EncoderBatch batch(256);
    batch.Append(kSource);
    MarianEncode(model_, batch, source_slots_, *pool_, *activations_);
  }

  // Logits of positions [begin, begin + count) of kTarget, all in one pass; the
  // positions before them are in the cache.
  Matrix Decode(int begin, int count) {
    std::vector<int> positions;
    std::vector<CachedRow> rows;
    target_slots_.resize(kTarget.size());
    std::iota(target_slots_.begin(), target_slots_.end(), kSource.size());
    for (int i = begin; i < begin + count; ++i) {
      positions.push_back(i);
      rows.push_back({.slot = target_slots_[i],
                      .history = absl::MakeSpan(target_slots_).first(i + 1),
                      .source = source_slots_});
    }
    MarianDecode(model_,
                 {.tokens = absl::MakeSpan(kTarget).subspan(begin, count),
                  .positions = positions,
                  .rows = rows},
                 *pool_, *activations_);
    const int vocab_size = model_.config.decoder.vocab_size;
    Matrix result(count, std::vector<double>(vocab_size));
    const auto take = [&](const kernels::OutputBlock& block) {
      for (int64_t i = 0; i < block.num_rows; ++i) {
        std::copy_n(block.y + i * block.stride, block.num_outputs,
                    result[block.first_row + i].begin() + block.first_output);
      }
    };
    const kernels::WideLinear& output = *model_.weights.output;
    output.Run(activations_->hidden(), count, take);
    if (!output.is_rough()) return result;
    for (int i = 0; i < count; ++i) {
      for (int token = 0; token < vocab_size; ++token) {
        result[i][token] = output.Result(
            activations_->hidden() + i * model_.config.d_model, token);
      }
    }
    return result;
  }

  Matrix DecodeStepByStep() {
    Matrix logits;
    for (size_t i = 0; i < kTarget.size(); ++i) {
      logits.push_back(Decode(static_cast<int>(i), 1)[0]);
    }
    return logits;
  }

  void ExpectNear(const Matrix& actual, const Matrix& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t r = 0; r < actual.size(); ++r) {
      for (size_t i = 0; i < actual[r].size(); ++i) {
        ASSERT_NEAR(actual[r][i], expected[r][i], kTolerance)
            << "row " << r << ", column " << i;
      }
    }
  }

  void ExpectEqualsReference() {
    Encode();
    const Matrix encoder_output = reference_->Encode(kSource);
    Matrix hidden;
    for (size_t i = 0; i < kSource.size(); ++i) {
      const float* row = activations_->hidden() + i * model_.config.d_model;
      hidden.emplace_back(row, row + model_.config.d_model);
    }
    ExpectNear(hidden, encoder_output);
    ExpectNear(DecodeStepByStep(), reference_->Logits(encoder_output, kTarget));
  }

  MarianModel model_;
  std::unique_ptr<MarianReference> reference_;
  std::unique_ptr<KvPool> pool_;
  std::unique_ptr<Activations> activations_;
  std::vector<int32_t> source_slots_;
  std::vector<int32_t> target_slots_;
};

// What holds in every precision that the processor has.
class MarianPrecisionTest
    : public MarianTest,
      public testing::WithParamInterface<kernels::Precision> {
 protected:
  void SetUp() override {
    if (!kernels::Supports(GetParam())) GTEST_SKIP() << "not on this processor";
    Load(RandomMarianOptions(), GetParam());
  }
};

INSTANTIATE_TEST_SUITE_P(AllPrecisions, MarianPrecisionTest,
                         testing::Values(kernels::Precision::kF32,
                                         kernels::Precision::kBF16,
                                         kernels::Precision::kInt8));

// Rounding moves logits, but not far: the share of a row's spread.
TEST_P(MarianPrecisionTest, LogitsStayCloseToTheReference) {
  Encode();
  const Matrix expected =
      reference_->Logits(reference_->Encode(kSource), kTarget);
  const Matrix actual = DecodeStepByStep();
  const double tolerance = GetParam() == kernels::Precision::kF32    ? 1e-4
                           : GetParam() == kernels::Precision::kBF16 ? 0.03
                                                                     : 0.05;
  for (size_t r = 0; r < actual.size(); ++r) {
    double error = 0, spread = 0;
    for (size_t i = 0; i < actual[r].size(); ++i) {
      error += std::pow(actual[r][i] - expected[r][i], 2);
      spread += std::pow(expected[r][i], 2);
    }
    EXPECT_LT(std::sqrt(error / spread), tolerance) << "row " << r;
  }
}

TEST_F(MarianTest, EqualsTheReference) {
  Load(RandomMarianOptions());
  ExpectEqualsReference();
}

TEST_F(MarianTest, EveryActivationEqualsTheReference) {
  for (const char* activation : {"relu", "gelu", "swish", "silu", "gelu_new"}) {
    SCOPED_TRACE(activation);
    Load(RandomMarianOptions{.activation = activation});
    ExpectEqualsReference();
  }
}

TEST_F(MarianTest, EveryStoredTypeEqualsTheReference) {
  for (const char* dtype : {"F32", "F16", "BF16"}) {
    SCOPED_TRACE(dtype);
    Load(RandomMarianOptions{.dtype = dtype});
    ExpectEqualsReference();
  }
}

TEST_F(MarianTest, SeparateEmbeddingsAndVocabularies) {
  Load(RandomMarianOptions{
      .vocab_size = 120, .decoder_vocab_size = 101, .share_embeddings = false});
  ExpectEqualsReference();
}

TEST_F(MarianTest, UntiedOutput) {
  Load(RandomMarianOptions{.tie_output = false});
  ExpectEqualsReference();
}

TEST_F(MarianTest, StoredPositions) {
  Load(RandomMarianOptions{.store_positions = true});
  ExpectEqualsReference();
}

TEST_F(MarianTest, WithoutLogitsBiasAndScale) {
  Load(RandomMarianOptions{.scale_embedding = false,
                           .store_logits_bias = false});
  ExpectEqualsReference();
}

TEST_F(MarianTest, UnevenShapes) {
  Load(RandomMarianOptions{.d_model = 42,
                           .encoder_layers = 1,
                           .decoder_layers = 3,
                           .encoder_heads = 3,
                           .decoder_heads = 14,
                           .encoder_ffn_dim = 17,
                           .decoder_ffn_dim = 1});
  ExpectEqualsReference();
}

TEST_P(MarianPrecisionTest, CachedStepEqualsFullRecomputationBitForBit) {
  Encode();
  const Matrix stepped = DecodeStepByStep();
  EXPECT_EQ(Decode(0, kTarget.size()), stepped);
}

TEST_P(MarianPrecisionTest, SourceDoesNotDependOnItsBatch) {
  Encode();
  const Matrix alone = DecodeStepByStep();
  // The same source last in a batch, after others of odd lengths.
  const std::vector<int> other = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0};
  EncoderBatch batch(256);
  for (int length = 1; length <= 13; length += 3) {
    batch.Append(absl::MakeSpan(other).first(length));
  }
  std::vector<int32_t> slots(batch.num_rows());
  std::iota(slots.begin(), slots.end(), 100);
  batch.Append(kSource);
  slots.insert(slots.end(), source_slots_.begin(), source_slots_.end());
  MarianEncode(model_, batch, slots, *pool_, *activations_);
  EXPECT_EQ(DecodeStepByStep(), alone);
}

// Row counts round up; what stands in the surplus rows must not matter.
TEST_P(MarianPrecisionTest, ResultDoesNotDependOnSurplusRows) {
  Encode();
  const Matrix clean = Decode(0, 3);
  for (const float garbage :
       {1e30f, -7.0f, std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    const int64_t num_rows = kernels::RoundUpRows(256);
    const int64_t d_model = model_.config.d_model;
    std::fill_n(activations_->hidden(), num_rows * d_model, garbage);
    std::fill_n(activations_->attended(), num_rows * d_model, garbage);
    std::fill_n(activations_->delta(), num_rows * d_model, garbage);
    std::fill_n(activations_->wide(), num_rows * 3 * d_model, garbage);
    Encode();
    EXPECT_EQ(Decode(0, 3), clean) << garbage;
  }
}

TEST_F(MarianTest, DemoModelEqualsTheReference) {
  Load("models/demo");
  ExpectEqualsReference();
}

TEST_F(MarianTest, CountsParametersOnce) {
  Load("models/demo");
  // 8,004 x 256 embeddings once, though they serve three times.
  EXPECT_EQ(model_.weights.num_parameters, 6534980);
}

}  // namespace
}  // namespace parley
