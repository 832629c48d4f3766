/// \file
/// Lab: feeds a ConnectionTable with segments written as a table, and keeps its events.
///
///   Lab lab;
///   lab.run({{0.0, '>', "S", 1000}, {0.1, '<', "SA", 5000, 1001}, {0.2, '>', "A", 1001, 5001}});
///   EXPECT_EQ(lab.only_record().state, ConnState::S1);
///
/// '>' is a segment from 192.0.2.1:40000 to 198.51.100.1:80, '<' one in the other direction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/track/connection_table.h"

namespace synfin::test {

struct Row {
  double time;             ///< seconds after kBegin
  char direction;          ///< '>' or '<'
  std::string_view flags;  ///< any of S A F R P
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint32_t payload = 0;
  std::uint16_t window = 1000;
};

/// The begin of every Lab's capture.
inline constexpr Timestamp kBegin = timestamp_from_ns(1'700'000'000'000'000'000);

Timestamp at(double seconds);
FiveTuple lab_tuple();
Segment segment(const Row& row, const FiveTuple& tuple = lab_tuple());
/// The ICMP error of `type` and `code` that quotes a packet of the tuple's originator with `seq`.
Segment icmp_error(double time, std::uint32_t seq, std::uint8_t type, std::uint8_t code);

class Lab {
 public:
  explicit Lab(TableOptions options = {});

  void feed(const Segment& segment);
  void run(const std::vector<Row>& rows, const FiveTuple& tuple = lab_tuple());
  /// Expires what is due `seconds` after the begin.
  void tick(double seconds);
  void drain();

  /// All events so far.
  const std::vector<Event>& events() const { return events_; }
  /// The kinds of all events but records, as "SYN OPEN CLOSE".
  std::string event_names() const;
  /// The final records so far.
  std::vector<ConnectionRecord> records() const;
  /// Drains, expects one record and returns it.
  ConnectionRecord only_record();
  ConnectionTable& table() { return table_; }

 private:
  void collect();

  ConnectionTable table_;
  EventBuffer buffer_;
  std::vector<Event> events_;
};

}  // namespace synfin::test
