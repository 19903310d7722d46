// The instruction set that products may use, as oneDNN finds it.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_ISA_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_ISA_H_

#include <string>

namespace parley::kernels {

// Rising: each includes those before it.
enum class Isa {
  kSse41,
  kAvx,
  kAvx2,
  kAvx512,
  kAvx512Vnni,
  kAvx512BF16,
  kAmx,  // Its tiles for int8 and bf16, with the system's leave to use them.
};

// What the processor has, unless ONEDNN_MAX_CPU_ISA in the environment says
// less. The same for as long as the process lives; any thread.
Isa EffectiveIsa();

// Whether AVX2's own form of VNNI may be used; in no order with AVX-512.
bool HasAvxVnni();

// Whether products of bf16, if there are any, are slower than to widen them to
// f32 and multiply these: so on Intel's processors without AMX, whose
// vdpbf16ps takes twice the time of the two vfmadd231ps that it stands for.
bool HasSlowBF16();

// Makes our other kernels keep to the same bound: to be called before any of
// them is.
void LimitKernelsToIsa();

// "AVX-512 with AMX", for logs.
std::string IsaName();

// "oneDNN 3.2.0, AVX-512": what the products are computed with, for logs.
std::string DescribeBackend();

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_ISA_H_
