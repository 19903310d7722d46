#include "engine/decoding/search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/decoding/beam_search.h"
#include "engine/decoding/greedy_search.h"
#include "tests/engine/decoding/toy_model.h"

namespace parley {
namespace {

// Written by testdata/make_references.py.
constexpr char kReferences[] = "tests/engine/decoding/testdata/references.txt";

struct ReferenceCase {
  ToyModel model;
  SearchOptions options;
  SearchRules rules;
  struct Result {
    double score = 0;
    std::vector<TokenId> token_ids;
  };
  std::vector<Result> results;
};

template <typename Number>
Number Parse(absl::string_view text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << text;
  return static_cast<Number>(value);
}

std::vector<TokenId> ParseTokens(absl::string_view text) {
  std::vector<TokenId> tokens;
  for (absl::string_view token : absl::StrSplit(text, ',')) {
    tokens.push_back(Parse<TokenId>(token));
  }
  return tokens;
}

EarlyStopping ParseEarlyStopping(absl::string_view word) {
  if (word == "first") return EarlyStopping::kFirst;
  if (word == "never") return EarlyStopping::kNever;
  EXPECT_EQ(word, "heuristic");
  return EarlyStopping::kHeuristic;
}

ReferenceCase ParseCase(absl::string_view line) {
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(line, absl::MaxSplits('|', 1));
  std::map<std::string, std::string> fields;
  for (absl::string_view field : absl::StrSplit(halves.first, ' ')) {
    fields.insert(absl::StrSplit(field, absl::MaxSplits('=', 1)));
  }
  ReferenceCase test;
  test.model.seed = Parse<uint64_t>(fields["seed"]);
  test.model.vocab_size = Parse<int>(fields["vocab"]);
  test.model.scale = Parse<float>(fields["scale"]);
  test.model.end_bias = Parse<float>(fields["end_bias"]);
  test.options.num_beams = Parse<int>(fields["num_beams"]);
  test.options.num_hypotheses = Parse<int>(fields["num_hypotheses"]);
  test.options.length_penalty = Parse<float>(fields["length_penalty"]);
  test.options.early_stopping = ParseEarlyStopping(fields["early_stopping"]);
  test.options.max_new_tokens = Parse<int>(fields["max_new_tokens"]);
  test.options.min_new_tokens = Parse<int>(fields["min_new_tokens"]);
  test.rules = ToyRules(test.model);
  test.rules.renormalize = Parse<int>(fields["renormalize"]) != 0;
  if (Parse<int>(fields["forced_end"]) != 0) {
    test.rules.forced_end_token = test.rules.end_token;
  }
  for (absl::string_view word :
       absl::StrSplit(fields["bad_words"], ';', absl::SkipEmpty())) {
    test.rules.bad_words.push_back(ParseTokens(word));
  }
  for (absl::string_view result :
       absl::StrSplit(halves.second, ' ', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(result, ':');
    test.results.push_back({.score = Parse<double>(parts.first),
                            .token_ids = ParseTokens(parts.second)});
  }
  return test;
}

void ExpectReference(const ReferenceCase& test) {
  const std::unique_ptr<Search> search = CreateSearch(test.options, test.rules);
  auto logits = [&](auto prefix) { return test.model.Logits(prefix); };
  const absl::Status status = Drive(logits, search.get());
  ASSERT_TRUE(status.ok()) << status;
  const std::vector<Hypothesis> found = search->TakeHypotheses();
  ASSERT_EQ(found.size(), test.results.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].token_ids, test.results[i].token_ids);
    const double expected = test.results[i].score;
    EXPECT_NEAR(found[i].score, expected, 1e-5 * std::abs(expected) + 1e-6);
  }
}

TEST(SearchTest, FindsWhatTransformersFinds) {
  std::ifstream file(kReferences);
  ASSERT_TRUE(file.is_open()) << kReferences;
  std::map<int, int> cases_of_beams;
  std::string line;
  while (std::getline(file, line)) {
    SCOPED_TRACE(line);
    const ReferenceCase test = ParseCase(line);
    ASSERT_FALSE(test.results.empty());
    ExpectReference(test);
    ++cases_of_beams[test.options.num_beams];
    if (testing::Test::HasFatalFailure()) return;
  }
  for (int num_beams : {1, 2, 3, 4, 5, 8, 16, 32}) {
    EXPECT_GE(cases_of_beams[num_beams], 30) << num_beams;
  }
}

TEST(SearchTest, OneBeamIsGreedyMoreAreABeamSearch) {
  const SearchRules rules = ToyRules({});
  SearchOptions options;
  options.max_new_tokens = 3;
  EXPECT_NE(dynamic_cast<GreedySearch*>(CreateSearch(options, rules).get()),
            nullptr);
  options.num_beams = 2;
  EXPECT_NE(dynamic_cast<BeamSearch*>(CreateSearch(options, rules).get()),
            nullptr);
}

}  // namespace
}  // namespace parley
