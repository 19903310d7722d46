#include "server/metrics/http_endpoint.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/metrics/http_get.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class HttpEndpointTest : public testing::Test {
 protected:
  HttpEndpointTest() { Start(absl::Minutes(1)); }

  void Start(absl::Duration timeout) {
    auto endpoint = HttpEndpoint::Start(
        {.host = "127.0.0.1", .timeout = timeout},
        {{"/page", [this] { return HttpAnswer{.body = body_}; }},
         {"/unready",
          [] { return HttpAnswer{.status = 503, .body = "not yet\n"}; }}});
    EXPECT_TRUE(endpoint.ok()) << endpoint.status();
    endpoint_ = *std::move(endpoint);
  }

  std::string body_ = "hello\n";
  std::unique_ptr<HttpEndpoint> endpoint_;
};

TEST_F(HttpEndpointTest, AnswersWithThePage) {
  const HttpReply reply = HttpGet(endpoint_->port(), "/page");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello\n");
  EXPECT_THAT(reply.head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(reply.head, HasSubstr("Content-Type: text/plain"));
  const HttpReply unready = HttpGet(endpoint_->port(), "/unready?verbose=1");
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(unready.body, "not yet\n");
}

TEST_F(HttpEndpointTest, AHeadHasNoBody) {
  const HttpReply reply = HttpCall(endpoint_->port(), "HEAD", "/page");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.head, HasSubstr("Content-Length: 6"));
  EXPECT_EQ(reply.body, "");
}

TEST_F(HttpEndpointTest, RefusesWhatItDoesNotHave) {
  for (const char* path :
       {"/", "/page/more", "/other", "/../etc/passwd", "/etc/passwd"}) {
    const HttpReply reply = HttpGet(endpoint_->port(), path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_THAT(reply.body, HasSubstr("/page, /unready")) << path;
  }
  EXPECT_EQ(HttpCall(endpoint_->port(), "POST", "/page").status, 405);
  EXPECT_EQ(HttpCall(endpoint_->port(), "DELETE", "/page").status, 405);
}

TEST_F(HttpEndpointTest, APortInUseIsAnError) {
  const auto second =
      HttpEndpoint::Start({.host = "127.0.0.1", .port = endpoint_->port()}, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat("127.0.0.1:", endpoint_->port())));
  EXPECT_EQ(HttpGet(endpoint_->port(), "/page").status, 200);
}

TEST_F(HttpEndpointTest, ListensWhereItIsTold) {
  for (const char* host : {"0.0.0.0", "[::1]", "::"}) {
    auto endpoint = HttpEndpoint::Start(
        {.host = host}, {{"/page", [] { return HttpAnswer(); }}});
    if (!endpoint.ok()) continue;  // A machine without IPv6.
    EXPECT_GT((*endpoint)->port(), 0) << host;
  }
}

// More of them than there are threads. Each goes away after the timeout.
TEST_F(HttpEndpointTest, PeersThatStallHoldNobodyForLong) {
  Start(absl::Seconds(1));
  body_ = std::string(8 << 20, 'x');  // More than the kernel buffers.
  std::vector<std::unique_ptr<HttpConnection>> stalled;
  for (int i = 0; i < 3; ++i) {
    stalled.push_back(std::make_unique<HttpConnection>(endpoint_->port()));
    stalled.back()->Send("GET /page HTTP/1.1\r\n");  // Half a request.
    stalled.push_back(std::make_unique<HttpConnection>(endpoint_->port()));
    stalled.back()->Send("GET /page HTTP/1.1\r\n\r\n");  // Reads nothing.
  }
  EXPECT_EQ(HttpGet(endpoint_->port(), "/page").body.size(), 8 << 20);
  endpoint_.reset();  // Does not wait for them for ever, either.
}

TEST_F(HttpEndpointTest, RubbishEndsTheConnectionOnly) {
  const HttpConnection connection(endpoint_->port());
  connection.Send(std::string(20000, '\xff'));
  connection.ReadAll();
  EXPECT_EQ(HttpGet(endpoint_->port(), "/page").status, 200);
}

}  // namespace
}  // namespace parley
