// The least that it takes to talk HTTP to a server on this machine.
#ifndef PARLEY_TESTS_SERVER_METRICS_HTTP_GET_H_
#define PARLEY_TESTS_SERVER_METRICS_HTTP_GET_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace parley {

// A connection to a port of the loopback; no read waits longer than half a
// minute.
class HttpConnection {
 public:
  explicit HttpConnection(int port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    const timeval timeout = {.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  }
  ~HttpConnection() { ::close(fd_); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Send(absl::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // All that comes until the peer closes.
  std::string ReadAll() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(fd_, buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }

 private:
  const int fd_;
};

struct HttpReply {
  int status = 0;
  std::string head;
  std::string body;
};

inline HttpReply HttpCall(int port, absl::string_view method,
                          absl::string_view path) {
  const HttpConnection connection(port);
  connection.Send(
      absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const std::string text = connection.ReadAll();
  const size_t end = text.find("\r\n\r\n");
  HttpReply reply;
  if (end == std::string::npos || text.size() < 12) {
    ADD_FAILURE() << "no answer: " << text;
    return reply;
  }
  EXPECT_TRUE(absl::SimpleAtoi(text.substr(9, 3), &reply.status)) << text;
  reply.head = text.substr(0, end);
  reply.body = text.substr(end + 4);
  return reply;
}

inline HttpReply HttpGet(int port, absl::string_view path) {
  return HttpCall(port, "GET", path);
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_METRICS_HTTP_GET_H_
