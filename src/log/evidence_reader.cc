// See evidence_reader.h. src/track/cause.cc writes the words.
#include "log/evidence_reader.h"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace synfin {
namespace {

/// Reads words and numbers from the front of a text.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  bool take(std::string_view words) {
    if (!rest_.starts_with(words)) return false;
    rest_.remove_prefix(words.size());
    return true;
  }
  template <typename T>
  bool take_number(T& out) {
    T value{};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{}) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    out = value;
    return true;
  }
  /// Skips what is before `words`, and takes them.
  bool skip_to(std::string_view words) {
    const std::size_t at = rest_.find(words);
    if (at == rest_.npos) return false;
    rest_.remove_prefix(at + words.size());
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

void read_rst(Words words, ConnectionRecord& r) {
  if (words.take(" with TTL ")) words.take_number(r.end_ttl);
  if (words.take("; the host's SYN-ACKs have TTL ")) words.take_number(r.cause.host_ttl);
}

void read_icmp(Words words, ConnectionRecord& r) {
  if (!words.take_number(r.icmp_type) || !words.take("/") || !words.take_number(r.icmp_code))
    return;
  if (!words.take(" from ")) return;
  if (const auto sender = Address::parse(words.rest())) r.cause.icmp_sender = *sender;
}

void read_silence(Words words, CauseFacts& facts) {
  if (words.take("the host answers on ")) {
    std::uint16_t first = 0, second = 0;
    if (!words.take_number(first)) return;
    const bool two = words.take(", ") && words.take_number(second);
    facts.answering_ports = two ? std::array{first, second} : std::array{std::uint16_t{0}, first};
  }
  facts.port_answers = words.take("the port answers others");
  facts.network_answers = words.take("only its neighbours answer");
  facts.answered_before = words.take("the host answered before");
}

void read_black_hole(Words words, CauseFacts& facts) {
  if (!words.take_number(facts.stuck_bytes)) return;
  facts.stuck_by_orig = words.take(" B of the originator repeated ");
  if (!facts.stuck_by_orig && !words.take(" B of the responder repeated ")) return;
  words.take("at least ");
  words.take_number(facts.stuck_times);
}

}  // namespace

void read_evidence(std::string_view text, ConnectionRecord& record) {
  Words words(text);
  if (words.take("RST after ") || words.take("FIN after ")) return;  // other columns have it
  if (words.take("RST")) return read_rst(words, record);
  if (words.take("ICMPv6 ") || words.take("ICMP ")) return read_icmp(words, record);
  if (text.find(" repeated ") != text.npos) return read_black_hole(words, record.cause);
  if (words.skip_to(" SYN") && words.skip_to("; ")) read_silence(words, record.cause);
}

}  // namespace synfin
