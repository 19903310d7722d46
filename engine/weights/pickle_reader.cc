#include "engine/weights/pickle_reader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/weights/byte_cursor.h"
#include "engine/weights/pickle_opcodes.h"
#include "engine/weights/pickle_value.h"
#include "engine/weights/quoted_name.h"

namespace parley {

using Kind = PickleValue::Kind;

namespace {

constexpr absl::string_view kOrderedDict = "collections.OrderedDict";

// A state dict takes about 25 values for each tensor. Bounds the memory of
// values, stack and memo at about a hundred bytes each.
constexpr size_t kMaxValues = 1 << 20;
constexpr size_t kMaxGlobalLineBytes = 256;

absl::Status CutShort() {
  return absl::InvalidArgumentError("the pickle is cut short");
}

}  // namespace

// The stack machine of the format (CPython's Lib/pickletools.py describes each
// opcode). Errors leave it in no particular state.
class PickleMachine {
 public:
  PickleMachine(absl::Span<const std::byte> bytes,
                absl::Span<const absl::string_view> allowed_globals)
      : cursor_(bytes),
        allowed_globals_(allowed_globals),
        values_(std::make_unique<std::deque<PickleValue>>()) {}

  absl::StatusOr<Pickle> Run();

 private:
  struct Opcode {
    uint8_t code;
    absl::Status (PickleMachine::*run)();
  };
  static const Opcode kOpcodes[];
  static const Opcode* FindOpcode(uint8_t code);

  absl::Status RunProto();
  absl::Status RunFrame();
  absl::Status RunStop();
  absl::Status RunMark();
  absl::Status RunNone() { return Push({.kind = Kind::kNone}); }
  absl::Status RunTrue() { return Push({.kind = Kind::kBool, .integer = 1}); }
  absl::Status RunFalse() { return Push({.kind = Kind::kBool}); }
  template <typename T>
  absl::Status RunInteger();
  absl::Status RunLong();
  absl::Status RunFloat();
  template <typename Length>
  absl::Status RunString();
  absl::Status RunEmptyTuple() { return Push({.kind = Kind::kTuple}); }
  absl::Status RunEmptyList() { return Push({.kind = Kind::kList}); }
  absl::Status RunEmptyDict() { return Push({.kind = Kind::kDict}); }
  template <size_t kNumItems>
  absl::Status RunSmallTuple();
  absl::Status RunTuple();
  absl::Status RunAppend();
  absl::Status RunAppends();
  absl::Status RunSetItem();
  absl::Status RunSetItems();
  template <typename Index>
  absl::Status RunPut();
  absl::Status RunMemoize();
  template <typename Index>
  absl::Status RunGet();
  absl::Status RunGlobal();
  absl::Status RunStackGlobal();
  absl::Status RunReduce();
  absl::Status RunBuild();
  absl::Status RunPersistentId();

  absl::Status CountValue();
  absl::Status Push(PickleValue value);
  absl::Status PushGlobal(absl::string_view module, absl::string_view name);
  absl::Status Memorize(size_t index);
  size_t NumAboveMark() const;
  // Takes the `num_items` values on top off the stack, in stack order.
  // Refuses to go below the last mark.
  absl::StatusOr<std::vector<PickleValue*>> Pop(size_t num_items);
  // Takes all values above the last mark, and the mark.
  absl::StatusOr<std::vector<PickleValue*>> PopMark();
  // The value on top, which is to be of `kind`.
  absl::StatusOr<PickleValue*> Top(Kind kind);
  absl::Status Extend(Kind kind, const std::vector<PickleValue*>& items);

