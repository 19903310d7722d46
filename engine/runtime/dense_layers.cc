#include "engine/runtime/dense_layers.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/kernels/vector_ops.h"
#include "engine/models/tensor_table.h"
#include "engine/models/weight_loader.h"

namespace parley {
namespace {

std::vector<TensorRow> TensorsOf(const DenseModule& module) {
  std::vector<TensorRow> table = {
      {.name = "linear.weight",
       .checkpoint_names = {"linear.weight"},
       .shape = {module.out_features, module.in_features}}};
  if (module.has_bias) {
    table.push_back({.name = "linear.bias",
                     .checkpoint_names = {"linear.bias"},
                     .shape = {module.out_features}});
  }
  return table;
}

}  // namespace

absl::StatusOr<DenseLayers> DenseLayers::Load(
    absl::Span<const DenseModule> modules, int64_t width) {
  DenseLayers result;
  for (const DenseModule& module : modules) {
    if (module.in_features != width) {
      return absl::InvalidArgumentError(
          absl::StrCat(module.directory, "/config.json: \"in_features\" is ",
                       module.in_features, ", expected ", width,
                       ", the width of what stands before it"));
    }
    PARLEY_ASSIGN_OR_RETURN(std::shared_ptr<const WeightFile> file,
                            OpenModelWeights(module.directory));
    PARLEY_ASSIGN_OR_RETURN(
        const TensorMap tensors,
        TensorMap::Bind(TensorsOf(module), std::move(file)));
    Layer layer = {.activation = module.activation};
    PARLEY_ASSIGN_OR_RETURN(layer.linear,
                            WeightLoader(tensors).LoadLinear({"linear"}));
    result.num_parameters_ += tensors.num_parameters();
    result.layers_.push_back(std::move(layer));
    width = module.out_features;
  }
  return result;
}

const float* DenseLayers::Run(int64_t num_rows, DenseScratch& scratch) const {
  PARLEY_CHECK(!empty() && num_rows <= kMaxRows) << num_rows;
  const float* input = scratch.input();
  for (size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const size_t width = layer.out_features();
    float* output = scratch.outputs_[i % 2].data();
    layer.linear->Run(input, num_rows, output);
    if (layer.activation.has_value()) {
      kernels::ForEachRow(num_rows, [&](int64_t row) {
        kernels::Activate(*layer.activation, {output + row * width, width});
      });
    }
    input = output;
  }
  return input;
}

DenseScratch::DenseScratch(const DenseLayers& layers) {
  if (layers.empty()) return;
  const int64_t num_rows = kernels::RoundUpRows(DenseLayers::kMaxRows);
  int64_t widest = 0;
  for (const DenseLayers::Layer& layer : layers.layers_) {
    widest = std::max(widest, layer.out_features());
  }
  input_ = FloatBuffer(num_rows * layers.in_features());
  for (FloatBuffer& output : outputs_) {
    output = FloatBuffer(num_rows * widest);
  }
}

}  // namespace parley
