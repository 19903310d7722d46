#include "client/models_command.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/model_change_command.h"
#include "client/result_format.h"

namespace parley::client {
namespace {

using ::parley::v1::EncoderModel;
using ::parley::v1::LanguagePair;
using ::parley::v1::ListModelsResponse;
using ::parley::v1::Model;

constexpr char kHelp[] =
    R"(parley models: lists what the server serves, or tells all about one model

Usage: parley models [FLAGS] [NAME]
       parley models load|reload|unload [FLAGS] NAME

Examples:
  parley models
  parley models demo
  parley models --output=json
  parley models reload demo          (parley models reload --help tells more)

Flags:
)";

// Pairs in a row of the table; the rest is counted.
constexpr int kPairsInTable = 6;

// MODEL_STATE_READY -> ready.
std::string ShortName(absl::string_view name, absl::string_view prefix) {
  if (name.empty()) return "unknown";
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string StateName(const Model& model) {
  return ShortName(parley::v1::ModelState_Name(model.state()), "MODEL_STATE_");
}

std::string KindName(const Model& model) {
  return ShortName(parley::v1::ModelKind_Name(model.kind()), "MODEL_KIND_");
}

std::string Parameters(int64_t count) {
  if (count >= 1'000'000'000) return absl::StrFormat("%.1fB", count / 1e9);
  if (count >= 1'000'000) return absl::StrFormat("%.1fM", count / 1e6);
  return absl::StrCat(count);
}

std::vector<std::string> Languages(const Model& model) {
  std::vector<std::string> languages;
  for (const LanguagePair& pair : model.language_pairs()) {
    languages.push_back(absl::StrCat(pair.source(), "-", pair.target()));
  }
  if (languages.empty()) {
    for (const std::string& target : model.target_languages()) {
      languages.push_back(absl::StrCat("*-", target));
    }
  }
  return languages;
}

// What the model does, for a row of the table.
std::string Details(const Model& model) {
  if (model.has_encoder()) {
    const EncoderModel& encoder = model.encoder();
    return absl::StrCat(encoder.dimensions(), " dimensions, ",
                        encoder.max_tokens(),
                        " tokens: ", absl::StrJoin(encoder.methods(), " "));
  }
  std::vector<std::string> languages = Languages(model);
  if (languages.empty()) return "-";
  const size_t more =
      languages.size() - std::min<size_t>(languages.size(), kPairsInTable);
  languages.resize(languages.size() - more);
  std::string text = absl::StrJoin(languages, " ");
  if (more > 0) absl::StrAppend(&text, " and ", more, " more");
  return text;
}

using Row = std::array<std::string, 6>;

void PrintTable(const ListModelsResponse& answer, std::ostream& out) {
  std::vector<Row> rows = {
      {"NAME", "STATE", "KIND", "PARAMETERS", "COMPUTE", "DETAILS"}};
  for (const Model& model : answer.models()) {
    rows.push_back({model.name(), StateName(model), KindName(model),
                    Parameters(model.num_parameters()), model.compute_type(),
                    Details(model)});
  }
  std::array<size_t, std::tuple_size_v<Row>> widths = {};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      out << row[i] << std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out << row.back() << "\n";
  }
}

void PrintField(std::ostream& out, absl::string_view name,
                absl::string_view value) {
  out << absl::StrFormat("%-14s %s\n", absl::StrCat(name, ":"), value);
}

void PrintTranslator(const Model& model, std::ostream& out) {
  const parley::v1::ModelLimits& limits = model.limits();
  PrintField(out, "languages", absl::StrJoin(Languages(model), " "));
  if (model.has_shortlist()) {
    PrintField(out, "shortlist",
               model.shortlist() ? "used unless a request says otherwise"
                                 : "used where a request asks for it");
  }
  PrintField(out, "limits",
             absl::StrCat(limits.max_source_tokens(), " source tokens, ",
                          limits.max_target_tokens(), " target tokens, ",
                          limits.max_beams(), " beams, ",
                          limits.max_texts_per_request(), " texts a call"));
}

void PrintEncoder(const Model& model, std::ostream& out) {
  const EncoderModel& encoder = model.encoder();
  PrintField(out, "methods", absl::StrJoin(encoder.methods(), " "));
  PrintField(out, "vectors",
             absl::StrCat(encoder.dimensions(), " dimensions",
                          encoder.normalizes() ? ", of unit length" : ""));
  PrintField(out, "pooling", absl::StrJoin(encoder.pooling(), " + "));
  PrintField(out, "similarity", encoder.similarity());
  PrintField(out, "layers", absl::StrCat(encoder.num_layers()));
  if (!encoder.labels().empty()) {
    PrintField(out, "labels", absl::StrJoin(encoder.labels(), ", "));
  }
  // In the order of their names: a map of protobuf has none.
  const std::map<std::string, std::string> prompts(encoder.prompts().begin(),
                                                   encoder.prompts().end());
  for (const auto& [name, text] : prompts) {
    PrintField(out, "prompt", absl::StrCat(name, " = \"", text, "\""));
  }
  const parley::v1::ModelLimits& limits = model.limits();
  const std::string more =
      limits.max_source_tokens() > encoder.max_tokens()
          ? absl::StrCat(" (", limits.max_source_tokens(), " where asked for)")
          : "";
  PrintField(out, "limits",
             absl::StrCat(encoder.max_tokens(), " tokens", more, ", ",
                          limits.max_texts_per_request(), " texts a call"));
}

void PrintModel(const Model& model, std::ostream& out) {
  PrintField(out, "name", model.name());
  PrintField(out, "display name", model.display_name());
  PrintField(out, "state", StateName(model));
  if (!model.version().empty()) PrintField(out, "version", model.version());
  if (!model.last_error().empty()) {
    PrintField(out, "last error", model.last_error());
  }
  PrintField(out, "kind", KindName(model));
  PrintField(out, "architecture", model.architecture());
  PrintField(out, "parameters", Parameters(model.num_parameters()));
  PrintField(out, "compute", model.compute_type());
  if (model.has_encoder()) {
    PrintEncoder(model, out);
  } else {
    PrintTranslator(model, out);
  }
}

// One answer, a table or one model, in the format asked for.
template <typename Message, typename Print>
int PrintAnswer(const CommandContext& context,
                const ConnectionFlags& connection, OutputFormat format,
                const absl::StatusOr<Message>& answer, Print print) {
  if (!answer.ok()) return ReportFailure(context, connection, answer.status());
  if (format == OutputFormat::kText) {
    print(*answer, context.out);
  } else {
    const absl::StatusOr<std::string> json = MessageToJson(*answer);
    if (!json.ok()) return ReportFailure(context, connection, json.status());
    context.out << *json << "\n";
  }
  context.out << std::flush;
  return kExitOk;
}

}  // namespace

int RunModels(const CommandContext& context,
              absl::Span<const std::string> args) {
  if (!args.empty() && IsModelChange(args.front())) {
    return RunModelChange(context, args.front(), args.subspan(1));
  }
  ConnectionFlags connection = {.server = context.server,
                                .timeout = absl::Seconds(30)};
  int output = static_cast<int>(OutputFormat::kText);
  std::vector<Flag> flags = {OutputFlag(
      "A table for people (default), or one line of JSON.", &output)};
  AppendConnectionFlags(&connection, &flags);
  if (AsksForHelp(args)) {
    context.out << kHelp << DescribeFlags(flags);
    return kExitOk;
  }
  const absl::StatusOr<std::vector<std::string>> names =
      ParseFlags(flags, args);
  if (!names.ok()) {
    return ReportUsage(context, "models", names.status().message());
  }
  if (names->size() > 1) {
    return ReportUsage(context, "models", "wants one model's name at most");
  }
  Client client(connection.ToOptions());
  const auto format = static_cast<OutputFormat>(output);
  if (names->empty()) {
    return PrintAnswer(context, connection, format, client.ListModels(),
                       PrintTable);
  }
  return PrintAnswer(context, connection, format,
                     client.GetModel(names->front()), PrintModel);
}

}  // namespace parley::client