  ByteCursor cursor_;
  const absl::Span<const absl::string_view> allowed_globals_;
  std::unique_ptr<std::deque<PickleValue>> values_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;       // Sizes of the stack at its marks.
  std::vector<PickleValue*> memo_;  // Null where nothing was put.
  size_t num_memorized_ = 0;
  size_t num_values_ = 0;  // Pushed so far.
  bool stopped_ = false;
};

const PickleMachine::Opcode PickleMachine::kOpcodes[] = {
    {0x80, &PickleMachine::RunProto},
    {0x95, &PickleMachine::RunFrame},
    {'.', &PickleMachine::RunStop},
    {'(', &PickleMachine::RunMark},
    {'N', &PickleMachine::RunNone},
    {0x88, &PickleMachine::RunTrue},
    {0x89, &PickleMachine::RunFalse},
    {'J', &PickleMachine::RunInteger<int32_t>},
    {'K', &PickleMachine::RunInteger<uint8_t>},
    {'M', &PickleMachine::RunInteger<uint16_t>},
    {0x8a, &PickleMachine::RunLong},
    {'G', &PickleMachine::RunFloat},
    {'X', &PickleMachine::RunString<uint32_t>},
    {0x8c, &PickleMachine::RunString<uint8_t>},
    {0x8d, &PickleMachine::RunString<uint64_t>},
    {')', &PickleMachine::RunEmptyTuple},
    {']', &PickleMachine::RunEmptyList},
    {'}', &PickleMachine::RunEmptyDict},
    {0x85, &PickleMachine::RunSmallTuple<1>},
    {0x86, &PickleMachine::RunSmallTuple<2>},
    {0x87, &PickleMachine::RunSmallTuple<3>},
    {'t', &PickleMachine::RunTuple},
    {'a', &PickleMachine::RunAppend},
    {'e', &PickleMachine::RunAppends},
    {'s', &PickleMachine::RunSetItem},
    {'u', &PickleMachine::RunSetItems},
    {'q', &PickleMachine::RunPut<uint8_t>},
    {'r', &PickleMachine::RunPut<uint32_t>},
    {0x94, &PickleMachine::RunMemoize},
    {'h', &PickleMachine::RunGet<uint8_t>},
    {'j', &PickleMachine::RunGet<uint32_t>},
    {'c', &PickleMachine::RunGlobal},
    {0x93, &PickleMachine::RunStackGlobal},
    {'R', &PickleMachine::RunReduce},
    {'b', &PickleMachine::RunBuild},
    {'Q', &PickleMachine::RunPersistentId},
};

const PickleMachine::Opcode* PickleMachine::FindOpcode(uint8_t code) {
  static const std::array<const Opcode*, 256> table = [] {
    std::array<const Opcode*, 256> by_code{};
    for (const Opcode& opcode : kOpcodes) by_code[opcode.code] = &opcode;
    return by_code;
  }();
  return table[code];
}

absl::StatusOr<Pickle> PickleMachine::Run() {
  if (cursor_.remaining() > 0) {
    ByteCursor peek = cursor_;
    if (*peek.Read<uint8_t>() != 0x80) {
      return absl::InvalidArgumentError(
          "not a pickle of protocol 2 or later: it does not start with PROTO");
    }
  }
  while (!stopped_) {
    const size_t position = cursor_.position();
    const std::optional<uint8_t> code = cursor_.Read<uint8_t>();
    if (!code.has_value()) return CutShort();
    const Opcode* opcode = FindOpcode(*code);
    if (opcode == nullptr) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "pickle byte %d: opcode %s (0x%02x) is not one that a state dict "
          "needs",
          position, std::string(PickleOpcodeName(*code)), *code));
    }
    if (absl::Status status = (this->*opcode->run)(); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("pickle byte ", position, ": ", PickleOpcodeName(*code),
                       ": ", status.message()));
    }
  }
  Pickle pickle;
  pickle.values_ = std::move(values_);
  pickle.root_ = stack_.front();
  pickle.size_bytes_ = cursor_.position();
  return pickle;
}

absl::Status PickleMachine::RunProto() {
  const std::optional<uint8_t> protocol = cursor_.Read<uint8_t>();
  if (!protocol.has_value()) return CutShort();
  if (*protocol < 2 || *protocol > 5) {
    return absl::InvalidArgumentError(
        absl::StrCat("protocol ", *protocol, " is not one of 2 to 5"));
  }
  return absl::OkStatus();
}

absl::Status PickleMachine::RunFrame() {
  // A frame says how many bytes to fetch at once; all of ours are at hand.
  const std::optional<uint64_t> num_bytes = cursor_.Read<uint64_t>();
  if (!num_bytes.has_value() || *num_bytes > cursor_.remaining()) {
    return CutShort();
  }
  return absl::OkStatus();
}

absl::Status PickleMachine::RunStop() {
  if (stack_.size() != 1 || !marks_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected one value on the stack, found ", stack_.size(),
                     " and ", marks_.size(), " marks"));
  }
  stopped_ = true;
  return absl::OkStatus();
}

absl::Status PickleMachine::RunMark() {
  PARLEY_RETURN_IF_ERROR(CountValue());
  marks_.push_back(stack_.size());
  return absl::OkStatus();
}

