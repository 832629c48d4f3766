// Messages of the kernel about sockets: their framing. Sockets are read in socket_table_test.cc.
#include "enrich/socket_message.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace synfin {
namespace {

std::vector<char> message(std::uint32_t length, std::size_t size) {
  std::vector<char> bytes(size);
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes;
}

TEST(SocketMessage, WholeMessagesAreFramed) {
  std::vector<char> two = message(20, 20);
  const std::vector<char> other = message(17, 17);
  two.insert(two.end(), other.begin(), other.end());
  EXPECT_TRUE(is_framed(two));
  EXPECT_TRUE(is_framed({}));
}

TEST(SocketMessage, ALengthBeyondTheBufferIsNotFramed) {
  EXPECT_FALSE(is_framed(message(24, 20)));
  EXPECT_FALSE(is_framed(message(0xC6000000, 188)));
  EXPECT_FALSE(is_framed(message(0xFFFFFFFF, 16)));
}

TEST(SocketMessage, ALengthBelowTheHeaderIsNotFramed) {
  EXPECT_FALSE(is_framed(message(0, 16)));
  EXPECT_FALSE(is_framed(message(15, 16)));
}

}  // namespace
}  // namespace synfin
