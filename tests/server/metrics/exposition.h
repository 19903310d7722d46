// Reads Prometheus' text format 0.0.4, strictly.
#ifndef PARLEY_TESTS_SERVER_METRICS_EXPOSITION_H_
#define PARLEY_TESTS_SERVER_METRICS_EXPOSITION_H_

#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"

namespace parley {

using SampleLabels = std::map<std::string, std::string>;

struct Sample {
  std::string name;
  SampleLabels labels;
  double value = 0;
};

// Everything that is wrong with a text is a failure of the test.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(absl::EndsWith(text, "\n"));
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      if (line.empty()) continue;
      if (absl::StartsWith(line, "# ")) {
        ReadComment(line);
      } else {
        ReadSample(line);
      }
    }
    CheckHistograms();
  }

  // By name of the family: "counter", "gauge", "histogram".
  const std::map<std::string, std::string>& types() const { return types_; }
  const std::vector<Sample>& samples() const { return samples_; }

  bool Has(const std::string& name, const SampleLabels& labels) const {
    return Find(name, labels) != nullptr;
  }

  // Of the series with exactly these labels; NaN where there is none.
  double Value(const std::string& name, const SampleLabels& labels = {}) const {
    const Sample* sample = Find(name, labels);
    return sample == nullptr ? std::numeric_limits<double>::quiet_NaN()
                             : sample->value;
  }

  // Of all series with this name.
  double Sum(const std::string& name) const {
    double sum = 0;
    for (const Sample& sample : samples_) {
      if (sample.name == name) sum += sample.value;
    }
    return sum;
  }

  // All values that a label has anywhere.
  std::set<std::string> LabelValues(const std::string& label) const {
    std::set<std::string> values;
    for (const Sample& sample : samples_) {
      const auto it = sample.labels.find(label);
      if (it != sample.labels.end()) values.insert(it->second);
    }
    return values;
  }

  // All labels that there are, but for the buckets' "le": of all families, or
  // of one.
  std::set<std::string> LabelNames(absl::string_view family = "") const {
    std::set<std::string> names;
    for (const Sample& sample : samples_) {
      if (!family.empty() && sample.name != family &&
          sample.name != absl::StrCat(family, "_bucket")) {
        continue;
      }
      for (const auto& [name, value] : sample.labels) names.insert(name);
    }
    names.erase("le");
    return names;
  }

 private:
  const Sample* Find(const std::string& name,
                     const SampleLabels& labels) const {
    for (const Sample& sample : samples_) {
      if (sample.name == name && sample.labels == labels) return &sample;
    }
    return nullptr;
  }

  void ReadComment(absl::string_view line) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::MaxSplits(' ', 3));
    ASSERT_EQ(words.size(), 4) << line;
    EXPECT_FALSE(words[3].empty()) << line;
    if (words[1] == "HELP") {
      EXPECT_TRUE(helps_.insert(words[2]).second) << "again: " << line;
    } else {
      ASSERT_EQ(words[1], "TYPE") << line;
      EXPECT_TRUE(types_.emplace(words[2], words[3]).second)
          << "again: " << line;
      EXPECT_TRUE(helps_.count(words[2])) << "no help: " << line;
      family_ = words[2];
    }
  }

  static absl::string_view TakeName(absl::string_view* rest) {
    size_t end = 0;
    while (end < rest->size() &&
           (std::isalnum((*rest)[end]) || (*rest)[end] == '_')) {
      ++end;
    }
    const absl::string_view name = rest->substr(0, end);
    rest->remove_prefix(end);
    return name;
  }

  // After the opening quote, up to and with the closing one.
  static std::string TakeQuoted(absl::string_view* rest) {
    std::string value;
    while (!rest->empty() && rest->front() != '"') {
      if (rest->front() == '\\') rest->remove_prefix(1);
      if (rest->empty()) break;
      value += rest->front();
      rest->remove_prefix(1);
    }
    EXPECT_TRUE(absl::ConsumePrefix(rest, "\""));
    return value;
  }

  void ReadSample(absl::string_view line) {
    absl::string_view rest = line;
    Sample sample;
    sample.name = std::string(TakeName(&rest));
    EXPECT_TRUE(sample.name == family_ ||
                (types_[family_] == "histogram" &&
                 (sample.name == absl::StrCat(family_, "_bucket") ||
                  sample.name == absl::StrCat(family_, "_sum") ||
                  sample.name == absl::StrCat(family_, "_count"))))
        << line << " is not of " << family_;
    if (absl::ConsumePrefix(&rest, "{")) {
      while (!absl::ConsumePrefix(&rest, "}")) {
        std::string name(TakeName(&rest));
        ASSERT_TRUE(absl::ConsumePrefix(&rest, "=\"")) << line;
        EXPECT_TRUE(
            sample.labels.emplace(std::move(name), TakeQuoted(&rest)).second)
            << line;
        absl::ConsumePrefix(&rest, ",");
      }
    }
    ASSERT_TRUE(absl::ConsumePrefix(&rest, " ")) << line;
    ASSERT_TRUE(absl::SimpleAtod(rest, &sample.value)) << line;
    EXPECT_EQ(Find(sample.name, sample.labels), nullptr) << "again: " << line;
    samples_.push_back(std::move(sample));
  }

  // Buckets grow, and the last holds all.
  void CheckHistograms() const {
    std::map<std::pair<std::string, SampleLabels>, double> last;
    for (const Sample& sample : samples_) {
      absl::string_view family = sample.name;
      if (!absl::ConsumeSuffix(&family, "_bucket")) continue;
      SampleLabels labels = sample.labels;
      const std::string bound = labels["le"];
      labels.erase("le");
      double& count = last[{std::string(family), labels}];
      EXPECT_GE(sample.value, count) << sample.name;
      count = sample.value;
      if (bound == "+Inf") {
        EXPECT_EQ(Value(absl::StrCat(family, "_count"), labels), count)
            << family;
      }
    }
  }

  std::string family_;
  std::set<std::string> helps_;
  std::map<std::string, std::string> types_;
  std::vector<Sample> samples_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_METRICS_EXPOSITION_H_
