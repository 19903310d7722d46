#include "server/rpc/call_identity.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parley/v1/model.grpc.pb.h"
#include "server/rpc/model_service.h"
#include "tests/server/rpc/fake_directory.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {
namespace {

using ::testing::MatchesRegex;

constexpr char kNewId[] = "[0-9a-f]{32}";
constexpr char kTraceparent[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(RequestIdFromTest, KeepsWhatCanBeLogged) {
  EXPECT_EQ(RequestIdFrom("a"), "a");
  EXPECT_EQ(RequestIdFrom("7f!\"~{x=1}"), "7f!\"~{x=1}");
  EXPECT_EQ(RequestIdFrom(std::string(128, 'a')), std::string(128, 'a'));
}

TEST(RequestIdFromTest, ReplacesWhatCannot) {
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a b"),
        std::string("a\n"), std::string("\x7f"), std::string("\xc3\xbc"),
        std::string("a\0b", 3)}) {
    EXPECT_THAT(RequestIdFrom(bad), MatchesRegex(kNewId));
  }
  EXPECT_NE(RequestIdFrom(""), RequestIdFrom(""));
}

// Over the wire, through the service that needs least.
class TakeIdentityTest : public testing::Test {
 protected:
  struct Returned {
    std::string request_id;
    std::string traceparent;
  };
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  Returned Call(const Metadata& metadata, const std::string& model = "") {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
    v1::GetModelRequest request;
    request.set_model(model);
    v1::Model response;
    EXPECT_EQ(stub_->GetModel(&context, request, &response).error_code(),
              grpc::StatusCode::NOT_FOUND);
    return {.request_id = Value(context, kRequestIdKey),
            .traceparent = Value(context, kTraceparentKey)};
  }

  // Empty where it is not there once.
  static std::string Value(const grpc::ClientContext& context,
                           const char* key) {
    const auto& metadata = context.GetServerInitialMetadata();
    if (metadata.count(key) != 1) return "";
    const grpc::string_ref value = metadata.find(key)->second;
    return std::string(value.data(), value.size());
  }

  FakeDirectory directory_;
  ModelService service_{&directory_, {}, {}};
  LoopbackServer server_{&service_};
  std::unique_ptr<v1::ModelService::Stub> stub_ =
      v1::ModelService::NewStub(server_.channel());
};

TEST_F(TakeIdentityTest, ARequestIdComesBack) {
  EXPECT_EQ(Call({{"x-request-id", "my-id/1"}}).request_id, "my-id/1");
  EXPECT_THAT(Call({}).request_id, MatchesRegex(kNewId));
  EXPECT_THAT(Call({{"x-request-id", "two words"}}).request_id,
              MatchesRegex(kNewId));
  // Which of the two it is, nobody could say.
  EXPECT_THAT(Call({{"x-request-id", "a"}, {"x-request-id", "b"}}).request_id,
              MatchesRegex(kNewId));
}

TEST_F(TakeIdentityTest, ATraceGoesOnWithASpanOfOurs) {
  const std::string returned =
      Call({{"traceparent", kTraceparent}}).traceparent;
  EXPECT_THAT(
      returned,
      MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"));
  EXPECT_NE(returned, kTraceparent);
}

TEST_F(TakeIdentityTest, WithoutAValidTraceThereIsNone) {
  EXPECT_EQ(Call({}).traceparent, "");
  EXPECT_EQ(Call({{"traceparent", "00-0-0-00"}}).traceparent, "");
  EXPECT_EQ(Call({{"traceparent", kTraceparent}, {"traceparent", kTraceparent}})
                .traceparent,
            "");
}

}  // namespace
}  // namespace parley
