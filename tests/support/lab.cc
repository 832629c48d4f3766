// See lab.h.
#include "support/lab.h"

#include <gtest/gtest.h>

namespace synfin::test {
namespace {

std::uint16_t parse_flags(std::string_view text) {
  std::uint16_t flags = 0;
  for (const char c : text) {
    switch (c) {
      case 'S':
        flags |= kSyn;
        break;
      case 'A':
        flags |= kAck;
        break;
      case 'F':
        flags |= kFin;
        break;
      case 'R':
        flags |= kRst;
        break;
      case 'P':
        flags |= kPsh;
        break;
      case 'E':
        flags |= kEce;
        break;
      case 'C':
        flags |= kCwr;
        break;
      case 'N':
        flags |= kAe;
        break;
      default:
        ADD_FAILURE() << "no flag is called " << c;
    }
  }
  return flags;
}

}  // namespace

Timestamp at(double seconds) {
  return kBegin + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

FiveTuple lab_tuple() {
  return {{*Address::parse("192.0.2.1"), 40000}, {*Address::parse("198.51.100.1"), 80}};
}

Segment segment(const Row& row, const FiveTuple& tuple) {
  Segment s;
  s.time = at(row.time);
  s.tuple = row.direction == '>' ? tuple : tuple.reversed();
  s.flags = parse_flags(row.flags);
  s.seq = row.seq;
  s.ack = row.ack;
  s.payload = row.payload;
  s.ip_length = 40 + row.payload;
  s.window = row.window;
  s.ttl = row.direction == '>' ? 64 : 57;
  return s;
}

Segment icmp_error(double time, std::uint32_t seq, std::uint8_t type, std::uint8_t code) {
  Segment s;
  s.time = at(time);
  s.tuple = lab_tuple();
  s.kind = SegmentKind::IcmpError;
  s.seq = seq;
  s.icmp_type = type;
  s.icmp_code = code;
  s.ttl = 250;
  return s;
}

Lab::Lab(TableOptions options) : table_(options), buffer_(64) {}

void Lab::collect() {
  for (const Event& event : buffer_.events()) events_.push_back(event);
  buffer_.clear();
}

void Lab::feed(const Segment& s) {
  const std::span<const Segment> one(&s, 1);
  while (table_.observe(one, buffer_) == 0) collect();
  collect();
}

void Lab::run(const std::vector<Row>& rows, const FiveTuple& tuple) {
  for (const Row& row : rows) feed(segment(row, tuple));
}

void Lab::tick(double seconds) {
  while (!table_.expire(at(seconds), buffer_)) collect();
  collect();
}

void Lab::drain() {
  while (!table_.drain(buffer_)) collect();
  collect();
}

std::string Lab::event_names() const {
  std::string text;
  for (const Event& event : events_) {
    if (event.kind == EventKind::Record) continue;
    if (!text.empty()) text += ' ';
    text += to_string(event.kind);
  }
  return text;
}

std::vector<ConnectionRecord> Lab::records() const {
  std::vector<ConnectionRecord> found;
  for (const Event& event : events_) {
    if (event.kind == EventKind::Record) found.push_back(event.connection);
  }
  return found;
}

ConnectionRecord Lab::only_record() {
  drain();
  const auto found = records();
  EXPECT_EQ(found.size(), 1u);
  return found.empty() ? ConnectionRecord{} : found.front();
}

}  // namespace synfin::test
