#include "server/rpc/message_parsing.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log.h"
#include "google/protobuf/stubs/logging.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/proto_utils.h"

namespace parley {
namespace {

// Where this thread's ParseMessage wants to hear what protobuf says.
thread_local std::string* captured_log = nullptr;

void HandleProtobufLog(google::protobuf::LogLevel level, const char* filename,
                       int line, const std::string& message) {
  if (captured_log != nullptr) {
    if (captured_log->empty()) *captured_log = message;
  } else if (level >= google::protobuf::LOGLEVEL_ERROR) {
    PARLEY_LOG(kError) << "protobuf: " << message;
  }
}

// Protobuf logs "String field 'parley.v1.TranslateRequest.texts' contains
// invalid UTF-8 data when ...". Empty where `log` says something else.
absl::string_view InvalidUtf8Field(absl::string_view log) {
  if (log.find("invalid UTF-8") == absl::string_view::npos) return "";
  const size_t begin = log.find('\'');
  if (begin == absl::string_view::npos) return "";
  const size_t end = log.find('\'', begin + 1);
  if (end == absl::string_view::npos) return "";
  return log.substr(begin + 1, end - begin - 1);
}

}  // namespace

void RouteProtobufLog() { google::protobuf::SetLogHandler(&HandleProtobufLog); }

absl::Status ParseMessage(const grpc::ByteBuffer* bytes,
                          google::protobuf::Message* message) {
  const std::string& type = message->GetDescriptor()->full_name();
  if (bytes == nullptr || !bytes->Valid()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the call carries no ", type));
  }
  std::string log;
  captured_log = &log;
  // A second reference to the same slices: parsing clears what it reads.
  grpc::ByteBuffer source(*bytes);
  const grpc::Status parsed =
      grpc::GenericDeserialize<grpc::ProtoBufferReader,
                               google::protobuf::Message>(&source, message);
  captured_log = nullptr;
  if (parsed.ok()) return absl::OkStatus();
  const absl::string_view field = InvalidUtf8Field(log);
  if (!field.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, " is not valid UTF-8"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the request's bytes are not a valid ", type));
}

absl::Status SerializeMessage(const google::protobuf::Message& message,
                              grpc::ByteBuffer* bytes) {
  // Protobuf counts a message's bytes in an int.
  if (message.ByteSizeLong() > std::numeric_limits<int>::max()) {
    return absl::InternalError(
        absl::StrCat("a ", message.GetDescriptor()->full_name(), " of ",
                     message.ByteSizeLong(), " bytes is too large to send"));
  }
  bool own_buffer = false;
  const grpc::Status serialized =
      grpc::GenericSerialize<grpc::ProtoBufferWriter,
                             google::protobuf::Message>(message, bytes,
                                                        &own_buffer);
  if (serialized.ok()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("a ", message.GetDescriptor()->full_name(),
                   " cannot be serialized: ", serialized.error_message()));
}

}  // namespace parley
