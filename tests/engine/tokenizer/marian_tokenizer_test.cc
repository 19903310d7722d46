#include "engine/tokenizer/marian_tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char kDemo[] = "models/demo";
const char kTestData[] = "tests/engine/tokenizer/testdata";

std::unique_ptr<MarianTokenizer> MustLoad(const std::string& directory) {
  auto tokenizer = MarianTokenizer::Load(directory);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return tokenizer.ok() ? *std::move(tokenizer) : nullptr;
}

// What transformers says (testdata/make_references.py).
struct Reference {
  std::string text;
  std::string language_token;
  Json json;
};

std::vector<Reference> ReadReferences(const std::string& name) {
  std::ifstream file(absl::StrCat(kTestData, "/", name));
  EXPECT_TRUE(file.good()) << name;
  std::vector<Reference> references;
  for (std::string line; std::getline(file, line);) {
    Reference reference{.json = Json::parse(line)};
    const Json& json = reference.json;
    const std::string once = json.value("text", "");
    for (int i = json.value("repeat", 1); i > 0; --i) reference.text += once;
    reference.language_token = json.value("language_token", "");
    references.push_back(std::move(reference));
  }
  return references;
}

std::string HashOf(const std::vector<TokenId>& ids) {
  uint64_t value = 0;
  for (TokenId id : ids) {
    value = value * 1000003 + static_cast<uint64_t>(id) + 1;
  }
  return absl::StrCat(value);
}

void ExpectSoundOffsets(const Encoding& encoding, absl::string_view text) {
  ASSERT_EQ(encoding.offsets.size(), encoding.ids.size());
  size_t last = 0;
  for (const ByteRange& range : encoding.offsets) {
    ASSERT_LE(last, range.begin) << text;
    ASSERT_LE(range.begin, range.end) << text;
    ASSERT_LE(range.end, text.size()) << text;
    last = range.end;
  }
  // </s> stands at the end.
  ASSERT_EQ(encoding.offsets.back().begin, text.size());
}

void ExpectEncodes(const MarianTokenizer& tokenizer,
                   const Reference& reference) {
  const auto encoding =
      tokenizer.Encode(reference.text, reference.language_token);
  ASSERT_TRUE(encoding.ok()) << encoding.status();
  ExpectSoundOffsets(*encoding, reference.text);
  const Json& json = reference.json;
  if (json.contains("ids")) {
    EXPECT_EQ(encoding->ids, json["ids"].get<std::vector<TokenId>>());
  } else {
    EXPECT_EQ(encoding->ids.size(), json["num_ids"].get<size_t>());
    EXPECT_EQ(HashOf(encoding->ids), json["ids_hash"].get<std::string>());
  }
  if (json.contains("decoded")) {
    EXPECT_EQ(tokenizer.Decode(encoding->ids),
              json["decoded"].get<std::string>());
  }
}

void ExpectEqualsReferences(const std::string& directory,
                            const std::string& references) {
  const auto tokenizer = MustLoad(directory);
  ASSERT_NE(tokenizer, nullptr);
  int num_encoded = 0;
  int num_decoded = 0;
  for (const Reference& reference : ReadReferences(references)) {
    SCOPED_TRACE(reference.json.dump().substr(0, 500));
    if (reference.json.contains("target_ids")) {
      const auto ids = reference.json["target_ids"].get<std::vector<TokenId>>();
      EXPECT_EQ(tokenizer->Decode(ids),
                reference.json["decoded"].get<std::string>());
      ++num_decoded;
    } else {
      ExpectEncodes(*tokenizer, reference);
      ++num_encoded;
    }
  }
  EXPECT_GT(num_encoded, 150);
  EXPECT_GE(num_decoded, 60);
}

TEST(MarianTokenizerTest, EqualsTransformersOnTheDemoModel) {
  ExpectEqualsReferences(kDemo, "demo.jsonl");
}

