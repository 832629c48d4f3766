/// \file
/// A PathReport in sentences: what differs, and what limits the comparison.
/// Tested in tests/unit/path/analysis_test.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "path/analysis.h"

namespace synfin {

/// One difference, summed up over all connections.
struct Finding {
  std::string_view name;   ///< a word of the JSON output: "syn_ack_lost"
  std::string_view group;  ///< the head of its line: "lost"
  std::optional<Way> way = {};
  std::uint64_t connections = 0;
  std::uint64_t of = 0;       ///< the connections in which it could have happened; 0 = unknown
  std::uint64_t packets = 0;  ///< 0 = not counted
  std::string from = {};      ///< of something rewritten
  std::string to = {};
  std::string text = {};  ///< a sentence, which may contain hostile text
};

/// A sentence about the captures or the comparison that is no difference.
struct PathNote {
  std::string_view name;
  std::string text;
};

/// The most important first. Empty if report.equal().
std::vector<Finding> findings_of(const PathReport& report, Zone zone);
std::vector<PathNote> notes_of(const PathReport& report);
/// The offset of the clocks, its bound and what it assumes.
std::string clock_sentence(const PathReport& report);

/// The last part of a capture's path, or all of it if both parts are equal.
std::string short_name(const PathReport& report, Point point);

/// "client → server".
std::string way_words(Way way);
/// "SYN-ACK", "data".
std::string_view class_words(SegmentClass kind);
/// The names of rewritten fields: for JSON, and for people.
std::string_view rewriting_name(Rewriting what);
std::string_view rewriting_words(Rewriting what);
/// format_human(), with a sign if it is negative.
std::string signed_human(Duration d);
/// A few words about one connection: "SYN-ACK lost, RST injected".
std::string summary_of(const PathConnection& connection);
std::string_view reason_name(LoneReason reason);
/// "SYN lost, RST injected".
std::string summary_of(const LoneConnection& connection);

}  // namespace synfin
