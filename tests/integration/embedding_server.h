// A server process with encoder models, for tests over the wire.
#ifndef PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_
#define PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "parley/v1/embedding.grpc.pb.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/server/server_process.h"
#include "tests/temp_folder.h"

namespace parley {

inline constexpr char kMiniLm[] = ".deps/models/all-MiniLM-L6-v2";

// The vectors' model, where tools/setup.sh has put it.
inline std::string MiniLmArgument() {
  EXPECT_TRUE(std::filesystem::exists(absl::StrCat(kMiniLm, "/config.json")))
      << kMiniLm << " is missing: run tools/setup.sh";
  return absl::StrCat("minilm=", kMiniLm);
}

// A tokenizer.json for the random models of tests/goldens/encoder, whose
// vocabularies are 120 large: BERT's, with a token for each of the commonest
// characters of ASCII.
inline std::string TinyTokenizerJson() {
  using nlohmann::json;
  json vocabulary;
  const auto add = [&vocabulary](const std::string& token) {
    vocabulary[token] = vocabulary.size();
  };
  json added = json::array();
  for (const char* token : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    added.push_back({{"id", vocabulary.size()},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
    add(token);
  }
  for (const char c : std::string("abcdefghijklmnopqrstuvwxyz0123456789")) {
    add(std::string(1, c));
    add(absl::StrCat("##", std::string(1, c)));
  }
  for (const char c : std::string(".,!?'-")) add(std::string(1, c));
  const auto special = [](const char* token, int type) {
    return json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto sequence = [](const char* id, int type) {
    return json{{"Sequence", {{"id", id}, {"type_id", type}}}};
  };
  const auto ids = [&vocabulary](const char* token) {
    return json{
        {"id", token}, {"ids", {vocabulary[token]}}, {"tokens", {token}}};
  };
  const json single = {special("[CLS]", 0), sequence("A", 0),
                       special("[SEP]", 0)};
  json pair = single;
  pair.push_back(sequence("B", 1));
  pair.push_back(special("[SEP]", 1));
  const json tokenizer = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added},
      {"normalizer",
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", true},
        {"strip_accents", nullptr},
        {"lowercase", true}}},
      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", single},
        {"pair", pair},
        {"special_tokens",
         {{"[CLS]", ids("[CLS]")}, {"[SEP]", ids("[SEP]")}}}}},
      {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", 100},
        {"vocab", vocabulary}}}};
  return tokenizer.dump();
}

// The random model `name` of tests/goldens/encoder with that tokenizer, or
// another text in its place, in a folder of the test's: "name=path".
inline std::string TinyModelArgument(
    const std::string& name, const TempFolder& folder,
    const std::string& tokenizer_json = TinyTokenizerJson()) {
  namespace fs = std::filesystem;
  const fs::path source = fs::path("tests/goldens/encoder") / name;
  const fs::path target = fs::path(folder.path()) / name;
  fs::create_directories(target);
  for (const char* file : {"config.json", "model.safetensors"}) {
    EXPECT_TRUE(fs::copy_file(source / file, target / file));
  }
  folder.Write(name + "/tokenizer.json", tokenizer_json);
  return absl::StrCat(name, "=", target.string());
}

class EmbeddingClient {
 public:
  using Stub = v1::EmbeddingService::Stub;

  explicit EmbeddingClient(const std::string& address)
      : channel_(ChannelTo(address)) {}

  // Calls `method`; `status` gets what it ended with.
  template <typename Request, typename Response>
  Response Call(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const Request& request, grpc::Status* status) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::minutes(3));
    Response response;
    *status = (stub_.get()->*method)(&context, request, &response);
    return response;
  }

  // Where it must end well.
  template <typename Request, typename Response>
  Response Good(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*),
                const Request& request) {
    grpc::Status status;
    Response response = Call(method, request, &status);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  Stub* stub() const { return stub_.get(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_ = v1::EmbeddingService::NewStub(channel_);
};

// A server and its client; `models` as --models takes them.
class EmbeddingServer {
 public:
  explicit EmbeddingServer(const std::string& models,
                           std::vector<std::string> more_arguments = {})
      : process_({.arguments = Arguments(models, std::move(more_arguments))}) {
    const std::string address = process_.WaitUntilReady();
    EXPECT_NE(address, "") << process_.err();
    client_ = std::make_unique<EmbeddingClient>(address);
  }

  // Asks it to end, and expects that it does so well.
  void End() {
    process_.Signal(SIGTERM);
    EXPECT_EQ(process_.WaitForExit(), 0) << process_.err();
  }

  ServerProcess& process() { return process_; }
  EmbeddingClient& client() { return *client_; }

 private:
  static std::vector<std::string> Arguments(const std::string& models,
                                            std::vector<std::string> more) {
    more.push_back("--models=" + models);
    more.push_back("--grpc_port=0");
    return more;
  }

  ServerProcess process_;
  std::unique_ptr<EmbeddingClient> client_;
};

inline std::vector<float> Floats(const std::string& bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_EMBEDDING_SERVER_H_
