#include "engine/shortlist/shortlist_loader.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "base/status_macros.h"
#include "engine/shortlist/lex_text.h"
#include "engine/shortlist/lexical_shortlist.h"
#include "engine/shortlist/lexical_table.h"
#include "engine/shortlist/shortlist_file.h"

namespace parley {
namespace {

absl::StatusOr<LexicalTable> ReadTable(const ShortlistSource& source) {
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<MappedFile> file,
                          MappedFile::Open(source.path));
  const absl::string_view bytes(
      reinterpret_cast<const char*>(file->bytes().data()),
      file->bytes().size());
  if (IsShortlistFile(bytes)) {
    return ParseShortlistFile(bytes, source.path, source.best,
                              DescribeVocabularies(*source.source_vocabulary,
                                                   *source.target_vocabulary));
  }
  PARLEY_ASSIGN_OR_RETURN(
      LexText text,
      ParseLexText(bytes, source.path, source.best,
                   {*source.source_vocabulary, *source.target_vocabulary}));
  if (text.num_unknown > 0) {
    PARLEY_LOG(kWarning) << source.path << ": ignored " << text.num_unknown
                         << " of " << text.num_lines
                         << " pairs, which have words that the vocabularies do "
                            "not have; the first is on line "
                         << text.first_unknown;
  }
  return std::move(text.table);
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Shortlist>> LoadShortlist(
    const ShortlistSource& source) {
  PARLEY_ASSIGN_OR_RETURN(LexicalTable table, ReadTable(source));
  return std::make_unique<const LexicalShortlist>(
      std::move(table),
      LexicalShortlist::Options{
          .num_frequent = source.frequent,
          .always = source.always,
          .joint_vocabulary =
              source.source_vocabulary == source.target_vocabulary,
          .target_vocab_size = source.target_vocabulary->size()});
}

}  // namespace parley
