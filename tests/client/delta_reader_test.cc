#include "client/delta_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "index:text[ids]", with "$" behind the last of a text.
std::string ToString(const v1::TranslateDelta& delta) {
  std::string text = absl::StrCat(delta.index(), ":", delta.text());
  for (const int id : delta.token_ids()) absl::StrAppend(&text, "[", id, "]");
  return delta.is_last() ? text + "$" : text;
}

class DeltaLedgerTest : public ::testing::Test {
 protected:
  absl::Status Add(const std::string& text, std::vector<int> ids = {},
                   bool is_last = false) {
    v1::TranslateDelta delta;
    delta.set_text(text);
    delta.mutable_token_ids()->Add(ids.begin(), ids.end());
    delta.set_is_last(is_last);
    return ledger_.Add(std::move(delta));
  }
  std::vector<std::string> Told() { return std::exchange(told_, {}); }

  std::vector<std::string> told_;
  DeltaLedger ledger_{[this](const v1::TranslateDelta& delta) {
    told_.push_back(ToString(delta));
  }};
};

TEST_F(DeltaLedgerTest, TellsAllOfTheFirstAttempt) {
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("a", {1}).ok());
  EXPECT_TRUE(Add("", {2}).ok());
  EXPECT_TRUE(Add("b", {}, true).ok());
  EXPECT_THAT(Told(), ElementsAre("0:a[1]", "0:[2]", "0:b$"));
}

TEST_F(DeltaLedgerTest, PassesOverWhatAnotherAttemptTellsAgain) {
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("one ", {1}).ok());
  EXPECT_TRUE(Add("two", {2, 3}).ok());
  Told();
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("one", {1, 2}).ok());
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_TRUE(Add(" two three", {3, 4}).ok());
  EXPECT_THAT(Told(), ElementsAre("0: three[4]"));
  EXPECT_TRUE(Add("", {}, true).ok());
  EXPECT_THAT(Told(), ElementsAre("0:$"));
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("one two three", {1, 2, 3, 4}, true).ok());
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(DeltaLedgerTest, AnotherTranslationIsNoContinuation) {
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("one").ok());
  ledger_.BeginAttempt();
  EXPECT_TRUE(absl::IsAborted(Add("two")));
  ledger_.BeginAttempt();
  EXPECT_TRUE(Add("on").ok());
  EXPECT_TRUE(absl::IsAborted(Add("going")));
}

class ReadDeltasTest : public ::testing::Test {
 protected:
  absl::Status Call(const std::string& text) {
    v1::TranslateRequest request;
    request.add_texts(text);
    const auto stub = v1::TranslationService::NewStub(grpc::CreateChannel(
        server_.address(), grpc::InsecureChannelCredentials()));
    RetryOptions retry;
    retry.initial_backoff = absl::Milliseconds(1);
    absl::Notification finished;
    absl::Status status;
    const auto read =
        ReadDeltas(stub->async(), [this](const v1::TranslateDelta& delta) {
          told_.push_back(ToString(delta));
        });
    std::make_shared<RetryingCall>(
        retry, absl::Now() + absl::Seconds(20),
        [&](grpc::ClientContext* context, RetryingCall::AttemptDone done) {
          read(context, &request, &response_, std::move(done));
        },
        [&](absl::Status end) {
          status = std::move(end);
          finished.Notify();
        })
        ->Start();
    finished.WaitForNotification();
    return status;
  }

  FakeServer server_;
  std::vector<std::string> told_;
  v1::TranslateResponse response_;
};

TEST_F(ReadDeltasTest, TellsDeltasAndKeepsTheResponse) {
  ASSERT_TRUE(Call("abcd").ok());
  EXPECT_THAT(told_, ElementsAre("0::a", "0:bcd$"));
  EXPECT_EQ(response_.results(0).hypotheses(0).text(), ":abcd");
}

TEST_F(ReadDeltasTest, ABrokenStreamIsReadAnew) {
  server_.set_tell([n = 0](const v1::TranslateRequest& request,
                           DeltaWriter* writer) mutable {
    v1::TranslateResponse response;
    EXPECT_TRUE(EchoTranslate(request, &response).ok());
    if (++n == 3) return TellInHalves(response, writer);
    WriteDelta(0, std::string(":abcd").substr(0, n), /*is_last=*/false, writer);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  });
  ASSERT_TRUE(Call("abcd").ok());
  EXPECT_THAT(told_, ElementsAre("0::", "0:a", "0:bcd$"));
}

TEST_F(ReadDeltasTest, ErrorsAreTheServers) {
  server_.set_tell(
      [](const v1::TranslateRequest& request, DeltaWriter* writer) {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no model");
      });
  EXPECT_EQ(Call("a"), absl::NotFoundError("no model"));
}

TEST_F(ReadDeltasTest, AnEndWithoutAResponseIsAnError) {
  server_.set_tell([](const v1::TranslateRequest& request,
                      DeltaWriter* writer) { return grpc::Status::OK; });
  EXPECT_TRUE(absl::IsUnknown(Call("a")));
}

TEST_F(ReadDeltasTest, AnotherTranslationEndsTheCall) {
  server_.set_tell([n = 0](const v1::TranslateRequest& request,
                           DeltaWriter* writer) mutable {
    WriteDelta(0, absl::StrCat("attempt ", ++n), /*is_last=*/false, writer);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  });
  EXPECT_TRUE(absl::IsAborted(Call("a")));
  EXPECT_THAT(told_, ElementsAre("0:attempt 1"));
}

}  // namespace
}  // namespace parley::client
