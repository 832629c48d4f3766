// The columns that are read are those that are written: each column of the schema is either read or
// known to follow from others, and a record survives being written and read in every format.
#include "log/record_columns.h"

#include <gtest/gtest.h>

#include "log/columns.h"
#include "log/log_parser.h"
#include "log/record_values.h"
#include "synfin/log/log_writer.h"
#include "unit/log/record_samples.h"

namespace synfin {
namespace {

constexpr LogFormat kFormats[] = {LogFormat::Zeek, LogFormat::Json, LogFormat::Csv};

std::string line_of(LogFormat format, const ConnectionRecord& record, const Annotations& about) {
  const auto writer = LogWriter::make(format);
  std::string out;
  writer->begin(out, timestamp_from_ns(0));
  writer->append(out, record, about);
  return out;
}

/// Writes the record, reads it and writes what was read.
std::string twice(LogFormat format, const ConnectionRecord& record) {
  const std::string once = line_of(format, record, {});
  auto parser = LogParser::recognize(once);
  if (!parser) return "not recognized";
  RecordDraft draft;
  std::string line;
  for (std::size_t begin = 0; begin < once.size();) {
    const std::size_t end = once.find('\n', begin);
    if (parser->parse(std::string_view(once).substr(begin, end - begin), draft) ==
        LineKind::Record) {
      return line_of(format, draft.record, {});
    }
    begin = end + 1;
  }
  return "no record";
}

/// A record in which each field that a log has differs from its default.
ConnectionRecord unusual_record() {
  ConnectionRecord r = closed_record();
  r.first = timestamp_from_ns(1772375416'123456789);
  r.last = r.first + std::chrono::nanoseconds{7'000'000'001};
  r.syn_retries = 3;
  r.missed_bytes = 17;
  r.out_of_window = 5;
  r.state = ConnState::RSTO;
  r.outcome = Outcome::Reset;
  r.bytes_basis = BytesBasis::Modulo;
  r.direction_basis = DirectionBasis::Synack;
  r.rst_basis = RstBasis::Confirmed;
  r.closed_by = Side::Resp;
  r.evicted = true;
  r.encapsulation.vlan = 4094;
  r.encapsulation.tunnel = TunnelKind::Vxlan;
  r.encapsulation.tunnel_id = 16'777'215;
  r.cause.cause = Cause::ResetOnPath;
  r.cause.confidence = Confidence::Likely;
  r.cause.host_ttl = 64;
  r.end_ttl = 61;
  return r;
}

TEST(RecordColumns, CoverTheSchema) {
  for (const LogColumn& column : log_columns()) {
    const bool read = find_record_column(column.name) != kSkippedColumn;
    EXPECT_NE(read, is_derived_column(column.name))
        << column.name << " is written, but nothing reads it and it does not follow from others";
  }
}

TEST(RecordColumns, SurviveEveryFormat) {
  for (const LogFormat format : kFormats) {
    for (const ConnectionRecord& record : {closed_record(), single_syn(), unusual_record()})
      EXPECT_EQ(twice(format, record), line_of(format, record, {}));
  }
}

TEST(RecordColumns, UnknownCountsSurviveEveryFormat) {
  ConnectionRecord record = closed_record();
  record.unknown.add(RecordCount::MissedBytes);
  record.unknown.add(RecordCount::RespBytes);
  for (const LogFormat format : kFormats)
    EXPECT_EQ(twice(format, record), line_of(format, record, {}));
  const std::string line = line_of(LogFormat::Json, record, {});
  EXPECT_EQ(line.find("missed_bytes"), line.npos);
  EXPECT_EQ(line.find("\"resp_bytes"), line.npos);
  EXPECT_NE(line.find("\"orig_bytes"), line.npos);
}

TEST(RecordColumns, HostileTextsSurviveEveryFormat) {
  for (const LogFormat format : kFormats) {
    const std::string log = line_of(format, closed_record(), hostile_annotations());
    auto parser = LogParser::recognize(log);
    ASSERT_TRUE(parser);
    const std::size_t row = format == LogFormat::Json ? 0 : log.rfind("\n1772375416") + 1;
    RecordDraft draft;
    ASSERT_EQ(parser->parse(std::string_view(log).substr(row, log.size() - row - 1), draft),
              LineKind::Record);
    EXPECT_EQ(parser->unescaped(draft.resp.name), "bücher.example");
    EXPECT_EQ(parser->unescaped(draft.resp.as_org), "Example, \"Inc\"");
    EXPECT_EQ(parser->unescaped(draft.orig.as_org), "-");
    if (format != LogFormat::Json) {  // JSON cannot hold bytes that are no UTF-8
      EXPECT_EQ(parser->unescaped(draft.orig.name), kHostileName);
    }
    EXPECT_EQ(draft.resp.asn, 4294967295U);
  }
}

TEST(RecordColumns, RejectWhatIsNoValue) {
  RecordDraft draft;
  const auto set = [&](std::string_view column, std::string_view text) {
    return set_column(draft, find_record_column(column), text);
  };
  EXPECT_FALSE(set("id.orig_p", "65536"));
  EXPECT_FALSE(set("id.orig_p", "-1"));
  EXPECT_FALSE(set("id.orig_h", "192.0.2.256"));
  EXPECT_FALSE(set("duration", "-1.0"));
  EXPECT_FALSE(set("conn_state", "XX"));
  EXPECT_FALSE(set("history", "Sh\x1b[2J"));
  EXPECT_TRUE(set("history", "ShADadFf"));
  EXPECT_FALSE(draft.record.retransmitted);
  EXPECT_TRUE(set("history", "SThADadFf"));
  EXPECT_FALSE(draft.record.retransmitted) << "data in the SYN";
  EXPECT_TRUE(set("history", "ShADtdFf"));
  EXPECT_TRUE(draft.record.retransmitted);
  EXPECT_FALSE(set("vlan", "4096"));
  EXPECT_FALSE(set("tunnel", "vxlan:"));
  EXPECT_FALSE(set("orig_bytes", "12x"));
  EXPECT_FALSE(set("ts", ""));
  EXPECT_TRUE(set("outcome", "a word of a later version"));
  EXPECT_FALSE(draft.has_outcome);
}

TEST(RecordColumns, ALineWithoutBothEndsIsNoRecord) {
  RecordDraft draft;
  EXPECT_FALSE(complete(draft));
}

TEST(RecordValues, TimesInThreeForms) {
  Timestamp time{};
  for (const char* text : {"1300475168.855330", "1300475168855", "2011-03-18T19:06:08.855330Z"}) {
    ASSERT_TRUE(read_time(text, time)) << text;
    EXPECT_EQ(to_ns(time) / 1'000'000, 1300475168855) << text;
  }
  for (const char* text : {"2011-02-30T00:00:00Z", "2011-03-18", "x", "1e400", "99999999999.5",
                           "2011-03-18T19:06:08.x", "12345678901234567890", "1.2.3"})
    EXPECT_FALSE(read_time(text, time)) << text;
}

TEST(RecordValues, SecondsKeepNanoseconds) {
  Duration duration{};
  ASSERT_TRUE(read_seconds("-0.000000001", duration));
  EXPECT_EQ(duration.count(), -1);
  ASSERT_TRUE(read_seconds("4.5e-05", duration));
  EXPECT_EQ(duration.count(), 45'000);
  ASSERT_TRUE(read_seconds("1.0000000019", duration));
  EXPECT_EQ(duration.count(), 1'000'000'001);
}

TEST(RecordValues, AddressesAsTheStrictParserReadsThem) {
  for (const char* text :
       {"0.0.0.0", "255.255.255.255", "192.0.2.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1..2.3",
        "256.1.1.1", "2001:db8::1", "::ffff:192.0.2.1", "", "1.2.3.", "1.2.3.4 ", "0000.1.1.1"}) {
    Address address;
    const auto expected = Address::parse(text);
    EXPECT_EQ(read_address(text, address), expected.has_value()) << text;
    if (expected) {
      EXPECT_EQ(address, *expected) << text;
    }
  }
}

}  // namespace
}  // namespace synfin
