// The two files torch.save has written: a zip archive since torch 1.6, a
// sequence of pickles before.
#ifndef PARLEY_ENGINE_WEIGHTS_TORCH_ARCHIVE_H_
#define PARLEY_ENGINE_WEIGHTS_TORCH_ARCHIVE_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/weights/torch_state_dict.h"

namespace parley {

// A state dict and the bytes of its storages: exactly as many as each has,
// views of the file.
struct TorchArchive {
  TorchStateDict state_dict;
  std::map<std::string, absl::Span<const std::byte>> storages;  // By key.
};

// Either format, told apart by the first bytes. INVALID_ARGUMENT, naming
// tensor or storage and rule, where the file is neither, is cut short, was
// written on a big-endian machine, or holds something other than a state dict.
absl::StatusOr<TorchArchive> ReadTorchArchive(
    absl::Span<const std::byte> bytes);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_TORCH_ARCHIVE_H_
