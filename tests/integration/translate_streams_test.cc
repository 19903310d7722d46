// The streams of TranslationService on the real server with the demo model:
// they say what Translate says, in more words, and break off cleanly.
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/integration/translation_server.h"

namespace parley {
namespace {

using ::google::protobuf::util::MessageDifferencer;

// Different sentences, one for each number.
std::string Line(int number) {
  constexpr const char* kWho[] = {"A man", "A young woman", "Two dogs",
                                  "The boy in the red shirt", "A group"};
  constexpr const char* kWhat[] = {"is riding a bike", "plays the guitar",
                                   "run through the snow",
                                   "jumps into the water", "looks at a map"};
  constexpr const char* kWhere[] = {"on the beach.", "in front of a house.",
                                    "near the old train station.", "today."};
  return absl::StrCat(kWho[number % 5], " ", kWhat[number / 5 % 5], " ",
                      kWhere[number / 25 % 4], number >= 100 ? " Again." : "");
}

// Where it must end well.
v1::TranslateResponse Translate(TranslationServer& server,
                                const v1::TranslateRequest& request) {
  TranslationClient::Outcome outcome = server.client().Translate(request);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  return std::move(outcome.response);
}

// One server for all tests that leave it running.
class TranslateStreamsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new TranslationServer(); }
  static void TearDownTestSuite() {
    server_->End();
    delete server_;
  }

  static TranslationClient::Stub& stub() { return *server_->client().stub(); }

  void SetUp() override { ASSERT_TRUE(server_->process().running()); }

  // Reads a whole TranslateStream, and expects of it what unary calls say.
  // Returns how many deltas there were.
  static int ExpectSameAsUnary(const v1::TranslateRequest& request,
                               grpc::ClientContext* context) {
    SetLongDeadline(context);
    const auto stream = stub().TranslateStream(context, request);
    std::map<int, v1::TranslateDelta> texts;  // All of each.
    int num_deltas = 0;
    v1::TranslateResponse response;
    v1::TranslateStreamResponse event;
    while (stream->Read(&event)) {
      if (event.has_response()) {
        response = event.response();
        continue;
      }
      ++num_deltas;
      v1::TranslateDelta& whole = texts[event.delta().index()];
      EXPECT_FALSE(whole.is_last());
      whole.mutable_text()->append(event.delta().text());
      whole.mutable_token_ids()->MergeFrom(event.delta().token_ids());
      whole.set_is_last(event.delta().is_last());
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    v1::TranslateResponse unary = Translate(*server_, request);
    unary.clear_timing();
    response.clear_timing();
    EXPECT_TRUE(MessageDifferencer::Equals(unary, response));
    for (int i = 0; i < unary.results_size(); ++i) {
      const v1::Hypothesis& best = unary.results(i).hypotheses(0);
      EXPECT_TRUE(texts[i].is_last()) << i;
      EXPECT_EQ(texts[i].text(), best.text());
      EXPECT_EQ(texts[i].token_ids_size(), best.token_ids_size());
    }
    return num_deltas;
  }

  static int ExpectSameAsUnary(const v1::TranslateRequest& request) {
    grpc::ClientContext context;
    return ExpectSameAsUnary(request, &context);
  }

  static TranslationServer* server_;
};

TranslationServer* TranslateStreamsTest::server_ = nullptr;

constexpr char kParagraph[] =
    "  A man is riding a bike. Two dogs run through the snow, and a woman\n"
    "looks at them!\n\nThe boy's father isn't there. Is he in the house?  ";

TEST_F(TranslateStreamsTest, GreedySaysWhatUnarySays) {
  v1::TranslateRequest request =
      DemoRequest({Line(3), kParagraph, "", " ",
                   "Gr\xC3\xBC\xC3\x9F Gott \xE2\x82\xAC 5."});
  request.mutable_options()->set_num_beams(1);
  ExpectSameAsUnary(request);
  request.mutable_options()->set_return_tokens(true);
  ExpectSameAsUnary(request);
}

TEST_F(TranslateStreamsTest, BeamSearchSaysWhatUnarySays) {
  v1::TranslateRequest request = DemoRequest({Line(7), kParagraph, Line(11)});
  request.mutable_options()->set_num_beams(4);
  request.mutable_options()->set_num_hypotheses(4);
  request.mutable_options()->set_return_tokens(true);
  ExpectSameAsUnary(request);
  request.mutable_options()->set_split(v1::SPLIT_NONE);
  ExpectSameAsUnary(request);
}

TEST_F(TranslateStreamsTest, ManyTextsAtOnce) {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(Line(i));
  v1::TranslateRequest request = DemoRequest(std::move(texts));
  request.mutable_options()->set_num_beams(2);
  EXPECT_GE(ExpectSameAsUnary(request), 100);
}

TEST_F(TranslateStreamsTest, ASlowReaderGetsItAll) {
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back(kParagraph);
  v1::TranslateRequest request = DemoRequest(std::move(texts));
  request.mutable_options()->set_num_beams(1);
  request.mutable_options()->set_return_tokens(true);
  grpc::ClientContext context;
  SetLongDeadline(&context);
  const auto stream = stub().TranslateStream(&context, request);
  // The same work again is done while nobody reads.
  const v1::TranslateResponse unary = Translate(*server_, request);
  std::map<int, std::string> told;
  v1::TranslateStreamResponse event;
  while (stream->Read(&event)) {
    if (event.has_delta()) told[event.delta().index()] += event.delta().text();
  }
  EXPECT_TRUE(stream->Finish().ok());
  for (int i = 0; i < unary.results_size(); ++i) {
    EXPECT_EQ(told[i], unary.results(i).hypotheses(0).text());
  }
}

TEST_F(TranslateStreamsTest, ACancelInTheMiddleCostsNobodyElse) {
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    const auto stream = stub().TranslateStream(
        &context, DemoRequest({Line(i), kParagraph, kParagraph, " "}));
    v1::TranslateStreamResponse event;
    for (int k = 0; k <= i % 3; ++k) stream->Read(&event);
    context.TryCancel();
    while (stream->Read(&event)) {
    }
    stream->Finish();
  }
  EXPECT_EQ(Translate(*server_, DemoRequest({Line(0)})).results_size(), 1);
}

