// AMX's kernels on emulated tiles, on processors with and without AMX;
// product_amx_test has those of the processor.
#include <cstdint>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/emulated_tiles.h"
#include "tests/engine/kernels/packed/product_case.h"

// The kernels once more, with the intrinsics that the header has replaced.
#define Int8ProductAmx EmulatedInt8ProductAmx
#define BF16ProductAmx EmulatedBF16ProductAmx
#include "engine/kernels/packed/product_amx.cc"

namespace parley::kernels {
namespace {

constexpr int64_t kRowCounts[] = {1, 11, 12, 16, 17, 31, 32, 33, 50, 65};
constexpr int64_t kInputs[] = {1, 64, 65, 300};
constexpr int64_t kOutputCounts[] = {1, 16, 33, 64, 130};

// Calls body(shape, num_rows) for cases of a type.
template <class Body>
void ForEachCase(PackedType type, const Body& body) {
  for (const int64_t in : kInputs) {
    for (const int64_t out : kOutputCounts) {
      for (const int64_t num_rows : kRowCounts) {
        SCOPED_TRACE(testing::Message()
                     << num_rows << " rows, " << in << " by " << out);
        body(PackedShape{.in_features = in, .out_features = out, .type = type},
             num_rows);
      }
    }
  }
}

TEST(ProductAmxEmulatedTest, Int8GivesTheBitsOfThePortableKernel) {
  if (EffectiveIsa() < Isa::kAvx512Vnni) GTEST_SKIP() << "no VNNI here";
  ForEachCase(PackedType::kInt8, [](const PackedShape& shape, int64_t rows) {
    const ProductCase test(shape, rows, {RowFormat::Number::kUint8, 255});
    EXPECT_EQ(test.Run(&EmulatedInt8ProductAmx),
              test.Run(&Int8ProductPortable));
  });
}

TEST(ProductAmxEmulatedTest, BF16MatchesDoublePrecision) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  ForEachCase(PackedType::kBF16, [](const PackedShape& shape, int64_t rows) {
    const ProductCase test(shape, rows, {RowFormat::Number::kBF16});
    test.ExpectRight(test.Run(&EmulatedBF16ProductAmx));
  });
}

}  // namespace
}  // namespace parley::kernels