template <typename T>
absl::Status PickleMachine::RunInteger() {
  const std::optional<T> value = cursor_.Read<T>();
  if (!value.has_value()) return CutShort();
  return Push({.kind = Kind::kInteger, .integer = *value});
}

absl::Status PickleMachine::RunLong() {
  const std::optional<uint8_t> num_bytes = cursor_.Read<uint8_t>();
  if (!num_bytes.has_value()) return CutShort();
  const auto bytes = cursor_.Take(*num_bytes);
  if (!bytes.has_value()) return CutShort();
  if (bytes->size() > sizeof(int64_t)) {
    return Push({.kind = Kind::kBigInteger, .text = AsText(*bytes)});
  }
  // Little-endian two's complement: extend the sign, then lay the bytes over.
  const bool negative =
      !bytes->empty() && (static_cast<uint8_t>(bytes->back()) & 0x80) != 0;
  int64_t value = negative ? -1 : 0;
  if (!bytes->empty()) std::memcpy(&value, bytes->data(), bytes->size());
  return Push({.kind = Kind::kInteger, .integer = value});
}

absl::Status PickleMachine::RunFloat() {
  if (!cursor_.Take(sizeof(double)).has_value()) return CutShort();
  return Push({.kind = Kind::kFloat});
}

template <typename Length>
absl::Status PickleMachine::RunString() {
  const std::optional<Length> num_bytes = cursor_.Read<Length>();
  if (!num_bytes.has_value()) return CutShort();
  const auto bytes = cursor_.Take(*num_bytes);
  if (!bytes.has_value()) return CutShort();
  const absl::string_view text = AsText(*bytes);
  if (ValidUtf8PrefixBytes(text) != text.size()) {
    return absl::InvalidArgumentError("the string is not UTF-8");
  }
  return Push({.kind = Kind::kString, .text = text});
}

template <size_t kNumItems>
absl::Status PickleMachine::RunSmallTuple() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items,
                          Pop(kNumItems));
  return Push({.kind = Kind::kTuple, .items = {items.begin(), items.end()}});
}

absl::Status PickleMachine::RunTuple() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, PopMark());
  return Push({.kind = Kind::kTuple, .items = {items.begin(), items.end()}});
}

absl::Status PickleMachine::RunAppend() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(1));
  return Extend(Kind::kList, items);
}

absl::Status PickleMachine::RunAppends() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, PopMark());
  return Extend(Kind::kList, items);
}

absl::Status PickleMachine::RunSetItem() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(2));
  return Extend(Kind::kDict, items);
}

absl::Status PickleMachine::RunSetItems() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, PopMark());
  if (items.size() % 2 != 0) {
    return absl::InvalidArgumentError("a key without a value");
  }
  return Extend(Kind::kDict, items);
}

template <typename Index>
absl::Status PickleMachine::RunPut() {
  const std::optional<Index> index = cursor_.Read<Index>();
  if (!index.has_value()) return CutShort();
  return Memorize(*index);
}

absl::Status PickleMachine::RunMemoize() { return Memorize(num_memorized_); }

template <typename Index>
absl::Status PickleMachine::RunGet() {
  const std::optional<Index> index = cursor_.Read<Index>();
  if (!index.has_value()) return CutShort();
  if (*index >= memo_.size() || memo_[*index] == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("nothing was put at ", *index));
  }
  PARLEY_RETURN_IF_ERROR(CountValue());
  stack_.push_back(memo_[*index]);
  return absl::OkStatus();
}

absl::Status PickleMachine::RunGlobal() {
  const auto module = cursor_.TakeLine(kMaxGlobalLineBytes);
  if (!module.has_value()) return CutShort();
  const auto name = cursor_.TakeLine(kMaxGlobalLineBytes);
  if (!name.has_value()) return CutShort();
  return PushGlobal(*module, *name);
}

absl::Status PickleMachine::RunStackGlobal() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(2));
  for (const PickleValue* item : items) {
    if (item->kind != Kind::kString) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a module and a name, found ", DescribePickleValue(*item)));
    }
  }
  return PushGlobal(items[0]->text, items[1]->text);
}

