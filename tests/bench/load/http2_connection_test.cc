// What connections_test cannot have of gRPC's server: peers that misbehave, and
// an owner that decides when the connection takes what has come.
#include "bench/load/http2_connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// A peer of the test's own, byte by byte.
class Peer {
 public:
  Peer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* bound = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_, bound, size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, bound, &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~Peer() {
    Close();
    if (listener_ >= 0) close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& address() const { return address_; }

  void Accept() { fd_ = accept(listener_, nullptr, nullptr); }

  void Send(absl::string_view bytes) {
    ASSERT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

  // Nobody is listening any more.
  void StopListening() {
    close(listener_);
    listener_ = -1;
  }

 private:
  int listener_;
  int fd_ = -1;
  std::string address_;
};

// A frame of HTTP/2 (RFC 9113, section 4.1) on stream 0.
std::string Frame(char type, absl::string_view payload) {
  std::string frame(9, '\0');
  frame[2] = static_cast<char>(payload.size());
  frame[3] = type;
  absl::StrAppend(&frame, payload);
  return frame;
}

std::string SettingsFrame() { return Frame(4, ""); }

// No stream above `last_stream` will be answered.
std::string GoAwayFrame(char last_stream) {
  return Frame(7, std::string({0, 0, 0, last_stream, 0, 0, 0, 0}));
}

class Http2ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    auto connection = Http2Connection::Connect(peer_.address());
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
    peer_.Accept();
  }

  Http2Connection::CallId Start(absl::Duration timeout = kPatience) {
    return connection_->Start({.method = "/a.B/C",
                               .message = "text",
                               .deadline = absl::Now() + timeout},
                              [this](const UnaryResponse& response) {
                                codes_.push_back(response.code);
                              });
  }

  // Lets the connection take what comes until so many calls are over.
  void AwaitEnded(size_t count) {
    const absl::Time end = absl::Now() + kPatience;
    while (codes_.size() < count && absl::Now() < end) {
      pollfd readable = {.fd = connection_->fd(), .events = POLLIN};
      poll(&readable, 1, 50);
      connection_->OnReady();
    }
    ASSERT_EQ(codes_.size(), count);
  }

  void AwaitClosed() {
    const absl::Time end = absl::Now() + kPatience;
    while (connection_->is_open() && absl::Now() < end) {
      pollfd readable = {.fd = connection_->fd(), .events = POLLIN};
      poll(&readable, 1, 50);
      connection_->OnReady();
    }
    ASSERT_FALSE(connection_->is_open());
  }

  Peer peer_;
  std::unique_ptr<Http2Connection> connection_;
  std::vector<absl::StatusCode> codes_;  // Of the calls that are over.
};

TEST_F(Http2ConnectionTest, APeerThatSpeaksSomethingElseBreaksIt) {
  Start();
  Start();
  peer_.Send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
  ASSERT_NO_FATAL_FAILURE(AwaitEnded(2));
  EXPECT_EQ(codes_[0], absl::StatusCode::kUnavailable);
  EXPECT_EQ(codes_[1], absl::StatusCode::kUnavailable);
  EXPECT_FALSE(connection_->is_open());
}

TEST_F(Http2ConnectionTest, APeerThatLeavesEndsItsCalls) {
  Start();
  peer_.Send(SettingsFrame());
  peer_.Close();
  ASSERT_NO_FATAL_FAILURE(AwaitEnded(1));
  EXPECT_EQ(codes_[0], absl::StatusCode::kUnavailable);
  ASSERT_NO_FATAL_FAILURE(AwaitClosed());
  // At once, and not sent.
  Start();
  ASSERT_EQ(codes_.size(), 2u);
  EXPECT_EQ(codes_[1], absl::StatusCode::kUnavailable);
}

TEST_F(Http2ConnectionTest, AHalfFrameIsWaitedFor) {
  Start();
  peer_.Send(SettingsFrame().substr(0, 5));
  connection_->OnReady();
  EXPECT_TRUE(codes_.empty());
  EXPECT_TRUE(connection_->is_open());
  peer_.Send(SettingsFrame().substr(5));
  connection_->OnReady();
  EXPECT_TRUE(codes_.empty());
  EXPECT_TRUE(connection_->is_open());
  connection_->EndLate(absl::InfiniteFuture());
}

TEST_F(Http2ConnectionTest, AfterGoAwayNoCallStarts) {
  Start();  // Stream 1.
  Start();  // Stream 3.
  peer_.Send(SettingsFrame() + GoAwayFrame(1));
  // Those after the last stream are not answered.
  ASSERT_NO_FATAL_FAILURE(AwaitEnded(1));
  ASSERT_NO_FATAL_FAILURE(AwaitClosed());
  Start();
  ASSERT_EQ(codes_.size(), 2u);
  EXPECT_EQ(codes_[1], absl::StatusCode::kUnavailable);
  connection_->EndLate(absl::InfiniteFuture());
  EXPECT_EQ(codes_.size(), 3u);
}

TEST_F(Http2ConnectionTest, OnlyWhatIsLateIsEnded) {
  Start(absl::Seconds(5));
  Start(absl::Seconds(50));
  connection_->EndLate(absl::Now() + absl::Seconds(4));
  EXPECT_TRUE(codes_.empty());
  connection_->EndLate(absl::Now() + absl::Seconds(6));
  ASSERT_EQ(codes_.size(), 1u);
  EXPECT_EQ(codes_[0], absl::StatusCode::kDeadlineExceeded);
  connection_->EndLate(absl::Now() + absl::Seconds(60));
  EXPECT_EQ(codes_.size(), 2u);
}

TEST_F(Http2ConnectionTest, ACallIsCancelledOnce) {
  const Http2Connection::CallId call = Start();
  connection_->Cancel(call);
  connection_->Cancel(call);
  ASSERT_EQ(codes_.size(), 1u);
  EXPECT_EQ(codes_[0], absl::StatusCode::kCancelled);
}

TEST(Http2ConnectionConnectTest, NobodyListens) {
  Peer peer;
  peer.StopListening();
  const auto connection = Http2Connection::Connect(peer.address());
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
}

TEST(Http2ConnectionConnectTest, AnAddressHasAPort) {
  const auto connection = Http2Connection::Connect("localhost");
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parley::load
