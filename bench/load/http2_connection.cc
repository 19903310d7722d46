#include "bench/load/http2_connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace parley::load {
namespace {

// A message on the wire begins with whether it is compressed, and its length.
constexpr size_t kPrefixBytes = 5;
constexpr int32_t kWindowBytes = 1 << 24;  // Nobody waits for an update.

std::string Frame(absl::string_view message) {
  std::string frame(kPrefixBytes, '\0');
  const uint32_t length = static_cast<uint32_t>(message.size());
  for (int i = 0; i < 4; ++i) {
    frame[1 + i] = static_cast<char>(length >> (24 - 8 * i));
  }
  absl::StrAppend(&frame, message);
  return frame;
}

// INTERNAL: anything but one message, not compressed.
UnaryResponse Unframe(absl::string_view received) {
  uint32_t length = 0;
  if (received.size() >= kPrefixBytes) {
    for (int i = 1; i < 5; ++i) {
      length = length << 8 | static_cast<uint8_t>(received[i]);
    }
  }
  if (received.size() != kPrefixBytes + length || received[0] != 0) {
    return {.code = absl::StatusCode::kInternal};
  }
  return {.code = absl::StatusCode::kOk,
          .message = std::string(received.substr(kPrefixBytes))};
}

// Of a call that ended without trailers, as gRPC's protocol has it.
absl::StatusCode FromHttp2Error(uint32_t error) {
  switch (error) {
    case NGHTTP2_REFUSED_STREAM:
      return absl::StatusCode::kUnavailable;
    case NGHTTP2_CANCEL:
      return absl::StatusCode::kCancelled;
    case NGHTTP2_ENHANCE_YOUR_CALM:
      return absl::StatusCode::kResourceExhausted;
    case NGHTTP2_INADEQUATE_SECURITY:
      return absl::StatusCode::kPermissionDenied;
    default:
      return absl::StatusCode::kInternal;
  }
}

// "1234u": at most eight digits, and their unit.
std::string TimeoutHeader(absl::Duration timeout) {
  constexpr int64_t kMost = 99'999'999;
  timeout = std::max(timeout, absl::Microseconds(1));
  if (timeout <= absl::Microseconds(kMost)) {
    return absl::StrCat(absl::ToInt64Microseconds(timeout), "u");
  }
  return absl::StrCat(std::min(absl::ToInt64Seconds(timeout), kMost), "S");
}

// nghttp2 copies both, and writes to neither.
nghttp2_nv Header(absl::string_view name, absl::string_view value) {
  const auto bytes = [](absl::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  return {.name = bytes(name),
          .value = bytes(value),
          .namelen = name.size(),
          .valuelen = value.size(),
          .flags = NGHTTP2_NV_FLAG_NONE};
}

absl::StatusOr<int> ConnectSocket(const std::string& host,
                                  const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* addresses = nullptr;
  const int resolved =
      getaddrinfo(host.c_str(), port.c_str(), &hints, &addresses);
  if (resolved != 0) return absl::UnavailableError(gai_strerror(resolved));
  absl::Cleanup freer = [addresses] { freeaddrinfo(addresses); };
  int error = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses; address != nullptr;
       address = address->ai_next) {
    const int fd =
        socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
               address->ai_protocol);
    if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) == 0) {
      return fd;
    }
    error = errno;
    if (fd >= 0) close(fd);
  }
  return absl::UnavailableError(strerror(error));
}

}  // namespace

struct Http2Connection::Callbacks {
  static Http2Connection* Of(void* user_data) {
    return static_cast<Http2Connection*>(user_data);
  }

  static ssize_t OnRead(nghttp2_session*, int32_t stream, uint8_t* buffer,
                        size_t length, uint32_t* flags, nghttp2_data_source*,
                        void* user_data) {
    Http2Connection* self = Of(user_data);
    self->mutex_.AssertHeld();
    Call* call = self->Find(stream);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t size = std::min(length, call->unsent.size() - call->num_sent);
    std::memcpy(buffer, call->unsent.data() + call->num_sent, size);
    call->num_sent += size;
    if (call->num_sent == call->unsent.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame,
                      const uint8_t* name, size_t name_length,
                      const uint8_t* value, size_t value_length, uint8_t,
                      void* user_data) {
    Http2Connection* self = Of(user_data);
    self->mutex_.AssertHeld();
    Call* call = self->Find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    const absl::string_view key(reinterpret_cast<const char*>(name),
                                name_length);
    int* status = key == ":status"       ? &call->http_status
                  : key == "grpc-status" ? &call->grpc_status
                                         : nullptr;
    if (status != nullptr &&
        !absl::SimpleAtoi(
            absl::string_view(reinterpret_cast<const char*>(value),
                              value_length),
            status)) {
      *status = -1;
    }
    return 0;
  }

  static int OnData(nghttp2_session*, uint8_t, int32_t stream,
                    const uint8_t* data, size_t length, void* user_data) {
    Http2Connection* self = Of(user_data);
    self->mutex_.AssertHeld();
    if (Call* call = self->Find(stream)) {
      call->received.append(reinterpret_cast<const char*>(data), length);
    }
    return 0;
  }

  static int OnClose(nghttp2_session*, int32_t stream, uint32_t error,
                     void* user_data) {
    Http2Connection* self = Of(user_data);
    self->mutex_.AssertHeld();
    const Call* call = self->Find(stream);
    if (call == nullptr) return 0;
    UnaryResponse response;
    if (call->grpc_status == 0) {
      response = Unframe(call->received);
    } else if (call->grpc_status > 0) {
      response.code = static_cast<absl::StatusCode>(call->grpc_status);
    } else if (call->http_status != 0 && call->http_status != 200) {
      response.code = absl::StatusCode::kUnknown;
    } else {
      response.code = FromHttp2Error(error);
    }
    self->End(stream, std::move(response));
    return 0;
  }

  // Nghttp2 copies them.
  static void SetOn(nghttp2_session_callbacks* callbacks) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  }
};

