// The stored (uncompressed) zip archives that torch.save writes.
#ifndef PARLEY_ENGINE_WEIGHTS_ZIP_READER_H_
#define PARLEY_ENGINE_WEIGHTS_ZIP_READER_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace parley {

// Entry names and their bytes, which are views of the archive's.
using ZipEntries = std::map<std::string, absl::Span<const std::byte>>;

// Reads an archive (PKWARE's APPNOTE.TXT is the format), with or without
// zip64. INVALID_ARGUMENT, naming entry and rule, where it has no directory or
// is split over disks, where an entry is compressed, encrypted, named twice,
// out of the file's range or overlaps another, and where a local header says
// other than the directory. CRCs are not compared.
absl::StatusOr<ZipEntries> ReadZip(absl::Span<const std::byte> bytes);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_ZIP_READER_H_
