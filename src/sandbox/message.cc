// See message.h.
#include "sandbox/message.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "synfin/base/output_folder.h"

namespace synfin {
namespace {

constexpr std::uint32_t kMaxErrno = 4095;
constexpr std::uint32_t kMaxPid = 1u << 22;  // the kernel's limit
constexpr std::size_t kMaxDescriptors = 4;   // received, so that surplus ones can be closed

bool opens(Question question) {
  return question == Question::OpenInput || question == Question::OpenOutputFolder ||
         question == Question::OpenOutput || question == Question::PacketSocket;
}

std::size_t texts_of(Question question) {
  switch (question) {
    case Question::RenameOutput:
      return 2;
    case Question::PacketSocket:
    case Question::SocketHolder:
    case Question::ProcessImage:
      return 0;
    default:
      return 1;
  }
}

bool has_valid_number(const HelperRequest& request) {
  switch (request.question) {
    case Question::OpenOutput:
      return request.number <= static_cast<std::uint32_t>(FileCreation::New);
    case Question::OutputStatus:
      return request.number <= 1;
    case Question::PacketSocket:
      return request.number == SOCK_RAW || request.number == SOCK_DGRAM;
    case Question::SocketHolder:
    case Question::ProcessImage:
      return request.number <= kMaxPid;
    default:
      return request.number == 0;
  }
}

struct ControlBuffer {
  alignas(cmsghdr) char bytes[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
};

bool send_bytes(int socket, const void* data, std::size_t size, int descriptor) {
  iovec piece{const_cast<void*>(data), size};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof descriptor);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  for (;;) {
    const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    return sent == static_cast<ssize_t>(size);
  }
}

/// Returns the first descriptor of the message, closes the others and counts all.
int take_descriptors(msghdr& message, std::size_t& count) {
  int first = -1;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < here; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      if (count++ == 0) {
        first = descriptor;
      } else {
        close(descriptor);
      }
    }
  }
  return first;
}

/// Receives one message of `size` bytes; false if that fails. `lost` is set if the kernel had to
/// drop its descriptor.
bool receive_bytes(int socket, void* data, std::size_t size, int& descriptor, std::size_t& count,
                   bool& lost) {
  iovec piece{data, size};
  ControlBuffer control{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t got = -1;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  descriptor = take_descriptors(message, count);
  lost = (message.msg_flags & MSG_CTRUNC) != 0 && count == 0;
  const bool complete = (message.msg_flags & MSG_CTRUNC) == 0 || lost;
  const bool whole =
      got == static_cast<ssize_t>(size) && (message.msg_flags & MSG_TRUNC) == 0 && complete;
  if (whole) return true;
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
  return false;
}

}  // namespace

bool is_valid(const HelperRequest& request, std::size_t descriptors) {
  const auto question = static_cast<std::uint32_t>(request.question);
  if (request.magic != HelperRequest::kMagic || question == 0 || question > kLastQuestion ||
      descriptors != 0 || request.thorough > 1 || !has_valid_number(request)) {
    return false;
  }
  if (request.question != Question::SocketHolder && (request.thorough != 0 || request.inode != 0))
    return false;
  for (std::size_t i = 0; i < request.texts.size(); ++i) {
    const auto& text = request.texts[i];
    const bool expected = i < texts_of(request.question);
    if (!text.valid() || (text.size != 0) != expected) return false;
  }
  return true;
}

bool is_valid(const HelperReply& reply, const HelperRequest& request, std::size_t descriptors) {
  const bool carries = reply.error == 0 && opens(request.question);
  return reply.magic == HelperReply::kMagic && reply.question == request.question &&
         reply.error <= kMaxErrno && reply.number <= kMaxPid &&
         descriptors == (carries ? 1u : 0u) && reply.texts[0].valid() && reply.texts[1].valid();
}

bool send_message(int socket, const HelperRequest& request, int descriptor) {
  return send_bytes(socket, &request, sizeof request, descriptor);
}

bool send_message(int socket, const HelperReply& reply, int descriptor) {
  return send_bytes(socket, &reply, sizeof reply, descriptor);
}

std::optional<ReceivedRequest> receive_request(int socket) {
  ReceivedRequest received;
  int descriptor = -1;
  bool lost = false;
  const bool whole = receive_bytes(socket, &received.request, sizeof received.request, descriptor,
                                   received.descriptors, lost);
  if (descriptor >= 0) close(descriptor);
  if (!whole || lost) return std::nullopt;
  return received;
}

std::optional<ReceivedReply> receive_reply(int socket) {
  ReceivedReply received;
  if (!receive_bytes(socket, &received.reply, sizeof received.reply, received.descriptor,
                     received.descriptors, received.lost)) {
    return std::nullopt;
  }
  return received;
}

}  // namespace synfin
