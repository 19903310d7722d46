// The weights of a model on their way into a file that needs no packing.
#ifndef PARLEY_TOOLS_LOCAL_CONVERTED_WEIGHTS_H_
#define PARLEY_TOOLS_LOCAL_CONVERTED_WEIGHTS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/api/compute_type.h"
#include "engine/models/weight_loader.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/converted_format.h"
#include "engine/weights/safetensors_writer.h"

namespace parley::tools {

// Takes what a loading model tells of its weights, and writes it as
// docs/model_format.md has it. Packed weights are shared with the model, the
// rest is copied. What comes under a name that is taken is the same again and
// changes nothing, but that a product may come with a bias later. One thread.
class ConvertedWeights final : public WeightSink {
 public:
  explicit ConvertedWeights(ComputeType compute_type);

  void AddProduct(const Product& product) override;
  void AddTable(const std::string& name, const TensorView& rows,
                absl::Span<const float> scales) override;
  void AddPackedTable(const std::string& name,
                      const kernels::PackedWeight& weight) override;
  void AddTensor(const std::string& name, const Shape& shape,
                 absl::Span<const float> numbers) override;

  // Gives the size of the file in bytes. `progress` is told the share that is
  // written, 0 to 1. Errors as SafetensorsWriter's.
  absl::StatusOr<int64_t> Write(
      const std::string& path,
      const std::function<void(double done)>& progress) const;

 private:
  struct Entry {
    PlannedTensor tensor;
    absl::Span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
  };

  void Share(PlannedTensor tensor, absl::Span<const std::byte> bytes,
             std::shared_ptr<const void> owner);
  void Copy(PlannedTensor tensor, absl::Span<const std::byte> bytes);
  void AddPacked(const std::string& name, const kernels::PackedWeight& weight);
  std::vector<const Entry*> InOrder() const;

  ConvertedFormat format_;
  std::vector<Entry> entries_;
  std::set<std::string> names_;  // Of the entries.
  // By where the panels are, the product under whose name they stand.
  std::map<const std::byte*, std::string> packed_;
};

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_CONVERTED_WEIGHTS_H_
