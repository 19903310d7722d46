// That rows in f32 of a kernel do not depend on their company.
#ifndef PARLEY_TESTS_ENGINE_KERNELS_PACKED_F32_ROW_BITS_H_
#define PARLEY_TESTS_ENGINE_KERNELS_PACKED_F32_ROW_BITS_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/kernels/packed/product.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/product_case.h"

namespace parley::kernels {

// Compares all rows at once, which must be right, with `max_rows` and fewer at
// a time, from anywhere.
inline void ExpectSameBitsInAnyCompany(PackedKernel kernel, PackedType type,
                                       int64_t max_rows) {
  const int64_t num_rows = 4 * max_rows + 1;
  for (const int64_t out : {1, 16, 24, 40, 130}) {
    const ProductCase test(
        {.in_features = 300, .out_features = out, .type = type}, num_rows,
        RowFormat());
    const std::vector<float> all = test.Run(kernel);
    test.ExpectRight(all);
    const PackedProduct product =
        test.Product(0, test.shape().num_panels(), nullptr, out);
    for (int64_t count = 1; count <= max_rows; ++count) {
      for (int64_t first = 0; first + count <= num_rows; ++first) {
        std::vector<float> some(count * out);
        PackedProduct part = product;
        part.rows += first * test.row_bytes();
        part.num_rows = count;
        part.y = some.data();
        kernel(part);
        ASSERT_EQ(std::memcmp(some.data(), all.data() + first * out,
                              some.size() * sizeof(float)),
                  0)
            << count << " rows from " << first;
      }
    }
  }
}

}  // namespace parley::kernels

#endif  // PARLEY_TESTS_ENGINE_KERNELS_PACKED_F32_ROW_BITS_H_
