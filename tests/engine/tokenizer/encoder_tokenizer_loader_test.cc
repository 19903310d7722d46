#include "engine/tokenizer/encoder_tokenizer_loader.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/text/code_points.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using TokenizerPtr = std::unique_ptr<const EncoderTokenizer>;

constexpr char kMiniLm[] = ".deps/models/all-MiniLM-L6-v2";

// Null where it is not there, which fails the test.
TokenizerPtr MiniLm(const std::string& directory = kMiniLm) {
  auto tokenizer = LoadEncoderTokenizer(directory, {});
  EXPECT_TRUE(tokenizer.ok())
      << tokenizer.status() << "; tools/setup.sh installs the model";
  return tokenizer.ok() ? *std::move(tokenizer) : nullptr;
}

std::vector<Json> Goldens(const std::string& name) {
  std::ifstream file("tests/goldens/encoder/" + name);
  std::vector<Json> goldens;
  for (std::string line; std::getline(file, line);) {
    goldens.push_back(Json::parse(line));
  }
  EXPECT_GT(goldens.size(), 10u) << name;
  return goldens;
}

EncoderInput Assembled(const EncoderTokenizer& tokenizer, const Json& texts,
                       int max_tokens) {
  std::vector<Encoding> encodings;
  for (const Json& text : texts) {
    auto encoding = tokenizer.Tokenize(text.get<std::string>());
    EXPECT_TRUE(encoding.ok()) << encoding.status();
    encodings.push_back(*std::move(encoding));
  }
  auto input = tokenizer.Assemble(
      encodings[0], encodings.size() == 2 ? &encodings[1] : nullptr,
      {.max_tokens = max_tokens});
  EXPECT_TRUE(input.ok()) << input.status();
  return *std::move(input);
}

// [begin, end) in Python's characters.
std::vector<std::pair<size_t, size_t>> InCharacters(
    const std::string& text, const std::vector<ByteRange>& ranges) {
  std::vector<size_t> index(text.size() + 1);
  size_t count = 0;
  ForEachCodePoint(text, [&](CodePoint, size_t at) { index[at] = count++; });
  index[text.size()] = count;
  std::vector<std::pair<size_t, size_t>> offsets;
  for (const ByteRange& range : ranges) {
    offsets.emplace_back(index[range.begin], index[range.end]);
  }
  return offsets;
}

// Every line of what sentence-transformers gives.
void ExpectMiniLmGoldens(const EncoderTokenizer& tokenizer) {
  for (const Json& golden : Goldens("all-MiniLM-L6-v2.jsonl")) {
    const std::string text = golden["text"];
    SCOPED_TRACE(text.substr(0, 200));
    const EncoderInput input = Assembled(tokenizer, {text}, 256);
    EXPECT_EQ(input.ids, golden["token_ids"].get<std::vector<TokenId>>());
    EXPECT_EQ(
        InCharacters(text, input.offsets),
        (golden["char_offsets"].get<std::vector<std::pair<size_t, size_t>>>()));
  }
}

TEST(EncoderTokenizerLoaderTest, MiniLm) {
  const TokenizerPtr tokenizer = MiniLm();
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(tokenizer->vocab_size(), 30522);
  EXPECT_EQ(tokenizer->mask_token(), 103);
  EXPECT_EQ(tokenizer->max_tokens(), 512);
  ExpectMiniLmGoldens(*tokenizer);
}

TEST(EncoderTokenizerLoaderTest, MiniLmFromClassicFiles) {
  const ModelDirectory directory;
  for (const char* name : {"vocab.txt", "tokenizer_config.json"}) {
    directory.Write(name, ReadTestFile(absl::StrCat(kMiniLm, "/", name)));
  }
  const TokenizerPtr tokenizer = MiniLm(directory.path());
  ASSERT_NE(tokenizer, nullptr);
  ExpectMiniLmGoldens(*tokenizer);
  directory.Remove("tokenizer_config.json");
  const TokenizerPtr bare = MiniLm(directory.path());
  ASSERT_NE(bare, nullptr);
  EXPECT_EQ(bare->max_tokens(), std::nullopt);
  ExpectMiniLmGoldens(*bare);
}

// The vocabulary of these is bert-base-uncased's, as that of MiniLM.
TEST(EncoderTokenizerLoaderTest, PairsOfTinyBert) {
  const TokenizerPtr tokenizer = MiniLm();
  ASSERT_NE(tokenizer, nullptr);
  int num_pairs = 0;
  for (const Json& golden : Goldens("tiny-random-bert-pretraining.jsonl")) {
    const bool is_pair = golden.contains("text_a");
    Json texts = {golden[is_pair ? "text_a" : "masked_text"]};
    // transformers takes an empty second text for none.
    if (is_pair && !golden["text_b"].get<std::string>().empty()) {
      texts.push_back(golden["text_b"]);
    }
    const EncoderInput input = Assembled(*tokenizer, texts, 512);
    EXPECT_EQ(input.ids, golden["token_ids"].get<std::vector<TokenId>>());
    if (!is_pair) continue;
    EXPECT_EQ(input.segment_ids,
              golden["token_type_ids"].get<std::vector<uint8_t>>());
    ++num_pairs;
  }
  EXPECT_GE(num_pairs, 10);
}

