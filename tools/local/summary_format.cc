#include "tools/local/summary_format.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "nlohmann/json.hpp"

namespace parley::tools {
namespace {

using Json = nlohmann::ordered_json;

absl::string_view KindName(ModelKind kind) {
  return kind == ModelKind::kTranslation ? "translation" : "encoder";
}

// The words of the files of sentence-transformers.
absl::string_view PoolingName(Pooling pooling) {
  switch (pooling) {
    case Pooling::kCls:
      return "cls";
    case Pooling::kMax:
      return "max";
    case Pooling::kMean:
      return "mean";
    case Pooling::kMeanSqrtLength:
      return "mean_sqrt_len_tokens";
    case Pooling::kWeightedMean:
      return "weightedmean";
    case Pooling::kLastToken:
      return "lasttoken";
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

std::vector<std::string> PoolingNames(const EncoderInfo& encoder) {
  std::vector<std::string> names;
  for (const Pooling pooling : encoder.pooling) {
    names.emplace_back(PoolingName(pooling));
  }
  return names;
}

std::vector<std::string> HeadNames(const EncoderInfo& encoder) {
  std::vector<std::string> names;
  if (encoder.labels.size() == 1) names.push_back("reranking");
  if (encoder.labels.size() > 1) names.push_back("classification");
  if (encoder.fills_masks) names.push_back("masked tokens");
  if (encoder.predicts_next_sentence) names.push_back("next sentence");
  return names;
}

// "en-de", or "*-de" where any source goes.
std::vector<std::string> LanguageNames(const ModelLanguages& languages) {
  std::vector<std::string> names;
  for (const LanguagePair& pair : languages.pairs) {
    names.push_back(absl::StrCat(pair.source, "-", pair.target));
  }
  if (!names.empty()) return names;
  for (const std::string& target : languages.targets) {
    names.push_back(absl::StrCat("*-", target));
  }
  return names;
}

struct Share {
  int num_tensors = 0;
  int64_t num_bytes = 0;
};

std::map<std::string, Share> SharesByDType(const StoredWeights& weights) {
  std::map<std::string, Share> shares;
  for (const StoredTensor& tensor : weights.tensors) {
    Share& share = shares[std::string(DTypeName(tensor.dtype))];
    ++share.num_tensors;
    share.num_bytes += tensor.num_bytes;
  }
  return shares;
}

// "22.7M (22713216)".
std::string CountText(int64_t count) {
  const double number = static_cast<double>(count);
  if (count >= 1'000'000'000) {
    return absl::StrFormat("%.1fB (%d)", number / 1e9, count);
  }
  if (count >= 1'000'000) {
    return absl::StrFormat("%.1fM (%d)", number / 1e6, count);
  }
  return absl::StrCat(count);
}

// The double of the fewest digits that stands for `value`: 1.1, and not
// 1.100000023841858.
double ShortestDouble(float value) {
  double number = value;
  PARLEY_CHECK(absl::SimpleAtod(absl::StrCat(value), &number)) << value;
  return number;
}

int64_t WeightBytes(const ModelSummary& summary) {
  int64_t num_bytes = 0;
  for (const StoredWeights& weights : summary.weights) {
    num_bytes += weights.file_bytes;
  }
  return num_bytes;
}

void PrintField(std::ostream& out, absl::string_view name,
                absl::string_view value) {
  out << absl::StrFormat("%-14s %s\n", absl::StrCat(name, ":"), value);
}

void PrintTranslator(const ModelInfo& info, std::ostream& out) {
  const std::vector<std::string> languages = LanguageNames(info.languages);
  PrintField(out, "languages",
             languages.empty() ? "any; the files list none"
                               : absl::StrJoin(languages, " "));
  if (!info.languages.target_token.empty()) {
    PrintField(out, "target token", info.languages.target_token);
  }
  PrintField(out, "limits",
             absl::StrCat(info.max_source_tokens, " source tokens, ",
                          info.max_target_tokens, " target tokens"));
  const SearchOptions& search = info.default_search;
  PrintField(out, "search",
             absl::StrFormat("%d beams, length penalty %.2g, %d target tokens "
                             "where a request does not say",
                             search.num_beams, search.length_penalty,
                             search.max_new_tokens));
  if (info.has_shortlist) {
    PrintField(out, "shortlist",
               info.uses_shortlist ? "used unless a request says otherwise"
                                   : "used where a request asks for it");
  }
}

void PrintEncoder(const ModelInfo& info, std::ostream& out) {
  const EncoderInfo& encoder = info.encoder;
  PrintField(out, "layers",
             absl::StrCat(encoder.num_layers, ", ", encoder.d_model, " wide"));
  PrintField(out, "vectors",
             absl::StrCat(encoder.embedding_dim, " dimensions",
                          encoder.normalizes ? ", of unit length" : ""));
  PrintField(out, "pooling", absl::StrJoin(PoolingNames(encoder), " + "));
  PrintField(out, "similarity", SimilarityName(encoder.similarity));
  const std::vector<std::string> heads = HeadNames(encoder);
  PrintField(
      out, "heads",
      heads.empty() ? "none but the vectors" : absl::StrJoin(heads, ", "));
  if (!encoder.labels.empty()) {
    PrintField(out, "labels", absl::StrJoin(encoder.labels, ", "));
  }
  for (const Prompt& prompt : encoder.prompts) {
    PrintField(out, "prompt",
               absl::StrCat(prompt.name, " = \"", prompt.text, "\""));
  }
  const std::string more =
      info.max_source_tokens > encoder.max_tokens
          ? absl::StrCat(" (", info.max_source_tokens, " where asked for)")
          : "";
  PrintField(out, "limits", absl::StrCat(encoder.max_tokens, " tokens", more));
}

void PrintWeights(const StoredWeights& weights, std::ostream& out) {
  const std::string shares = absl::StrJoin(
      SharesByDType(weights), ", ", [](std::string* out, const auto& share) {
        absl::StrAppend(out, share.second.num_tensors, " ", share.first, " of ",
                        BytesText(share.second.num_bytes));
      });
  PrintField(out, "weights",
             absl::StrCat(weights.path, ", ", BytesText(weights.file_bytes),
                          ": ", shares));
}

void PrintTensors(const StoredWeights& weights, std::ostream& out) {
  size_t width = 0;
  for (const StoredTensor& tensor : weights.tensors) {
    width = std::max(width, tensor.name.size());
  }
  out << "\n" << weights.path << "\n";
  for (const StoredTensor& tensor : weights.tensors) {
    out << absl::StrFormat("  %-*s  %-4s  %12d  %s\n", static_cast<int>(width),
                           tensor.name, DTypeName(tensor.dtype),
                           tensor.num_bytes, ShapeToString(tensor.shape));
  }
}

Json TranslatorJson(const ModelInfo& info) {
  Json pairs = Json::array();
  for (const LanguagePair& pair : info.languages.pairs) {
    pairs.push_back({pair.source, pair.target});
  }
  const SearchOptions& search = info.default_search;
  // Null where there is none, as the server leaves it out then.
  const Json shortlist =
      info.has_shortlist ? Json(info.uses_shortlist) : Json();
  return {{"language_pairs", pairs},
          {"target_languages", info.languages.targets},
          {"target_language_token", info.languages.target_token},
          {"max_source_tokens", info.max_source_tokens},
          {"max_target_tokens", info.max_target_tokens},
          {"num_beams", search.num_beams},
          {"length_penalty", ShortestDouble(search.length_penalty)},
          {"max_new_tokens", search.max_new_tokens},
          {"shortlist", shortlist}};
}

Json EncoderJson(const ModelInfo& info) {
  const EncoderInfo& encoder = info.encoder;
  Json prompts = Json::object();
  for (const Prompt& prompt : encoder.prompts) {
    prompts[prompt.name] = prompt.text;
  }
  return {{"num_layers", encoder.num_layers},
          {"d_model", encoder.d_model},
          {"dimensions", encoder.embedding_dim},
          {"normalizes", encoder.normalizes},
          {"pooling", PoolingNames(encoder)},
          {"similarity", std::string(SimilarityName(encoder.similarity))},
          {"heads", HeadNames(encoder)},
          {"labels", encoder.labels},
          {"prompts", prompts},
          {"max_tokens", encoder.max_tokens},
          {"max_source_tokens", info.max_source_tokens}};
}

Json WeightsJson(const StoredWeights& weights, TensorList list) {
  Json shares = Json::object();
  for (const auto& [dtype, share] : SharesByDType(weights)) {
    shares[dtype] = {{"num_tensors", share.num_tensors},
                     {"bytes", share.num_bytes}};
  }
  Json json = {{"path", weights.path},
               {"bytes", weights.file_bytes},
               {"precision", StoredPrecision(weights)},
               {"converted", weights.converted.has_value()},
               {"dtypes", shares}};
  if (list == TensorList::kNone) return json;
  Json& tensors = json["tensors"] = Json::array();
  for (const StoredTensor& tensor : weights.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"dtype", std::string(DTypeName(tensor.dtype))},
                       {"shape", tensor.shape},
                       {"bytes", tensor.num_bytes}});
  }
  return json;
}

}  // namespace

