#include "engine/weights/torch_archive.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/weights/byte_cursor.h"
#include "engine/weights/pickle_reader.h"
#include "engine/weights/quoted_name.h"
#include "engine/weights/zip_reader.h"

namespace parley {
namespace {

using Kind = PickleValue::Kind;

// 0x1950a86a20f9469cfc6c, the first pickle of the legacy format.
constexpr absl::string_view kLegacyMagic =
    "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr int64_t kLegacyVersion = 1001;

absl::Status Broken(absl::string_view rule) {
  return absl::InvalidArgumentError(rule);
}

uint64_t StorageBytes(const TorchStorage& storage) {
  return static_cast<uint64_t>(storage.num_elements) *
         DTypeBytes(storage.dtype);
}

// The folder that all entries of a torch archive are in, with its slash. Its
// name is the saved file's.
absl::StatusOr<std::string> FindFolder(const ZipEntries& entries) {
  constexpr absl::string_view kPickleName = "/data.pkl";
  for (const auto& [name, data] : entries) {
    const size_t slash = name.find('/');
    if (slash != std::string::npos &&
        absl::string_view(name).substr(slash) == kPickleName) {
      return name.substr(0, slash + 1);
    }
  }
  return Broken("zip archive: no entry is named <folder>/data.pkl");
}

absl::StatusOr<TorchArchive> ReadZipFormat(absl::Span<const std::byte> bytes) {
  PARLEY_ASSIGN_OR_RETURN(const ZipEntries entries, ReadZip(bytes));
  PARLEY_ASSIGN_OR_RETURN(const std::string folder, FindFolder(entries));
  if (entries.contains(folder + "constants.pkl")) {
    return Broken("it is a TorchScript program, expected a state dict");
  }
  const auto byte_order = entries.find(folder + "byteorder");
  if (byte_order != entries.end() && AsText(byte_order->second) != "little") {
    return Broken(absl::StrCat("its byte order is ",
                               QuotedName(AsText(byte_order->second)),
                               ", expected \"little\""));
  }
  PARLEY_ASSIGN_OR_RETURN(
      const Pickle pickle,
      ReadPickle(entries.at(folder + "data.pkl"), TorchStateDictGlobals()));
  TorchArchive archive;
  PARLEY_ASSIGN_OR_RETURN(archive.state_dict,
                          ReadTorchStateDict(pickle.root()));
  for (const auto& [key, storage] : archive.state_dict.storages) {
    const auto entry = entries.find(absl::StrCat(folder, "data/", key));
    if (entry == entries.end()) {
      return Broken(
          absl::StrCat("storage ", QuotedName(key), ": no entry has its data"));
    }
    if (entry->second.size() != StorageBytes(storage)) {
      return Broken(absl::StrCat(
          "storage ", QuotedName(key), ": it has ", entry->second.size(),
          " bytes, ", DTypeName(storage.dtype), "[", storage.num_elements,
          "] needs ", StorageBytes(storage)));
    }
    archive.storages.emplace(key, entry->second);
  }
  return archive;
}

// Reads the pickle that `cursor` is at and moves past it. `what` is for
// messages.
absl::StatusOr<Pickle> TakePickle(absl::Span<const std::byte> bytes,
                                  ByteCursor& cursor, absl::string_view what) {
  absl::StatusOr<Pickle> pickle =
      ReadPickle(bytes.subspan(cursor.position()), TorchStateDictGlobals());
  if (!pickle.ok()) {
    return Broken(absl::StrCat(what, " at byte ", cursor.position(), ": ",
                               pickle.status().message()));
  }
  cursor.Take(pickle->size_bytes());
  return pickle;
}

// The three pickles before the object: magic number, version, machine.
absl::Status TakeLegacyPreamble(absl::Span<const std::byte> bytes,
                                ByteCursor& cursor) {
  PARLEY_ASSIGN_OR_RETURN(const Pickle magic,
                          TakePickle(bytes, cursor, "magic number"));
  if (magic.root().kind != Kind::kBigInteger ||
      magic.root().text != kLegacyMagic) {
    return Broken("it is a pickle, but not one that torch.save wrote");
  }
  PARLEY_ASSIGN_OR_RETURN(const Pickle version,
                          TakePickle(bytes, cursor, "protocol version"));
  if (version.root().kind != Kind::kInteger ||
      version.root().integer != kLegacyVersion) {
    return Broken(absl::StrCat("its protocol version is ",
                               DescribePickleValue(version.root()),
                               ", expected ", kLegacyVersion));
  }
  PARLEY_ASSIGN_OR_RETURN(const Pickle machine,
                          TakePickle(bytes, cursor, "machine description"));
  if (machine.root().kind != Kind::kDict) {
    return Broken("its machine description is not a dict");
  }
  const std::vector<const PickleValue*>& items = machine.root().items;
  for (size_t i = 0; i < items.size(); i += 2) {
    if (items[i]->kind == Kind::kString && items[i]->text == "little_endian" &&
        items[i + 1]->kind == Kind::kBool && items[i + 1]->integer == 1) {
      return absl::OkStatus();
    }
  }
  return Broken("it was not written on a little-endian machine");
}

// One storage: its number of elements, then the elements.
absl::StatusOr<absl::Span<const std::byte>> TakeLegacyStorage(
    const TorchStorage& storage, ByteCursor& cursor) {
  const std::optional<int64_t> num_elements = cursor.Read<int64_t>();
  if (!num_elements.has_value()) return Broken("the file ends before its size");
  if (*num_elements != storage.num_elements) {
    return Broken(absl::StrCat("it has ", *num_elements,
                               " elements, the pickle says ",
                               storage.num_elements));
  }
  const auto data = cursor.Take(StorageBytes(storage));
  if (!data.has_value()) {
    return Broken(absl::StrCat("it needs ", StorageBytes(storage),
                               " bytes, the file has ", cursor.remaining(),
                               " more"));
  }
  return *data;
}

absl::StatusOr<TorchArchive> ReadLegacyFormat(
    absl::Span<const std::byte> bytes) {
  ByteCursor cursor(bytes);
  PARLEY_RETURN_IF_ERROR(TakeLegacyPreamble(bytes, cursor));
  PARLEY_ASSIGN_OR_RETURN(const Pickle object,
                          TakePickle(bytes, cursor, "object"));
  TorchArchive archive;
  PARLEY_ASSIGN_OR_RETURN(archive.state_dict,
                          ReadTorchStateDict(object.root()));
  PARLEY_ASSIGN_OR_RETURN(const Pickle keys,
                          TakePickle(bytes, cursor, "storage keys"));
  if (keys.root().kind != Kind::kList) {
    return Broken("its storage keys are not a list");
  }
  for (const PickleValue* key : keys.root().items) {
    if (key->kind != Kind::kString) {
      return Broken("one of its storage keys is not a string");
    }
    const auto storage =
        archive.state_dict.storages.find(std::string(key->text));
    if (storage == archive.state_dict.storages.end()) {
      return Broken(absl::StrCat("storage ", QuotedName(key->text),
                                 ": no tensor is in it"));
    }
    const auto data = TakeLegacyStorage(storage->second, cursor);
    if (!data.ok()) {
      return Broken(absl::StrCat("storage ", QuotedName(key->text), ": ",
                                 data.status().message()));
    }
    if (!archive.storages.emplace(storage->first, *data).second) {
      return Broken(absl::StrCat("storage ", QuotedName(key->text),
                                 ": it is there twice"));
    }
  }
  for (const auto& [key, storage] : archive.state_dict.storages) {
    if (!archive.storages.contains(key)) {
      return Broken(
          absl::StrCat("storage ", QuotedName(key), ": the file lacks it"));
    }
  }
  if (cursor.remaining() != 0) {
    return Broken(absl::StrCat("the last ", cursor.remaining(),
                               " bytes belong to no storage"));
  }
  return archive;
}

}  // namespace

absl::StatusOr<TorchArchive> ReadTorchArchive(
    absl::Span<const std::byte> bytes) {
  const absl::string_view text = AsText(bytes);
  if (absl::StartsWith(text, "PK")) return ReadZipFormat(bytes);
  if (absl::StartsWith(text, "\x80")) return ReadLegacyFormat(bytes);
  return Broken(
      "it is neither a zip archive nor a pickle, so torch.save did not write "
      "it");
}

}  // namespace parley
