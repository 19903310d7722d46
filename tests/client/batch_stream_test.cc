#include "client/batch_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::HasSubstr;

class BatchStreamTest : public ::testing::Test {
 protected:
  void Connect() { Connect(absl::Seconds(60)); }
  void Connect(absl::Duration timeout) {
    stub_ = v1::TranslationService::NewStub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
    RetryOptions retry;
    retry.initial_backoff = absl::Milliseconds(1);
    retry.max_backoff = absl::Milliseconds(20);
    stream_ = std::make_unique<BatchStream>(
        stub_->async(),
        BatchStream::Options{
            .retry = retry,
            .timeout = timeout,
            .call_alone = [this](v1::TranslateRequest request,
                                 absl::Time deadline,
                                 BatchStream::Callback callback) {
              ++num_alone_;
              alone_deadline_ = deadline;
              v1::TranslateResponse response;
              EXPECT_TRUE(EchoTranslate(request, &response).ok());
              callback(std::move(response));
            }});
  }

  static v1::TranslateRequest Request(const std::string& text) {
    v1::TranslateRequest request;
    request.set_target_language("de");
    request.add_texts(text);
    return request;
  }

  void Call(const std::string& text) {
    stream_->Call(
        Request(text),
        [this, text](absl::StatusOr<v1::TranslateResponse> answer) {
          absl::MutexLock lock(&mutex_);
          if (!answer.ok()) {
            failures_.push_back(answer.status());
          } else if (answer->results(0).hypotheses(0).text() == "de:" + text) {
            EXPECT_TRUE(answered_.insert(text).second) << text;
          }
        });
  }
  void CallMany(int count) {
    for (int i = 0; i < count; ++i) Call(absl::StrCat(i));
  }

  // Waits until so many calls have ended; returns how many went well.
  size_t Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto ended = [&] {
      mutex_.AssertHeld();
      return answered_.size() + failures_.size() >= count;
    };
    EXPECT_TRUE(
        mutex_.AwaitWithTimeout(absl::Condition(&ended), absl::Seconds(30)));
    return answered_.size();
  }

  std::unique_ptr<FakeServer> server_ = std::make_unique<FakeServer>();
  std::unique_ptr<v1::TranslationService::Stub> stub_;
  std::atomic<int> num_alone_ = 0;
  absl::Time alone_deadline_;  // Of the last call made alone.
  absl::Mutex mutex_;
  std::set<std::string> answered_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<BatchStream> stream_;
};

TEST_F(BatchStreamTest, CallsShareOneStream) {
  Connect();
  CallMany(200);
  EXPECT_EQ(Wait(200), 200u);
  EXPECT_EQ(server_->num_batch_streams(), 1);
  EXPECT_EQ(server_->num_translate_calls(), 200);
  EXPECT_EQ(num_alone_, 0);
}

TEST_F(BatchStreamTest, EndsWithoutCalls) { Connect(); }

TEST_F(BatchStreamTest, OnlyTheFirstMessageSaysTheOrder) {
  std::atomic<int> num_saying = 0;
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    for (int i = 0; wire->Read(&item); ++i) {
      EXPECT_EQ(item.has_in_order(), i == 0);
      if (item.has_in_order() && !item.in_order()) ++num_saying;
      AnswerItem(item, EchoTranslate, wire);
    }
    return grpc::Status::OK;
  });
  Connect();
  CallMany(5);
  EXPECT_EQ(Wait(5), 5u);
  EXPECT_EQ(num_saying, 1);
}

TEST_F(BatchStreamTest, AnswersMayComeInAnyOrder) {
  server_->set_batch_stream([](BatchStreamWire* wire) {
    std::vector<v1::TranslateBatchStreamRequest> items(4);
    for (auto& item : items) EXPECT_TRUE(wire->Read(&item));
    for (size_t i = items.size(); i-- > 0;) {
      AnswerItem(items[i], EchoTranslate, wire);
    }
    v1::TranslateBatchStreamRequest none;
    EXPECT_FALSE(wire->Read(&none));
    return grpc::Status::OK;
  });
  Connect();
  CallMany(4);
  EXPECT_EQ(Wait(4), 4u);
}

// Each stream reads four and answers three of them: whatever was read or was
// under way is sent again.
TEST_F(BatchStreamTest, WhatWasNotAnsweredIsSentAgainOnANewStream) {
  server_->set_batch_stream([](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    for (int i = 0; i < 4 && wire->Read(&item); ++i) {
      if (i < 3) AnswerItem(item, EchoTranslate, wire);
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  });
  Connect();
  CallMany(60);
  EXPECT_EQ(Wait(60), 60u);
  EXPECT_GE(server_->num_batch_streams(), 20);
  EXPECT_EQ(num_alone_, 0);
}

TEST_F(BatchStreamTest, AStreamThatEndsTooEarlyIsOpenedAnew) {
  std::atomic<int> num_streams = 0;
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    if (++num_streams == 1) return grpc::Status::OK;
    while (wire->Read(&item)) AnswerItem(item, EchoTranslate, wire);
    return grpc::Status::OK;
  });
  Connect();
  CallMany(3);
  EXPECT_EQ(Wait(3), 3u);
}

