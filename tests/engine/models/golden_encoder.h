// The tiny encoder models of tests/goldens/encoder, with what transformers
// makes of some token ids.
#ifndef PARLEY_TESTS_ENGINE_MODELS_GOLDEN_ENCODER_H_
#define PARLEY_TESTS_ENGINE_MODELS_GOLDEN_ENCODER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/models/encoder.h"
#include "engine/models/tensor_table.h"

namespace parley {

// Names of their folders, sorted.
std::vector<std::string> GoldenEncoders();

std::string GoldenEncoderPath(const std::string& name);

// Config and weights of one, for two threads. Fails the test where they do not
// load.
EncoderConfig GoldenEncoderConfig(const std::string& name);
std::unique_ptr<const EncoderModel> LoadGoldenEncoder(const std::string& name);

// The tensors of one, by the table of its architecture.
TensorMap GoldenEncoderTensors(const std::string& name);

// The lines of its references.jsonl, which tools/make_tiny_encoders.py wrote.
std::vector<nlohmann::json> GoldenEncoderRows(const std::string& name);

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_MODELS_GOLDEN_ENCODER_H_
