// The messages between a run and its helpers: what each side refuses.
#include "sandbox/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

namespace synfin {
namespace {

HelperRequest opening(const std::string& path) {
  HelperRequest request;
  request.question = Question::OpenInput;
  request.texts[0].set(path);
  return request;
}

TEST(HelperRequest, AcceptsWhatTheClientSends) {
  EXPECT_TRUE(is_valid(opening("/x"), 0));
  HelperRequest rename = opening("/x/.a");
  rename.question = Question::RenameOutput;
  rename.texts[1].set("/x/a");
  EXPECT_TRUE(is_valid(rename, 0));
  HelperRequest socket;
  socket.question = Question::PacketSocket;
  socket.number = SOCK_RAW;
  EXPECT_TRUE(is_valid(socket, 0));
}

TEST(HelperRequest, RefusesHostileFields) {
  EXPECT_FALSE(is_valid(opening("/x"), 1)) << "a request carries no descriptor";
  EXPECT_FALSE(is_valid(opening(""), 0)) << "the path is missing";
  EXPECT_FALSE(is_valid(opening(std::string("/x\0/etc/shadow", 14)), 0));
  HelperRequest request = opening("/x");
  request.magic ^= 1;
  EXPECT_FALSE(is_valid(request, 0));
  for (const std::uint32_t question : {0U, kLastQuestion + 1, 0xFFFFFFFFU}) {
    request = opening("/x");
    request.question = static_cast<Question>(question);
    EXPECT_FALSE(is_valid(request, 0)) << question;
  }
  request = opening("/x");
  request.texts[0].size = 4097;
  EXPECT_FALSE(is_valid(request, 0)) << "the text is longer than its bytes";
  request = opening("/x");
  request.texts[1].set("/y");
  EXPECT_FALSE(is_valid(request, 0)) << "a text too many";
  request = opening("/x");
  request.number = 1;
  EXPECT_FALSE(is_valid(request, 0));
  request.question = Question::OpenOutput;
  request.number = 3;
  EXPECT_FALSE(is_valid(request, 0)) << "no such creation mode";
  request = opening("/x");
  request.inode = 5;
  EXPECT_FALSE(is_valid(request, 0)) << "a field of another question";
  request = opening("/x");
  request.thorough = 1;
  EXPECT_FALSE(is_valid(request, 0));
  request = opening("/x");
  request.texts[0].bytes[100] = 'y';
  EXPECT_FALSE(is_valid(request, 0)) << "bytes behind the text";
  HelperRequest socket;
  socket.question = Question::PacketSocket;
  socket.number = SOCK_STREAM;
  EXPECT_FALSE(is_valid(socket, 0));
  HelperRequest holder;
  holder.question = Question::SocketHolder;
  holder.number = 0x80000000;
  EXPECT_FALSE(is_valid(holder, 0)) << "a negative process number";
}

TEST(HelperReply, MustFitItsRequest) {
  const HelperRequest request = opening("/x");
  HelperReply reply;
  reply.question = Question::OpenInput;
  EXPECT_TRUE(is_valid(reply, request, 1));
  EXPECT_FALSE(is_valid(reply, request, 0)) << "the descriptor is missing";
  EXPECT_FALSE(is_valid(reply, request, 2));
  reply.error = EACCES;
  EXPECT_TRUE(is_valid(reply, request, 0));
  EXPECT_FALSE(is_valid(reply, request, 1)) << "a failure carries no descriptor";
  reply.error = 5000;
  EXPECT_FALSE(is_valid(reply, request, 0));
  reply.error = EACCES;
  reply.question = Question::OpenOutput;
  EXPECT_FALSE(is_valid(reply, request, 0)) << "the answer to another question";
  reply.question = Question::OpenInput;
  reply.texts[0].size = 0xFFFFFFFF;
  EXPECT_FALSE(is_valid(reply, request, 0));
}

class Channel : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_), 0); }
  void TearDown() override {
    close(ends_[0]);
    close(ends_[1]);
  }
  int ends_[2] = {-1, -1};
};

TEST_F(Channel, CarriesOneDescriptor) {
  HelperReply reply;
  reply.question = Question::OpenInput;
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  ASSERT_TRUE(send_message(ends_[0], reply, pipe_ends[1]));
  const auto received = receive_reply(ends_[1]);
  ASSERT_TRUE(received);
  ASSERT_EQ(received->descriptors, 1u);
  EXPECT_EQ(fcntl(received->descriptor, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(write(received->descriptor, "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(pipe_ends[0], &byte, 1), 1);
  for (const int fd : {received->descriptor, pipe_ends[0], pipe_ends[1]}) close(fd);
}

TEST_F(Channel, RefusesMessagesOfAnotherSize) {
  std::vector<char> bytes(sizeof(HelperRequest) + 1);
  for (const std::size_t size : {std::size_t{1}, sizeof(HelperRequest) - 1, bytes.size()}) {
    ASSERT_GT(send(ends_[0], bytes.data(), size, 0), 0);
    EXPECT_FALSE(receive_request(ends_[1])) << size;
  }
}

TEST_F(Channel, TheOtherSideMayVanish) {
  close(ends_[0]);
  EXPECT_FALSE(receive_request(ends_[1]));
  EXPECT_FALSE(send_message(ends_[1], HelperRequest{}));
  ends_[0] = dup(ends_[1]);
}

TEST_F(Channel, ClosesSurplusDescriptors) {
  int many[3];
  for (int& fd : many) fd = open("/dev/null", O_RDONLY);
  HelperReply reply;
  iovec piece{&reply, sizeof reply};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof many)] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof many);
  std::memcpy(CMSG_DATA(header), many, sizeof many);
  ASSERT_GT(sendmsg(ends_[0], &message, 0), 0);
  const int next = dup(0);
  close(next);
  const auto received = receive_reply(ends_[1]);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->descriptors, 3u);
  close(received->descriptor);
  const int after = dup(0);
  EXPECT_EQ(after, next) << "a descriptor has stayed open";
  close(after);
  for (const int fd : many) close(fd);
}

TEST(HelperRequest, RandomBytesAreHardlyEverARequest) {
  std::mt19937_64 random(7);
  HelperRequest request;
  int accepted = 0;
  for (int i = 0; i < 2000; ++i) {
    auto* bytes = reinterpret_cast<unsigned char*>(&request);
    for (std::size_t at = 0; at < sizeof request; at += 8) {
      const std::uint64_t word = random();
      std::memcpy(bytes + at, &word, std::min<std::size_t>(8, sizeof request - at));
    }
    request.magic = HelperRequest::kMagic;
    accepted += is_valid(request, 0) ? 1 : 0;
  }
  EXPECT_EQ(accepted, 0);
}

}  // namespace
}  // namespace synfin
