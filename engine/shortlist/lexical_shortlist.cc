#include "engine/shortlist/lexical_shortlist.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "base/log.h"

namespace parley {
namespace {

constexpr int kWordBits = 64;

}  // namespace

LexicalShortlist::LexicalShortlist(LexicalTable table, const Options& options)
    : table_(std::move(table)),
      copied_size_(options.joint_vocabulary ? options.target_vocab_size : 0) {
  TokenId greatest = options.target_vocab_size;
  for (const TokenId id : options.always) greatest = std::max(greatest, id);
  always_.resize(greatest / kWordBits + 1);
  for (const TokenId id : options.always) Set(id, &always_);
  const size_t num_frequent = std::min<size_t>(
      std::max(0, options.num_frequent), table_.frequent.size());
  for (size_t i = 0; i < num_frequent; ++i) Set(table_.frequent[i], &always_);
}

void LexicalShortlist::Set(TokenId id, Bits* bits) {
  PARLEY_CHECK(id >= 0 && id / kWordBits < static_cast<int64_t>(bits->size()))
      << id;
  (*bits)[id / kWordBits] |= uint64_t{1} << (id % kWordBits);
}

std::vector<TokenId> LexicalShortlist::TargetTokens(
    absl::Span<const TokenId> source_ids) const {
  Bits bits = always_;
  for (const TokenId source : source_ids) {
    for (const TokenId target : table_.Row(source)) Set(target, &bits);
    if (source >= 0 && source < copied_size_) Set(source, &bits);
  }
  size_t num_tokens = 0;
  for (const uint64_t word : bits) num_tokens += std::popcount(word);
  std::vector<TokenId> tokens;
  tokens.reserve(num_tokens);
  for (size_t i = 0; i < bits.size(); ++i) {
    for (uint64_t word = bits[i]; word != 0; word &= word - 1) {
      tokens.push_back(static_cast<TokenId>(i * kWordBits) +
                       std::countr_zero(word));
    }
  }
  return tokens;
}

}  // namespace parley
