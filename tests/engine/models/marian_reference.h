// MarianMT in double precision, without a cache, a batch or a kernel: what the
// engine is compared with. Reads the checkpoint by transformers' names.
#ifndef PARLEY_TESTS_ENGINE_MODELS_MARIAN_REFERENCE_H_
#define PARLEY_TESTS_ENGINE_MODELS_MARIAN_REFERENCE_H_

#include <map>
#include <string>
#include <vector>

#include "engine/models/marian_config.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Rows of numbers: [num_rows][width].
using Matrix = std::vector<std::vector<double>>;

class MarianReference {
 public:
  MarianReference(const MarianConfig& config, const WeightFile& file);

  // The encoder's output: [source_len][d_model].
  Matrix Encode(const std::vector<int>& source_ids) const;

  // Logits after each of `target_ids`, the start token first:
  // [target_len][vocab_size].
  Matrix Logits(const Matrix& encoder_output,
                const std::vector<int>& target_ids) const;

 private:
  struct Tensor {
    std::vector<double> values;
    int64_t columns = 0;
  };

  const Tensor& Get(const std::string& name) const;
  const Tensor& Table(const std::string& side) const;
  Matrix Linear(const std::string& name, const Matrix& x) const;
  Matrix AddNorm(const std::string& name, const Matrix& x,
                 const Matrix& delta) const;
  Matrix Embed(const std::string& side, const std::vector<int>& ids) const;
  // Attention of rows of `x` to rows of `memory`; a causal row sees only those
  // up to its own.
  enum class Mask { kNone, kCausal };
  Matrix Attention(const std::string& name, const Matrix& x,
                   const Matrix& memory, Mask mask, int num_heads) const;
  Matrix FeedForward(const std::string& layer, const Matrix& x) const;
  double Activate(double x) const;

  const MarianConfig config_;
  std::map<std::string, Tensor> tensors_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_MODELS_MARIAN_REFERENCE_H_
