// Calls one of Client's methods for a stream of texts.
#ifndef PARLEY_CLIENT_LINE_CALLS_H_
#define PARLEY_CLIENT_LINE_CALLS_H_

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/text_pipeline.h"
#include "client/text_source.h"

namespace parley::client {

// Of a response, what its `results` are.
template <typename Response>
using ResultOf =
    std::remove_cvref_t<decltype(std::declval<Response>().results(0))>;

template <typename Request>
absl::Status AddToTexts(const std::string& text, Request* request) {
  request->add_texts(text);
  return absl::OkStatus();
}

// A method whose request takes several texts and whose response has a result
// for each, in `results`.
template <typename Request, typename Response>
struct LineMethod {
  std::function<void(Client&, Request, Client::Callback<Response>)> start;
  // What every call asks for; texts are added to it.
  Request request;
  absl::Status (*add)(const std::string& text,
                      Request* request) = &AddToTexts<Request>;
  // Brings results that come in another order into that of the request; its
  // error is that of the call.
  absl::Status (*arrange)(Response* response) = nullptr;
};

// One text with its outcome. `result` always has a status; where that is not
// OK it has nothing else. The references last for the call of the sink.
template <typename Result>
struct AnsweredText {
  int64_t number;  // From 1, in the order of the source.
  const std::string& text;
  const std::string& model;  // The one that answered; empty on errors.
  const Result& result;
};

// The batch that RunTextPipeline knows, as a call of `method`.
template <typename Request, typename Response>
class MethodBatch : public TextBatch {
 public:
  // `client` and `method` outlive Start.
  MethodBatch(Client& client, const LineMethod<Request, Response>& method)
      : client_(client), method_(method), request_(method.request) {}

  absl::Status Add(const std::string& text) override {
    absl::Status status = method_.add(text, &request_);
    if (status.ok()) ++num_sent_;
    return status;
  }

  void Start(absl::AnyInvocable<void(absl::Status)> done) override {
    method_.start(client_, std::move(request_),
                  [this, arrange = method_.arrange, done = std::move(done)](
                      absl::StatusOr<Response> answer) mutable {
                    done(Keep(std::move(answer), arrange));
                  });
  }

  const std::string& model() const { return response_.model(); }

  ResultOf<Response> TakeResult(int index) {
    ResultOf<Response>& result = *response_.mutable_results(index);
    result.mutable_status();  // Left out, it is OK.
    if (result.status().code() == 0) return std::move(result);
    ResultOf<Response> failed;
    *failed.mutable_status() = std::move(*result.mutable_status());
    return failed;
  }

 private:
  absl::Status Keep(absl::StatusOr<Response> answer,
                    absl::Status (*arrange)(Response* response)) {
    if (!answer.ok()) return answer.status();
    response_ = *std::move(answer);
    if (response_.results_size() != num_sent_) {
      return absl::InternalError(
          absl::StrCat("the server answered ", num_sent_, " texts with ",
                       response_.results_size(), " results"));
    }
    return arrange == nullptr ? absl::OkStatus() : arrange(&response_);
  }

  Client& client_;
  const LineMethod<Request, Response>& method_;
  Request request_;
  int num_sent_ = 0;
  Response response_;
};

template <typename Result>
using LineSink = absl::FunctionRef<absl::Status(const AnsweredText<Result>&)>;

// What the calls are for: texts come from `source`, answers go to the sink.
struct LineCalls {
  Client& client;
  TextSource& source;
  PipelineOptions pipeline;
};

// Hands each text of the source with its result to `sink`, in order, on the
// calling thread. A text that fails, by itself or with its call, is handed over
// with its status. Errors: those of RunTextPipeline. What is still under way
// after one is left to the client, whose end cancels it.
template <typename Request, typename Response>
absl::Status CallForTexts(const LineCalls& calls,
                          const LineMethod<Request, Response>& method,
                          LineSink<ResultOf<Response>> sink) {
  using Batch = MethodBatch<Request, Response>;
  const std::string no_model;
  return RunTextPipeline(
      calls.pipeline, calls.source,
      [&] { return std::make_unique<Batch>(calls.client, method); },
      [&](const PipelinedText& text) {
        auto& batch = static_cast<Batch&>(text.batch);
        ResultOf<Response> result;
        if (text.status.ok()) {
          result = batch.TakeResult(text.index);
        } else {
          auto* status = result.mutable_status();
          status->set_code(static_cast<int>(text.status.code()));
          status->set_message(std::string(text.status.message()));
        }
        return sink({.number = text.number,
                     .text = text.text,
                     .model = text.status.ok() ? batch.model() : no_model,
                     .result = result});
      });
}

}  // namespace parley::client

#endif  // PARLEY_CLIENT_LINE_CALLS_H_
