#include "engine/tokenizer/text/normal_form.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "engine/tokenizer/text/code_points.h"
#include "engine/tokenizer/text/rewriter.h"
#include "engine/tokenizer/text/unicode_properties.h"
#include "unicode/uchar.h"
#include "unicode/unorm2.h"
#include "unicode/utf16.h"

namespace parley {
namespace {

// A character on its way out. `consumed` is the number of characters of the
// source that it stands for: 0 for one that a decomposition adds, more than 1
// where several are composed.
struct Written {
  char32_t value = 0;
  uint8_t combining_class = 0;
  int consumed = 0;
};

const UNormalizer2* Instance(bool compatible) {
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* instance = compatible ? unorm2_getNFKCInstance(&error)
                                            : unorm2_getNFCInstance(&error);
  PARLEY_CHECK(U_SUCCESS(error));  // Its data is part of the library.
  return instance;
}

uint8_t CombiningClass(char32_t c) {
  if (c < 0x300 || !HasNormalForm(c)) return 0;
  return u_getCombiningClass(static_cast<UChar32>(c));
}

// Decomposes and orders; characters come out by `emit(Written)`, in runs that
// begin with a character of class 0.
template <typename Emit>
class Decomposer {
 public:
  Decomposer(const UNormalizer2* data, Emit emit) : data_(data), emit_(emit) {}

  void Add(char32_t c) {
    // The longest decomposition has 18 units (U+FDFA).
    UChar units[32];
    UErrorCode error = U_ZERO_ERROR;
    const int32_t size =
        c < 0x80 || !HasNormalForm(c)
            ? -1
            : unorm2_getDecomposition(data_, static_cast<UChar32>(c), units,
                                      std::size(units), &error);
    if (size < 0) return Push(c, 1);
    PARLEY_CHECK(U_SUCCESS(error));
    int consumed = 1;
    for (int32_t i = 0; i < size;) {
      UChar32 part;
      U16_NEXT(units, i, size, part);
      Push(static_cast<char32_t>(part), consumed);
      consumed = 0;
    }
  }

  void Flush() {
    const auto by_class = [](const Written& a, const Written& b) {
      return a.combining_class < b.combining_class;
    };
    if (run_.size() > 1) {
      std::stable_sort(run_.begin(), run_.end(), by_class);
    }
    for (const Written& written : run_) emit_(written);
    run_.clear();
  }

 private:
  void Push(char32_t c, int consumed) {
    const uint8_t combining_class = CombiningClass(c);
    if (combining_class == 0) Flush();
    run_.push_back({c, combining_class, consumed});
  }

  const UNormalizer2* data_;
  Emit emit_;
  std::vector<Written> run_;
};

// Composes what comes out of a decomposer.
template <typename Emit>
class Composer {
 public:
  Composer(const UNormalizer2* data, Emit emit) : data_(data), emit_(emit) {}

  void Add(const Written& next) {
    if (!starter_.has_value()) {
      if (next.combining_class != 0) return emit_(next);
      starter_ = next;
      return;
    }
    // What stands between blocks what is not of a higher class.
    const bool blocked = !between_.empty() && between_.back().combining_class >=
                                                  next.combining_class;
    if (!blocked && Compose(next)) return;
    if (next.combining_class == 0) {
      Flush();
      starter_ = next;
      return;
    }
    between_.push_back(next);
  }

  void Flush() {
    if (starter_.has_value()) emit_(*starter_);
    for (const Written& written : between_) emit_(written);
    starter_.reset();
    between_.clear();
  }

 private:
  bool Compose(const Written& next) {
    const UChar32 composed =
        unorm2_composePair(data_, static_cast<UChar32>(starter_->value),
                           static_cast<UChar32>(next.value));
    if (composed < 0 || !HasNormalForm(static_cast<char32_t>(composed))) {
      return false;
    }
    starter_->value = static_cast<char32_t>(composed);
    starter_->consumed += next.consumed;
    return true;
  }

  const UNormalizer2* data_;
  Emit emit_;
  std::optional<Written> starter_;
  std::vector<Written> between_;
};

class NormalFormStep : public Normalizer {
 public:
  explicit NormalFormStep(NormalForm form)
      : data_(Instance(form == NormalForm::kNfkc || form == NormalForm::kNfkd)),
        composes_(form == NormalForm::kNfc || form == NormalForm::kNfkc) {}

  void Apply(AlignedText* text) const override {
    // Nothing below this is changed by any form.
    constexpr auto kIsAscii = [](char c) {
      return static_cast<uint8_t>(c) < 0x80;
    };
    if (std::all_of(text->text.begin(), text->text.end(), kIsAscii)) return;
    AlignedText result;
    result.text.reserve(text->text.size());
    result.origin.reserve(text->text.size());
    Rewriter rewriter(*text, &result);
    const auto write = [&rewriter](const Written& written) {
      if (written.consumed == 0) return rewriter.Insert(written.value);
      rewriter.Replace(written.value, written.consumed - 1);
    };
    if (composes_) {
      Composer composer(data_, write);
      Decompose(text->text, [&composer](const Written& w) { composer.Add(w); });
      composer.Flush();
    } else {
      Decompose(text->text, write);
    }
    *text = std::move(result);
  }

 private:
  template <typename Emit>
  void Decompose(absl::string_view text, Emit emit) const {
    Decomposer decomposer(data_, emit);
    ForEachCodePoint(text, [&decomposer](CodePoint point, size_t) {
      decomposer.Add(point.value);
    });
    decomposer.Flush();
  }

  const UNormalizer2* data_;
  const bool composes_;
};

}  // namespace

std::unique_ptr<const Normalizer> CreateNormalForm(NormalForm form) {
  return std::make_unique<NormalFormStep>(form);
}

}  // namespace parley
