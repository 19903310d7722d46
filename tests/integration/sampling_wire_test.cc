// The real server with the demo model, asked to draw its translations.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/integration/translation_server.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using Outcome = TranslationClient::Outcome;

constexpr char kMan[] = "A man in a blue shirt is standing on a ladder.";
constexpr char kDogs[] = "Two dogs play in the snow. A girl reads a book.";

class SamplingWireTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new TranslationServer(); }

  static void TearDownTestSuite() {
    server_->End();
    delete server_;
  }

  static Outcome Translate(const std::vector<std::string>& texts,
                           const v1::TranslateOptions& options) {
    v1::TranslateRequest request = DemoRequest(texts);
    *request.mutable_options() = options;
    return server_->client().Translate(request);
  }

  // The only hypothesis of each text; empty where the call failed.
  static std::vector<v1::Hypothesis> Draw(const std::vector<std::string>& texts,
                                          const v1::TranslateOptions& options) {
    const Outcome outcome = Translate(texts, options);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    std::vector<v1::Hypothesis> drawn;
    for (const v1::TranslateResult& result : outcome.response.results()) {
      EXPECT_EQ(result.status().code(), 0) << result.status().message();
      EXPECT_EQ(result.hypotheses_size(), 1);
      drawn.push_back(result.hypotheses(0));
    }
    drawn.resize(texts.size());
    return drawn;
  }

  static TranslationServer* server_;
};

TranslationServer* SamplingWireTest::server_ = nullptr;

void ExpectSame(const v1::Hypothesis& actual, const v1::Hypothesis& expected) {
  EXPECT_EQ(actual.text(), expected.text());
  EXPECT_EQ(actual.score(), expected.score());
  EXPECT_EQ(actual.log_prob(), expected.log_prob());
}

TEST_F(SamplingWireTest, ASeedGivesATextTheSameInAnyCompany) {
  v1::TranslateOptions options;
  options.set_do_sample(true);
  options.set_temperature(1.5);
  options.set_seed(11);
  const auto alone = Draw({kDogs}, options);
  const auto among = Draw({kMan, kDogs, kMan, kDogs}, options);
  ExpectSame(among[1], alone[0]);
  ExpectSame(among[3], alone[0]);
  ExpectSame(among[2], among[0]);
}

TEST_F(SamplingWireTest, SeedsDifferAndSoDoCallsWithoutOne) {
  v1::TranslateOptions options;
  options.set_do_sample(true);
  options.set_temperature(2);
  std::set<std::string> seeded, unseeded;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    options.set_seed(seed);
    seeded.insert(Draw({kMan}, options)[0].text());
  }
  EXPECT_GE(seeded.size(), 4u);
  options.clear_seed();
  for (const auto& drawn : Draw(std::vector<std::string>(8, kMan), options)) {
    unseeded.insert(drawn.text());
  }
  EXPECT_GE(unseeded.size(), 4u);
}

TEST_F(SamplingWireTest, OfTheLikeliestTokenOnlyIsGreedy) {
  v1::TranslateOptions options;
  options.set_num_beams(1);
  options.set_num_hypotheses(1);
  const auto greedy = Draw({kMan, kDogs}, options);
  options.clear_num_beams();
  options.set_do_sample(true);
  options.set_top_k(1);
  const auto drawn = Draw({kMan, kDogs}, options);
  ExpectSame(drawn[0], greedy[0]);
  ExpectSame(drawn[1], greedy[1]);
}

TEST_F(SamplingWireTest, WhatCannotBeIsRefused) {
  const auto expect_refused = [](const v1::TranslateOptions& options,
                                 const char* message) {
    const grpc::Status status = Translate({kMan}, options).status;
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(message));
  };
  v1::TranslateOptions options;
  options.set_seed(1);
  expect_refused(options, "options.seed is set, but options.do_sample is not");
  options.set_do_sample(true);
  options.set_num_beams(4);
  expect_refused(options, "options.num_beams is 4, but must be 1");
  options.clear_num_beams();
  options.set_top_p(0);
  expect_refused(options, "options.top_p is 0");
}

}  // namespace
}  // namespace parley