TEST(MarianTokenizerTest, EqualsTransformersWithSeparateVocabularies) {
  ExpectEqualsReferences(absl::StrCat(kTestData, "/separate"),
                         "separate.jsonl");
}

TEST(MarianTokenizerTest, EqualsTransformersWithAddedTokens) {
  ExpectEqualsReferences(absl::StrCat(kTestData, "/added"), "added.jsonl");
}

// Every text and hypothesis of tests/goldens, which transformers gave too.
TEST(MarianTokenizerTest, EqualsTheGoldens) {
  const auto tokenizer = MustLoad(kDemo);
  int num_hypotheses = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/goldens/translate")) {
    std::ifstream file(entry.path());
    std::string line;
    std::getline(file, line);  // The options.
    while (std::getline(file, line)) {
      const Json json = Json::parse(line);
      SCOPED_TRACE(line.substr(0, 300));
      const std::string language = json["target_language"].get<std::string>();
      const auto encoding =
          tokenizer->Encode(json["source"].get<std::string>(),
                            absl::StrCat(">>", language, "<<"));
      ASSERT_TRUE(encoding.ok()) << encoding.status();
      EXPECT_EQ(encoding->ids, json["source_ids"].get<std::vector<TokenId>>());
      for (const Json& hypothesis : json["hypotheses"]) {
        EXPECT_EQ(tokenizer->Decode(
                      hypothesis["target_ids"].get<std::vector<TokenId>>()),
                  hypothesis["text"].get<std::string>());
        ++num_hypotheses;
      }
    }
  }
  EXPECT_GT(num_hypotheses, 1000);
}

TEST(MarianTokenizerTest, InfoOfTheDemoModel) {
  const auto tokenizer = MustLoad(kDemo);
  const MarianTokenizerInfo& info = tokenizer->info();
  EXPECT_EQ(info.source_vocab_size, 8004);
  EXPECT_EQ(info.target_vocab_size, 8004);
  EXPECT_EQ(info.source_language, "mul");
  EXPECT_EQ(info.target_language, "mul");
  EXPECT_EQ(info.max_tokens, 256);
  EXPECT_THAT(info.target_languages, ElementsAre("cs", "de", "en", "fr"));
}

TEST(MarianTokenizerTest, InfoOfOthers) {
  const auto separate = MustLoad(absl::StrCat(kTestData, "/separate"));
  EXPECT_NE(separate->info().source_vocab_size,
            separate->info().target_vocab_size);
  EXPECT_EQ(separate->info().source_language, "en");
  EXPECT_EQ(separate->info().max_tokens, 0);
  EXPECT_THAT(separate->info().target_languages, ElementsAre("de", "fr"));
  // Added tokens count, whatever hole they leave.
  const std::string added_path = absl::StrCat(kTestData, "/added");
  const auto added = MustLoad(added_path);
  const Json vocabulary = Json::parse(ReadTestFile(added_path + "/vocab.json"));
  EXPECT_EQ(added->info().source_vocab_size, vocabulary.size() + 4);
}

TEST(MarianTokenizerTest, OffsetsArePlacesInTheText) {
  const auto tokenizer = MustLoad(kDemo);
  const std::string text = "Ein Caf\u00E9</s> <pad>\u6F22!";
  const auto encoding = tokenizer->Encode(text, ">>de<<");
  ASSERT_TRUE(encoding.ok());
  ExpectSoundOffsets(*encoding, text);
  std::vector<std::string> parts;
  for (const ByteRange& range : encoding->offsets) {
    parts.push_back(text.substr(range.begin, range.end - range.begin));
  }
  // >>de<<, "▁Ein", "▁Caf" "é" or alike, </s>, <pad>, "▁", "漢", "!", </s>.
  EXPECT_EQ(parts.front(), "");
  EXPECT_EQ(parts[1], "Ein");
  std::string joined;
  for (const std::string& part : parts) joined += part;
  EXPECT_EQ(joined, "Ein Caf\u00E9\u6F22!");
  EXPECT_EQ(encoding->offsets[0].begin, 0u);
  EXPECT_EQ(encoding->ids[encoding->ids.size() - 5],
            tokenizer->info().source_vocab_size - 1);  // <pad>
  EXPECT_EQ(encoding->offsets[encoding->ids.size() - 5].begin,
            text.find("<pad>"));
}

