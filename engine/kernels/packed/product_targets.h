// The kernels behind product.h, by instruction set; private to this folder.
// Each may only be called where the processor has the set.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_TARGETS_H_
#define PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_TARGETS_H_

#include "engine/kernels/packed/product.h"

namespace parley::kernels {

// AVX-512 with AMX. bf16 through AMX alone, whatever the number of rows, for
// its sums differ in their last bits from those of AVX-512.
void Int8ProductAmx(const PackedProduct& product);
void BF16ProductAmx(const PackedProduct& product);

void Int8ProductAvx512Vnni(const PackedProduct& product);
void BF16ProductAvx512(const PackedProduct& product);  // AVX512_BF16

void Int8ProductAvx2Vnni(const PackedProduct& product);
// Rows of 0 to 127: vpmaddubsw adds two products in 16 bits and saturates.
void Int8ProductAvx2(const PackedProduct& product);

// Rows in f32, also by bf16 and int16, which are widened.
void F32ProductAvx512(const PackedProduct& product);
void Int16ProductAvx512(const PackedProduct& product);
void WidenedBF16ProductAvx512(const PackedProduct& product);
void F32ProductAvx2(const PackedProduct& product);
void Int16ProductAvx2(const PackedProduct& product);
void WidenedBF16ProductAvx2(const PackedProduct& product);

void Int8ProductPortable(const PackedProduct& product);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_PRODUCT_TARGETS_H_