TEST_F(BatchStreamTest, AServerThatIsNotThereIsReported) {
  Connect();
  server_ = nullptr;
  CallMany(3);
  EXPECT_EQ(Wait(3), 0u);
  absl::MutexLock lock(&mutex_);
  for (const absl::Status& failure : failures_) {
    EXPECT_TRUE(absl::IsUnavailable(failure)) << failure;
    EXPECT_THAT(std::string(failure.message()),
                HasSubstr("(after 5 attempts)"));
  }
}

TEST_F(BatchStreamTest, ARefusedCallIsSentAgain) {
  std::atomic<int> num_refusals = 0;
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    while (wire->Read(&item)) {
      AnswerItem(
          item,
          [&](const v1::TranslateRequest& request,
              v1::TranslateResponse* response) {
            if (++num_refusals % 3 != 0) {
              return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
            }
            return EchoTranslate(request, response);
          },
          wire);
    }
    return grpc::Status::OK;
  });
  Connect();
  CallMany(10);
  EXPECT_EQ(Wait(10), 10u);
  EXPECT_EQ(server_->num_batch_streams(), 1);
}

// An hour, which the call does not have: were the hint lost, it would be sent
// again at once, and answered.
TEST_F(BatchStreamTest, ARefusedCallWaitsAsLongAsTheServerSays) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(3600);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    EXPECT_TRUE(wire->Read(&item));
    AnswerItem(
        item,
        [&](const v1::TranslateRequest&, v1::TranslateResponse*) {
          return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full",
                              details.SerializeAsString());
        },
        wire);
    while (wire->Read(&item)) AnswerItem(item, EchoTranslate, wire);
    return grpc::Status::OK;
  });
  Connect();
  Call("one");
  ASSERT_EQ(Wait(1), 0u);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(failures_[0].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(failures_[0].message(), "full");
}

TEST_F(BatchStreamTest, WhatIsWrongWithACallIsItsOwn) {
  server_->set_batch_stream([](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    while (wire->Read(&item)) {
      const bool bad = item.request().texts(0) == "1";
      AnswerItem(item,
                 bad ? FailFirst(1, grpc::StatusCode::INVALID_ARGUMENT)
                     : TranslateHandler(EchoTranslate),
                 wire);
    }
    return grpc::Status::OK;
  });
  Connect();
  CallMany(3);
  EXPECT_EQ(Wait(3), 2u);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(failures_[0], absl::InvalidArgumentError("not this time"));
}

TEST_F(BatchStreamTest, WithoutStreamsEachCallIsMadeAlone) {
  server_->set_batch_stream(nullptr);
  Connect();
  CallMany(4);
  EXPECT_EQ(Wait(4), 4u);
  EXPECT_EQ(num_alone_, 4);
  Call("later");
  EXPECT_EQ(Wait(5), 5u);
  EXPECT_EQ(num_alone_, 5);
  EXPECT_EQ(server_->num_batch_streams(), 1);
}

TEST_F(BatchStreamTest, ACallMadeAloneKeepsItsDeadline) {
  constexpr absl::Duration kTimeout = absl::Hours(1);
  absl::Notification has_begun;
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    has_begun.WaitForNotification();
    return grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "");
  });
  Connect(kTimeout);
  // First on a stream, then alone at once.
  for (int i = 1; i <= 2; ++i) {
    const absl::Time before = absl::Now();
    Call(absl::StrCat(i));
    const absl::Time after = absl::Now();
    if (i == 1) has_begun.Notify();
    Wait(i);
    EXPECT_EQ(num_alone_, i);
    EXPECT_GE(alone_deadline_, before + kTimeout);
    EXPECT_LE(alone_deadline_, after + kTimeout);
  }
}

TEST_F(BatchStreamTest, CallsOfAStreamThatFailsAreMadeAlone) {
  server_->set_batch_stream([n = 0](BatchStreamWire* wire) mutable {
    v1::TranslateBatchStreamRequest item;
    EXPECT_TRUE(wire->Read(&item));
    if (++n == 1) {
      return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                          "Received message larger than max (9 vs. 4)");
    }
    do {
      AnswerItem(item, EchoTranslate, wire);
    } while (wire->Read(&item));
    return grpc::Status::OK;
  });
  Connect();
  Call("one");
  EXPECT_EQ(Wait(1), 1u);
  EXPECT_EQ(num_alone_, 1);
  Call("two");
  EXPECT_EQ(Wait(2), 2u);
  EXPECT_EQ(num_alone_, 1);
}

TEST_F(BatchStreamTest, ACallThatIsNotAnsweredRunsOutOfTime) {
  server_->set_batch_stream([&](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    while (wire->Read(&item)) {
      if (item.request().texts(0) == "0") continue;
      AnswerItem(item, EchoTranslate, wire);
    }
    return grpc::Status::OK;
  });
  Connect(absl::Seconds(5));
  CallMany(2);
  EXPECT_EQ(Wait(2), 1u);
  absl::MutexLock lock(&mutex_);
  EXPECT_TRUE(absl::IsDeadlineExceeded(failures_[0])) << failures_[0];
}

TEST_F(BatchStreamTest, ItsEndCancelsWhatIsUnderWay) {
  server_->set_batch_stream([](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    while (wire->Read(&item)) {
    }
    return grpc::Status::OK;
  });
  Connect();
  CallMany(3);
  stream_ = nullptr;
  EXPECT_EQ(Wait(3), 0u);
  absl::MutexLock lock(&mutex_);
  for (const absl::Status& failure : failures_) {
    EXPECT_TRUE(absl::IsCancelled(failure)) << failure;
  }
}

}  // namespace
}  // namespace parley::client
