#include "server/pipeline/embedding/vectors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace parley {
namespace {

static_assert(std::endian::native == std::endian::little,
              "vectors are sent as they lie in memory");

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

float GreatestMagnitude(absl::Span<const float> values) {
  float greatest = 0;
  for (const float value : values) {
    greatest = std::max(greatest, std::abs(value));
  }
  return greatest;
}

absl::Status TooSmall(absl::string_view format) {
  return absl::OutOfRangeError(
      absl::StrCat("all of the vector's numbers are too small for ", format));
}

absl::StatusOr<PackedVector> PackF16(absl::Span<const float> values) {
  std::vector<_Float16> halves;
  halves.reserve(values.size());
  bool any = false;
  for (const float value : values) {
    const _Float16 half = static_cast<_Float16>(value);
    if (!std::isfinite(static_cast<float>(half))) {
      return absl::OutOfRangeError(absl::StrCat(
          "the vector's number ", value, " is too large for half precision"));
    }
    any |= static_cast<float>(half) != 0;
    halves.push_back(half);
  }
  if (!any) return TooSmall("half precision");
  return PackedVector{.bytes = BytesOf(halves)};
}

absl::StatusOr<PackedVector> PackInt8(absl::Span<const float> values) {
  constexpr float kGreatest = 127;
  PackedVector packed;
  packed.scale = GreatestMagnitude(values) / kGreatest;
  // Below that, the scale itself loses bits.
  if (!std::isnormal(packed.scale)) return TooSmall("int8 with a scale");
  packed.bytes.reserve(values.size());
  for (const float value : values) {
    const float nearest = std::nearbyint(value / packed.scale);
    packed.bytes.push_back(static_cast<char>(
        static_cast<int8_t>(std::clamp(nearest, -kGreatest, kGreatest))));
  }
  return packed;
}

PackedVector PackBinary(absl::Span<const float> values) {
  PackedVector packed;
  packed.bytes.resize((values.size() + 7) / 8);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] > 0) {
      packed.bytes[i / 8] = static_cast<char>(
          static_cast<uint8_t>(packed.bytes[i / 8]) | (0x80u >> (i % 8)));
    }
  }
  return packed;
}

}  // namespace

int64_t PackedBytes(VectorFormat format, int64_t dimensions) {
  switch (format) {
    case VectorFormat::kF32:
      return 4 * dimensions;
    case VectorFormat::kF16:
      return 2 * dimensions;
    case VectorFormat::kInt8:
      return dimensions;
    case VectorFormat::kBinary:
      return (dimensions + 7) / 8;
  }
  return 0;
}

absl::Status CheckVector(absl::Span<const float> values) {
  bool any = false;
  for (const float value : values) {
    if (!std::isfinite(value)) {
      return absl::InternalError(absl::StrCat(
          "the model gave ", value, " in the vector: it has no meaning"));
    }
    any |= value != 0;
  }
  if (any) return absl::OkStatus();
  return absl::InternalError(
      "the model gave a vector of zeros only: it has no direction");
}

absl::StatusOr<std::vector<float>> ShapeVector(std::vector<float> values,
                                               const VectorShape& shape) {
  if (shape.dimensions > std::ssize(values)) {
    return absl::InternalError(
        absl::StrCat("the model gave a vector of ", values.size(),
                     " dimensions, not of ", shape.dimensions, " or more"));
  }
  values.resize(static_cast<size_t>(shape.dimensions));
  absl::Status checked = CheckVector(values);
  if (!checked.ok()) return checked;
  if (!shape.normalize) return values;
  double sum_of_squares = 0;
  for (const float value : values) {
    sum_of_squares += static_cast<double>(value) * value;
  }
  const double norm = std::sqrt(sum_of_squares);
  for (float& value : values) value = static_cast<float>(value / norm);
  return values;
}

absl::StatusOr<PackedVector> PackVector(absl::Span<const float> values,
                                        VectorFormat format) {
  switch (format) {
    case VectorFormat::kF32:
      return PackedVector{
          .bytes = BytesOf(std::vector<float>(values.begin(), values.end()))};
    case VectorFormat::kF16:
      return PackF16(values);
    case VectorFormat::kInt8:
      return PackInt8(values);
    case VectorFormat::kBinary:
      return PackBinary(values);
  }
  return absl::InternalError("no such format of vectors");
}

}  // namespace parley
