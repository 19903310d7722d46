#include "engine/kernels/onednn/prepared_matmul.h"

#include <omp.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <vector>

#include "dnnl.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::kernels {
namespace {

std::shared_ptr<const PreparedMatmul> GetOrDie(const MatmulShape& shape) {
  auto prepared = PreparedMatmul::Get(shape);
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  return *prepared;
}

TEST(PreparedMatmulTest, RowCountsAreSomeOfThePreparedOnes) {
  constexpr MatmulShape kShapes[] = {
      {512, 512, true}, {7, 5, false}, {1, 1, true}, {2047, 33, true}};
  for (const MatmulShape& shape : kShapes) {
    const auto prepared = GetOrDie(shape);
    std::vector<int64_t> row_counts;
    for (const auto& primitive : prepared->primitives()) {
      row_counts.push_back(primitive.num_rows);
    }
    EXPECT_FALSE(row_counts.empty());
    EXPECT_TRUE(std::is_sorted(row_counts.begin(), row_counts.end()));
    EXPECT_TRUE(std::includes(std::begin(kPreparedRowCounts),
                              std::end(kPreparedRowCounts), row_counts.begin(),
                              row_counts.end()));
  }
}

TEST(PreparedMatmulTest, AllRowCountsAgreeWithAvx512) {
  if (dnnl::get_effective_cpu_isa() < dnnl::cpu_isa::avx512_core) {
    GTEST_SKIP() << "without AVX-512 some are left out";
  }
  for (const MatmulShape& shape :
       {MatmulShape{512, 512, true}, MatmulShape{2048, 512, true},
        MatmulShape{33, 17, false}}) {
    EXPECT_EQ(GetOrDie(shape)->primitives().size(),
              std::size(kPreparedRowCounts));
  }
}

TEST(PreparedMatmulTest, OneShapeIsPreparedOnce) {
  const auto first = GetOrDie({48, 80, true});
  EXPECT_EQ(GetOrDie({48, 80, true}), first);
  EXPECT_NE(GetOrDie({48, 80, false}), first);
  EXPECT_NE(GetOrDie({80, 48, true}), first);
}

TEST(PreparedMatmulTest, EachNumberOfThreadsHasItsOwn) {
  const int num_threads = omp_get_max_threads();
  const auto first = GetOrDie({48, 80, true});
  omp_set_num_threads(num_threads + 1);
  EXPECT_NE(GetOrDie({48, 80, true}), first);
  omp_set_num_threads(num_threads);
  EXPECT_EQ(GetOrDie({48, 80, true}), first);
}

TEST(PreparedMatmulTest, NotKeptWhenNobodyHoldsIt) {
  std::weak_ptr<const PreparedMatmul> prepared = GetOrDie({40, 24, false});
  EXPECT_TRUE(prepared.expired());
}

}  // namespace
}  // namespace parley::kernels
