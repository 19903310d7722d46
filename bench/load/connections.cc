#include "bench/load/connections.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

#include "absl/time/clock.h"
#include "parley/v1/embedding.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::load {
namespace {

constexpr char kTranslate[] = "/parley.v1.TranslationService/Translate";
constexpr char kEmbed[] = "/parley.v1.EmbeddingService/Embed";

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

void CountTokens(const v1::TranslateResult& result, Answer* answer) {
  answer->num_source_tokens += result.source_tokens();
  if (result.hypotheses_size() > 0) {
    answer->num_target_tokens += result.hypotheses(0).token_ids_size();
  }
}

void CountTokens(const v1::EmbedResult& result, Answer* answer) {
  answer->num_source_tokens += result.tokens();
}

template <typename Response>
Answer ToAnswer(const UnaryResponse& unary) {
  Answer answer = {.code = unary.code};
  if (unary.code != absl::StatusCode::kOk) return answer;
  Response response;
  if (!response.ParseFromString(unary.message)) {
    answer.code = absl::StatusCode::kInternal;
    return answer;
  }
  for (const auto& result : response.results()) {
    if (result.status().code() == 0) {
      ++answer.num_texts;
      CountTokens(result, &answer);
    } else if (answer.code == absl::StatusCode::kOk) {
      answer.code = static_cast<absl::StatusCode>(result.status().code());
    }
  }
  answer.queue_time = ToDuration(response.timing().queue());
  answer.compute_time = ToDuration(response.timing().compute());
  return answer;
}

}  // namespace

Connections::Connections(std::string server, int num_connections)
    : server_(std::move(server)),
      in_turn_(static_cast<size_t>(num_connections), nullptr),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  epoll_event event = {.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_, &event);
  thread_ = std::thread([this] { Await(); });
}

Connections::~Connections() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
  close(epoll_);
}

ActiveCall Connections::Start(const CallPlan& plan, absl::Time deadline,
                              std::function<void(Answer)> done) {
  const bool embeds = plan.embed.has_value();
  auto end = [embeds, done = std::move(done)](const UnaryResponse& response) {
    done(embeds ? ToAnswer<v1::EmbedResponse>(response)
                : ToAnswer<v1::TranslateResponse>(response));
  };
  const absl::StatusOr<Http2Connection*> connection = Next();
  if (!connection.ok()) {
    end({.code = connection.status().code()});
    return {};
  }
  const Http2Connection::CallId id =
      (*connection)
          ->Start({.method = embeds ? kEmbed : kTranslate,
                   .message = embeds ? plan.embed->SerializeAsString()
                                     : plan.translate->SerializeAsString(),
                   .deadline = deadline},
                  std::move(end));
  return {*connection, id};
}

absl::StatusOr<Http2Connection*> Connections::Next() {
  absl::MutexLock lock(&mutex_);
  Http2Connection*& connection = in_turn_[next_++ % in_turn_.size()];
  if (connection != nullptr && connection->is_open()) return connection;
  absl::StatusOr<std::unique_ptr<Http2Connection>> connected =
      Http2Connection::Connect(server_);
  if (!connected.ok()) return connected.status();
  connection = connected->get();
  all_.push_back(*std::move(connected));
  epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                       .data = {.ptr = connection}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd(), &event);
  return connection;
}

void Connections::Await() {
  // How long after its deadline a call ends at the latest; what is late is not
  // counted in any case.
  constexpr absl::Duration kLookEvery = absl::Milliseconds(100);
  absl::Time next_look = absl::Now() + kLookEvery;
  std::array<epoll_event, 64> events;
  while (true) {
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                   static_cast<int>(absl::ToInt64Milliseconds(kLookEvery)));
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr) return;
      static_cast<Http2Connection*>(events[i].data.ptr)->OnReady();
    }
    const absl::Time now = absl::Now();
    if (now < next_look) continue;
    next_look = now + kLookEvery;
    std::vector<Http2Connection*> connections;
    {
      absl::MutexLock lock(&mutex_);
      for (const auto& connection : all_) {
        connections.push_back(connection.get());
      }
    }
    for (Http2Connection* connection : connections) connection->EndLate(now);
  }
}

}  // namespace parley::load
