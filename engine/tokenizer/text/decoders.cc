#include "engine/tokenizer/text/decoders.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "base/utf8.h"
#include "engine/tokenizer/text/code_points.h"

namespace parley {
namespace {

class WordPieceDecoder : public Decoder {
 public:
  explicit WordPieceDecoder(WordPieceDecoderOptions options)
      : options_(std::move(options)) {}

  void Apply(std::vector<std::string>* tokens) const override {
    for (size_t i = 0; i < tokens->size(); ++i) {
      std::string& token = (*tokens)[i];
      if (i > 0) {
        if (absl::StartsWith(token, options_.prefix)) {
          token.erase(0, options_.prefix.size());
        } else {
          token.insert(0, 1, ' ');
        }
      }
      if (options_.cleanup) CleanUp(&token);
    }
  }

 private:
  // One after the other: what one makes, the next may find.
  static void CleanUp(std::string* token) {
    static constexpr std::pair<absl::string_view, absl::string_view>
        kReplacements[] = {
            {" .", "."},     {" ?", "?"},           {" !", "!"},
            {" ,", ","},     {" ' ", "'"},          {" n't", "n't"},
            {" 'm", "'m"},   {" do not", " don't"}, {" 's", "'s"},
            {" 've", "'ve"}, {" 're", "'re"},
        };
    if (!absl::StrContains(*token, ' ')) return;
    for (const auto& replacement : kReplacements) {
      absl::StrReplaceAll({replacement}, token);
    }
  }

  const WordPieceDecoderOptions options_;
};

class ByteFallbackDecoder : public Decoder {
 public:
  void Apply(std::vector<std::string>* tokens) const override {
    std::vector<std::string> result;
    std::string bytes;  // Of the row of byte tokens under way.
    const auto end_row = [&result, &bytes] {
      if (bytes.empty()) return;
      if (ValidUtf8PrefixBytes(bytes) == bytes.size()) {
        result.push_back(bytes);
      } else {
        result.insert(result.end(), bytes.size(), "\uFFFD");
      }
      bytes.clear();
    };
    for (std::string& token : *tokens) {
      if (const std::optional<char> byte = ByteOf(token)) {
        bytes.push_back(*byte);
        continue;
      }
      end_row();
      result.push_back(std::move(token));
    }
    end_row();
    *tokens = std::move(result);
  }

 private:
  static std::optional<char> ByteOf(absl::string_view token) {
    if (token.size() != 6 || !absl::ConsumePrefix(&token, "<0x") ||
        token[2] != '>') {
      return std::nullopt;
    }
    // What is read as a number there may have a sign.
    if (token[0] == '+' && absl::ascii_isxdigit(token[1])) {
      return static_cast<char>(HexDigit(token[1]));
    }
    if (!absl::ascii_isxdigit(token[0]) || !absl::ascii_isxdigit(token[1])) {
      return std::nullopt;
    }
    return static_cast<char>(HexDigit(token[0]) << 4 | HexDigit(token[1]));
  }

  static int HexDigit(char c) {
    return absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
  }
};

class FuseDecoder : public Decoder {
 public:
  void Apply(std::vector<std::string>* tokens) const override {
    std::string all;
    for (const std::string& token : *tokens) all.append(token);
    tokens->clear();
    tokens->push_back(std::move(all));
  }
};

class StripDecoder : public Decoder {
 public:
  explicit StripDecoder(const StripDecoderOptions& options)
      : options_(options) {
    AppendUtf8(options_.content, &content_);
  }

  void Apply(std::vector<std::string>* tokens) const override {
    for (std::string& token : *tokens) {
      absl::string_view rest = token;
      for (size_t i = 0; i < options_.start; ++i) {
        if (!absl::ConsumePrefix(&rest, content_)) break;
      }
      for (size_t i = 0; i < options_.stop; ++i) {
        if (!absl::ConsumeSuffix(&rest, content_)) break;
      }
      token = std::string(rest);
    }
  }

 private:
  const StripDecoderOptions options_;
  std::string content_;
};

class Sequence : public Decoder {
 public:
  explicit Sequence(std::vector<std::unique_ptr<const Decoder>> steps)
      : steps_(std::move(steps)) {}

  void Apply(std::vector<std::string>* tokens) const override {
    for (const auto& step : steps_) step->Apply(tokens);
  }

 private:
  const std::vector<std::unique_ptr<const Decoder>> steps_;
};

}  // namespace

std::unique_ptr<const Decoder> CreateWordPieceDecoder(
    WordPieceDecoderOptions options) {
  return std::make_unique<WordPieceDecoder>(std::move(options));
}

std::unique_ptr<const Decoder> CreateByteFallbackDecoder() {
  return std::make_unique<ByteFallbackDecoder>();
}

std::unique_ptr<const Decoder> CreateFuseDecoder() {
  return std::make_unique<FuseDecoder>();
}

std::unique_ptr<const Decoder> CreateStripDecoder(
    const StripDecoderOptions& options) {
  return std::make_unique<StripDecoder>(options);
}

std::unique_ptr<const Decoder> CreateDecoderSequence(
    std::vector<std::unique_ptr<const Decoder>> steps) {
  return std::make_unique<Sequence>(std::move(steps));
}

}  // namespace parley
