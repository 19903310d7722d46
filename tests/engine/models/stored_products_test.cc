#include "engine/models/stored_products.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/weights/named_tensors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using kernels::PackedShape;
using ::testing::HasSubstr;

// A file of one int8 product of 20 outputs and 70 inputs, with a bias.
class StoredProductsTest : public testing::Test {
 protected:
  void SetUp() override {
    Add("a.b.packed", DType::kI8, {2, 32, 16, 4});
    Add("a.b.scale", DType::kF32, {32});
    Add("a.b.sum", DType::kI32, {32});
    Add("a.b.bias", DType::kF32, {20});
    Add("rows.weight", DType::kI8, {5, 3});
    Add("rows.scale", DType::kF32, {5});
  }

  void Add(const std::string& name, DType dtype, Shape shape) {
    size_t num_bytes = DTypeBytes(dtype);
    for (const int64_t size : shape) num_bytes *= size;
    // Aligned as the file is.
    const auto memory = file_->Allocate(num_bytes + 64);
    ASSERT_TRUE(memory.ok());
    const auto address = reinterpret_cast<uintptr_t>(memory->data());
    const absl::Span<std::byte> bytes =
        memory->subspan((64 - address % 64) % 64, num_bytes);
    std::memset(bytes.data(), 1, num_bytes);
    file_->Add(name,
               {.dtype = dtype, .shape = std::move(shape), .data = bytes});
  }

  StoredProducts Products() {
    return StoredProducts(file_,
                          {.compute_type = "int8",
                           .products = {{"a.b", {"a.first", "a.second"}}},
                           .shared = {{"table", "a.b"}}});
  }

  std::shared_ptr<NamedTensors> file_ =
      std::make_shared<NamedTensors>("model.safetensors");
  const PackedShape shape_ = {.in_features = 70, .out_features = 20};
};

TEST_F(StoredProductsTest, KnowsWhatStandsInProducts) {
  const StoredProducts products = Products();
  EXPECT_TRUE(products.HasWeight("a.first"));
  EXPECT_TRUE(products.HasWeight("a.second"));
  EXPECT_TRUE(products.HasWeight("table"));
  EXPECT_FALSE(products.HasWeight("a.b"));
  EXPECT_TRUE(products.HasBias("a.second"));
  EXPECT_FALSE(products.HasBias("table"));
}

TEST_F(StoredProductsTest, ShowsWhatTheFileHolds) {
  const StoredProducts products = Products();
  for (const char* name : {"a.b", "table"}) {
    const auto weight = products.Load(name, shape_);
    ASSERT_TRUE(weight.ok()) << weight.status();
    EXPECT_EQ(weight->panels.data(), file_->Find("a.b.packed")->data.data());
    EXPECT_EQ(weight->scales.size(), 32u);
    EXPECT_EQ(weight->sums[31], 0x01010101);
  }
  EXPECT_EQ(products.LoadBias("a.b", 20)->size(), 20);
  EXPECT_EQ(products.LoadBias("none", 20)->size(), 0);
  const auto table = products.LoadTable("rows", {5, 3});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->vocab_size(), 5);
}

TEST_F(StoredProductsTest, SaysWhatDoesNotFit) {
  const StoredProducts products = Products();
  const auto message = [](const auto& result) {
    EXPECT_TRUE(absl::IsInvalidArgument(result.status()));
    return std::string(result.status().message());
  };
  EXPECT_THAT(message(products.Load("missing", shape_)),
              HasSubstr("model.safetensors: tensor missing.packed is missing"));
  EXPECT_THAT(
      message(products.Load("a.b", {.in_features = 70, .out_features = 33})),
      HasSubstr("is I8 [2, 32, 16, 4], expected I8 [3, 32, 16, 4]"));
  EXPECT_THAT(message(products.LoadBias("a.b", 19)), HasSubstr("F32 [19]"));
  EXPECT_THAT(message(products.LoadTable("rows", {6, 3})),
              HasSubstr("expected I8 [6, 3]"));
}

TEST_F(StoredProductsTest, PanelsHaveToBeAligned) {
  const auto memory = file_->Allocate(4096 + 128);
  ASSERT_TRUE(memory.ok());
  const auto address = reinterpret_cast<uintptr_t>(memory->data());
  const absl::Span<std::byte> bytes =
      memory->subspan((64 - address % 64) % 64 + 8, 2 * 32 * 16 * 4);
  file_->Add("odd.packed",
             {.dtype = DType::kI8, .shape = {2, 32, 16, 4}, .data = bytes});
  const auto refused = Products().Load("odd", shape_);
  EXPECT_THAT(refused.status().message(), HasSubstr("multiple of 64"));
}

}  // namespace
}  // namespace parley
