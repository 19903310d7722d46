// A small HTTP server for what scrapers and probes read.
#ifndef PARLEY_SERVER_METRICS_HTTP_ENDPOINT_H_
#define PARLEY_SERVER_METRICS_HTTP_ENDPOINT_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

struct mg_context;
struct mg_connection;

namespace parley {

struct HttpAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Answers GET and HEAD for a fixed set of paths, on a few threads of its own,
// from when it is started until it is destroyed. A peer that reads or writes
// slowly holds one of these threads for seconds at most, and nothing else: a
// page is whole before the first of its bytes is sent.
class HttpEndpoint {
 public:
  // By path: "/metrics". Called on any of the threads.
  using Pages = std::map<std::string, std::function<HttpAnswer()>>;

  struct Options {
    std::string host;  // "127.0.0.1"; IPv6 with or without brackets.
    int port = 0;      // 0 takes any free one.
    // How long a peer may take to send its request, and to take the answer.
    absl::Duration timeout = absl::Seconds(5);
  };

  // UNAVAILABLE, with what the library says, where it cannot listen there.
  static absl::StatusOr<std::unique_ptr<HttpEndpoint>> Start(
      const Options& options, Pages pages);

  // Waits for answers that are being sent.
  ~HttpEndpoint();
  HttpEndpoint(const HttpEndpoint&) = delete;
  HttpEndpoint& operator=(const HttpEndpoint&) = delete;

  int port() const { return port_; }

 private:
  HttpEndpoint(std::string host, Pages pages)
      : host_(std::move(host)), pages_(std::move(pages)) {}

  // civetweb's callback; returns the status that was sent.
  static int Answer(mg_connection* connection, void* endpoint);

  const std::string host_;  // Without brackets.
  const Pages pages_;
  int port_ = 0;
  mg_context* context_ = nullptr;
};

}  // namespace parley

#endif  // PARLEY_SERVER_METRICS_HTTP_ENDPOINT_H_
