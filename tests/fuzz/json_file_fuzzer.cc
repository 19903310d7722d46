// Any bytes as JSON: read, or refused; and every getter on every kind of value.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/log.h"
#include "engine/weights/json_file.h"

namespace parley {
namespace {

// A getter gives nothing exactly where the key is not there.
template <typename T>
void Check(const JsonFile& file, absl::string_view key, const T& value) {
  if (value.ok()) PARLEY_CHECK(value->has_value() == file.Has(key));
}

void CallGetters(const JsonFile& file, absl::string_view key) {
  Check(file, key, file.GetInt(key));
  Check(file, key, file.GetNumber(key));
  Check(file, key, file.GetBool(key));
  Check(file, key, file.GetString(key));
  Check(file, key, file.GetStrings(key));
  Check(file, key, file.GetIntLists(key));
  Check(file, key, file.GetStringLists(key));
  Check(file, key, file.GetBoolOrString(key));
  Check(file, key, file.GetIntOrOnlyInt(key));
}

}  // namespace
}  // namespace parley

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = parley::JsonFile::Parse(
      {reinterpret_cast<const char*>(data), size}, "fuzzed");
  if (!file.ok()) {
    PARLEY_CHECK(!file.status().message().empty());
    return 0;
  }
  for (const std::string& key : file->UnknownKeys({})) {
    parley::CallGetters(*file, key);
  }
  return 0;
}
