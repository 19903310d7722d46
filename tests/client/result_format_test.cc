#include "client/result_format.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace parley::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using Translated = AnsweredText<v1::TranslateResult>;

v1::TranslateResult Result(const std::vector<std::string>& hypotheses) {
  v1::TranslateResult result;
  result.mutable_status();
  for (const std::string& text : hypotheses) {
    result.add_hypotheses()->set_text(text);
  }
  return result;
}

std::string Text(const std::vector<std::string>& hypotheses,
                 LineBreaks breaks) {
  const v1::TranslateResult result = Result(hypotheses);
  return FormatTranslation(result, breaks);
}

google::protobuf::Struct ParseJson(const std::string& json) {
  google::protobuf::Struct parsed;
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &parsed);
  EXPECT_TRUE(status.ok()) << status.ToString() << "\n" << json;
  return parsed;
}

TEST(FormatTranslation, IsOneLineWhereAsked) {
  EXPECT_EQ(Text({"Ein Mann."}, LineBreaks::kToSpaces), "Ein Mann.");
  EXPECT_EQ(Text({"a\r\nb\tc"}, LineBreaks::kToSpaces), "a  b\tc");
  EXPECT_EQ(Text({"a\nb"}, LineBreaks::kKeep), "a\nb");
  EXPECT_EQ(Text({}, LineBreaks::kToSpaces), "");
}

TEST(FormatTranslation, SeveralHypothesesStandBetweenTabs) {
  EXPECT_EQ(Text({"a", "b\tc", "d"}, LineBreaks::kToSpaces), "a\tb c\td");
}

TEST(FormatJson, HasEveryField) {
  v1::TranslateResult result = Result({"Ein \"Mann\"\n"});
  v1::Hypothesis* hypothesis = result.mutable_hypotheses(0);
  hypothesis->set_score(-0.25f);
  hypothesis->add_tokens("Ein");
  hypothesis->add_token_ids(7);
  hypothesis->set_finish_reason(v1::FINISH_REASON_END_OF_SEQUENCE);
  const std::string source = "A \"man\"\t\\ \x01 ü";
  const auto json = FormatJson(Translated{
      .number = 3, .text = source, .model = "demo", .result = result});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_THAT(*json, Not(HasSubstr("\n")));

  const google::protobuf::Struct parsed = ParseJson(*json);
  EXPECT_EQ(parsed.fields().at("line").number_value(), 3);
  EXPECT_EQ(parsed.fields().at("text").string_value(), source);
  EXPECT_EQ(parsed.fields().at("model").string_value(), "demo");
  EXPECT_EQ(parsed.fields().at("truncated").bool_value(), false);
  const auto& status = parsed.fields().at("status").struct_value().fields();
  EXPECT_EQ(status.at("code").number_value(), 0);
  const auto& first = parsed.fields()
                          .at("hypotheses")
                          .list_value()
                          .values(0)
                          .struct_value()
                          .fields();
  EXPECT_EQ(first.at("text").string_value(), "Ein \"Mann\"\n");
  EXPECT_EQ(first.at("score").number_value(), -0.25);
  EXPECT_EQ(first.at("token_ids").list_value().values(0).number_value(), 7);
  EXPECT_EQ(first.at("finish_reason").string_value(),
            "FINISH_REASON_END_OF_SEQUENCE");
}

TEST(FormatJson, CarriesTheStatusOfAFailure) {
  v1::TranslateResult result;
  result.mutable_status()->set_code(3);
  result.mutable_status()->set_message("not UTF-8");
  result.mutable_status()->add_details()->set_type_url("unknown/Type");
  const auto json = FormatJson(Translated{.number = 1,
                                          .text = "a\xff"
                                                  "b",
                                          .model = "",
                                          .result = result});
  ASSERT_TRUE(json.ok()) << json.status();
  const google::protobuf::Struct parsed = ParseJson(*json);
  EXPECT_EQ(parsed.fields().at("text").string_value(),
            "a\uFFFD"
            "b");
  const auto& status = parsed.fields().at("status").struct_value().fields();
  EXPECT_EQ(status.at("code").number_value(), 3);
  EXPECT_EQ(status.at("message").string_value(), "not UTF-8");
}

TEST(FormatLabels, AreOneLineBestFirst) {
  v1::ClassifyResult result;
  EXPECT_EQ(FormatLabels(result), "");
  for (const auto& [name, score] :
       {std::pair("good", 0.98768f), {"bad", -3.5f}}) {
    v1::LabelScore* label = result.add_labels();
    label->set_label(name);
    label->set_score(score);
  }
  EXPECT_EQ(FormatLabels(result), "good 0.9877\tbad -3.5000");
}

TEST(FormatMasks, SeparatesTokensAndMasks) {
  v1::FillMaskResult result;
  EXPECT_EQ(FormatMasks(result), "");
  for (const char* word : {"a", "b\n"}) {
    v1::FilledMask* mask = result.add_masks();
    for (int i = 0; i < 2; ++i) {
      mask->add_tokens()->set_text(word);
      mask->mutable_tokens(i)->set_probability(0.5f);
    }
  }
  EXPECT_EQ(FormatMasks(result), "a 0.5000\ta 0.5000 | b  0.5000\tb  0.5000");
}

TEST(StartJson, EscapesWhatItNames) {
  const auto json = StartJson({.number = 7, .text = "a\"b", .model = "m"});
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, R"({"line":7,"text":"a\"b","model":"m",)");
}

}  // namespace
}  // namespace parley::client
