// Calls a Parley server from C++.
//
//   parley::client::Client client({.server = "127.0.0.1:8470"});
//   parley::v1::TranslateRequest request;
//   request.set_target_language("de");
//   request.add_texts("A man is riding a bike.");
//   absl::StatusOr<parley::v1::TranslateResponse> answer =
//       client.Translate(request);
//
// Requests and answers are the messages of proto/parley/v1, which document
// them; this adds connection, deadline, retries and absl::Status.
#ifndef PARLEY_CLIENT_CLIENT_H_
#define PARLEY_CLIENT_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/retry_policy.h"
#include "grpc/health/v1/health.pb.h"
#include "parley/v1/embedding.pb.h"
#include "parley/v1/model.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::client {

struct ClientOptions {
  // A gRPC target: host:port, [ipv6]:port, unix:path, dns:///name:port. The
  // connection is not encrypted, and goes there directly: proxies named by the
  // environment are not used.
  std::string server = "127.0.0.1:8470";
  // Of each call, retries and their waits included.
  absl::Duration timeout = absl::Seconds(60);
  RetryOptions retry;
  // Larger requests are refused before they are sent, larger answers when they
  // come.
  int max_message_bytes = 64 << 20;
};

// Threads: any method from any thread; those that wait must not be called from
// a callback, which runs on a thread of gRPC's.
// Errors: what the server answered (see the .proto files), or UNAVAILABLE where
// none did, DEADLINE_EXCEEDED past the timeout, INVALID_ARGUMENT for a request
// over max_message_bytes. The connection is made by the first call, and made
// again when it is lost.
class Client {
 public:
  template <typename Response>
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

  explicit Client(ClientOptions options);
  // Cancels the calls under way and waits for their callbacks; so not from one
  // of them.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  absl::StatusOr<parley::v1::TranslateResponse> Translate(
      const parley::v1::TranslateRequest& request);
  // Translates and waits, and tells of the translations as they come to be:
  // `tell` is called with each delta, in order and one at a time, on gRPC's
  // threads. What another attempt tells again is not told twice.
  absl::StatusOr<parley::v1::TranslateResponse> TranslateStream(
      const parley::v1::TranslateRequest& request,
      std::function<void(const parley::v1::TranslateDelta&)> tell);
  absl::StatusOr<parley::v1::EmbedResponse> Embed(
      const parley::v1::EmbedRequest& request);
  absl::StatusOr<parley::v1::EmbedTokensResponse> EmbedTokens(
      const parley::v1::EmbedTokensRequest& request);
  absl::StatusOr<parley::v1::SimilarityResponse> Similarity(
      const parley::v1::SimilarityRequest& request);
  absl::StatusOr<parley::v1::RerankResponse> Rerank(
      const parley::v1::RerankRequest& request);
  absl::StatusOr<parley::v1::ClassifyResponse> Classify(
      const parley::v1::ClassifyRequest& request);
  absl::StatusOr<parley::v1::FillMaskResponse> FillMask(
      const parley::v1::FillMaskRequest& request);
  absl::StatusOr<parley::v1::NextSentenceResponse> NextSentence(
      const parley::v1::NextSentenceRequest& request);
  absl::StatusOr<parley::v1::TokenizeResponse> Tokenize(
      const parley::v1::TokenizeRequest& request);
  absl::StatusOr<parley::v1::DetokenizeResponse> Detokenize(
      const parley::v1::DetokenizeRequest& request);

  // The same for many calls at once: each returns immediately, and its
  // `callback` runs exactly once.
  void TranslateAsync(parley::v1::TranslateRequest request,
                      Callback<parley::v1::TranslateResponse> callback);
  // On a stream that such calls share: for many of them. Where the server has
  // no streams, as TranslateAsync. (client/batch_stream.h says more.)
  void TranslateOnStreamAsync(parley::v1::TranslateRequest request,
                              Callback<parley::v1::TranslateResponse> callback);
  void TranslateStreamAsync(
      parley::v1::TranslateRequest request,
      std::function<void(const parley::v1::TranslateDelta&)> tell,
      Callback<parley::v1::TranslateResponse> callback);
  void EmbedAsync(parley::v1::EmbedRequest request,
                  Callback<parley::v1::EmbedResponse> callback);
  void SimilarityAsync(parley::v1::SimilarityRequest request,
                       Callback<parley::v1::SimilarityResponse> callback);
  void RerankAsync(parley::v1::RerankRequest request,
                   Callback<parley::v1::RerankResponse> callback);
  void ClassifyAsync(parley::v1::ClassifyRequest request,
                     Callback<parley::v1::ClassifyResponse> callback);
  void FillMaskAsync(parley::v1::FillMaskRequest request,
                     Callback<parley::v1::FillMaskResponse> callback);

  absl::StatusOr<parley::v1::ListModelsResponse> ListModels();
  absl::StatusOr<parley::v1::Model> GetModel(absl::string_view name);

  // Changes of what is served, where `server` is an admin port. Never retried:
  // the answer to a second attempt would be another one.
  absl::StatusOr<parley::v1::Model> LoadModel(
      const parley::v1::LoadModelRequest& request);
  absl::StatusOr<parley::v1::UnloadModelResponse> UnloadModel(
      const parley::v1::UnloadModelRequest& request);
  absl::StatusOr<parley::v1::Model> ReloadModel(
      const parley::v1::ReloadModelRequest& request);

  // Of a model, or of the whole server where `service` is empty. Never retried:
  // a probe asks how things are now.
  absl::StatusOr<grpc::health::v1::HealthCheckResponse::ServingStatus>
  CheckHealth(absl::string_view service);

 private:
  class Connection;
  const std::unique_ptr<Connection> connection_;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_CLIENT_H_
