#include "server/rpc/model_service.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/utf8.h"
#include "server/pipeline/methods.h"
#include "server/rpc/deferred_call.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/unary_call.h"

namespace parley {
namespace {

v1::ModelState ToProto(ModelListing::State state) {
  switch (state) {
    case ModelListing::State::kLoading:
      return v1::MODEL_STATE_LOADING;
    case ModelListing::State::kReady:
      return v1::MODEL_STATE_READY;
    case ModelListing::State::kFailed:
      return v1::MODEL_STATE_FAILED;
  }
  return v1::MODEL_STATE_UNSPECIFIED;
}

v1::ModelKind ToProto(ModelKind kind) {
  switch (kind) {
    case ModelKind::kTranslation:
      return v1::MODEL_KIND_TRANSLATION;
    case ModelKind::kEncoder:
      return v1::MODEL_KIND_ENCODER;
  }
  return v1::MODEL_KIND_UNSPECIFIED;
}

absl::string_view PoolingName(Pooling pooling) {
  switch (pooling) {
    case Pooling::kCls:
      return "cls";
    case Pooling::kMax:
      return "max";
    case Pooling::kMean:
      return "mean";
    case Pooling::kMeanSqrtLength:
      return "mean_sqrt_length";
    case Pooling::kWeightedMean:
      return "weighted_mean";
    case Pooling::kLastToken:
      return "last_token";
  }
  return "";
}

absl::string_view SimilarityName(SimilarityMeasure measure) {
  switch (measure) {
    case SimilarityMeasure::kCosine:
      return "cosine";
    case SimilarityMeasure::kDot:
      return "dot";
    case SimilarityMeasure::kEuclidean:
      return "euclidean";
    case SimilarityMeasure::kManhattan:
      return "manhattan";
  }
  return "";
}

v1::EncoderModel ToEncoderProto(const ModelInfo& info) {
  const EncoderInfo& encoder = info.encoder;
  v1::EncoderModel proto;
  for (const Method method : MethodsOf(info)) {
    proto.add_methods(std::string(MethodName(method)));
  }
  proto.set_dimensions(encoder.embedding_dim);
  proto.set_num_layers(encoder.num_layers);
  for (const Pooling pooling : encoder.pooling) {
    proto.add_pooling(std::string(PoolingName(pooling)));
  }
  proto.set_normalizes(encoder.normalizes);
  proto.set_max_tokens(encoder.max_tokens);
  for (const Prompt& prompt : encoder.prompts) {
    (*proto.mutable_prompts())[prompt.name] = prompt.text;
  }
  for (const std::string& label : encoder.labels) proto.add_labels(label);
  proto.set_similarity(std::string(SimilarityName(encoder.similarity)));
  return proto;
}

absl::StatusOr<ModelChange> ToChange(const v1::LoadModelRequest& request) {
  ModelChange change = {.kind = ModelChange::Kind::kLoad,
                        .name = request.model(),
                        .directory = request.directory()};
  if (!request.compute_type().empty()) {
    change.compute_type = ParseComputeType(request.compute_type());
    if (!change.compute_type.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "compute_type: \"", request.compute_type(),
          "\" is none; expected auto, f32, bf16, int8 or nothing"));
    }
  }
  return change;
}

absl::StatusOr<ModelChange> ToChange(const v1::UnloadModelRequest& request) {
  return ModelChange{.kind = ModelChange::Kind::kUnload,
                     .name = request.model()};
}

absl::StatusOr<ModelChange> ToChange(const v1::ReloadModelRequest& request) {
  return ModelChange{.kind = ModelChange::Kind::kReload,
                     .name = request.model(),
                     .directory = request.directory()};
}

v1::Model ToProto(const ModelListing& listing, const CallLimits& call_limits) {
  v1::Model proto;
  proto.set_name(listing.name);
  proto.set_state(ToProto(listing.state));
  proto.set_last_error(MakeValidUtf8(listing.last_error.message()));
  if (listing.model == nullptr) return proto;
  proto.set_version(listing.model->version);
  const ModelInfo& info = listing.model->info;
  proto.set_display_name(info.display_name);
  proto.set_kind(ToProto(info.kind));
  proto.set_architecture(info.architecture);
  proto.set_num_parameters(info.num_parameters);
  proto.set_compute_type(std::string(ComputeTypeName(info.compute_type)));
  for (const LanguagePair& pair : info.languages.pairs) {
    v1::LanguagePair& pair_proto = *proto.add_language_pairs();
    pair_proto.set_source(pair.source);
    pair_proto.set_target(pair.target);
  }
  for (const std::string& target : info.languages.targets) {
    proto.add_target_languages(target);
  }
  if (info.has_shortlist) proto.set_shortlist(info.uses_shortlist);
  v1::ModelLimits& limits = *proto.mutable_limits();
  limits.set_max_source_tokens(info.max_source_tokens);
  limits.set_max_target_tokens(info.max_target_tokens);
  limits.set_max_texts_per_request(call_limits.max_texts_per_request);
  if (info.kind == ModelKind::kTranslation) limits.set_max_beams(kMaxBeams);
  if (info.kind == ModelKind::kEncoder) {
    *proto.mutable_encoder() = ToEncoderProto(info);
  }
  return proto;
}

}  // namespace