absl::Status PickleMachine::RunReduce() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(2));
  if (items[0]->kind != Kind::kGlobal) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a name to call, found ", DescribePickleValue(*items[0])));
  }
  if (items[1]->kind != Kind::kTuple) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a tuple of arguments, found ",
                     DescribePickleValue(*items[1])));
  }
  if (items[0]->text == kOrderedDict) {
    if (!items[1]->items.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(kOrderedDict, " is called with arguments"));
    }
    return Push({.kind = Kind::kDict, .ordered = true});
  }
  return Push({.kind = Kind::kCall, .items = {items.begin(), items.end()}});
}

absl::Status PickleMachine::RunBuild() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(1));
  PARLEY_ASSIGN_OR_RETURN(const PickleValue* target, Top(Kind::kDict));
  // A module's state dict carries the versions of its submodules as an
  // attribute, _metadata. No tensor can be there.
  if (!target->ordered || items[0]->kind != Kind::kDict) {
    return absl::InvalidArgumentError(
        "attributes are set on something other than an OrderedDict");
  }
  return absl::OkStatus();
}

absl::Status PickleMachine::RunPersistentId() {
  PARLEY_ASSIGN_OR_RETURN(const std::vector<PickleValue*> items, Pop(1));
  return Push(
      {.kind = Kind::kPersistent, .items = {items.begin(), items.end()}});
}

absl::Status PickleMachine::CountValue() {
  if (++num_values_ <= kMaxValues) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("more than ", kMaxValues, " values"));
}

absl::Status PickleMachine::Push(PickleValue value) {
  PARLEY_RETURN_IF_ERROR(CountValue());
  values_->push_back(std::move(value));
  stack_.push_back(&values_->back());
  return absl::OkStatus();
}

absl::Status PickleMachine::PushGlobal(absl::string_view module,
                                       absl::string_view name) {
  const std::string full_name = absl::StrCat(module, ".", name);
  if (full_name == kOrderedDict) {
    return Push({.kind = Kind::kGlobal, .text = kOrderedDict});
  }
  const auto allowed =
      std::find(allowed_globals_.begin(), allowed_globals_.end(), full_name);
  if (allowed == allowed_globals_.end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        QuotedName(full_name), " is not a name that a state dict needs"));
  }
  return Push({.kind = Kind::kGlobal, .text = *allowed});
}

absl::Status PickleMachine::Memorize(size_t index) {
  if (NumAboveMark() == 0) {
    return absl::InvalidArgumentError("nothing is on the stack");
  }
  if (index >= kMaxValues) {
    return absl::InvalidArgumentError(
        absl::StrCat("index ", index, " is above the limit of ", kMaxValues));
  }
  if (index >= memo_.size()) memo_.resize(index + 1);
  if (memo_[index] == nullptr) ++num_memorized_;
  memo_[index] = stack_.back();
  return absl::OkStatus();
}

size_t PickleMachine::NumAboveMark() const {
  return stack_.size() - (marks_.empty() ? 0 : marks_.back());
}

absl::StatusOr<std::vector<PickleValue*>> PickleMachine::Pop(size_t num_items) {
  if (NumAboveMark() < num_items) {
    return absl::InvalidArgumentError("too few values on the stack");
  }
  std::vector<PickleValue*> items(stack_.end() - num_items, stack_.end());
  stack_.resize(stack_.size() - num_items);
  return items;
}

absl::StatusOr<std::vector<PickleValue*>> PickleMachine::PopMark() {
  if (marks_.empty()) {
    return absl::InvalidArgumentError("no mark is on the stack");
  }
  absl::StatusOr<std::vector<PickleValue*>> items = Pop(NumAboveMark());
  marks_.pop_back();
  return items;
}

absl::StatusOr<PickleValue*> PickleMachine::Top(Kind kind) {
  if (NumAboveMark() == 0) {
    return absl::InvalidArgumentError("too few values on the stack");
  }
  if (stack_.back()->kind != kind) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", DescribePickleValue({.kind = kind}),
                     ", found ", DescribePickleValue(*stack_.back())));
  }
  return stack_.back();
}

absl::Status PickleMachine::Extend(Kind kind,
                                   const std::vector<PickleValue*>& items) {
  PARLEY_ASSIGN_OR_RETURN(PickleValue * target, Top(kind));
  target->items.insert(target->items.end(), items.begin(), items.end());
  return absl::OkStatus();
}

absl::StatusOr<Pickle> ReadPickle(
    absl::Span<const std::byte> bytes,
    absl::Span<const absl::string_view> allowed_globals) {
  return PickleMachine(bytes, allowed_globals).Run();
}

}  // namespace parley