TEST(MarianTokenizerTest, ALanguageTokenIsAsIfWritten) {
  const auto tokenizer = MustLoad(kDemo);
  for (absl::string_view text :
       {"A man.", "", " ", "  A", "</s>", " </s> a", ">>fr<< x", "<< >>"}) {
    const auto given = tokenizer->Encode(text, ">>de<<");
    const auto written = tokenizer->Encode(absl::StrCat(">>de<< ", text), "");
    ASSERT_TRUE(given.ok());
    ASSERT_TRUE(written.ok());
    EXPECT_EQ(given->ids, written->ids) << text;
    ExpectSoundOffsets(*given, text);
  }
}

TEST(MarianTokenizerTest, UnknownLanguageTokensAreRefused) {
  const auto tokenizer = MustLoad(kDemo);
  for (absl::string_view token : {">>xx<<", ">>DE<<", "\xFF\n", " "}) {
    const auto encoding = tokenizer->Encode("A man.", token);
    EXPECT_EQ(encoding.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(encoding.status().message(), HasSubstr("language token"));
    EXPECT_EQ(ValidUtf8PrefixBytes(encoding.status().message()),
              encoding.status().message().size());
  }
}

TEST(MarianTokenizerTest, FindsLanguagePrefixes) {
  const auto tokenizer = MustLoad(kDemo);
  const LanguagePrefix found = tokenizer->FindLanguagePrefix(">>de<< Hello");
  EXPECT_EQ(found.language_token, ">>de<<");
  EXPECT_EQ(found.text_begin, 6u);
  EXPECT_EQ(tokenizer->FindLanguagePrefix(">>fr<<x").text_begin, 6u);
  EXPECT_EQ(tokenizer->FindLanguagePrefix(">>fr<<").language_token, ">>fr<<");
  for (absl::string_view text :
       {"", ">>", "Hello", " >>de<< Hello", ">>xx<< Hello", ">>de Hello",
        ">><< Hello", "</s>", "<unk>", ">>de<", ">>DE<<"}) {
    const LanguagePrefix none = tokenizer->FindLanguagePrefix(text);
    EXPECT_EQ(none.language_token, "") << text;
    EXPECT_EQ(none.text_begin, 0u) << text;
  }
}

TEST(MarianTokenizerTest, TokenTextIsTheVocabularysSpelling) {
  const auto tokenizer = MustLoad(kDemo);
  EXPECT_EQ(tokenizer->TokenText(0), "</s>");
  EXPECT_EQ(tokenizer->TokenText(3), "\u2581a");
  EXPECT_EQ(tokenizer->TokenText(8003), "<pad>");
  for (TokenId id : {-1, 8004, 1 << 30}) {
    EXPECT_EQ(tokenizer->TokenText(id), "<unk>") << id;
  }
  // Of separate vocabularies, the target's.
  const std::string directory = absl::StrCat(kTestData, "/separate");
  const auto separate = MustLoad(directory);
  const Json target =
      Json::parse(ReadTestFile(directory + "/target_vocab.json"));
  for (const auto& [token, id] : target.items()) {
    EXPECT_EQ(separate->TokenText(id.get<TokenId>()), token);
  }
}

TEST(MarianTokenizerTest, DecodesAnyIds) {
  const auto tokenizer = MustLoad(kDemo);
  const std::vector<TokenId> ids = {3,    -1, 1 << 30, 8004, -(1 << 30),
                                    8003, 1,  8000,    0,    20};
  EXPECT_EQ(tokenizer->Decode(ids), "a>>de<< the");
  EXPECT_EQ(tokenizer->Decode({}), "");
}

TEST(MarianTokenizerTest, DecodedTextIsValidUtf8) {
  // Byte pieces can spell anything.
  const std::string directory = absl::StrCat(kTestData, "/added");
  const auto tokenizer = MustLoad(directory);
  const Json vocabulary = Json::parse(ReadTestFile(directory + "/vocab.json"));
  const auto byte = [&](const char* piece) {
    return vocabulary.at(piece).get<TokenId>();
  };
  EXPECT_EQ(tokenizer->Decode({byte("<0xC3>"), byte("<0xA9>")}), "\u00E9");
  for (const char* piece : {"<0xC3>", "<0xFF>", "<0x80>", "<0xF0>"}) {
    const std::string text = tokenizer->Decode({byte(piece), byte("<0x41>")});
    EXPECT_EQ(text,
              "\uFFFD"
              "A");
  }
}

TEST(MarianTokenizerTest, TakesTextThatIsNotUtf8) {
  const auto tokenizer = MustLoad(kDemo);
  uint32_t state = 1;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int n = 0; n < i; ++n) {
      state = state * 1664525 + 1013904223;
      text.push_back(static_cast<char>(state >> 24));
    }
    const auto encoding = tokenizer->Encode(text, "");
    ASSERT_TRUE(encoding.ok()) << encoding.status();
    ExpectSoundOffsets(*encoding, text);
    tokenizer->FindLanguagePrefix(text);
  }
}

