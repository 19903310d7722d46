// How summaries of models are printed.
#ifndef PARLEY_TOOLS_LOCAL_SUMMARY_FORMAT_H_
#define PARLEY_TOOLS_LOCAL_SUMMARY_FORMAT_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "tools/local/model_summary.h"

namespace parley::tools {

enum class TensorList { kNone, kAll };

// "812 bytes", "13.1 MB"; a MB is a million bytes.
std::string BytesText(int64_t num_bytes);

// Lines for people: a field a line, then the tensors.
void PrintSummary(const ModelSummary& summary, TensorList tensors,
                  std::ostream& out);

// The same as a JSON object on one line, without the line's end; sizes are in
// bytes. What is not UTF-8 is replaced by U+FFFD.
std::string SummaryToJson(const ModelSummary& summary, TensorList tensors);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_SUMMARY_FORMAT_H_
