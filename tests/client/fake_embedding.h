// An EmbeddingService whose answers follow from the texts alone.
#ifndef PARLEY_TESTS_CLIENT_FAKE_EMBEDDING_H_
#define PARLEY_TESTS_CLIENT_FAKE_EMBEDDING_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "parley/v1/embedding.grpc.pb.h"

namespace parley::client {

// A text with "bad" in it fails with INVALID_ARGUMENT; a model called "none"
// is NOT_FOUND. A score is the number that a text starts with.
class FakeEmbedding : public v1::EmbeddingService::Service {
 public:
  // The last request of each kind; read it when no call is under way.
  v1::EmbedRequest embed_request;
  v1::SimilarityRequest similarity_request;
  v1::RerankRequest rerank_request;
  v1::ClassifyRequest classify_request;
  v1::FillMaskRequest fill_mask_request;
  // Set before the first call: changes an answer before it goes out.
  void (*spoil_embed)(v1::EmbedResponse* response) = nullptr;
  void (*spoil_rerank)(v1::RerankResponse* response) = nullptr;

  // Two numbers: the text's length in bytes, and a third.
  grpc::Status Embed(grpc::ServerContext* context,
                     const v1::EmbedRequest* request,
                     v1::EmbedResponse* response) override {
    if (!Start(*request, &embed_request, response)) return NoSuchModel();
    for (const std::string& text : request->texts()) {
      v1::EmbedResult* result = response->add_results();
      if (Fails(text, result)) continue;
      const float vector[2] = {static_cast<float>(text.size()), 1.0f / 3};
      result->set_vector(reinterpret_cast<const char*>(vector), sizeof(vector));
      result->set_dimensions(2);
      result->set_tokens(static_cast<int>(text.size()) + 2);
      result->set_truncated(text.size() > 100);
    }
    if (spoil_embed != nullptr) spoil_embed(response);
    return grpc::Status::OK;
  }

  grpc::Status Similarity(grpc::ServerContext* context,
                          const v1::SimilarityRequest* request,
                          v1::SimilarityResponse* response) override {
    if (!Start(*request, &similarity_request, response)) return NoSuchModel();
    for (const std::string& text : request->others()) {
      v1::SimilarityResult* result = response->add_results();
      if (!Fails(text, result)) result->set_score(Score(text));
    }
    return grpc::Status::OK;
  }

  // Best first, as the real one.
  grpc::Status Rerank(grpc::ServerContext* context,
                      const v1::RerankRequest* request,
                      v1::RerankResponse* response) override {
    if (!Start(*request, &rerank_request, response)) return NoSuchModel();
    for (int i = 0; i < request->documents_size(); ++i) {
      v1::RerankResult* result = response->add_results();
      result->set_index(i);
      if (!Fails(request->documents(i), result)) {
        result->set_score(Score(request->documents(i)));
      }
    }
    std::stable_sort(response->mutable_results()->begin(),
                     response->mutable_results()->end(),
                     [](const v1::RerankResult& a, const v1::RerankResult& b) {
                       return a.score() > b.score();
                     });
    if (spoil_rerank != nullptr) spoil_rerank(response);
    return grpc::Status::OK;
  }

  grpc::Status Classify(grpc::ServerContext* context,
                        const v1::ClassifyRequest* request,
                        v1::ClassifyResponse* response) override {
    if (!Start(*request, &classify_request, response)) return NoSuchModel();
    for (const std::string& text : request->texts()) {
      AddLabel(text, response->add_results());
    }
    for (const v1::TextPair& pair : request->pairs()) {
      AddLabel(pair.first() + "+" + pair.second(), response->add_results());
    }
    return grpc::Status::OK;
  }

  grpc::Status FillMask(grpc::ServerContext* context,
                        const v1::FillMaskRequest* request,
                        v1::FillMaskResponse* response) override {
    if (!Start(*request, &fill_mask_request, response)) return NoSuchModel();
    for (const std::string& text : request->texts()) {
      v1::FillMaskResult* result = response->add_results();
      if (Fails(text, result)) continue;
      for (const char* word : {"one", "two"}) {
        v1::FilledToken* token = result->add_masks()->add_tokens();
        token->set_text(word);
        token->set_probability(0.25f);
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status Tokenize(grpc::ServerContext* context,
                        const v1::TokenizeRequest* request,
                        v1::TokenizeResponse* response) override {
    for (const std::string& text : request->texts()) {
      response->add_results()->add_tokens()->set_text(text);
    }
    return grpc::Status::OK;
  }

 private:
  template <typename Result>
  static bool Fails(absl::string_view text, Result* result) {
    if (!absl::StrContains(text, "bad")) return false;
    result->mutable_status()->set_code(3);
    result->mutable_status()->set_message("a bad text");
    return true;
  }
  static float Score(const std::string& text) {
    return std::strtof(text.c_str(), nullptr);
  }
  static void AddLabel(const std::string& text, v1::ClassifyResult* result) {
    if (Fails(text, result)) return;
    result->add_labels()->set_label(text);
    result->mutable_labels(0)->set_score(0.75f);
    result->add_labels()->set_label("other");
    result->mutable_labels(1)->set_score(0.25f);
  }

  // Keeps the request and names the model that answers; false for "none".
  template <typename Request, typename Response>
  bool Start(const Request& request, Request* seen, Response* response) {
    absl::MutexLock lock(&mutex_);
    *seen = request;
    response->set_model("fake");
    return request.model() != "none";
  }
  static grpc::Status NoSuchModel() {
    return {grpc::StatusCode::NOT_FOUND, "no such model"};
  }

  absl::Mutex mutex_;
};

}  // namespace parley::client

#endif  // PARLEY_TESTS_CLIENT_FAKE_EMBEDDING_H_