std::string BytesText(int64_t num_bytes) {
  if (num_bytes >= 1'000'000'000) {
    return absl::StrFormat("%.2f GB", static_cast<double>(num_bytes) / 1e9);
  }
  if (num_bytes >= 1'000'000) {
    return absl::StrFormat("%.1f MB", static_cast<double>(num_bytes) / 1e6);
  }
  if (num_bytes >= 1'000) {
    return absl::StrFormat("%.1f kB", static_cast<double>(num_bytes) / 1e3);
  }
  return absl::StrCat(num_bytes, num_bytes == 1 ? " byte" : " bytes");
}

void PrintSummary(const ModelSummary& summary, TensorList tensors,
                  std::ostream& out) {
  const ModelInfo& info = summary.info;
  PrintField(out, "name", info.display_name);
  PrintField(out, "directory", summary.directory);
  PrintField(out, "kind", KindName(info.kind));
  PrintField(out, "architecture", info.architecture);
  PrintField(out, "parameters", CountText(info.num_parameters));
  const StoredWeights& weights = summary.weights.front();
  PrintField(
      out, "precision",
      absl::StrCat(StoredPrecision(weights),
                   weights.converted.has_value() ? ", converted ahead of time"
                                                 : ", as it came",
                   "; computes as ", ComputeTypeName(info.compute_type)));
  PrintField(out, "vocabulary", absl::StrCat(info.vocab_size, " tokens"));
  if (info.kind == ModelKind::kTranslation) {
    PrintTranslator(info, out);
  } else {
    PrintEncoder(info, out);
  }
  PrintField(out, "size",
             absl::StrCat(BytesText(summary.directory_bytes), ", ",
                          BytesText(WeightBytes(summary)), " of it weights"));
  for (const StoredWeights& each : summary.weights) PrintWeights(each, out);
  if (tensors == TensorList::kNone) return;
  for (const StoredWeights& each : summary.weights) PrintTensors(each, out);
}

std::string SummaryToJson(const ModelSummary& summary, TensorList tensors) {
  const ModelInfo& info = summary.info;
  Json json = {
      {"name", info.display_name},
      {"directory", summary.directory},
      {"kind", std::string(KindName(info.kind))},
      {"architecture", info.architecture},
      {"num_parameters", info.num_parameters},
      {"precision", StoredPrecision(summary.weights.front())},
      {"converted", summary.weights.front().converted.has_value()},
      {"compute_type", std::string(ComputeTypeName(info.compute_type))},
      {"vocab_size", info.vocab_size}};
  if (info.kind == ModelKind::kTranslation) {
    json["translation"] = TranslatorJson(info);
  } else {
    json["encoder"] = EncoderJson(info);
  }
  json["directory_bytes"] = summary.directory_bytes;
  json["weight_bytes"] = WeightBytes(summary);
  Json& weights = json["weights"] = Json::array();
  for (const StoredWeights& each : summary.weights) {
    weights.push_back(WeightsJson(each, tensors));
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::tools
