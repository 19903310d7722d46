#include "engine/kernels/onednn/isa.h"

#include <cpuid.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "dnnl.hpp"
#include "hwy/targets.h"

namespace parley::kernels {
namespace {

// Leaf 7.1, EAX. Not __builtin_cpu_supports, which some Clang does not know
// for it.
bool ProcessorHasAvxVnni() {
  constexpr unsigned kAvxVnni = 1u << 4;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & kAvxVnni) != 0;
}

}  // namespace

Isa EffectiveIsa() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_amx:
    case dnnl::cpu_isa::avx512_core_amx_fp16:
      return Isa::kAmx;
    case dnnl::cpu_isa::avx512_core_fp16:
    case dnnl::cpu_isa::avx512_core_bf16:
      return Isa::kAvx512BF16;
    case dnnl::cpu_isa::avx512_core_vnni:
      return Isa::kAvx512Vnni;
    case dnnl::cpu_isa::avx512_core:
      return Isa::kAvx512;
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx2_vnni_2:
      return Isa::kAvx2;
    case dnnl::cpu_isa::avx:
      return Isa::kAvx;
    default:
      return Isa::kSse41;
  }
}

bool HasAvxVnni() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx2_vnni_2:
      return true;
    default:
      // A bound of oneDNN's below AVX-512 leaves out what came later.
      return EffectiveIsa() >= Isa::kAvx512Vnni && ProcessorHasAvxVnni();
  }
}

bool HasSlowBF16() { return __builtin_cpu_is("intel"); }

void LimitKernelsToIsa() {
  int64_t beyond = 0;
  if (EffectiveIsa() < Isa::kAvx512) beyond |= HWY_AVX3 | HWY_AVX3_DL;
  if (EffectiveIsa() < Isa::kAvx2) beyond |= HWY_AVX2;
  if (beyond != 0) hwy::DisableTargets(beyond);
}

std::string IsaName() {
  switch (EffectiveIsa()) {
    case Isa::kSse41:
      return "SSE4.1";
    case Isa::kAvx:
      return "AVX";
    case Isa::kAvx2:
      return HasAvxVnni() ? "AVX2 with VNNI" : "AVX2";
    case Isa::kAvx512:
      return "AVX-512";
    case Isa::kAvx512Vnni:
      return "AVX-512 with VNNI";
    case Isa::kAvx512BF16:
      return "AVX-512 with BF16";
    case Isa::kAmx:
      return "AVX-512 with AMX";
  }
  return "an instruction set unknown here";
}

std::string DescribeBackend() {
  const dnnl_version_t* version = dnnl_version();
  return absl::StrCat("oneDNN ", version->major, ".", version->minor, ".",
                      version->patch, ", ", IsaName());
}

}  // namespace parley::kernels