// Hugging Face's tokenizers leave white space out of offsets after they have
// cut a text, and take the space of the first token that remains for the one
// that they add.
TEST(EncoderTokenizerLoaderTest, OffsetsBehindACutAtTheLeft) {
  const TokenizerPtr tokenizer = MiniLm("tests/goldens/tokenizer/roberta");
  ASSERT_NE(tokenizer, nullptr);
  const auto text = tokenizer->Tokenize("A man in a");
  ASSERT_TRUE(text.ok()) << text.status();
  const auto offsets = [&](int max_tokens, TruncationSide side) {
    const auto input = tokenizer->Assemble(
        *text, nullptr, {.max_tokens = max_tokens, .truncation_side = side});
    EXPECT_TRUE(input.ok()) << input.status();
    std::vector<std::pair<size_t, size_t>> shown;
    for (const ByteRange& range : input->offsets) {
      shown.emplace_back(range.begin, range.end);
    }
    return shown;
  };
  using Offsets = std::vector<std::pair<size_t, size_t>>;
  EXPECT_EQ(offsets(6, TruncationSide::kLeft),
            (Offsets{{0, 0}, {0, 1}, {2, 5}, {6, 8}, {9, 10}, {0, 0}}));
  EXPECT_EQ(offsets(4, TruncationSide::kLeft),
            (Offsets{{0, 0}, {5, 8}, {9, 10}, {0, 0}}));
  EXPECT_EQ(offsets(4, TruncationSide::kRight),
            (Offsets{{0, 0}, {0, 1}, {2, 5}, {0, 0}}));
}

TEST(EncoderTokenizerLoaderTest, DecodesAsTransformersDoes) {
  const TokenizerPtr tokenizer = MiniLm();
  ASSERT_NE(tokenizer, nullptr);
  const EncoderInput input =
      Assembled(*tokenizer, {"Don't stop, it's 3.5 unaffable naïve!"}, 512);
  EXPECT_EQ(tokenizer->Decode(input.ids, false),
            "don ' t stop, it ' s 3. 5 unaffable naive!");
  EXPECT_EQ(tokenizer->Decode(input.ids, true),
            "[CLS] don ' t stop, it ' s 3. 5 unaffable naive! [SEP]");
}

TEST(EncoderTokenizerLoaderTest, LongTextsOfOneWord) {
  const TokenizerPtr tokenizer = MiniLm();
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_THAT(tokenizer->Tokenize(std::string(1'000'000, 'x'))->ids,
              ElementsAre(100));
  EXPECT_EQ(tokenizer->Tokenize(std::string(1'000'000, '.'))->ids.size(),
            1'000'000u);
}

TEST(EncoderTokenizerLoaderTest, LowercaseByOption) {
  const ModelDirectory directory;
  directory.Write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
  directory.Write("tokenizer_config.json", R"({"do_lower_case": false})");
  const auto ids = [&directory](bool lowercase) {
    const auto tokenizer =
        LoadEncoderTokenizer(directory.path(), {.lowercase = lowercase});
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    return (*tokenizer)->Tokenize("A")->ids;
  };
  EXPECT_THAT(ids(false), ElementsAre(0));
  EXPECT_THAT(ids(true), ElementsAre(4));
}

TEST(EncoderTokenizerLoaderTest, ConfigCountsBeforeTheFile) {
  const ModelDirectory directory;
  directory.Write("tokenizer.json", R"({"truncation": {"direction": "Right"},
      "model": {"type": "WordPiece", "unk_token": "u", "vocab": {"u": 0,
      "a": 1, "<mask>": 2}, "continuing_subword_prefix": "##",
      "max_input_chars_per_word": 9}})");
  const auto kept = [&directory] {
    const auto tokenizer = LoadEncoderTokenizer(directory.path(), {});
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    EXPECT_EQ((*tokenizer)->mask_token(), 2);
    const Encoding text = {.ids = {0, 1}, .offsets = {{0, 1}, {1, 2}}};
    return (*tokenizer)->Assemble(text, nullptr, {.max_tokens = 1})->ids;
  };
  EXPECT_THAT(kept(), ElementsAre(0));
  directory.Write("tokenizer_config.json", R"({"truncation_side": "left"})");
  EXPECT_THAT(kept(), ElementsAre(1));
}

TEST(EncoderTokenizerLoaderTest, SaysWhatIsMissingOrWrong) {
  const ModelDirectory directory;
  const auto status = [&directory] {
    return LoadEncoderTokenizer(directory.path(), {}).status();
  };
  EXPECT_EQ(status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status().message()), HasSubstr("tokenizer.json"));
  directory.Write("tokenizer.json", "{\"model\": 7}");
  EXPECT_EQ(status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status().message()),
              HasSubstr("/tokenizer.json: model is 7, expected an object"));
  directory.Write("tokenizer_config.json", "[]");
  EXPECT_THAT(std::string(status().message()),
              HasSubstr("/tokenizer_config.json: its top is not an object"));
}

}  // namespace
}  // namespace parley
