// The messages of the methods that take a head of the model (Rerank, Classify,
// FillMask, NextSentence) to plain structs and back.
#ifndef PARLEY_SERVER_RPC_HEAD_MESSAGES_H_
#define PARLEY_SERVER_RPC_HEAD_MESSAGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "parley/v1/embedding.pb.h"
#include "server/pipeline/embedding/classify.h"
#include "server/pipeline/embedding/fill_mask.h"
#include "server/pipeline/embedding/next_sentence.h"
#include "server/pipeline/embedding/rerank.h"

namespace parley {

// As those of embed_messages.h.
absl::StatusOr<RerankCall> ToRerankCall(v1::RerankRequest* request);
absl::StatusOr<ClassifyCall> ToClassifyCall(v1::ClassifyRequest* request);
absl::StatusOr<FillMaskCall> ToFillMaskCall(v1::FillMaskRequest* request);
absl::StatusOr<NextSentenceCall> ToNextSentenceCall(
    v1::NextSentenceRequest* request);

v1::RerankResponse ToRerankResponse(RerankReply reply,
                                    const std::string& model_name);
v1::ClassifyResponse ToClassifyResponse(ClassifyReply reply,
                                        const std::string& model_name);
v1::FillMaskResponse ToFillMaskResponse(FillMaskReply reply,
                                        const std::string& model_name);
v1::NextSentenceResponse ToNextSentenceResponse(NextSentenceReply reply,
                                                const std::string& model_name);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_HEAD_MESSAGES_H_
