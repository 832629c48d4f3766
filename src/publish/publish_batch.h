/// \file
/// PublishBatch: the records of one message between the two processes of --publish.
///
/// A message is the byte 'r' and, for each record, its size (4 bytes, of this machine), its key
/// (CommunityId) and its JSON without a newline. Tested in
/// tests/unit/publish/publish_batch_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace synfin {

struct PublishedRecord {
  std::string_view key;
  std::string_view json;
};

class PublishBatch {
 public:
  static constexpr char kKind = 'r';
  static constexpr std::size_t kKey = 30;
  /// A message may be this long; the kernel's buffer of a socket holds more.
  static constexpr std::size_t kMaxBytes = 128 << 10;
  /// From this size on, it is worth sending.
  static constexpr std::size_t kFull = 32 << 10;

  /// Returns false, and the batch is unchanged, if the record does not fit into any message.
  /// REQUIRES: !is_full(), and a key of kKey bytes.
  bool add(std::string_view key, std::string_view json) {
    const auto size = static_cast<std::uint32_t>(json.size());
    if (kFull + sizeof size + kKey + json.size() > kMaxBytes) return false;
    if (bytes_.empty()) bytes_ += kKind;
    bytes_.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes_ += key;
    bytes_ += json;
    ++records_;
    return true;
  }
  bool is_full() const { return bytes_.size() >= kFull; }
  bool empty() const { return records_ == 0; }
  std::size_t records() const { return records_; }
  const std::string& bytes() const { return bytes_; }
  void clear() {
    bytes_.clear();
    records_ = 0;
  }

 private:
  std::string bytes_;
  std::size_t records_ = 0;
};

/// Takes the records of a message one after another.
class RecordReader {
 public:
  explicit RecordReader(std::string_view message)
      : rest_(message.starts_with(PublishBatch::kKind) ? message.substr(1) : "") {}

  /// Nothing at the end, or if the message is damaged.
  std::optional<PublishedRecord> next() {
    std::uint32_t size = 0;
    constexpr std::size_t kHead = sizeof size + PublishBatch::kKey;
    if (rest_.size() < kHead) return std::nullopt;
    std::memcpy(&size, rest_.data(), sizeof size);
    if (rest_.size() - kHead < size) return std::nullopt;
    const PublishedRecord record{rest_.substr(sizeof size, PublishBatch::kKey),
                                 rest_.substr(kHead, size)};
    rest_.remove_prefix(kHead + size);
    return record;
  }

 private:
  std::string_view rest_;
};

}  // namespace synfin
