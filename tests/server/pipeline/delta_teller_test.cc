#include "server/pipeline/delta_teller.h"

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/fake_tokenizer.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Says what the test makes it say.
class ScriptedTokenizer : public FakeTokenizer {
 public:
  std::string Decode(absl::Span<const TokenId> ids) const override {
    const auto found = texts.find({ids.begin(), ids.end()});
    return found == texts.end() ? FakeTokenizer::Decode(ids) : found->second;
  }
  std::map<std::vector<TokenId>, std::string> texts;
};

class DeltaTellerTest : public ::testing::Test {
 protected:
  void Make(bool return_tokens) {
    teller_ = std::make_unique<DeltaTeller>(
        DeltaTeller::Options{.tokenizer = &tokenizer_,
                             .return_tokens = return_tokens,
                             .tell = [this](TextDelta delta) {
                               told_.push_back(std::move(delta));
                             }});
  }
  void SetUp() override { Make(/*return_tokens=*/false); }

  // The tokens of `text`.
  static std::vector<TokenId> Ids(const std::string& text) {
    std::vector<TokenId> ids = FakeTokenizer().Encode(text, "")->ids;
    ids.pop_back();
    return ids;
  }

  void Progress(DeltaTeller::Place place, const std::string& more) {
    teller_->Progress(place, Ids(more));
  }
  absl::Status Complete(DeltaTeller::Place place, const std::string& text) {
    PieceHypothesis best = {.text = tokenizer_.Decode(Ids(text))};
    best.hypothesis.token_ids = Ids(text);
    best.hypothesis.token_ids.push_back(FakeTokenizer::kEnd);
    return teller_->Complete(place, best);
  }

  // "index:text", with a full stop behind the last of a text.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const TextDelta& delta : told_) {
      told.push_back(
          absl::StrCat(delta.index, ":", delta.text, delta.is_last ? "$" : ""));
    }
    told_.clear();
    return told;
  }

  ScriptedTokenizer tokenizer_;
  std::unique_ptr<DeltaTeller> teller_;
  std::vector<TextDelta> told_;
};

TEST_F(DeltaTellerTest, TellsWhatIsSure) {
  teller_->AddText({"", ""});
  Progress({0, 0}, "Wasser");
  Progress({0, 0}, " ist");
  Progress({0, 0}, " nass");
  EXPECT_THAT(Told(), ElementsAre("0:Wasser", "0: ist"));
  EXPECT_TRUE(Complete({0, 0}, "Wasser ist nass.").ok());
  EXPECT_THAT(Told(), ElementsAre("0: nass.$"));
}

TEST_F(DeltaTellerTest, WithoutProgressTheWholeIsOneDelta) {
  teller_->AddText({" ", "\n"});
  EXPECT_TRUE(Complete({0, 0}, "all").ok());
  EXPECT_THAT(Told(), ElementsAre("0: all\n$"));
}

TEST_F(DeltaTellerTest, ATextThatIsItsOwnIsToldAtOnce) {
  teller_->AddItself("  ");
  EXPECT_THAT(Told(), ElementsAre("0:  $"));
  teller_->AddItself("");
  EXPECT_THAT(Told(), ElementsAre("1:$"));
}

TEST_F(DeltaTellerTest, PiecesComeInOrderWithTheirSpacing) {
  teller_->AddText({"<", "|", ">"});
  teller_->AddText({"", ""});
  Progress({0, 1}, "second");
  EXPECT_THAT(Told(), IsEmpty());
  Progress({1, 0}, "other");
  Progress({0, 0}, "first");
  EXPECT_THAT(Told(), ElementsAre("1:other", "0:<first"));
  EXPECT_TRUE(Complete({0, 0}, "first").ok());
  EXPECT_THAT(Told(), ElementsAre("0:|second"));
  EXPECT_TRUE(Complete({0, 1}, "second one").ok());
  EXPECT_THAT(Told(), ElementsAre("0: one>$"));
  EXPECT_TRUE(Complete({1, 0}, "other").ok());
  EXPECT_THAT(Told(), ElementsAre("1:$"));
}

TEST_F(DeltaTellerTest, PiecesThatEndInReverse) {
  teller_->AddText({"", " ", " ", ""});
  EXPECT_TRUE(Complete({0, 2}, "three").ok());
  EXPECT_TRUE(Complete({0, 1}, "two").ok());
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_TRUE(Complete({0, 0}, "one").ok());
  EXPECT_THAT(Told(), ElementsAre("0:one two three$"));
}

TEST_F(DeltaTellerTest, AnEmptyPieceKeepsItsSpacing) {
  teller_->AddText({"(", " ", ")"});
  EXPECT_TRUE(Complete({0, 0}, "").ok());
  EXPECT_THAT(Told(), ElementsAre("0:( "));
  EXPECT_TRUE(Complete({0, 1}, "").ok());
  EXPECT_THAT(Told(), ElementsAre("0:)$"));
}

TEST_F(DeltaTellerTest, TokensAreToldWhereAskedFor) {
  Make(/*return_tokens=*/true);
  teller_->AddText({"", " ", ""});
  Progress({0, 0}, "a b");  // " b" is held back, its tokens are not.
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].text, "a");
  EXPECT_EQ(told_[0].token_ids, Ids("a b"));
  EXPECT_TRUE(Complete({0, 1}, "c").ok());
  EXPECT_TRUE(Complete({0, 0}, "a b").ok());
  ASSERT_EQ(told_.size(), 2u);
  EXPECT_EQ(told_[1].text, " b c");
  EXPECT_THAT(told_[1].token_ids, ElementsAre(FakeTokenizer::kEnd, Ids("c")[0],
                                              FakeTokenizer::kEnd));
}

TEST_F(DeltaTellerTest, BytesOfACharacterAreHeldBack) {
  teller_->AddText({"", ""});
  tokenizer_.texts[Ids("ab")] = "a\uFFFD";
  tokenizer_.texts[Ids("abc")] = "a\uFFFD\uFFFD";
  tokenizer_.texts[Ids("abcd")] = "a\u20AC";
  Progress({0, 0}, "a");
  Progress({0, 0}, "b");
  Progress({0, 0}, "c");
  Progress({0, 0}, "d");
  EXPECT_THAT(Told(), ElementsAre("0:a", "0:\u20AC"));
}

TEST_F(DeltaTellerTest, NothingIsTakenBack) {
  teller_->AddText({"", " ", ""});
  Progress({0, 0}, "told");
  EXPECT_THAT(Told(), ElementsAre("0:told"));
  tokenizer_.texts[Ids("tolds")] = "changed";
  Progress({0, 0}, "s");
  EXPECT_THAT(Told(), IsEmpty());
  const absl::Status status = Complete({0, 0}, "tolds");
  EXPECT_TRUE(absl::IsInternal(status)) << status;
  EXPECT_TRUE(Complete({0, 1}, "more").ok());
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(DeltaTellerTest, AFailedTextIsToldNoMore) {
  teller_->AddText({"", " ", ""});
  teller_->AddText({});  // Failed before it had pieces.
  Progress({0, 0}, "begun");
  teller_->Fail(0);
  Progress({0, 0}, "again");
  EXPECT_TRUE(Complete({0, 1}, "second").ok());
  EXPECT_TRUE(Complete({0, 0}, "begunagain").ok());
  EXPECT_THAT(Told(), ElementsAre("0:begun"));
}

}  // namespace
}  // namespace parley
