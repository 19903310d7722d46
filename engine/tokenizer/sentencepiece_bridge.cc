#include "engine/tokenizer/sentencepiece_bridge.h"

#include <sentencepiece_processor.h>

#include <exception>
#include <utility>

namespace parley {

struct SentencePieceModel::Impl {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

// Runs a call of SentencePiece, which reports most errors by status but
// throws some (those of its trie, and bad_alloc).
template <typename Call>
bool Succeeds(Call&& call, std::string* error) {
  try {
    const sentencepiece::util::Status status = call();
    if (status.ok()) return true;
    *error = status.error_message();
  } catch (const std::exception& exception) {
    *error = exception.what();
  }
  return false;
}

}  // namespace

SentencePieceModel::SentencePieceModel(std::unique_ptr<const Impl> impl)
    : impl_(std::move(impl)) {}

SentencePieceModel::~SentencePieceModel() = default;

std::unique_ptr<const SentencePieceModel> SentencePieceModel::FromBytes(
    std::string_view bytes, std::string* error) {
  auto impl = std::make_unique<Impl>();
  const bool loaded = Succeeds(
      [&] { return impl->processor.LoadFromSerializedProto(bytes); }, error);
  if (!loaded) return nullptr;
  return std::unique_ptr<const SentencePieceModel>(
      new SentencePieceModel(std::move(impl)));
}

bool SentencePieceModel::Encode(std::string_view text,
                                std::vector<SentencePiece>* pieces,
                                std::string* error) const {
  pieces->clear();
  const sentencepiece::SentencePieceProcessor& processor = impl_->processor;
  const auto encode = [&] {
    sentencepiece::ImmutableSentencePieceText encoded;
    const sentencepiece::util::Status status =
        processor.Encode(text, encoded.mutable_proto());
    if (!status.ok()) return status;
    pieces->reserve(encoded.pieces_size());
    for (size_t i = 0; i < encoded.pieces_size(); ++i) {
      const auto piece = encoded.pieces(static_cast<int>(i));
      pieces->push_back(
          {.piece = piece.piece(),
           .unknown = processor.IsUnknown(static_cast<int>(piece.id())),
           .begin = piece.begin(),
           .end = piece.end()});
    }
    return status;
  };
  return Succeeds(encode, error);
}

bool SentencePieceModel::Decode(const std::vector<std::string>& pieces,
                                std::string* text, std::string* error) const {
  text->clear();
  return Succeeds([&] { return impl_->processor.Decode(pieces, text); }, error);
}

bool SentencePieceModel::Normalize(std::string_view text,
                                   std::string* normalized,
                                   std::string* error) const {
  return Succeeds([&] { return impl_->processor.Normalize(text, normalized); },
                  error);
}

}  // namespace parley
