#include "engine/weights/torch_state_dict.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Reads the pickle with this between PROTO and STOP.
absl::StatusOr<TorchStateDict> Read(absl::string_view body) {
  const std::string bytes = PickleBytes(body);
  const auto pickle = ReadPickle(AsBytes(bytes), TorchStateDictGlobals());
  if (!pickle.ok()) return pickle.status();
  return ReadTorchStateDict(pickle->root());
}

std::string Refusal(absl::string_view body) {
  const absl::Status status = Read(body).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string DictOfOne(absl::string_view value) {
  return absl::StrCat("}", PickleString("w"), value, "s");
}

std::string Refusal(const PickledTensor& tensor) {
  return Refusal(DictOfOne(PickleTensor(tensor)));
}

// A dict of a tensor whose storage is what this pushes.
std::string TensorWithStorage(absl::string_view storage) {
  return DictOfOne(absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n(", storage,
                                PickleInteger(0), PickleTuple({1}),
                                PickleTuple({1}), "\x89}tR"));
}

TEST(TorchStateDictTest, GivesNamesTensorsAndStorages) {
  const auto state_dict = Read(
      absl::StrCat("}(", PickleString("a"), PickleTensor({}), PickleString("b"),
                   PickleTensor({.storage_type = "HalfStorage",
                                 .storage_key = "1",
                                 .storage_elements = 10,
                                 .offset = 3,
                                 .shape = {2, 3},
                                 .strides = {1, 2}}),
                   "u"));
  ASSERT_TRUE(state_dict.ok()) << state_dict.status();
  ASSERT_EQ(state_dict->entries.size(), 2u);
  EXPECT_EQ(state_dict->entries[1].name, "b");
  const TorchTensor& b = state_dict->tensors[state_dict->entries[1].tensor];
  EXPECT_EQ(b.storage_key, "1");
  EXPECT_EQ(b.layout.offset, 3);
  EXPECT_THAT(b.layout.shape, ElementsAre(2, 3));
  EXPECT_THAT(b.layout.strides, ElementsAre(1, 2));
  ASSERT_EQ(state_dict->storages.size(), 2u);
  EXPECT_EQ(state_dict->storages.at("0").dtype, DType::kF32);
  EXPECT_EQ(state_dict->storages.at("1").dtype, DType::kF16);
  EXPECT_EQ(state_dict->storages.at("1").num_elements, 10);
}

TEST(TorchStateDictTest, KnowsTheStorageTypes) {
  const std::pair<absl::string_view, DType> types[] = {
      {"FloatStorage", DType::kF32},     {"HalfStorage", DType::kF16},
      {"BFloat16Storage", DType::kBF16}, {"DoubleStorage", DType::kF64},
      {"LongStorage", DType::kI64},      {"IntStorage", DType::kI32},
      {"ShortStorage", DType::kI16},     {"CharStorage", DType::kI8},
      {"ByteStorage", DType::kU8},       {"BoolStorage", DType::kBool},
  };
  for (const auto& [name, dtype] : types) {
    const auto state_dict =
        Read(DictOfOne(PickleTensor({.storage_type = std::string(name)})));
    ASSERT_TRUE(state_dict.ok()) << state_dict.status();
    EXPECT_EQ(state_dict->storages.at("0").dtype, dtype);
  }
}

TEST(TorchStateDictTest, SharedTensorIsOne) {
  const auto state_dict =
      Read(absl::StrCat("}(", PickleString("a"), PickleTensor({}), "q\x01",
                        PickleString("b"), "h\x01", "u"));
  ASSERT_TRUE(state_dict.ok()) << state_dict.status();
  EXPECT_EQ(state_dict->tensors.size(), 1u);
  EXPECT_EQ(state_dict->entries[0].tensor, state_dict->entries[1].tensor);
}

TEST(TorchStateDictTest, ParameterIsItsTensor) {
  const auto state_dict = Read(DictOfOne(absl::StrCat(
      "ctorch._utils\n_rebuild_parameter\n", PickleTensor({}), "\x88}\x87R")));
  ASSERT_TRUE(state_dict.ok()) << state_dict.status();
  EXPECT_THAT(state_dict->tensors[0].layout.shape, ElementsAre(2, 2));
  EXPECT_THAT(
      Refusal(DictOfOne(absl::StrCat("ctorch._utils\n_rebuild_parameter\n",
                                     PickleTensor({}), "\x85R"))),
      HasSubstr("tensor \"w\": a parameter of 1 arguments"));
  EXPECT_THAT(Refusal(DictOfOne("ctorch._utils\n_rebuild_parameter\n"
                                "ctorch._utils\n_rebuild_parameter\n"
                                "N\x88}\x87R\x88}\x87R")),
              HasSubstr("tensor \"w\": found a call of "
                        "torch._utils._rebuild_parameter, expected a tensor"));
}

TEST(TorchStateDictTest, SizeMayBeATorchSize) {
  const std::string storage = absl::StrCat(
      "(", PickleString("storage"), "ctorch\nFloatStorage\n", PickleString("0"),
      PickleString("cpu"), PickleInteger(4), "tQ");
  const auto state_dict = Read(DictOfOne(
      absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n(", storage,
                   PickleInteger(0), "ctorch\nSize\n", PickleTuple({4}),
                   "\x85R", PickleTuple({1}), "\x89}tR")));
  ASSERT_TRUE(state_dict.ok()) << state_dict.status();
  EXPECT_THAT(state_dict->tensors[0].layout.shape, ElementsAre(4));
}

TEST(TorchStateDictTest, MustBeADictOfNamesToTensors) {
  EXPECT_THAT(Refusal("]"), HasSubstr("found a list, expected a state dict"));
  EXPECT_EQ(Refusal("}K\x01Ns"),
            "found the integer 1, expected the name of an entry as a string");
  EXPECT_EQ(Refusal(DictOfOne("K\x03")),
            "tensor \"w\": found the integer 3, expected a tensor");
  EXPECT_EQ(Refusal(DictOfOne("}")),
            "tensor \"w\": found a dict, expected a tensor");
  EXPECT_EQ(Refusal(DictOfOne("ctorch\nSize\n)R")),
            "tensor \"w\": found a call of torch.Size, expected a tensor");
  EXPECT_EQ(Refusal(absl::StrCat("}(", PickleString("w"), PickleTensor({}),
                                 PickleString("w"), PickleTensor({}), "u")),
            "entry \"w\": it is there twice");
}

TEST(TorchStateDictTest, ArgumentsOfATensorAreChecked) {
  const auto call = [](absl::string_view arguments) {
    return DictOfOne(
        absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\n(", arguments, "tR"));
  };
  EXPECT_EQ(Refusal(call("NN")),
            "tensor \"w\": a tensor of 2 arguments, expected 6 or 7");
  EXPECT_EQ(Refusal(call("NNNNNN")),
            "tensor \"w\": found None, expected a storage");
  EXPECT_EQ(
      Refusal(call(absl::StrCat("NNNNNN}", PickleString("neg"), "\x88s"))),
      "tensor \"w\": found a dict, expected no view flags");
  EXPECT_EQ(Refusal({.offset = -1}),
            "tensor \"w\": found the integer -1, expected the offset as a "
            "non-negative integer");
  EXPECT_EQ(Refusal({.shape = {-2, 2}}),
            "tensor \"w\": found the integer -2, expected the shape as a "
            "non-negative integer");
  EXPECT_EQ(Refusal({.strides = {2, -1}}),
            "tensor \"w\": found the integer -1, expected the strides as a "
            "non-negative integer");
  EXPECT_EQ(Refusal({.strides = {1}}),
            "tensor \"w\": shape [2, 2] with strides [1] of another length");
  EXPECT_EQ(Refusal({.shape = std::vector<int64_t>(9, 1)}),
            "tensor \"w\": more than 8 dimensions");
}

TEST(TorchStateDictTest, TensorsStayInTheirStorage) {
  EXPECT_EQ(Refusal({.offset = 1}),
            "tensor \"w\": shape [2, 2] with strides [2, 1] at offset 1 "
            "reaches beyond its storage of 4 elements");
  EXPECT_THAT(Refusal({.strides = {3, 1}}), HasSubstr("reaches beyond"));
  EXPECT_TRUE(
      Read(DictOfOne(PickleTensor({.shape = {0}, .strides = {1}}))).ok());
}

TEST(TorchStateDictTest, SizesMayNotOverflow) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  EXPECT_EQ(Refusal({.shape = {kHuge, 4}, .strides = {0, 0}}),
            "tensor \"w\": the size of shape [4611686018427387904, 4] "
            "overflows");
  EXPECT_EQ(Refusal({.storage_elements = kHuge}),
            "tensor \"w\": the size of a storage of 4611686018427387904 "
            "elements overflows");
}

TEST(TorchStateDictTest, StorageIdsAreChecked) {
  const std::string good_tail =
      absl::StrCat(PickleString("0"), PickleString("cpu"), PickleInteger(4));
  EXPECT_EQ(Refusal(TensorWithStorage("K\x01Q")),
            "tensor \"w\": found the integer 1, expected the persistent id of "
            "a storage");
  EXPECT_THAT(Refusal(TensorWithStorage(
                  absl::StrCat("(", PickleString("module"),
                               "ctorch\nFloatStorage\n", good_tail, "tQ"))),
              HasSubstr("expected the persistent id of a storage"));
  EXPECT_THAT(
      Refusal(TensorWithStorage(absl::StrCat(
          "(", PickleString("storage"), "ctorch\nSize\n", good_tail, "tQ"))),
      HasSubstr("found the name \"torch.Size\", expected a storage "
                "type"));
  EXPECT_THAT(Refusal(TensorWithStorage(absl::StrCat(
                  "(", PickleString("storage"), "ctorch\nFloatStorage\nN",
                  PickleString("cpu"), PickleInteger(4), "tQ"))),
              HasSubstr("found None, expected a storage's key"));
  EXPECT_THAT(Refusal({.storage_elements = -4}),
              HasSubstr("the storage's size as a non-negative integer"));
  EXPECT_THAT(Refusal(TensorWithStorage(absl::StrCat(
                  "(", PickleString("storage"), "ctorch\nFloatStorage\n",
                  good_tail, PickleTuple({0, 0, 4}), "tQ"))),
              HasSubstr("expected a storage that is not a view of another"));
}

TEST(TorchStateDictTest, StorageIsDescribedInOneWay) {
  EXPECT_EQ(Refusal(absl::StrCat("}(", PickleString("a"), PickleTensor({}),
                                 PickleString("b"),
                                 PickleTensor({.storage_elements = 5}), "u")),
            "tensor \"b\": storage \"0\" is described as F32[4] and as "
            "F32[5]");
  EXPECT_THAT(Refusal(absl::StrCat(
                  "}(", PickleString("a"), PickleTensor({}), PickleString("b"),
                  PickleTensor({.storage_type = "IntStorage"}), "u")),
              HasSubstr("as F32[4] and as I32[4]"));
}

}  // namespace
}  // namespace parley