using BatchStream = grpc::ClientReaderWriter<v1::TranslateBatchStreamRequest,
                                             v1::TranslateBatchStreamResponse>;

// Writes lines from 0 on, until `count` or until the stream has ended.
void WriteLines(BatchStream& stream, int count, bool in_order) {
  for (int i = 0; i < count; ++i) {
    v1::TranslateBatchStreamRequest item;
    *item.mutable_request() = DemoRequest({Line(i)});
    item.set_id(absl::StrCat(i));
    if (i == 0) item.set_in_order(in_order);
    if (!stream.Write(item)) return;
  }
  stream.WritesDone();
}

TEST_F(TranslateStreamsTest, ABatchStreamSaysWhatUnarySays) {
  constexpr int kNumLines = 200;
  std::vector<std::string> lines;
  for (int i = 0; i < kNumLines; ++i) lines.push_back(Line(i));
  const v1::TranslateResponse unary = Translate(*server_, DemoRequest(lines));
  ASSERT_EQ(unary.results_size(), kNumLines);
  for (const bool in_order : {true, false}) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    const auto stream = stub().TranslateBatchStream(&context);
    std::thread writer([&] { WriteLines(*stream, kNumLines, in_order); });
    std::map<int, v1::TranslateResult> results;
    v1::TranslateBatchStreamResponse response;
    while (stream->Read(&response)) {
      EXPECT_EQ(response.status().code(), 0) << response.status().message();
      if (in_order) {
        EXPECT_EQ(response.id(), absl::StrCat(results.size()));
      }
      results[std::stoi(response.id())] = response.response().results(0);
    }
    writer.join();
    EXPECT_TRUE(stream->Finish().ok());
    ASSERT_EQ(results.size(), kNumLines);
    for (int i = 0; i < kNumLines; ++i) {
      EXPECT_TRUE(MessageDifferencer::Equals(results[i], unary.results(i)));
    }
  }
}

TEST_F(TranslateStreamsTest, PartOfALateAnswerIsGiven) {
  std::vector<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.push_back(Line(i) + kParagraph);
  v1::TranslateRequest request = DemoRequest(std::move(texts));
  request.mutable_call()->set_allow_partial(true);
  // A machine that is slow or busy with other things may lose the race; with
  // more time, it is still far from all.
  grpc::Status status;
  v1::TranslateResponse response;
  for (const int seconds : {2, 2, 3, 4, 6, 8}) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(seconds));
    status = stub().Translate(&context, request, &response);
    if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) break;
    // The next attempt is not refused for what is left of this one.
    server_->ExpectIdle();
  }
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.results_size(), 1000);
  int num_late = 0;
  for (const v1::TranslateResult& result : response.results()) {
    const bool late =
        result.status().code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    EXPECT_EQ(result.hypotheses_size(), late ? 0 : 1);
    num_late += late;
  }
  EXPECT_GT(num_late, 0);
}

// What a stream that is broken off has been answered is right and without gaps,
// and the server waits for it.
TEST(DrainTest, ABatchStreamLosesNothingThatWasRead) {
  TranslationServer server;
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) lines.push_back(Line(i));
  const v1::TranslateResponse unary = Translate(server, DemoRequest(lines));
  grpc::ClientContext context;
  SetLongDeadline(&context);
  const auto stream = server.client().stub()->TranslateBatchStream(&context);
  std::thread writer([&] { WriteLines(*stream, 100'000, /*in_order=*/true); });
  v1::TranslateBatchStreamResponse response;
  int num_read = 0;
  for (; stream->Read(&response); ++num_read) {
    if (num_read == 30) server.process().Signal(SIGTERM);
    EXPECT_EQ(response.status().code(), 0) << response.status().message();
    EXPECT_EQ(response.id(), absl::StrCat(num_read));
    if (num_read >= 100) continue;
    EXPECT_TRUE(MessageDifferencer::Equals(response.response().results(0),
                                           unary.results(num_read)));
  }
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is going down");
  writer.join();
  EXPECT_GT(num_read, 30);
  EXPECT_LT(num_read, 100'000);
  EXPECT_EQ(server.process().WaitForExit(), 0) << server.process().err();
}

}  // namespace
}  // namespace parley
