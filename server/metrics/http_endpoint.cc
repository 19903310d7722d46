#include "server/metrics/http_endpoint.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "civetweb.h"

namespace parley {
namespace {

// Scrapers are few. Each that is slow holds a thread, until the timeout.
constexpr char kNumThreads[] = "4";

// Connects to a port of this machine, and leaves.
void Knock(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* address = nullptr;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &address) !=
      0) {
    return;
  }
  absl::Cleanup freer = [address] { freeaddrinfo(address); };
  const int fd =
      socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  // That it is under way is enough to wake who listens.
  [[maybe_unused]] const int connected =
      connect(fd, address->ai_addr, address->ai_addrlen);
  close(fd);
}

const char* Phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

int Send(mg_connection* connection, const HttpAnswer& answer, bool has_body) {
  std::string bytes =
      absl::StrCat("HTTP/1.1 ", answer.status, " ", Phrase(answer.status),
                   "\r\nContent-Type: ", answer.content_type,
                   "\r\nContent-Length: ", answer.body.size(),
                   "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (has_body) bytes += answer.body;
  mg_write(connection, bytes.data(), bytes.size());
  return answer.status;
}

// What it would write of single connections is of no use to us.
int DropMessage(const mg_connection*, const char*) { return 1; }

}  // namespace

absl::StatusOr<std::unique_ptr<HttpEndpoint>> HttpEndpoint::Start(
    const Options& options, Pages pages) {
  absl::string_view host = options.host;
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  std::unique_ptr<HttpEndpoint> endpoint(
      new HttpEndpoint(std::string(host), std::move(pages)));
  const bool is_ipv6 = absl::StrContains(host, ':');
  const std::string address = absl::StrCat(is_ipv6 ? "[" : "", host,
                                           is_ipv6 ? "]:" : ":", options.port);
  const std::string timeout =
      absl::StrCat(absl::ToInt64Milliseconds(options.timeout));
  const char* settings[] = {"listening_ports",
                            address.c_str(),
                            "num_threads",
                            kNumThreads,
                            "request_timeout_ms",
                            timeout.c_str(),
                            "enable_keep_alive",
                            "no",
                            "enable_directory_listing",
                            "no",
                            nullptr};
  mg_callbacks callbacks = {};
  callbacks.log_message = &DropMessage;
  mg_init_data init = {.callbacks = &callbacks,
                       .user_data = nullptr,
                       .configuration_options = settings};
  std::array<char, 256> text = {};
  unsigned code = 0;
  mg_error_data error = {
      .code = &code, .text = text.data(), .text_buffer_size = text.size()};
  endpoint->context_ = mg_start2(&init, &error);
  if (endpoint->context_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", text.data()));
  }
  mg_server_port port = {};
  if (mg_get_server_ports(endpoint->context_, 1, &port) == 1) {
    endpoint->port_ = port.port;
  }
  mg_set_request_handler(endpoint->context_, "/", &Answer, endpoint.get());
  return endpoint;
}

HttpEndpoint::~HttpEndpoint() {
  if (context_ == nullptr) return;
  // Its listening thread looks up every other second only, or when somebody
  // comes.
  absl::Notification stopped;
  std::thread visitor([this, &stopped] {
    do {
      Knock(host_, port_);
    } while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(5)));
  });
  mg_stop(context_);
  stopped.Notify();
  visitor.join();
}

int HttpEndpoint::Answer(mg_connection* connection, void* endpoint) {
  const Pages& pages = static_cast<HttpEndpoint*>(endpoint)->pages_;
  const mg_request_info& request = *mg_get_request_info(connection);
  const absl::string_view method = request.request_method;
  const bool is_head = method == "HEAD";
  if (method != "GET" && !is_head) {
    return Send(connection, {.status = 405, .body = "GET or HEAD only\n"},
                true);
  }
  const auto page =
      pages.find(request.local_uri == nullptr ? "" : request.local_uri);
  if (page == pages.end()) {
    const std::string paths =
        absl::StrJoin(pages, ", ", [](std::string* out, const auto& one) {
          absl::StrAppend(out, one.first);
        });
    return Send(connection,
                {.status = 404, .body = absl::StrCat("here are ", paths, "\n")},
                !is_head);
  }
  return Send(connection, page->second(), !is_head);
}

}  // namespace parley
