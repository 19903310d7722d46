#include "engine/models/modern_bert_config.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/models/config_reader.h"

namespace parley {
namespace {

constexpr absl::string_view kGlobal = "full_attention";
constexpr absl::string_view kLocal = "sliding_attention";

absl::StatusOr<std::vector<bool>> ReadLayerKinds(const JsonFile& file,
                                                 int num_layers) {
  std::vector<bool> is_global;
  PARLEY_ASSIGN_OR_RETURN(const auto types, file.GetStrings("layer_types"));
  if (!types.has_value()) {
    PARLEY_ASSIGN_OR_RETURN(const int period,
                            ReadInt(file, "global_attn_every_n_layers",
                                    {.low = 1, .high = 1 << 16, .unset = 3}));
    for (int i = 0; i < num_layers; ++i) is_global.push_back(i % period == 0);
    return is_global;
  }
  for (const std::string& type : *types) {
    if (type != kGlobal && type != kLocal) {
      return absl::UnimplementedError(
          absl::StrCat(file.path(), ": \"layer_types\" holds \"", type,
                       "\"; supported are ", kGlobal, " and ", kLocal));
    }
    is_global.push_back(type == kGlobal);
  }
  if (is_global.size() != static_cast<size_t>(num_layers)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"layer_types\" has ", is_global.size(),
        " elements, expected one for each of ", num_layers, " layers"));
  }
  return is_global;
}

struct RopeKeys {
  absl::string_view kind;     // In rope_parameters.
  absl::string_view old_key;  // From before it.
  double unset;
};

absl::Status RefuseScaledRope(const JsonFile& rope) {
  PARLEY_ASSIGN_OR_RETURN(const std::string type,
                          ReadString(rope, "rope_type", "default"));
  if (type == "default") return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(rope.path(),
                                               ": \"rope_type\" is \"", type,
                                               "\"; supported is \"default\""));
}

absl::StatusOr<double> ReadRopeBase(const JsonFile& file,
                                    const RopeKeys& keys) {
  std::optional<double> base;
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> all,
                          file.GetObject("rope_parameters"));
  if (all.has_value()) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> rope,
                            all->GetObject(keys.kind));
    if (rope.has_value()) {
      PARLEY_RETURN_IF_ERROR(RefuseScaledRope(*rope));
      PARLEY_ASSIGN_OR_RETURN(base, rope->GetNumber("rope_theta"));
    }
  }
  if (!base.has_value()) {
    PARLEY_ASSIGN_OR_RETURN(base, file.GetNumber(keys.old_key));
  }
  const double value = base.value_or(keys.unset);
  if (!(value > 0 && value <= 1e12)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": the base of rotary positions (rope_theta) of ",
        keys.kind, " is ", value, ", expected 0 (excluded) to 1e12"));
  }
  return value;
}

absl::StatusOr<ModernBertBiases> ReadBiases(const JsonFile& file) {
  ModernBertBiases biases;
  PARLEY_ASSIGN_OR_RETURN(biases.norm, ReadBool(file, "norm_bias", false));
  PARLEY_ASSIGN_OR_RETURN(biases.attention,
                          ReadBool(file, "attention_bias", false));
  PARLEY_ASSIGN_OR_RETURN(biases.feed_forward,
                          ReadBool(file, "mlp_bias", false));
  PARLEY_ASSIGN_OR_RETURN(biases.decoder, ReadBool(file, "decoder_bias", true));
  PARLEY_ASSIGN_OR_RETURN(biases.head,
                          ReadBool(file, "classifier_bias", false));
  return biases;
}

}  // namespace

absl::StatusOr<ModernBertConfig> ReadModernBertConfig(const JsonFile& file,
                                                      int num_layers) {
  if (file.Has("rope_scaling")) {
    return absl::UnimplementedError(
        absl::StrCat(file.path(), ": \"rope_scaling\" is not supported"));
  }
  ModernBertConfig config;
  PARLEY_ASSIGN_OR_RETURN(config.is_global, ReadLayerKinds(file, num_layers));
  PARLEY_ASSIGN_OR_RETURN(const int local_attention,
                          ReadInt(file, "local_attention",
                                  {.low = 2, .high = 1 << 20, .unset = 128}));
  config.window = local_attention / 2;
  PARLEY_ASSIGN_OR_RETURN(
      config.global_rope_base,
      ReadRopeBase(file, {kGlobal, "global_rope_theta", 160000.0}));
  PARLEY_ASSIGN_OR_RETURN(
      config.local_rope_base,
      ReadRopeBase(file, {kLocal, "local_rope_theta", 10000.0}));
  PARLEY_ASSIGN_OR_RETURN(config.biases, ReadBiases(file));
  PARLEY_ASSIGN_OR_RETURN(const std::string pooling,
                          ReadString(file, "classifier_pooling", "cls"));
  const absl::string_view kind = pooling;
  config.classifier_takes_mean = kind == "mean";
  if (!config.classifier_takes_mean && kind != "cls") {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"classifier_pooling\" is \"", pooling,
                     "\", expected \"cls\" or \"mean\""));
  }
  PARLEY_ASSIGN_OR_RETURN(config.head_activation,
                          ReadEncoderActivation(file, "classifier_activation"));
  return config;
}

}  // namespace parley
