// The pipeline by itself; line_calls_test.cc runs it over a real connection.
#include "client/text_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Done = absl::AnyInvocable<void(absl::Status)>;

// Hands its texts and `done` to the test; does not take "no".
class FakeBatch : public TextBatch {
 public:
  using Send = std::function<void(const std::vector<std::string>&, Done)>;

  explicit FakeBatch(Send send) : send_(std::move(send)) {}
  absl::Status Add(const std::string& text) override {
    if (text == "no") return absl::OutOfRangeError("not that");
    texts_.push_back(text);
    return absl::OkStatus();
  }
  void Start(Done done) override { send_(texts_, std::move(done)); }
  const std::string& text(int index) const { return texts_[index]; }

 private:
  const Send send_;
  std::vector<std::string> texts_;
};

struct Outcome {
  absl::Status status;
  // "number:text" or "number:code", in the order of the sink.
  std::vector<std::string> handed;
};

Outcome RunPipeline(const PipelineOptions& options,
                    std::vector<std::string> texts, FakeBatch::Send send) {
  ListSource source(std::move(texts));
  Outcome outcome;
  outcome.status = RunTextPipeline(
      options, source, [&] { return std::make_unique<FakeBatch>(send); },
      [&](const PipelinedText& text) {
        if (text.status.ok()) {
          EXPECT_EQ(static_cast<FakeBatch&>(text.batch).text(text.index),
                    text.text);
          outcome.handed.push_back(absl::StrCat(text.number, ":", text.text));
        } else {
          outcome.handed.push_back(absl::StrCat(
              text.number, ":", static_cast<int>(text.status.code())));
        }
        return absl::OkStatus();
      });
  return outcome;
}

TEST(RunTextPipeline, BatchesThatAreDoneAtOnce) {
  int num_calls = 0;
  const Outcome outcome =
      RunPipeline({.batch_size = 2, .in_flight = 1}, {"a", "b", "c"},
                  [&](const std::vector<std::string>& texts, Done done) {
                    ++num_calls;
                    done(absl::OkStatus());
                  });
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_THAT(outcome.handed, ElementsAre("1:a", "2:b", "3:c"));
  EXPECT_EQ(num_calls, 2);
}

TEST(RunTextPipeline, KeepsTheOrderOfBatchesThatEndInReverse) {
  std::vector<Done> waiting;
  const Outcome outcome =
      RunPipeline({.batch_size = 1, .in_flight = 3}, {"a", "b", "c"},
                  [&](const std::vector<std::string>& texts, Done done) {
                    waiting.push_back(std::move(done));
                    if (waiting.size() < 3) return;
                    std::thread([&] {
                      for (size_t i = 3; i-- > 0;) waiting[i](absl::OkStatus());
                    }).join();
                  });
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_THAT(outcome.handed, ElementsAre("1:a", "2:b", "3:c"));
}

TEST(RunTextPipeline, TextsThatAreNotTakenFailAlone) {
  std::vector<std::string> sent;
  const Outcome outcome =
      RunPipeline({}, {"a", "no", "b\xff", "c"},
                  [&](const std::vector<std::string>& texts, Done done) {
                    sent = texts;
                    done(absl::OkStatus());
                  });
  EXPECT_THAT(outcome.handed, ElementsAre("1:a", "2:11", "3:3", "4:c"));
  EXPECT_THAT(sent, ElementsAre("a", "c"));
}

TEST(RunTextPipeline, ABatchWithoutTextsIsNotStarted) {
  const Outcome outcome =
      RunPipeline({}, {"no", "no"}, [](const std::vector<std::string>&, Done) {
        ADD_FAILURE() << "started";
      });
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_THAT(outcome.handed, ElementsAre("1:11", "2:11"));
}

TEST(RunTextPipeline, ErrorsOfOneBatchGoOnAndOthersEndTheRun) {
  const auto run = [](absl::Status error) {
    return RunPipeline({.batch_size = 1, .in_flight = 1}, {"a", "b", "c"},
                       [&](const std::vector<std::string>& texts, Done done) {
                         done(texts[0] == "b" ? error : absl::OkStatus());
                       });
  };
  const Outcome internal = run(absl::InternalError("broken"));
  EXPECT_TRUE(internal.status.ok());
  EXPECT_THAT(internal.handed, ElementsAre("1:a", "2:13", "3:c"));
  const Outcome refused = run(absl::FailedPreconditionError("no head"));
  EXPECT_EQ(refused.status,
            absl::FailedPreconditionError("from text 2 on: no head"));
  EXPECT_THAT(refused.handed, ElementsAre("1:a"));
}

}  // namespace
}  // namespace parley::client
