#include "engine/runtime/precision.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/kernels/onednn/isa.h"
#include "engine/weights/converted_format.h"

namespace parley {

absl::StatusOr<kernels::Precision> ResolvePrecision(ComputeType type) {
  using kernels::Isa;
  using kernels::Precision;
  switch (type) {
    case ComputeType::kAuto:
      return kernels::EffectiveIsa() >= Isa::kAvx512Vnni ||
                     kernels::HasAvxVnni()
                 ? Precision::kInt8
                 : Precision::kF32;
    case ComputeType::kF32:
      return Precision::kF32;
    case ComputeType::kInt8:
      return Precision::kInt8;
    case ComputeType::kBF16:
      break;
  }
  if (kernels::Supports(Precision::kBF16)) return Precision::kBF16;
  return absl::UnimplementedError(
      absl::StrCat("compute type bf16 needs AVX2; this processor has ",
                   kernels::IsaName(), ": use int8 or f32"));
}

absl::StatusOr<kernels::Precision> PrecisionFor(const WeightFile& file,
                                                const LoadOptions& options) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<ConvertedFormat> format,
                          ReadConvertedFormat(file));
  if (!format.has_value()) {
    return ResolvePrecision(options.compute_type.value_or(ComputeType::kF32));
  }
  const ComputeType stored =
      ParseComputeType(format->compute_type).value_or(ComputeType::kInt8);
  const ComputeType asked = options.compute_type.value_or(stored);
  if (asked != stored && asked != ComputeType::kAuto) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": the weights were converted to ",
        ComputeTypeName(stored), " and cannot be computed in ",
        ComputeTypeName(asked), ": use the model that they were made of"));
  }
  PARLEY_RETURN_IF_ERROR(VerifyChecksums(file, options.num_threads));
  return ResolvePrecision(stored);
}

ComputeType ComputeTypeOf(kernels::Precision precision) {
  switch (precision) {
    case kernels::Precision::kF32:
      return ComputeType::kF32;
    case kernels::Precision::kBF16:
      return ComputeType::kBF16;
    case kernels::Precision::kInt8:
      return ComputeType::kInt8;
  }
  return ComputeType::kF32;
}

}  // namespace parley
