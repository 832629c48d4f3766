// Transfers without a server. tests/check/notify.py and tests/store/ have servers.
#include "synfin/net/transfers.h"

#include <gtest/gtest.h>

namespace synfin::test {
namespace {

TransferRequest request_to_nobody(bool plain_http) {
  TransferRequest request;
  request.url = "http://127.0.0.1:1/";
  request.plain_http = plain_http;
  return request;
}

TEST(Transfers, AServerThatIsAwayWasNotConnected) {
  Transfers transfers;
  const TransferAnswer answer = transfers.run(request_to_nobody(true));
  EXPECT_FALSE(answer.failure.empty());
  EXPECT_FALSE(answer.connected);
  EXPECT_EQ(answer.status, 0);
}

TEST(Transfers, PlainHttpNeedsPermission) {
  Transfers transfers;
  const TransferAnswer answer = transfers.run(request_to_nobody(false));
  EXPECT_NE(answer.failure.find("rotocol"), std::string::npos) << answer.failure;
}

}  // namespace
}  // namespace synfin::test
