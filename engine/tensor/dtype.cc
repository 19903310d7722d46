#include "engine/tensor/dtype.h"

namespace parley {
namespace {

struct DTypeRow {
  size_t num_bytes;
  absl::string_view name;
};

constexpr DTypeRow kRows[] = {
    {1, "BOOL"}, {1, "U8"},   {1, "I8"},  {2, "I16"}, {2, "U16"},
    {2, "F16"},  {2, "BF16"}, {4, "I32"}, {4, "U32"}, {4, "F32"},
    {8, "I64"},  {8, "U64"},  {8, "F64"},
};

const DTypeRow& RowOf(DType dtype) { return kRows[static_cast<int>(dtype)]; }

}  // namespace

size_t DTypeBytes(DType dtype) { return RowOf(dtype).num_bytes; }

absl::string_view DTypeName(DType dtype) { return RowOf(dtype).name; }

}  // namespace parley
