/// \file
/// Message: what somebody is to know, before it is rendered for a medium. Its texts are hostile.
/// Tested in tests/unit/notify/message_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/time.h"
#include "synfin/inventory/change.h"

namespace synfin {

enum class MessageKind : unsigned char {
  Start,   ///< a run begins
  Change,  ///< a host or a port changed
  Digest,  ///< the state after an interval
  Gap,     ///< packets were lost, so changes may be missing
  Test,    ///< asked for by `synfin notify test`
};
inline constexpr int kMessageKinds = 5;

/// "start", "change", "digest", "gap", "test".
std::string_view to_string(MessageKind kind);
std::optional<MessageKind> message_kind(std::string_view word);

struct MessageFact {
  std::string key;  ///< in lower case with "_": "first_seen"
  std::string value;
};

struct Message {
  std::string id;  ///< the same each time that the message is sent
  MessageKind kind = MessageKind::Test;
  Timestamp time{};
  std::string change;  ///< "new_port" and so on; empty for other kinds
  std::string host;    ///< the address that it is about; may be empty
  std::string title;   ///< one sentence without a full stop
  std::vector<MessageFact> facts;
  std::vector<std::string> lines;  ///< an item of a list each
  std::size_t more_lines = 0;      ///< items that were left out
};

Message message_of(const Change& change);
/// `dropped` messages were not stored since the last digest.
Message message_of(const Digest& digest, std::uint64_t dropped = 0);
Message message_of(const StartNotice& start);
Message message_of(const GapNotice& gap);

/// A message about all of `messages`, which are changes: "37 ports opened on 3 hosts". Its id is
/// made of theirs. REQUIRES: two messages or more.
Message group_of(std::span<const Message> messages);

/// The words for a fact: "First seen".
std::string fact_label(const MessageFact& fact);

/// A message as bytes, and back. Bytes of another form are no message.
std::string pack(const Message& message);
std::optional<Message> unpack(std::string_view bytes);

}  // namespace synfin