absl::StatusOr<std::unique_ptr<Http2Connection>> Http2Connection::Connect(
    absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the server is \"", address, "\"; expected \"host:port\""));
  }
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  const absl::StatusOr<int> fd =
      ConnectSocket(std::string(host), std::string(address.substr(colon + 1)));
  if (!fd.ok()) return fd.status();
  const int enable = 1;
  setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &enable, sizeof(enable));
  fcntl(*fd, F_SETFL, fcntl(*fd, F_GETFL) | O_NONBLOCK);
  // Not make_unique: the constructor is private.
  return std::unique_ptr<Http2Connection>(new Http2Connection(*fd));
}

Http2Connection::Http2Connection(int fd) : fd_(fd) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  Callbacks::SetOn(callbacks);
  nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  Do([this] {
    mutex_.AssertHeld();
    SubmitSettings();
  });
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(session_);
  close(fd_);
}

bool Http2Connection::is_open() {
  absl::MutexLock lock(&mutex_);
  return !is_broken_ && nghttp2_session_check_request_allowed(session_) != 0;
}

Http2Connection::CallId Http2Connection::Start(UnaryRequest request,
                                               Done done) {
  CallId id = 0;
  Do([&] {
    mutex_.AssertHeld();
    id = Submit(std::move(request), std::move(done));
  });
  return id;
}

void Http2Connection::Cancel(CallId call) {
  Do([this, call] {
    mutex_.AssertHeld();
    if (Find(call) == nullptr) return;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call,
                              NGHTTP2_CANCEL);
    End(call, {.code = absl::StatusCode::kCancelled});
  });
}

void Http2Connection::OnReady() {
  Do([this] {
    mutex_.AssertHeld();
    Receive();
  });
}

void Http2Connection::EndLate(absl::Time now) {
  Do([this, now] {
    mutex_.AssertHeld();
    std::vector<CallId> late;
    for (const auto& [id, call] : calls_) {
      if (call.deadline <= now) late.push_back(id);
    }
    for (const CallId id : late) {
      nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id,
                                NGHTTP2_CANCEL);
      End(id, {.code = absl::StatusCode::kDeadlineExceeded});
    }
  });
}

void Http2Connection::Do(absl::FunctionRef<void()> act) {
  std::vector<Ended> ended;
  {
    absl::MutexLock lock(&mutex_);
    act();
    Flush();
    ended.swap(ended_);
  }
  for (Ended& call : ended) call.done(std::move(call.response));
}

void Http2Connection::SubmitSettings() {
  const std::array<nghttp2_settings_entry, 2> settings = {{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes},
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(),
                          settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        kWindowBytes);
}

Http2Connection::CallId Http2Connection::Submit(UnaryRequest request,
                                                Done done) {
  CallId id = NGHTTP2_ERR_SESSION_CLOSING;
  if (!is_broken_) {
    const std::string timeout = TimeoutHeader(request.deadline - absl::Now());
    const std::array headers = {
        Header(":method", "POST"),
        Header(":scheme", "http"),
        Header(":path", request.method),
        Header(":authority", "localhost"),
        Header("te", "trailers"),
        Header("grpc-timeout", timeout),
        Header("content-type", "application/grpc"),
        Header("user-agent", "parley-load"),
    };
    nghttp2_data_provider body = {.source = {},
                                  .read_callback = Callbacks::OnRead};
    id = nghttp2_submit_request(session_, nullptr, headers.data(),
                                headers.size(), &body, nullptr);
  }
  if (id < 0) {
    ended_.push_back(
        {std::move(done), {.code = absl::StatusCode::kUnavailable}});
  } else {
    calls_[id] = {.unsent = Frame(request.message),
                  .deadline = request.deadline,
                  .done = std::move(done)};
  }
  return id;
}

void Http2Connection::Receive() {
  std::array<uint8_t, 1 << 16> buffer;
  while (!is_broken_) {
    const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || nghttp2_session_mem_recv(session_, buffer.data(),
                                              static_cast<size_t>(size)) < 0) {
      Break();
    }
  }
}

void Http2Connection::Flush() {
  while (!is_broken_) {
    const uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size == 0) break;
    if (size < 0) {
      Break();
      return;
    }
    // Frames of one call go in one packet.
    outgoing_.append(reinterpret_cast<const char*>(data),
                     static_cast<size_t>(size));
  }
  // What came made no sense, and the peer has been told so.
  if (!is_broken_ && nghttp2_session_want_read(session_) == 0) Break();
  while (!is_broken_ && !outgoing_.empty()) {
    const ssize_t size =
        send(fd_, outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) {
      Break();
      return;
    }
    outgoing_.erase(0, static_cast<size_t>(size));
  }
}

void Http2Connection::End(CallId id, UnaryResponse response) {
  const auto call = calls_.find(id);
  ended_.push_back({std::move(call->second.done), std::move(response)});
  calls_.erase(call);
}

void Http2Connection::Break() {
  is_broken_ = true;
  shutdown(fd_, SHUT_RDWR);
  while (!calls_.empty()) {
    End(calls_.begin()->first, {.code = absl::StatusCode::kUnavailable});
  }
}

Http2Connection::Call* Http2Connection::Find(CallId id) {
  const auto call = calls_.find(id);
  return call == calls_.end() ? nullptr : &call->second;
}

}  // namespace parley::load
