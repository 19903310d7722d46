#include "engine/weights/pytorch_checkpoint.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
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

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

template <typename T>
std::vector<T> Values(const TensorView* view, DType dtype) {
  if (view == nullptr || view->dtype != dtype) {
    ADD_FAILURE() << "no tensor of this type";
    return {};
  }
  std::vector<T> values(view->data.size() / sizeof(T));
  if (!values.empty()) {
    std::memcpy(values.data(), view->data.data(), view->data.size());
  }
  return values;
}

// Tensors of testdata/, which torch itself wrote (make_checkpoints.py).
class TorchFileTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    bytes_ = ReadTestFile(GetParam());
    ASSERT_FALSE(bytes_.empty()) << GetParam();
    auto file = ParsePytorchCheckpoint(AsBytes(bytes_), GetParam());
    ASSERT_TRUE(file.ok()) << file.status();
    file_ = *std::move(file);
  }

  const TensorView* Find(absl::string_view name) const {
    return file_->Find(name);
  }

  bool IsView(const TensorView& tensor) const {
    const auto* begin = AsBytes(bytes_).data();
    return tensor.data.data() >= begin &&
           tensor.data.data() < begin + bytes_.size();
  }

  std::string bytes_;
  std::unique_ptr<NamedTensors> file_;
};

TEST_P(TorchFileTest, HasAllTensors) {
  EXPECT_THAT(file_->names(),
              ElementsAre("bf16", "bool", "column", "empty", "every_other",
                          "expanded", "f16", "f16_again", "f16_view", "f32",
                          "f64", "frozen", "i16", "i32", "i64", "i8",
                          "parameter", "row", "scalar", "transposed", "u8"));
  EXPECT_EQ(file_->path(), GetParam());
}

