#include "engine/weights/pickle_reader.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

using Kind = PickleValue::Kind;
using ::testing::HasSubstr;

constexpr absl::string_view kAllowed[] = {"torch.Size", "torch.FloatStorage"};

// Pickles are read in place, so the bytes live as long as the test's.
class PickleReaderTest : public testing::Test {
 protected:
  absl::StatusOr<Pickle> Read(std::string bytes) {
    bytes_ = std::move(bytes);
    return ReadPickle(AsBytes(bytes_), kAllowed);
  }

  // Reads a pickle with this between PROTO and STOP, which must succeed.
  Pickle ReadBody(absl::string_view body) {
    auto pickle = Read(PickleBytes(body));
    if (!pickle.ok()) {
      ADD_FAILURE() << pickle.status();
      std::abort();
    }
    EXPECT_EQ(pickle->size_bytes(), bytes_.size());
    return *std::move(pickle);
  }

  // What this between PROTO and STOP is refused with.
  std::string Refusal(absl::string_view body) {
    return RefusalOf(PickleBytes(body));
  }

  std::string RefusalOf(std::string bytes) {
    const absl::Status status = Read(std::move(bytes)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  std::string bytes_;
};

std::string Repeat(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST_F(PickleReaderTest, Constants) {
  EXPECT_EQ(ReadBody("N").root().kind, Kind::kNone);
  EXPECT_EQ(ReadBody("\x88").root().kind, Kind::kBool);
  EXPECT_EQ(ReadBody("\x88").root().integer, 1);
  EXPECT_EQ(ReadBody("\x89").root().integer, 0);
  EXPECT_EQ(ReadBody("G12345678").root().kind, Kind::kFloat);
}

TEST_F(PickleReaderTest, Integers) {
  EXPECT_EQ(ReadBody("K\xff").root().integer, 255);
  EXPECT_EQ(ReadBody("M\xff\xff").root().integer, 65535);
  EXPECT_EQ(ReadBody("J\xfe\xff\xff\xff").root().integer, -2);
  EXPECT_EQ(ReadBody(absl::string_view("\x8a\0", 2)).root().integer, 0);
  EXPECT_EQ(ReadBody("\x8a\x01\xff").root().integer, -1);
  EXPECT_EQ(ReadBody(absl::string_view("\x8a\x02\xff\0", 4)).root().integer,
            255);
  EXPECT_EQ(ReadBody(PickleInteger(INT64_MIN)).root().integer, INT64_MIN);
  const Pickle big = ReadBody("\x8a\x0a\x6c\xfc\x9c\x46\xf9 j\xa8P\x19");
  EXPECT_EQ(big.root().kind, Kind::kBigInteger);
  EXPECT_EQ(big.root().text, "\x6c\xfc\x9c\x46\xf9 j\xa8P\x19");
}

TEST_F(PickleReaderTest, Strings) {
  EXPECT_EQ(
      ReadBody(absl::StrCat("X", LittleEndian<uint32_t>(3), "abc")).root().text,
      "abc");
  EXPECT_EQ(ReadBody(PickleString("gr\xC3\xBC")).root().text, "gr\xC3\xBC");
  EXPECT_EQ(ReadBody(absl::StrCat("\x8d", LittleEndian<uint64_t>(2), "ab"))
                .root()
                .text,
            "ab");
  EXPECT_EQ(Refusal("\x8c\x01\xff"),
            "pickle byte 2: SHORT_BINUNICODE: the string is not UTF-8");
}

TEST_F(PickleReaderTest, Containers) {
  EXPECT_TRUE(ReadBody(")").root().items.empty());
  EXPECT_EQ(ReadBody("K\x01\x85").root().items.size(), 1u);
  EXPECT_EQ(ReadBody("K\x01K\x02\x86").root().items[1]->integer, 2);
  EXPECT_EQ(ReadBody("NK\x01K\x02\x87").root().items[0]->kind, Kind::kNone);
  EXPECT_EQ(ReadBody("(NNNNt").root().items.size(), 4u);
  const Pickle list = ReadBody(
      "]K\x01"
      "a(K\x02K\x03"
      "e");
  EXPECT_EQ(list.root().kind, Kind::kList);
  EXPECT_EQ(list.root().items.size(), 3u);
  EXPECT_EQ(list.root().items[2]->integer, 3);
  const Pickle dict = ReadBody("}K\x01Ns(K\x02NK\x03Nu");
  EXPECT_EQ(dict.root().kind, Kind::kDict);
  EXPECT_FALSE(dict.root().ordered);
  ASSERT_EQ(dict.root().items.size(), 6u);
  EXPECT_EQ(dict.root().items[4]->integer, 3);
}

TEST_F(PickleReaderTest, MemoSharesValues) {
  const Pickle put = ReadBody("]q\x05h\x05\x86");
  EXPECT_EQ(put.root().items[0], put.root().items[1]);
  // MEMOIZE takes the next number, which is 0.
  EXPECT_THAT(Refusal("]\x94h\x01\x86"), HasSubstr("nothing was put at 1"));
  const Pickle memoized = ReadBody(absl::string_view("]\x94h\0\x86", 5));
  EXPECT_EQ(memoized.root().items[0], memoized.root().items[1]);
  const Pickle longer =
      ReadBody(absl::StrCat("]r", LittleEndian<uint32_t>(300), "j",
                            LittleEndian<uint32_t>(300), "\x86"));
  EXPECT_EQ(longer.root().items[0], longer.root().items[1]);
}

TEST_F(PickleReaderTest, CyclesAndDeepNestingAreHarmless) {
  const Pickle cycle = ReadBody(
      "]q\x01h\x01"
      "a");
  EXPECT_EQ(cycle.root().items[0], &cycle.root());
  const Pickle deep = ReadBody("N" + Repeat("\x85", 500000));
  EXPECT_EQ(deep.root().kind, Kind::kTuple);
}

TEST_F(PickleReaderTest, CallsStayData) {
  const Pickle pickle = ReadBody("ctorch\nSize\n)R");
  EXPECT_EQ(pickle.root().kind, Kind::kCall);
  EXPECT_EQ(pickle.root().items[0]->text, "torch.Size");
  EXPECT_EQ(pickle.root().items[1]->kind, Kind::kTuple);
  const Pickle stacked = ReadBody(
      absl::StrCat(PickleString("torch"), PickleString("Size"), "\x93"));
  EXPECT_EQ(stacked.root().kind, Kind::kGlobal);
  EXPECT_EQ(stacked.root().text, "torch.Size");
  const Pickle persistent = ReadBody("K\x07Q");
  EXPECT_EQ(persistent.root().kind, Kind::kPersistent);
  EXPECT_EQ(persistent.root().items[0]->integer, 7);
}

TEST_F(PickleReaderTest, OrderedDictIsADictWhoseAttributesAreDropped) {
  const Pickle pickle =
      ReadBody("ccollections\nOrderedDict\n)R}K\x01Nsb(K\x02Nu");
  EXPECT_EQ(pickle.root().kind, Kind::kDict);
  EXPECT_TRUE(pickle.root().ordered);
  ASSERT_EQ(pickle.root().items.size(), 2u);
  EXPECT_EQ(pickle.root().items[0]->integer, 2);
}

TEST_F(PickleReaderTest, ProtocolsTwoToFive) {
  for (const char protocol : {2, 3, 4, 5}) {
    EXPECT_TRUE(Read(std::string("\x80") + protocol + "N.").ok());
  }
  EXPECT_EQ(RefusalOf("\x80\x06N."),
            "pickle byte 0: PROTO: protocol 6 is not one of 2 to 5");
  EXPECT_EQ(RefusalOf("\x80\x01N."),
            "pickle byte 0: PROTO: protocol 1 is not one of 2 to 5");
  EXPECT_THAT(RefusalOf("(lp0\n."), HasSubstr("does not start with PROTO"));
  EXPECT_THAT(RefusalOf(""), HasSubstr("cut short"));
}

TEST_F(PickleReaderTest, FramesAreChecked) {
  EXPECT_TRUE(
      Read(absl::StrCat("\x80\x04\x95", LittleEndian<uint64_t>(2), "N.")).ok());
  EXPECT_EQ(
      RefusalOf(absl::StrCat("\x80\x04\x95", LittleEndian<uint64_t>(3), "N.")),
      "pickle byte 2: FRAME: the pickle is cut short");
}

TEST_F(PickleReaderTest, EndsAtItsStop) {
  const auto pickle = Read("\x80\x02N.more");
  ASSERT_TRUE(pickle.ok());
  EXPECT_EQ(pickle->size_bytes(), 4u);
}

TEST_F(PickleReaderTest, OtherNamesAreRefusedByName) {
  EXPECT_EQ(Refusal("cposix\nsystem\n"),
            "pickle byte 2: GLOBAL: \"posix.system\" is not a name that a "
            "state dict needs");
  EXPECT_EQ(Refusal(absl::StrCat(PickleString("builtins"), PickleString("eval"),
                                 "\x93")),
            "pickle byte 18: STACK_GLOBAL: \"builtins.eval\" is not a name "
            "that a state dict needs");
  // Not a prefix, not a suffix, not another way to split the dotted name that
  // could mean something else.
  EXPECT_THAT(Refusal("ctorch\nSize.__class__\n"), HasSubstr("__class__"));
  EXPECT_THAT(Refusal("ctorch\nSiz\n"), HasSubstr("\"torch.Siz\""));
  EXPECT_THAT(Refusal("c\n\n"), HasSubstr("\".\" is not a name"));
  EXPECT_THAT(Refusal("cx\n" + std::string(300, 'y') + "\n"),
              HasSubstr("cut short"));
  EXPECT_THAT(Refusal("K\x01K\x02\x93"),
              HasSubstr("expected a module and a name"));
}

TEST_F(PickleReaderTest, OtherOpcodesAreRefusedByName) {
  for (const auto& [code, name] :
       std::vector<std::pair<std::string, std::string>>{
           {"\x81", "NEWOBJ (0x81)"},
           {"\x92", "NEWOBJ_EX (0x92)"},
           {"i", "INST (0x69)"},
           {"o", "OBJ (0x6f)"},
           {"\x82", "EXT1 (0x82)"},
           {"P", "PERSID (0x50)"},
           {"0", "POP (0x30)"},
           {"2", "DUP (0x32)"},
           {"B", "BINBYTES (0x42)"},
           {"\x8f", "EMPTY_SET (0x8f)"},
           {"\x97", "NEXT_BUFFER (0x97)"},
           {"\xff", "unknown (0xff)"}}) {
    EXPECT_EQ(Refusal("N" + code), absl::StrCat("pickle byte 3: opcode ", name,
                                                " is not one that a state "
                                                "dict needs"));
  }
}

TEST_F(PickleReaderTest, CallsNeedANameAndATuple) {
  EXPECT_THAT(Refusal("N)R"), HasSubstr("expected a name to call, found None"));
  EXPECT_THAT(Refusal("ctorch\nSize\n)R)R"),
              HasSubstr("found a call of torch.Size"));
  EXPECT_THAT(Refusal("ctorch\nSize\nNR"),
              HasSubstr("expected a tuple of arguments, found None"));
  EXPECT_THAT(Refusal("ccollections\nOrderedDict\n]\x85R"),
              HasSubstr("OrderedDict is called with arguments"));
}

TEST_F(PickleReaderTest, AttributesAreSetOnAnOrderedDictOnly) {
  EXPECT_THAT(Refusal("}}b"), HasSubstr("other than an OrderedDict"));
  EXPECT_THAT(Refusal("ccollections\nOrderedDict\n)RNb"),
              HasSubstr("other than an OrderedDict"));
  EXPECT_THAT(Refusal("ctorch\nSize\n)R}b"),
              HasSubstr("BUILD: expected a dict, found a call"));
}

TEST_F(PickleReaderTest, StackAndMarksAreGuarded) {
  EXPECT_THAT(Refusal("\x85"), HasSubstr("TUPLE1: too few values"));
  EXPECT_THAT(Refusal("N\x86"), HasSubstr("TUPLE2: too few values"));
  EXPECT_THAT(Refusal("NN\x87"), HasSubstr("TUPLE3: too few values"));
  EXPECT_THAT(Refusal("t"), HasSubstr("TUPLE: no mark"));
  EXPECT_THAT(Refusal("u"), HasSubstr("SETITEMS: no mark"));
  EXPECT_THAT(Refusal("]e"), HasSubstr("APPENDS: no mark"));
  EXPECT_THAT(Refusal("a"), HasSubstr("APPEND: too few values"));
  EXPECT_THAT(Refusal("Na"), HasSubstr("APPEND: too few values"));
  EXPECT_THAT(Refusal("NNa"), HasSubstr("expected a list, found None"));
  EXPECT_THAT(Refusal("}Na"), HasSubstr("expected a list, found a dict"));
  EXPECT_THAT(Refusal("]NNs"), HasSubstr("expected a dict, found a list"));
  EXPECT_THAT(Refusal("}(Nu"), HasSubstr("a key without a value"));
  EXPECT_THAT(Refusal("q\x01"), HasSubstr("nothing is on the stack"));
  EXPECT_THAT(Refusal("\x94"), HasSubstr("nothing is on the stack"));
  EXPECT_THAT(Refusal("h\x01"), HasSubstr("nothing was put at 1"));
  EXPECT_THAT(Refusal("R"), HasSubstr("too few values"));
  EXPECT_THAT(Refusal("b"), HasSubstr("too few values"));
  EXPECT_THAT(Refusal("Q"), HasSubstr("too few values"));
  // A mark hides what is below it.
  EXPECT_THAT(Refusal("N(\x85"), HasSubstr("too few values"));
  EXPECT_THAT(Refusal("N(q\x01"), HasSubstr("nothing is on the stack"));
}

TEST_F(PickleReaderTest, StopNeedsExactlyOneValue) {
  EXPECT_THAT(Refusal(""), HasSubstr("found 0 and 0 marks"));
  EXPECT_THAT(Refusal("NN"), HasSubstr("found 2 and 0 marks"));
  EXPECT_THAT(Refusal("(N"), HasSubstr("found 1 and 1 marks"));
}

TEST_F(PickleReaderTest, ValuesAreLimited) {
  EXPECT_THAT(RefusalOf("\x80\x02" + std::string(1 << 21, '}')),
              HasSubstr("more than 1048576 values"));
  EXPECT_THAT(RefusalOf("\x80\x02" + std::string(1 << 21, '(')),
              HasSubstr("more than 1048576 values"));
  EXPECT_THAT(RefusalOf("\x80\x02Nq\x01" + Repeat("h\x01", 1 << 20)),
              HasSubstr("more than 1048576 values"));
  EXPECT_THAT(Refusal(absl::StrCat("Nr", LittleEndian<uint32_t>(0xffffffff))),
              HasSubstr("index 4294967295 is above the limit"));
}

TEST_F(PickleReaderTest, EveryCutOfAPickleIsRefused) {
  for (const std::string& body :
       {PickleOfOne({}), PickleBytes("J1234"), PickleBytes("M12"),
        PickleBytes("K1"), PickleBytes("G12345678"),
        PickleBytes(absl::StrCat("X", LittleEndian<uint32_t>(1), "a")),
        PickleBytes(absl::StrCat("\x8d", LittleEndian<uint64_t>(1), "a")),
        PickleBytes(absl::StrCat("Nr", LittleEndian<uint32_t>(1), "j",
                                 LittleEndian<uint32_t>(1), "\x86"))}) {
    const std::string whole = body;
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(Read(whole.substr(0, size)).ok()) << size;
    }
  }
}

}  // namespace
}  // namespace parley
