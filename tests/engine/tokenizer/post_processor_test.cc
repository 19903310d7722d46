#include "engine/tokenizer/post_processor.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

// "101 A 102 B/1": ids, and texts with their segments where not 0.
std::string Shown(const std::vector<TemplatePart>& parts) {
  std::vector<std::string> shown;
  for (const TemplatePart& part : parts) {
    std::string text = part.text_index == 0   ? "A"
                       : part.text_index == 1 ? "B"
                                              : absl::StrJoin(part.ids, "+");
    if (part.segment_id != 0) absl::StrAppend(&text, "/", part.segment_id);
    shown.push_back(text);
  }
  return absl::StrJoin(shown, " ");
}

PostProcessor Read(absl::string_view json) {
  const auto processor = ReadPart(ReadPostProcessor, json);
  EXPECT_TRUE(processor.ok()) << processor.status();
  return processor.ok() ? *processor : PostProcessor();
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(ReadPostProcessor, json).status());
}

std::string Template(absl::string_view single, absl::string_view pair) {
  return absl::StrCat(R"({"type": "TemplateProcessing", "single": )", single,
                      R"(, "pair": )", pair,
                      R"(, "special_tokens": {"S": {"ids": [7, 8]}}})");
}

constexpr absl::string_view kA = R"({"Sequence": {"id": "A", "type_id": 0}})";
constexpr absl::string_view kB = R"({"Sequence": {"id": "B", "type_id": 1}})";
constexpr absl::string_view kS =
    R"({"SpecialToken": {"id": "S", "type_id": 2}})";

TEST(PostProcessorTest, NoneAtAll) {
  const PostProcessor processor = Read("null");
  EXPECT_EQ(Shown(processor.single), "A");
  EXPECT_EQ(Shown(processor.pair), "A B/1");
  EXPECT_EQ(CountSpecialTokens(processor.pair), 0);
  EXPECT_FALSE(processor.trimming.enabled);
}

TEST(PostProcessorTest, Bert) {
  const PostProcessor processor = Read(
      R"({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["C", 2]})");
  EXPECT_EQ(Shown(processor.single), "2 A 3");
  EXPECT_EQ(Shown(processor.pair), "2 A 3 B/1 3/1");
  EXPECT_EQ(CountSpecialTokens(processor.single), 2);
  EXPECT_EQ(CountSpecialTokens(processor.pair), 3);
}

TEST(PostProcessorTest, Roberta) {
  const PostProcessor processor = Read(R"({"type": "RobertaProcessing",
      "sep": ["</s>", 3], "cls": ["<s>", 2], "trim_offsets": true,
      "add_prefix_space": true})");
  EXPECT_EQ(Shown(processor.single), "2 A 3");
  EXPECT_EQ(Shown(processor.pair), "2 A 3 3 B 3");
  EXPECT_EQ(CountSpecialTokens(processor.pair), 4);
  EXPECT_TRUE(processor.trimming.enabled);
  EXPECT_TRUE(processor.trimming.add_prefix_space);
}

TEST(PostProcessorTest, TemplateProcessing) {
  const PostProcessor processor =
      Read(Template(absl::StrCat("[", kS, ",", kA, "]"),
                    absl::StrCat("[", kB, ",", kS, ",", kA, "]")));
  EXPECT_EQ(Shown(processor.single), "7+8/2 A");
  EXPECT_EQ(Shown(processor.pair), "B/1 7+8/2 A");
  EXPECT_EQ(CountSpecialTokens(processor.single), 2);
}

TEST(PostProcessorTest, TemplatesHoldEachTextOnce) {
  const std::string pair = absl::StrCat("[", kA, ",", kB, "]");
  EXPECT_THAT(Error(Template("[]", pair)),
              HasSubstr("part.single has not the sequence A once"));
  EXPECT_THAT(Error(Template(pair, pair)), HasSubstr("part.single has not"));
  EXPECT_THAT(
      Error(Template(absl::StrCat("[", kA, "]"), absl::StrCat("[", kA, "]"))),
      HasSubstr("part.pair has not the sequences A and B once"));
}

TEST(PostProcessorTest, RefusesWhatIsWrongInTemplates) {
  const auto single = [](absl::string_view part) {
    return Error(Template(absl::StrCat("[", part, "]"), "[]"));
  };
  EXPECT_THAT(single(R"({"Sequence": {"id": "C", "type_id": 0}})"),
              HasSubstr("is \"C\", expected A or B"));
  EXPECT_THAT(single(R"({"Sequence": {"id": "A", "type_id": 256}})"),
              HasSubstr("type_id is 256, expected an integer from 0 to 255"));
  EXPECT_THAT(single(R"({"SpecialToken": {"id": "T", "type_id": 0}})"),
              HasSubstr("expected one of the special_tokens"));
  EXPECT_THAT(single("{}"), HasSubstr("\"Sequence\" or \"SpecialToken\""));
  std::string many(kA);
  for (int i = 0; i < 100; ++i) absl::StrAppend(&many, ",", kA);
  EXPECT_THAT(single(many), HasSubstr("has more than 64 parts"));
}

TEST(PostProcessorTest, SequenceOfTrimmingAndTemplate) {
  constexpr absl::string_view kByteLevel =
      R"({"type": "ByteLevel", "trim_offsets": true, "add_prefix_space": false})";
  constexpr absl::string_view kBert =
      R"({"type": "BertProcessing", "sep": ["S", 3], "cls": ["C", 2]})";
  const auto sequence = [](absl::string_view first, absl::string_view second) {
    return absl::StrCat(R"({"type": "Sequence", "processors": [)", first, ",",
                        second, "]}");
  };
  const PostProcessor processor = Read(sequence(kByteLevel, kBert));
  EXPECT_TRUE(processor.trimming.enabled);
  EXPECT_EQ(Shown(processor.single), "2 A 3");
  for (absl::string_view step : {kBert, kByteLevel}) {
    EXPECT_EQ(ReadPart(ReadPostProcessor, sequence(step, step)).status().code(),
              absl::StatusCode::kUnimplemented);
  }
}

TEST(PostProcessorTest, NamesUnknownTypes) {
  const auto unknown = ReadPart(ReadPostProcessor, R"({"type": "X"})");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("\"X\""));
  EXPECT_EQ(Error(R"({"type": "BertProcessing", "sep": 3})"),
            "t.json: part.sep is 3, expected an array");
}

}  // namespace
}  // namespace parley