TEST_P(TorchFileTest, ReadsEveryDType) {
  EXPECT_THAT(Values<float>(Find("f32"), DType::kF32),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(Find("f32")->shape, ElementsAre(3, 4));
  EXPECT_THAT(Values<uint16_t>(Find("f16"), DType::kF16),
              ElementsAre(0x3e00, 0xc000));
  EXPECT_THAT(Values<uint16_t>(Find("bf16"), DType::kBF16),
              ElementsAre(0x3f00, 0x4040));
  EXPECT_THAT(Values<double>(Find("f64"), DType::kF64), ElementsAre(0.1));
  EXPECT_THAT(Values<int64_t>(Find("i64"), DType::kI64),
              ElementsAre(-1, int64_t{1} << 40));
  EXPECT_THAT(Values<int32_t>(Find("i32"), DType::kI32), ElementsAre(7, -8));
  EXPECT_THAT(Values<int16_t>(Find("i16"), DType::kI16), ElementsAre(300));
  EXPECT_THAT(Values<int8_t>(Find("i8"), DType::kI8), ElementsAre(-5));
  EXPECT_THAT(Values<uint8_t>(Find("u8"), DType::kU8), ElementsAre(250));
  EXPECT_THAT(Values<uint8_t>(Find("bool"), DType::kBool), ElementsAre(1, 0));
  EXPECT_THAT(Values<float>(Find("scalar"), DType::kF32), ElementsAre(4.25f));
  EXPECT_THAT(Find("scalar")->shape, IsEmpty());
  EXPECT_THAT(Values<float>(Find("empty"), DType::kF32), IsEmpty());
  EXPECT_THAT(Find("empty")->shape, ElementsAre(0, 3));
}

TEST_P(TorchFileTest, ParametersAreTensors) {
  EXPECT_THAT(Values<float>(Find("parameter"), DType::kF32), ElementsAre(9));
  EXPECT_THAT(Values<float>(Find("frozen"), DType::kF32), ElementsAre(8));
}

TEST_P(TorchFileTest, SharedTensorsShowTheSameBytes) {
  EXPECT_EQ(Find("f16")->data.data(), Find("f16_again")->data.data());
  EXPECT_EQ(Find("f16")->data.data(), Find("f16_view")->data.data());
  EXPECT_THAT(Find("f16_view")->shape, ElementsAre(2, 1));
  EXPECT_TRUE(IsView(*Find("f16")));
  EXPECT_EQ(Find("row")->data.data(), Find("f32")->data.data() + 16);
  EXPECT_THAT(Values<float>(Find("row"), DType::kF32), ElementsAre(4, 5, 6, 7));
}

TEST_P(TorchFileTest, OtherViewsAreCopiedInOrder) {
  EXPECT_THAT(Values<float>(Find("column"), DType::kF32),
              ElementsAre(2, 6, 10));
  EXPECT_THAT(Values<float>(Find("transposed"), DType::kF32),
              ElementsAre(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11));
  EXPECT_THAT(Find("transposed")->shape, ElementsAre(4, 3));
  EXPECT_THAT(Values<float>(Find("every_other"), DType::kF32),
              ElementsAre(1, 3, 9, 11));
  EXPECT_THAT(Values<float>(Find("expanded"), DType::kF32),
              ElementsAre(1, 1, 1, 1, 1, 1));
  EXPECT_THAT(Find("expanded")->shape, ElementsAre(2, 3));
  EXPECT_FALSE(IsView(*Find("transposed")));
}

INSTANTIATE_TEST_SUITE_P(
    Files, TorchFileTest,
    testing::Values("state_dict_zip.bin", "state_dict_legacy.bin",
                    "plain_dict_zip.bin", "plain_dict_legacy.bin",
                    "protocol3_zip.bin", "protocol3_legacy.bin",
                    "protocol4_zip.bin", "protocol4_legacy.bin",
                    "protocol5_zip.bin", "protocol5_legacy.bin"),
    [](const auto& info) {
      return info.param.substr(0, info.param.size() - 4);
    });

TEST(PytorchCheckpointTest, ReadsTheStateDictOfAModule) {
  for (const absl::string_view name : {"module_zip.bin", "module_legacy.bin"}) {
    const std::string bytes = ReadTestFile(name);
    const auto file = ParsePytorchCheckpoint(AsBytes(bytes), "x");
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_THAT(Values<float>((*file)->Find("weight"), DType::kF32),
                ElementsAre(1, 2));
    EXPECT_THAT((*file)->Find("weight")->shape, ElementsAre(1, 2));
    EXPECT_THAT(Values<float>((*file)->Find("bias"), DType::kF32),
                ElementsAre(3));
  }
}

TEST(PytorchCheckpointTest, WhatIsNoStateDictIsRefusedByName) {
  const std::pair<std::string, std::string> files[] = {
      {"os_system_zip.bin", "\"posix.system\" is not a name"},
      {"os_system_legacy.bin", "\"posix.system\" is not a name"},
      {"os_system_protocol4.bin",
       "STACK_GLOBAL: \"posix.system\" is not a name"},
      {"eval_zip.bin", "\"__builtin__.eval\" is not a name"},
      {"eval_legacy.bin", "\"__builtin__.eval\" is not a name"},
      {"nested_call.bin", "\"itertools.imap\" is not a name"},
      {"call_in_metadata.bin", "\"posix.system\" is not a name"},
      {"whole_module.bin", "\"torch.nn.modules.linear.Linear\""},
      {"training_state.bin",
       "tensor \"epoch\": found the integer 3, expected a tensor"},
      {"list.bin", "found a list, expected a state dict"},
      {"complex.bin", "\"torch.ComplexFloatStorage\" is not a name"},
      {"uint16.bin", "\"torch._utils._rebuild_tensor_v3\" is not a name"},
      {"float8.bin", "\"torch._utils._rebuild_tensor_v3\" is not a name"},
      {"expanded.bin",
       "tensor \"w\": shape [1048576, 1048576] with strides [0, 0] needs a "
       "copy of 4398046511104 bytes"},
      {"view_flags.bin", "tensor \"w\": found a dict, expected no view flags"},
      {"compressed.bin",
       "entry \"plain_dict_zip/data.pkl\": it is compressed (method 8)"},
      {"bare_pickle.bin", "not one that torch.save wrote"},
  };
  for (const auto& [name, rule] : files) {
    const std::string bytes = ReadTestFile(name);
    ASSERT_FALSE(bytes.empty()) << name;
    const absl::Status status =
        ParsePytorchCheckpoint(AsBytes(bytes), "dir/" + name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(status.message()),
                StartsWith(absl::StrCat("dir/", name, ": ")));
    EXPECT_THAT(std::string(status.message()), HasSubstr(rule));
  }
  // What the hostile ones would have made.
  EXPECT_FALSE(std::filesystem::exists("parley_was_here"));
}

TEST(PytorchCheckpointTest, EveryCutOfAFileIsRefused) {
  for (const absl::string_view name :
       {"module_zip.bin", "module_legacy.bin", "protocol4_legacy.bin"}) {
    const std::string bytes = ReadTestFile(name);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(
          ParsePytorchCheckpoint(AsBytes(bytes).subspan(0, size), "x").ok())
          << name << " " << size;
    }
  }
}

// An archive of tensors, each 100 x 100 of one element.
std::string Expanded(int num_tensors, size_t padding_bytes) {
  std::string pickle = "\x80\x02}";
  for (int i = 0; i < num_tensors; ++i) {
    absl::StrAppend(
        &pickle, PickleString(absl::StrCat("w", i)),
        PickleTensor(
            {.storage_elements = 1, .shape = {100, 100}, .strides = {0, 0}}),
        "s");
  }
  return ZipBytes({{"m/data.pkl", pickle + "."},
                   {"m/data/0", "1234"},
                   {"m/padding", std::string(padding_bytes, 'x')}});
}

TEST(PytorchCheckpointTest, CopiesTogetherAreBoundedByTheFile) {
  EXPECT_TRUE(ParsePytorchCheckpoint(AsBytes(Expanded(1, 20000)), "x").ok());
  EXPECT_TRUE(ParsePytorchCheckpoint(AsBytes(Expanded(2, 40000)), "x").ok());
  EXPECT_THAT(std::string(ParsePytorchCheckpoint(AsBytes(Expanded(1, 0)), "x")
                              .status()
                              .message()),
              HasSubstr("x: tensor \"w0\": "));
  // Each alone would be in bounds.
  EXPECT_THAT(
      std::string(ParsePytorchCheckpoint(AsBytes(Expanded(2, 20000)), "x")
                      .status()
                      .message()),
      HasSubstr("x: tensor \"w1\": "));
}

}  // namespace
}  // namespace parley
