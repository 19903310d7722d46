#include "engine/runtime/translate_check.h"

#include <limits>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

MarianConfig Config() {
  MarianConfig config;
  config.encoder.vocab_size = 100;
  config.decoder.vocab_size = 90;
  config.max_positions = 64;
  config.generation.eos_token_id = 0;
  return config;
}

Task Sound() {
  Task task = {.source_ids = {1, 99, 0}};
  task.search.max_new_tokens = 20;
  return task;
}

std::string ErrorOf(const Task& task) {
  const absl::Status status = CheckTranslateTask(task, Config());
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(TranslateCheckTest, TakesWhatTheModelCan) {
  Task task = Sound();
  EXPECT_TRUE(CheckTranslateTask(task, Config()).ok());
  task.target_tokens = {0, 5, 89};
  task.search.sampling = Sampling();
  EXPECT_TRUE(CheckTranslateTask(task, Config()).ok());
  task.search.sampling =
      Sampling{.temperature = std::numeric_limits<float>::min(),
               .top_k = 64,
               .top_p = std::numeric_limits<float>::min()};
  EXPECT_TRUE(CheckTranslateTask(task, Config()).ok());
}

TEST(TranslateCheckTest, EachSideHasItsOwnVocabulary) {
  Task task = Sound();
  task.source_ids = {100, 0};
  EXPECT_THAT(ErrorOf(task),
              HasSubstr("source token is 100, expected 0 to 99"));
  task = Sound();
  task.target_tokens = {0, 90};
  EXPECT_THAT(ErrorOf(task), HasSubstr("target token is 90, expected 0 to 89"));
}

TEST(TranslateCheckTest, LargeIdsAreNamedInFull) {
  Task task = Sound();
  task.source_ids = {1'000'000, 0};
  EXPECT_THAT(ErrorOf(task),
              HasSubstr("source token is 1000000, expected 0 to 99"));
  task = Sound();
  task.search.max_new_tokens = 123'456'789;
  EXPECT_THAT(ErrorOf(task),
              HasSubstr("max_new_tokens is 123456789, expected 1 to 64"));
}

TEST(TranslateCheckTest, SamplingHasOneBeam) {
  Task task = Sound();
  task.search.num_beams = 2;
  EXPECT_TRUE(CheckTranslateTask(task, Config()).ok());
  task.search.sampling = Sampling();
  EXPECT_THAT(ErrorOf(task), HasSubstr("num_beams is 2, expected 1"));
  task.search.num_beams = 1;
  task.search.num_hypotheses = 2;
  EXPECT_THAT(ErrorOf(task), HasSubstr("num_hypotheses is 2, expected 1 to 1"));
}

TEST(TranslateCheckTest, SamplingOutOfRangeIsNamed) {
  Task task = Sound();
  const auto error_of = [&](const Sampling& sampling) {
    task.search.sampling = sampling;
    return ErrorOf(task);
  };
  for (const float wrong : {0.0f, -1.0f, std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_THAT(error_of({.temperature = wrong}), HasSubstr("temperature is "));
    EXPECT_THAT(error_of({.top_p = wrong}), HasSubstr("top_p is "));
  }
  EXPECT_THAT(error_of({.top_p = 1.5f}), HasSubstr("top_p is 1.5"));
  EXPECT_THAT(error_of({.top_k = 0}),
              HasSubstr("top_k is 0, expected 1 to 64"));
  EXPECT_THAT(error_of({.top_k = 65}), HasSubstr("top_k is 65"));
}

}  // namespace
}  // namespace parley
