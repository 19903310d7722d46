#include "engine/tensor/dtype.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(DTypeTest, EachHasItsNameAndSize) {
  struct Row {
    DType dtype;
    absl::string_view name;
    size_t num_bytes;
  };
  const Row rows[] = {
      {DType::kBool, "BOOL", sizeof(bool)},
      {DType::kU8, "U8", sizeof(uint8_t)},
      {DType::kI8, "I8", sizeof(int8_t)},
      {DType::kI16, "I16", sizeof(int16_t)},
      {DType::kU16, "U16", sizeof(uint16_t)},
      {DType::kF16, "F16", 2},
      {DType::kBF16, "BF16", 2},
      {DType::kI32, "I32", sizeof(int32_t)},
      {DType::kU32, "U32", sizeof(uint32_t)},
      {DType::kF32, "F32", sizeof(float)},
      {DType::kI64, "I64", sizeof(int64_t)},
      {DType::kU64, "U64", sizeof(uint64_t)},
      {DType::kF64, "F64", sizeof(double)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(DTypeName(row.dtype), row.name);
    EXPECT_EQ(DTypeBytes(row.dtype), row.num_bytes) << row.name;
  }
}

}  // namespace
}  // namespace parley
