#include "server/listen_error.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(ExplainListenFailureTest, NamesAPortInUse) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const int port = ntohs(address.sin_port);
  const absl::Status status = ExplainListenFailure("127.0.0.1", port);
  close(fd);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(absl::StrCat("127.0.0.1 port ", port)),
                    HasSubstr("in use")));
}

TEST(ExplainListenFailureTest, NamesAnAddressThatIsNotOurs) {
  // Of a block that is set aside for documentation (RFC 5737).
  const absl::Status status = ExplainListenFailure("192.0.2.1", 0);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("Cannot assign requested address"));
}

TEST(ExplainListenFailureTest, NamesAnAddressThatIsNone) {
  const absl::Status status = ExplainListenFailure("300.1.2.3.4", 1);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("300.1.2.3.4"));
}

}  // namespace
}  // namespace parley