TEST(MarianTokenizerTest, TakesHugeTexts) {
  const auto tokenizer = MustLoad(kDemo);
  for (const char* part :
       {"a", "\u6F22", "\u0001", " ", "</s>", "a</s>", ">>de<<", "\u00E9 "}) {
    std::string text;
    while (text.size() < (1 << 20)) text += part;
    const auto encoding = tokenizer->Encode(text, "");
    ASSERT_TRUE(encoding.ok()) << encoding.status();
    ExpectSoundOffsets(*encoding, text);
  }
  const std::string nuls(1 << 20, '\0');
  const auto encoding = tokenizer->Encode(nuls, ">>de<<");
  ASSERT_TRUE(encoding.ok());
  EXPECT_THAT(encoding->ids, ElementsAre(8000, 11, 1, 0));
}

TEST(MarianTokenizerTest, ManyThreadsGetTheSame) {
  const auto tokenizer = MustLoad(kDemo);
  const std::vector<Reference> references = ReadReferences("demo.jsonl");
  std::vector<std::thread> threads;
  std::vector<int> num_wrong(8, 0);
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t i = 0; i < references.size(); ++i) {
        const Reference& reference =
            references[(i + thread * 70) % references.size()];
        if (!reference.json.contains("ids")) continue;
        const auto encoding =
            tokenizer->Encode(reference.text, reference.language_token);
        if (!encoding.ok() ||
            encoding->ids !=
                reference.json["ids"].get<std::vector<TokenId>>() ||
            tokenizer->Decode(encoding->ids) !=
                reference.json["decoded"].get<std::string>()) {
          ++num_wrong[thread];
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(num_wrong, ::testing::Each(0));
}

// A directory with everything a tokenizer needs, to be spoilt.
class LoadTest : public testing::Test {
 protected:
  LoadTest() { directory_.CopyFrom(absl::StrCat(kTestData, "/separate")); }

  void ExpectRefused(
      const std::string& message,
      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
    const auto tokenizer = MarianTokenizer::Load(directory_.path());
    EXPECT_EQ(tokenizer.status().code(), code) << tokenizer.status();
    EXPECT_THAT(tokenizer.status().message(), HasSubstr(message));
    EXPECT_THAT(tokenizer.status().message(), HasSubstr(directory_.path()));
  }

  const ModelDirectory directory_;
};

TEST_F(LoadTest, EveryFileButTheConfigurationMustBeThere) {
  for (const char* name :
       {"source.spm", "target.spm", "vocab.json", "target_vocab.json"}) {
    const std::string content = ReadTestFile(directory_.PathOf(name));
    directory_.Remove(name);
    ExpectRefused(absl::StrCat("/", name), absl::StatusCode::kNotFound);
    directory_.Write(name, content);
  }
  EXPECT_NE(MustLoad(directory_.path()), nullptr);
  directory_.Remove("target_vocab.json");
  directory_.Remove("tokenizer_config.json");
  EXPECT_NE(MustLoad(directory_.path()), nullptr);
}

TEST_F(LoadTest, BrokenFilesAreRefusedByName) {
  for (const char* name : {"source.spm", "target.spm", "vocab.json",
                           "target_vocab.json", "tokenizer_config.json"}) {
    const std::string content = ReadTestFile(directory_.PathOf(name));
    directory_.Write(name, content.substr(0, content.size() / 2));
    ExpectRefused(absl::StrCat("/", name, ": "));
    directory_.Write(name, "");
    ExpectRefused(absl::StrCat("/", name, ": "));
    directory_.Write(name, content);
  }
}

TEST_F(LoadTest, UnknownAndEndTokensMustBeInTheVocabularies) {
  for (const char* name : {"vocab.json", "target_vocab.json"}) {
    const std::string content = ReadTestFile(directory_.PathOf(name));
    for (const char* token : {"<unk>", "</s>"}) {
      directory_.Write(name, absl::StrReplaceAll(content, {{token, "other"}}));
      ExpectRefused(absl::StrCat("/", name, ": it has no token \"", token));
    }
    directory_.Write(name, content);
  }
}

TEST_F(LoadTest, SpecialTokensWithoutIdAreText) {
  directory_.Write("tokenizer_config.json", R"({"pad_token": "<none>"})");
  const auto tokenizer = MustLoad(directory_.path());
  const auto encoding = tokenizer->Encode("a<none>", "");
  ASSERT_TRUE(encoding.ok());
  for (TokenId id : encoding->ids) {
    EXPECT_LT(id, tokenizer->info().source_vocab_size);
  }
}

TEST_F(LoadTest, OldConfigurations) {
  for (const char* json :
       {R"({"target_lang": "de", "source_lang": "en"})",
        R"({"eos_token": "</s>", "unk_token": {"content": "<unk>"},
            "pad_token": {"__type": "AddedToken", "content": "<pad>",
                          "lstrip": false, "normalized": true}})",
        R"({"model_max_length": 1e30})"}) {
    directory_.Write("tokenizer_config.json", json);
    const auto tokenizer = MustLoad(directory_.path());
    ASSERT_NE(tokenizer, nullptr);
    const auto encoding = tokenizer->Encode("</s><pad>", "");
    ASSERT_TRUE(encoding.ok());
    EXPECT_THAT(encoding->ids,
                ElementsAre(0, tokenizer->info().source_vocab_size - 1, 0));
  }
}

TEST_F(LoadTest, SpecialTokensCanBeText) {
  directory_.Write("tokenizer_config.json",
                   R"({"split_special_tokens": true})");
  const auto tokenizer = MustLoad(directory_.path());
  const auto encoding = tokenizer->Encode("</s>", "");
  ASSERT_TRUE(encoding.ok());
  EXPECT_GT(encoding->ids.size(), 2u);
}

TEST_F(LoadTest, LanguagesAreListedByRisingId) {
  directory_.Write("tokenizer_config.json", "{}");
  directory_.Write("vocab.json",
                   R"({">>b<<": 9, "</s>": 0, ">>a<<": 12, "<unk>": 1,
                       ">><<": 3, ">>c": 4, "d<<": 5, ">>x<<y<<": 6,
                       ">>zh Hans<<": 2})");
  EXPECT_THAT(MustLoad(directory_.path())->info().target_languages,
              ElementsAre("zh Hans", "b", "a"));
}

TEST_F(LoadTest, NoDirectory) {
  EXPECT_EQ(MarianTokenizer::Load("no/such/directory").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace parley
