#include "engine/runtime/search_defaults.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(SearchDefaultsTest, ComeFromTheModel) {
  GenerationConfig generation;
  generation.num_beams = 6;
  generation.num_return_sequences = 2;
  generation.length_penalty = 0.5;
  generation.early_stopping = "never";
  generation.max_new_tokens = 127;
  generation.min_new_tokens = 4;
  const auto search = ResolveSearchDefaults(generation, {}, 512);
  ASSERT_TRUE(search.ok()) << search.status();
  EXPECT_EQ(search->num_beams, 6);
  EXPECT_EQ(search->num_hypotheses, 2);
  EXPECT_EQ(search->length_penalty, 0.5f);
  EXPECT_EQ(search->early_stopping, EarlyStopping::kNever);
  EXPECT_EQ(search->max_new_tokens, 127);
  EXPECT_EQ(search->min_new_tokens, 4);
}

TEST(SearchDefaultsTest, ParleyJsonGoesFirst) {
  GenerationConfig generation;
  generation.num_beams = 6;
  generation.early_stopping = "never";
  generation.max_new_tokens = 127;
  const ParleyJson parley_json = {.num_beams = 2,
                                  .num_hypotheses = 2,
                                  .length_penalty = 2.0,
                                  .max_new_tokens = 50,
                                  .min_new_tokens = 10,
                                  .early_stopping = "true"};
  const auto search = ResolveSearchDefaults(generation, parley_json, 512);
  ASSERT_TRUE(search.ok()) << search.status();
  EXPECT_EQ(search->num_beams, 2);
  EXPECT_EQ(search->num_hypotheses, 2);
  EXPECT_EQ(search->length_penalty, 2.0f);
  EXPECT_EQ(search->early_stopping, EarlyStopping::kFirst);
  EXPECT_EQ(search->max_new_tokens, 50);
  EXPECT_EQ(search->min_new_tokens, 10);
}

TEST(SearchDefaultsTest, LengthIsThePositionLimitAtMost) {
  GenerationConfig generation;
  EXPECT_EQ(ResolveSearchDefaults(generation, {}, 512)->max_new_tokens, 512);
  generation.max_new_tokens = 1000;
  EXPECT_EQ(ResolveSearchDefaults(generation, {}, 512)->max_new_tokens, 512);
}

TEST(SearchDefaultsTest, RefusesWhatIsOutOfRange) {
  const auto expect_refused = [](const GenerationConfig& generation,
                                 const ParleyJson& parley_json,
                                 const char* message) {
    const absl::Status status =
        ResolveSearchDefaults(generation, parley_json, 64).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  };
  GenerationConfig generation;
  generation.num_beams = 33;
  expect_refused(generation, {}, "num_beams is 33, expected 1 to 32");
  expect_refused({}, {.num_hypotheses = 2},
                 "num_hypotheses is 2, expected 1 to 1");
  expect_refused({}, {.min_new_tokens = 65}, "min_new_tokens is 65");
  expect_refused({}, {.early_stopping = "soon"}, "\"soon\"");
  expect_refused({},
                 {.length_penalty = std::numeric_limits<double>::infinity()},
                 "length_penalty");
}

}  // namespace
}  // namespace parley
