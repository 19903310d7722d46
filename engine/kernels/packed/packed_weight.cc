#include "engine/kernels/packed/packed_weight.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/log.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {
namespace {

constexpr int kOutputs = PackedShape::kPanelOutputs;
constexpr int kGroupBytes = 4;

bool HasScales(PackedType type) {
  return type == PackedType::kInt8 || type == PackedType::kInt16;
}

// What a PackedWeight of our own making stands in.
struct Storage {
  Storage(const PackedShape& shape, FloatBuffer memory)
      : panels(std::move(memory)) {
    if (!HasScales(shape.type)) return;
    scales = FloatBuffer(shape.padded_out());
    if (shape.type == PackedType::kInt8) sums.resize(shape.padded_out());
  }

  std::byte* panel(const PackedShape& shape, int64_t index) {
    return reinterpret_cast<std::byte*>(panels.data()) +
           index * shape.panel_bytes();
  }

  FloatBuffer panels;
  FloatBuffer scales;
  std::vector<int32_t> sums;
};

int64_t NumFloats(const PackedShape& shape) {
  return shape.num_bytes() / int64_t{sizeof(float)};
}

PackedWeight ViewOf(const PackedShape& shape,
                    const std::shared_ptr<const Storage>& storage) {
  return {.shape = shape,
          .panels = {reinterpret_cast<const std::byte*>(storage->panels.data()),
                     static_cast<size_t>(shape.num_bytes())},
          .scales = storage->scales.span(),
          .sums = storage->sums,
          .owner = storage};
}

// Puts the rounded numbers of one output (row_bytes) into its panel.
void Interleave(const PackedShape& shape, const std::byte* row, int lane,
                std::byte* panel) {
  const int64_t num_groups = shape.row_bytes() / kGroupBytes;
  for (int64_t group = 0; group < num_groups; ++group) {
    std::memcpy(panel + (group * kOutputs + lane) * kGroupBytes,
                row + group * kGroupBytes, kGroupBytes);
  }
}

void Deinterleave(const PackedShape& shape, const std::byte* panel, int lane,
                  std::byte* row) {
  const int64_t num_groups = shape.row_bytes() / kGroupBytes;
  for (int64_t group = 0; group < num_groups; ++group) {
    std::memcpy(row + group * kGroupBytes,
                panel + (group * kOutputs + lane) * kGroupBytes, kGroupBytes);
  }
}

// Rounds the numbers of one output, which it changes, into `row` (row_bytes,
// zeros so far).
void RoundOutput(const PackedShape& shape, absl::Span<float> numbers,
                 int64_t output, std::byte* row, Storage& storage) {
  if (shape.type == PackedType::kF32) {
    std::memcpy(row, numbers.data(), numbers.size() * sizeof(float));
    return;
  }
  if (shape.type == PackedType::kBF16) {
    ConvertF32ToBF16(numbers, {reinterpret_cast<uint16_t*>(row),
                               static_cast<size_t>(shape.in_features)});
    return;
  }
  if (shape.type == PackedType::kInt16) {
    storage.scales.data()[output] = RoundToInt16(
        numbers, {reinterpret_cast<int16_t*>(row), numbers.size()});
    return;
  }
  RotateRowBack(numbers);
  auto* rounded = reinterpret_cast<int8_t*>(row);
  storage.scales.data()[output] =
      RoundToInt8(numbers, {rounded, numbers.size()});
  int32_t sum = 0;
  for (size_t i = 0; i < numbers.size(); ++i) sum += rounded[i];
  storage.sums[output] = sum;
}

}  // namespace

PackedWeight Pack(const PackedShape& shape, const ReadOutput& read) {
  auto storage = std::make_shared<Storage>(
      shape, FloatBuffer::ForWeights(NumFloats(shape)));
#pragma omp parallel
  {
    std::vector<float> numbers(shape.in_features);
    std::vector<std::byte> row(shape.row_bytes());
#pragma omp for schedule(static)
    for (int64_t panel = 0; panel < shape.num_panels(); ++panel) {
      for (int lane = 0; lane < kOutputs; ++lane) {
        const int64_t output = panel * kOutputs + lane;
        if (output < shape.out_features) {
          read(output, absl::MakeSpan(numbers));
          RoundOutput(shape, absl::MakeSpan(numbers), output, row.data(),
                      *storage);
        } else {
          std::fill(row.begin(), row.end(), std::byte{0});
        }
        Interleave(shape, row.data(), lane, storage->panel(shape, panel));
      }
    }
  }
  return ViewOf(shape, storage);
}

void UnpackOutput(const PackedWeight& weight, int64_t output,
                  absl::Span<float> row) {
  const PackedShape& shape = weight.shape;
  PARLEY_CHECK(output >= 0 && output < shape.out_features &&
               static_cast<int64_t>(row.size()) == shape.in_features)
      << output << ", " << row.size();
  const std::byte* panel =
      weight.panels.data() + output / kOutputs * shape.panel_bytes();
  const auto lane = static_cast<int>(output % kOutputs);
  const int per_group = kGroupBytes / shape.element_bytes();
  const float scale = HasScales(shape.type) ? weight.scales[output] : 1.0f;
  for (int64_t i = 0; i < shape.in_features; i += per_group) {
    const std::byte* group =
        panel + (i / per_group * kOutputs + lane) * kGroupBytes;
    const int64_t count = std::min<int64_t>(per_group, shape.in_features - i);
    if (shape.type == PackedType::kInt8) {
      for (int64_t k = 0; k < count; ++k) {
        row[i + k] = static_cast<float>(static_cast<int8_t>(group[k])) * scale;
      }
    } else if (shape.type == PackedType::kF32) {
      std::memcpy(&row[i], group, sizeof(float));
    } else if (shape.type == PackedType::kInt16) {
      int16_t numbers[2];
      std::memcpy(numbers, group, sizeof(numbers));
      for (int64_t k = 0; k < count; ++k) {
        row[i + k] = static_cast<float>(numbers[k]) * scale;
      }
    } else {
      uint16_t numbers[2];
      std::memcpy(numbers, group, sizeof(numbers));
      ConvertBF16ToF32({numbers, static_cast<size_t>(count)},
                       row.subspan(i, count));
    }
  }
  if (shape.type == PackedType::kInt8) RotateRow(row, row);
}

PackedWeight SelectOutputs(const PackedWeight& weight,
                           absl::Span<const int32_t> outputs) {
  const PackedShape& from = weight.shape;
  const PackedShape to = {.in_features = from.in_features,
                          .out_features = static_cast<int64_t>(outputs.size()),
                          .type = from.type};
  auto storage =
      std::make_shared<Storage>(to, FloatBuffer::Uninitialized(NumFloats(to)));
  std::vector<std::byte> row(to.row_bytes());
  for (int64_t i = 0; i < to.padded_out(); ++i) {
    if (i < to.out_features) {
      const int32_t output = outputs[i];
      PARLEY_CHECK(output >= 0 && output < from.out_features) << output;
      Deinterleave(
          from, weight.panels.data() + output / kOutputs * from.panel_bytes(),
          output % kOutputs, row.data());
      if (HasScales(to.type)) {
        storage->scales.data()[i] = weight.scales[output];
      }
      if (to.type == PackedType::kInt8) storage->sums[i] = weight.sums[output];
    } else {
      std::fill(row.begin(), row.end(), std::byte{0});
    }
    Interleave(to, row.data(), static_cast<int>(i % kOutputs),
               storage->panel(to, i / kOutputs));
  }
  return ViewOf(to, storage);
}

}  // namespace parley::kernels