v1::Model ModelService::Describe(const ModelListing& listing) const {
  v1::Model model = ToProto(listing, limits_);
  if (administration_.admin == nullptr && !listing.last_error.ok()) {
    model.set_last_error(
        absl::StrCat(absl::StatusCodeToString(listing.last_error.code()),
                     ": the server's log and its admin port say why"));
  }
  return model;
}

void ModelService::ListModels(const RequestWire& wire) {
  CallRecord record(reporting_, "ListModels",
                    TakeIdentity(wire.call->context()));
  AnswerUnaryCall<v1::ListModelsRequest, v1::ListModelsResponse>(
      wire, &record,
      [this](const v1::ListModelsRequest&, v1::ListModelsResponse* list) {
        for (const ModelListing& listing : models_->List()) {
          *list->add_models() = Describe(listing);
        }
        return absl::OkStatus();
      });
}

void ModelService::GetModel(const RequestWire& wire) {
  CallRecord record(reporting_, "GetModel", TakeIdentity(wire.call->context()));
  AnswerUnaryCall<v1::GetModelRequest, v1::Model>(
      wire, &record, [this](const v1::GetModelRequest& get, v1::Model* model) {
        const std::vector<ModelListing> listings = models_->List();
        for (const ModelListing& listing : listings) {
          if (listing.name != get.model()) continue;
          *model = Describe(listing);
          return absl::OkStatus();
        }
        return absl::NotFoundError(absl::StrCat(
            "no model \"", get.model(), "\" is served; the models are: ",
            absl::StrJoin(listings, ", ",
                          [](std::string* out, const ModelListing& listing) {
                            out->append(listing.name);
                          })));
      });
}

template <typename Request, typename ToResponse>
void ModelService::Change(
    absl::string_view method, const RequestWire& wire,
    absl::StatusOr<ModelChange> (*to_change)(const Request&),
    ToResponse to_response) {
  auto* reactor = new DeferredReactor(
      wire.call, std::make_shared<CallRecord>(
                     reporting_, method, TakeIdentity(wire.call->context())));
  const DeferredReactor::Answerer answerer = reactor->answerer();
  wire.call->Bind(reactor);
  if (administration_.admin == nullptr) {
    answerer.Refuse(absl::PermissionDeniedError(administration_.elsewhere));
    return;
  }
  Request request;
  const absl::Status parsed = ParseMessage(wire.request, &request);
  absl::StatusOr<ModelChange> change =
      parsed.ok() ? to_change(request) : parsed;
  if (!change.ok()) {
    answerer.Refuse(change.status());
    return;
  }
  // A call that is cancelled ends before its change does, and the service may.
  administration_.admin->Change(
      *std::move(change),
      [answerer, to_response](absl::StatusOr<ModelListing> changed) {
        if (changed.ok()) {
          answerer.Answer(to_response(*changed));
        } else {
          answerer.Refuse(changed.status());
        }
      });
}

void ModelService::AddMethods(CallRouter* router) {
  const absl::string_view service = Base::service_full_name();
  const auto describe = [limits = limits_](const ModelListing& listing) {
    return ToProto(listing, limits);
  };
  router->Add(service, "ListModels",
              [this](const RequestWire& wire) { ListModels(wire); });
  router->Add(service, "GetModel",
              [this](const RequestWire& wire) { GetModel(wire); });
  router->Add(service, "LoadModel", [this, describe](const RequestWire& wire) {
    Change<v1::LoadModelRequest>("LoadModel", wire, &ToChange, describe);
  });
  router->Add(service, "UnloadModel", [this](const RequestWire& wire) {
    Change<v1::UnloadModelRequest>(
        "UnloadModel", wire, &ToChange,
        [](const ModelListing&) { return v1::UnloadModelResponse(); });
  });
  router->Add(service, "ReloadModel",
              [this, describe](const RequestWire& wire) {
                Change<v1::ReloadModelRequest>("ReloadModel", wire, &ToChange,
                                               describe);
              });
}

}  // namespace parley
