#include "server/pipeline/options.h"

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ModelInfo Info() {
  ModelInfo info;
  info.max_target_tokens = 100;
  info.default_search = {.num_beams = 4,
                         .num_hypotheses = 3,
                         .length_penalty = 0.6f,
                         .early_stopping = EarlyStopping::kFirst,
                         .max_new_tokens = 50,
                         .min_new_tokens = 5};
  return info;
}

SearchOptions Resolve(const TranslateOptions& options) {
  const auto search = ResolveSearchOptions(options, Info());
  EXPECT_TRUE(search.ok()) << search.status();
  return search.value_or(SearchOptions());
}

std::string ErrorOf(const TranslateOptions& options) {
  const absl::Status status = ResolveSearchOptions(options, Info()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(OptionsTest, UnsetIsTheModelsDefault) {
  const SearchOptions search = Resolve({});
  EXPECT_EQ(search.num_beams, 4);
  EXPECT_EQ(search.num_hypotheses, 3);
  EXPECT_EQ(search.length_penalty, 0.6f);
  EXPECT_EQ(search.early_stopping, EarlyStopping::kFirst);
  EXPECT_EQ(search.max_new_tokens, 50);
  EXPECT_EQ(search.min_new_tokens, 5);
}

TEST(OptionsTest, SetIsTaken) {
  const SearchOptions search =
      Resolve({.num_beams = 32,
               .num_hypotheses = 32,
               .length_penalty = -2.0f,
               .max_new_tokens = 100,
               .min_new_tokens = 100,
               .early_stopping = EarlyStopping::kNever});
  EXPECT_EQ(search.num_beams, 32);
  EXPECT_EQ(search.num_hypotheses, 32);
  EXPECT_EQ(search.length_penalty, -2.0f);
  EXPECT_EQ(search.early_stopping, EarlyStopping::kNever);
  EXPECT_EQ(search.max_new_tokens, 100);
  EXPECT_EQ(search.min_new_tokens, 100);
  EXPECT_EQ(Resolve({.min_new_tokens = 0}).min_new_tokens, 0);
}

TEST(OptionsTest, ADefaultGivesWay) {
  EXPECT_EQ(Resolve({.num_beams = 2}).num_hypotheses, 2);
  EXPECT_EQ(Resolve({.max_new_tokens = 2}).min_new_tokens, 2);
}

TEST(OptionsTest, DefaultsThatTheModelCannotTakeAreBroughtIntoRange) {
  ModelInfo info;  // Files that say nothing useful.
  info.max_target_tokens = 10;
  info.default_search = {.num_beams = 99,
                         .num_hypotheses = 0,
                         .max_new_tokens = 1000,
                         .min_new_tokens = -1};
  const auto search = ResolveSearchOptions({}, info);
  ASSERT_TRUE(search.ok());
  EXPECT_EQ(search->num_beams, 32);
  EXPECT_EQ(search->num_hypotheses, 1);
  EXPECT_EQ(search->max_new_tokens, 10);
  EXPECT_EQ(search->min_new_tokens, 0);
}

TEST(OptionsTest, OutOfRangeNamesFieldValueAndRange) {
  EXPECT_THAT(ErrorOf({.num_beams = 0}),
              AllOf(HasSubstr("options.num_beams"), HasSubstr("is 0"),
                    HasSubstr("from 1 to 32")));
  EXPECT_THAT(ErrorOf({.num_beams = 1000}), HasSubstr("is 1000"));
  EXPECT_THAT(ErrorOf({.num_beams = -1}), HasSubstr("is -1"));
  EXPECT_THAT(ErrorOf({.num_beams = 2, .num_hypotheses = 3}),
              AllOf(HasSubstr("options.num_hypotheses"), HasSubstr("1 to 2")));
  EXPECT_THAT(ErrorOf({.num_hypotheses = 0}), HasSubstr("1 to 4"));
  EXPECT_THAT(
      ErrorOf({.max_new_tokens = 101}),
      AllOf(HasSubstr("options.max_new_tokens"), HasSubstr("1 to 100")));
  EXPECT_THAT(ErrorOf({.max_new_tokens = 0}), HasSubstr("is 0"));
  EXPECT_THAT(ErrorOf({.min_new_tokens = 51}),
              AllOf(HasSubstr("options.min_new_tokens"), HasSubstr("0 to 50")));
  EXPECT_THAT(ErrorOf({.min_new_tokens = -1}), HasSubstr("is -1"));
  EXPECT_THAT(ErrorOf({.max_new_tokens = 3, .min_new_tokens = 4}),
              HasSubstr("0 to 3"));
  for (const float value :
       {std::nanf(""), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(ErrorOf({.length_penalty = value}),
                HasSubstr("options.length_penalty"));
  }
}

TEST(OptionsTest, SamplingTakesTransformersDefaultsAndOneBeam) {
  EXPECT_EQ(Resolve({}).sampling, std::nullopt);
  const SearchOptions search = Resolve({.do_sample = true});
  EXPECT_EQ(search.num_beams, 1);
  EXPECT_EQ(search.num_hypotheses, 1);
  ASSERT_TRUE(search.sampling.has_value());
  EXPECT_EQ(search.sampling->temperature, 1.0f);
  EXPECT_EQ(search.sampling->top_k, 50);
  EXPECT_EQ(search.sampling->top_p, 1.0f);
  const SearchOptions set = Resolve({.num_beams = 1,
                                     .do_sample = true,
                                     .temperature = 0.5f,
                                     .top_k = 64,
                                     .top_p = 0.25f,
                                     .seed = 3});
  EXPECT_EQ(set.sampling->temperature, 0.5f);
  EXPECT_EQ(set.sampling->top_k, 64);
  EXPECT_EQ(set.sampling->top_p, 0.25f);
}

TEST(OptionsTest, SamplingOutOfRangeNamesFieldAndValue) {
  EXPECT_THAT(ErrorOf({.num_beams = 4, .do_sample = true}),
              AllOf(HasSubstr("options.num_beams is 4"),
                    HasSubstr("1 with options.do_sample")));
  EXPECT_THAT(ErrorOf({.num_hypotheses = 2, .do_sample = true}),
              HasSubstr("options.num_hypotheses is 2"));
  EXPECT_THAT(ErrorOf({.do_sample = true, .top_k = 0}),
              AllOf(HasSubstr("options.top_k is 0"), HasSubstr("1 to 64")));
  EXPECT_THAT(ErrorOf({.do_sample = true, .top_k = 65}), HasSubstr("is 65"));
  for (const float value :
       {0.0f, -1.0f, std::nanf(""), std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(ErrorOf({.do_sample = true, .temperature = value}),
                HasSubstr("options.temperature"));
    EXPECT_THAT(ErrorOf({.do_sample = true, .top_p = value}),
                HasSubstr("options.top_p"));
  }
  EXPECT_THAT(ErrorOf({.do_sample = true, .top_p = 1.01f}),
              HasSubstr("options.top_p is 1.01"));
}

TEST(OptionsTest, WhatOnlySamplingReadsIsRefusedWithoutIt) {
  EXPECT_THAT(ErrorOf({.temperature = 1}), HasSubstr("options.temperature"));
  EXPECT_THAT(ErrorOf({.top_k = 1}), HasSubstr("options.top_k"));
  EXPECT_THAT(ErrorOf({.top_p = 1}), HasSubstr("options.top_p"));
  EXPECT_THAT(ErrorOf({.seed = 0}),
              HasSubstr("options.seed is set, but options.do_sample is not"));
}

TEST(OptionsTest, SeedsAreTheCallsOrRandom) {
  EXPECT_EQ(TextSeed({.seed = 7}), 7u);
  EXPECT_EQ(TextSeed({.seed = 0}), 0u);
  EXPECT_NE(TextSeed({}), TextSeed({}));
}

TEST(OptionsTest, PiecesHaveSeedsOfTheirOwn) {
  EXPECT_EQ(PieceSeed(7, 0), 7u);
  std::set<uint64_t> seeds;
  for (uint64_t text = 0; text < 100; ++text) {
    for (int64_t piece = 0; piece < 100; ++piece) {
      EXPECT_TRUE(seeds.insert(PieceSeed(text, piece)).second);
    }
  }
}

TEST(OptionsTest, AShortlistIsUsedAsAskedElseAsTheModelDoes) {
  ModelInfo info = Info();
  EXPECT_EQ(ResolveShortlist({}, info).value(), false);
  EXPECT_EQ(ResolveShortlist({.shortlist = false}, info).value(), false);
  info.has_shortlist = true;
  EXPECT_EQ(ResolveShortlist({}, info).value(), false);
  EXPECT_EQ(ResolveShortlist({.shortlist = true}, info).value(), true);
  info.uses_shortlist = true;
  EXPECT_EQ(ResolveShortlist({}, info).value(), true);
  EXPECT_EQ(ResolveShortlist({.shortlist = false}, info).value(), false);
}

TEST(OptionsTest, AShortlistThatIsNotThereIsRefused) {
  const absl::Status status =
      ResolveShortlist({.shortlist = true}, Info()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("options.shortlist"));
}

}  // namespace
}  // namespace parley
