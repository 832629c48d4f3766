/// \file
/// The messages between a run and its helper processes: one question, one answer, both of a fixed
/// size, over a socket pair that keeps message boundaries. An answer may carry one descriptor.
///
/// Each side checks all it receives, because it does not trust the other one: an attacker may
/// control the process that parses packets. Tested in tests/unit/sandbox/message_test.cc.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/descriptor.h"

namespace synfin {

enum class Question : std::uint32_t {
  OpenInput = 1,     ///< texts: path
  InputStatus,       ///< texts: path
  OpenOutputFolder,  ///< texts: path of the output
  OpenOutput,        ///< texts: path; number: a FileCreation
  OutputStatus,      ///< texts: path; number: 1 to follow a symbolic link
  RenameOutput,      ///< texts: from, to
  RemoveOutput,      ///< texts: path
  PacketSocket,      ///< number: SOCK_RAW or SOCK_DGRAM
  SocketHolder,      ///< inode; number: a likely process, or 0; thorough
  ProcessImage,      ///< number: a process
};
constexpr std::uint32_t kLastQuestion = 10;

/// True if the helper for files answers it; the helper for processes answers the others.
constexpr bool is_about_files(Question question) { return question <= Question::PacketSocket; }

/// A text of a message. The bytes behind it are zero.
template <std::size_t kMax>
struct MessageText {
  std::uint32_t size = 0;
  std::array<char, kMax> bytes{};

  std::string_view view() const { return {bytes.data(), size}; }
  /// Returns false if the text is too long.
  bool set(std::string_view text) {
    if (text.size() > kMax) return false;
    size = static_cast<std::uint32_t>(text.copy(bytes.data(), kMax));
    return true;
  }
  bool valid() const {
    return size <= kMax && view().find('\0') == std::string_view::npos &&
           std::all_of(bytes.begin() + size, bytes.end(), [](char c) { return c == '\0'; });
  }
};

struct HelperRequest {
  static constexpr std::uint32_t kMagic = 0x73796e71;
  std::uint32_t magic = kMagic;
  Question question{};
  std::uint32_t number = 0;
  std::uint32_t thorough = 0;
  std::uint64_t inode = 0;
  std::array<MessageText<4096>, 2> texts{};
};

/// What stat(2) says about a file.
struct FileStatus {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_s = 0, changed_ns = 0;
  std::uint32_t mode = 0;
  std::uint32_t reserved = 0;
};

struct HelperReply {
  static constexpr std::uint32_t kMagic = 0x73796e61;
  std::uint32_t magic = kMagic;
  Question question{};      ///< that of the request
  std::uint32_t error = 0;  ///< an errno; 0: success
  std::uint32_t number = 0;
  FileStatus status;
  std::array<MessageText<4096>, 2> texts{};
};

/// True if the fields of a request, or of the reply to `request`, have permitted values.
/// `descriptors` is how many descriptors came with it.
bool is_valid(const HelperRequest& request, std::size_t descriptors);
bool is_valid(const HelperReply& reply, const HelperRequest& request, std::size_t descriptors);

/// Sends one message, with `descriptor` unless it is negative. Returns false if the other side has
/// gone. Sending never raises SIGPIPE.
bool send_message(int socket, const HelperRequest& request, int descriptor = -1);
bool send_message(int socket, const HelperReply& reply, int descriptor = -1);

/// Waits for one message of exactly the expected size. Empty if the other side has gone or sent
/// another size. Descriptors beyond the first one are closed.
struct ReceivedRequest {
  HelperRequest request;
  std::size_t descriptors = 0;
};
std::optional<ReceivedRequest> receive_request(int socket);
struct ReceivedReply {
  HelperReply reply;
  std::size_t descriptors = 0;
  int descriptor = -1;  ///< the caller closes it
  bool lost = false;    ///< this process has no number left for the descriptor
};
std::optional<ReceivedReply> receive_reply(int socket);

}  // namespace synfin
