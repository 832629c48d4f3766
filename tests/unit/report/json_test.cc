// The keys of the JSON report, on which other programs rely.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "synfin/report/document.h"
#include "unit/report/records.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::RecordSpec;

CaptureInfo some_capture() {
  CaptureInfo c;
  c.sources = {"office.pcap"};
  c.scope = PacketScope::All;
  c.link_types = {"EN10MB"};
  c.first_packet = timestamp_from_ns(test::kNoon + 1);
  c.last_packet = timestamp_from_ns(test::kNoon) + 2min;
  c.ledger.received = 120;
  c.ledger.decoded = 100;
  c.ledger.not_tcp = 20;
  return c;
}

json report(const CaptureInfo& capture, const Summary& summary) {
  PortNames ports(std::vector<PortNames::Service>{});
  return json::parse(render_report(ReportFormat::Json, capture, summary, ports, {}));
}

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

void expect_keys(const json& object, const std::vector<std::string>& wanted) {
  for (const std::string& key : wanted) EXPECT_TRUE(object.contains(key)) << key;
}

Summary& some_summary() {
  static Summary summary(SummaryOptions{});
  static const bool once = [] {
    summary.add(RecordSpec{.lasts = 3s, .rtt = 10ms, .sent = 5, .received = 6}.record());
    summary.add(RecordSpec{.outcome = Outcome::Refused, .state = ConnState::REJ}.record());
    for (std::uint16_t p = 1; p <= 20; ++p) {
      summary.add(RecordSpec{
          .orig = test::address("2001:db8::5"), .port = p, .outcome = Outcome::Unanswered}
                      .record());
    }
    return true;
  }();
  EXPECT_TRUE(once);
  return summary;
}

TEST(JsonReport, RemarksSayWhatTheFiguresMean) {
  CaptureInfo capture = some_capture();
  EXPECT_FALSE(report(capture, some_summary())["capture"].contains("remarks"));
  capture.ledger.copies = 12;
  EXPECT_FALSE(report(capture, some_summary())["capture"].contains("remarks")) << "10 % are few";
  capture.ledger.copies = 13;
  capture.context_overlaps = 1;
  capture.out_of_order = 7;
  capture.most_out_of_order = std::chrono::seconds{90};
  capture.only_control_packets = true;
  const json remarks = report(capture, some_summary())["capture"]["remarks"];
  ASSERT_EQ(remarks.size(), 4U);
  EXPECT_THAT(remarks[0].get<std::string>(), testing::HasSubstr("copies"));
  EXPECT_THAT(remarks[1].get<std::string>(), testing::HasSubstr("--context-key"));
  EXPECT_THAT(remarks[2].get<std::string>(), testing::HasSubstr("--packets control"));
  EXPECT_THAT(remarks[3].get<std::string>(),
              testing::HasSubstr("7 packets are more than 1 s older than a packet before, by up to "
                                 "1m30s"));
}

TEST(JsonReport, HasTheKeysThatProgramsRelyOn) {
  const json r = report(some_capture(), some_summary());
  expect_keys(r, {"synfin", "capture", "connections", "services", "edges", "hosts", "countries",
                  "networks", "scanners", "longest", "timeline", "changes"});
  EXPECT_TRUE(r["synfin"]["version"].is_string());
  EXPECT_FALSE(r["synfin"]["version"].get<std::string>().empty());
  expect_keys(r["capture"],
              {"sources", "mode", "first_packet", "last_packet", "link_types", "packets"});
  EXPECT_EQ(
      keys_of(r["capture"]["packets"]),
      keys_of(json::parse(R"({"received":0,"decoded":0,"not_tcp":0,"fragments":0,"truncated":0,
              "malformed":0,"unsupported_link":0,"copies":0,"filtered":0,"dropped_kernel":0,
              "dropped_interface":0,"dropped_ring":0,"late":0})")));
  expect_keys(r["connections"], {"total", "by_state", "by_outcome", "orig_bytes", "resp_bytes",
                                 "evicted", "syn_retries"});
  EXPECT_EQ(r["connections"]["by_state"].size(), 13u);
  EXPECT_EQ(r["connections"]["by_outcome"].size(), 11u);
  expect_keys(r["services"].at(0), {"ip", "port", "name", "attempts", "established", "refused",
                                    "unanswered", "clients", "bytes", "synack_rtt_ms"});
  expect_keys(r["services"].at(0)["synack_rtt_ms"], {"p50", "p99"});
  expect_keys(r["edges"].at(0),
              {"orig", "resp", "port", "attempts", "established", "failed", "synack_rtt_ms"});
  expect_keys(r["edges"].at(0)["synack_rtt_ms"], {"p50", "p99", "samples"});
  expect_keys(r["hosts"].at(0), {"ip", "as_originator", "as_responder", "failed", "bytes_sent",
                                 "bytes_received", "peers", "first_seen", "last_seen"});
  expect_keys(r["scanners"].at(0), {"ip", "kind", "probes", "targets", "ports", "hosts", "attempts",
                                    "failed", "since", "until"});
  expect_keys(r["longest"].at(0), {"ts", "uid", "orig", "orig_port", "resp", "resp_port",
                                   "duration", "conn_state", "outcome"});
  expect_keys(r["timeline"], {"start", "bucket_seconds", "buckets"});
  expect_keys(r["timeline"]["buckets"].at(0), {"started", "failed", "bytes"});
}

TEST(JsonReport, ContainsTheSummary) {
  const json r = report(some_capture(), some_summary());
  EXPECT_EQ(r["capture"]["first_packet"], "2026-03-01T12:00:00.000000001Z");
  EXPECT_EQ(r["capture"]["packets"]["not_tcp"], 20);
  EXPECT_EQ(r["capture"]["ledger_closes"], true);
  EXPECT_EQ(r["connections"]["total"], 22);
  EXPECT_EQ(r["connections"]["by_state"]["REJ"], 1);
  EXPECT_EQ(r["connections"]["by_outcome"]["unanswered"], 20);
  const json& https = r["services"].at(0);
  EXPECT_EQ(https["ip"], "198.51.100.1");
  EXPECT_EQ(https["port"], 443);
  EXPECT_EQ(https["name"], nullptr);
  EXPECT_EQ(https["attempts"], 2);
  EXPECT_EQ(https["success_rate"], 0.5);
  EXPECT_EQ(https["bytes"], 11);
  EXPECT_NEAR(https["synack_rtt_ms"]["p50"].get<double>(), 10, 0.2);
  EXPECT_EQ(r["services"].at(1)["synack_rtt_ms"]["p50"], nullptr);
  EXPECT_EQ(r["scanners"].at(0)["ip"], "2001:db8::5");
  EXPECT_EQ(r["scanners"].at(0)["kind"], "vertical");
  EXPECT_EQ(r["scanners"].at(0)["probes"], "syn");
  EXPECT_EQ(r["longest"].at(0)["duration"], 3.0);
  EXPECT_EQ(r["failing"].at(0)["cause"], "refused");
  EXPECT_EQ(r["approximate"], false);
}

TEST(JsonReport, SaysHowManyRowsAreLeftOut) {
  EXPECT_FALSE(report(some_capture(), some_summary()).contains("left_out"));
  Summary summary(SummaryOptions{});
  for (std::uint16_t p = 1; p <= 1007; ++p) {
    ConnectionRecord record = RecordSpec{.port = p, .lasts = 1s, .rtt = 10ms}.record();
    record.closed_by = Side::Orig;
    summary.add(record);
  }
  const json r = report(some_capture(), summary);
  EXPECT_EQ(r["services"].size(), 1000u);
  EXPECT_EQ(r["left_out"]["services"], 7);
  EXPECT_EQ(r["left_out"]["edges"], 7);
  EXPECT_EQ(r["handshakes"]["services"].size(), 100u);
  EXPECT_EQ(r["left_out"]["handshakes.services"], 907);
  EXPECT_EQ(r["left_out"]["hangups.closers"], 7);
  EXPECT_FALSE(r["left_out"].contains("hosts"));
}

TEST(JsonReport, BytesThatALogLacksAreNull) {
  CaptureInfo c = some_capture();
  c.log.emplace();
  c.log->records = 22;
  c.log->missing = {"orig_bytes"};
  const json r = report(c, some_summary());
  EXPECT_EQ(r["connections"]["orig_bytes"], nullptr);
  EXPECT_EQ(r["connections"]["resp_bytes"], 6);
  EXPECT_EQ(r["services"].at(0)["bytes"], nullptr);
  EXPECT_EQ(r["edges"].at(0)["bytes"], nullptr);
  EXPECT_EQ(r["hosts"].at(0)["bytes_sent"], nullptr);
  EXPECT_EQ(r["longest"].at(0)["orig_bytes"], nullptr);
  EXPECT_EQ(r["timeline"]["buckets"].at(0)["bytes"], nullptr);
  PortNames ports(std::vector<PortNames::Service>{});
  const std::string text = render_report(ReportFormat::Text, c, some_summary(), ports, {});
  EXPECT_EQ(text.find(" sent"), text.npos);
  EXPECT_NE(text.find("; 6 B received"), text.npos);
  c.log->missing = {"resp_bytes", "orig_bytes"};
  for (const auto format : {ReportFormat::Text, ReportFormat::Csv}) {
    const std::string none = render_report(format, c, some_summary(), ports, {});
    EXPECT_EQ(none.find(" B received"), none.npos);
    EXPECT_EQ(none.find("0 B"), none.npos);
  }
}

TEST(JsonReport, AnEmptyReportHasAllKeys) {
  const json r = report({}, Summary(SummaryOptions{}));
  EXPECT_EQ(r["capture"]["first_packet"], nullptr);
  EXPECT_EQ(r["connections"]["total"], 0);
  for (const char* key :
       {"services", "edges", "hosts", "countries", "networks", "scanners", "longest", "changes"}) {
    EXPECT_TRUE(r[key].is_array() && r[key].empty()) << key;
  }
  EXPECT_EQ(r["timeline"]["start"], nullptr);
  EXPECT_TRUE(r["timeline"]["buckets"].empty());
}

TEST(JsonReport, IsValidForHostileFileNames) {
  CaptureInfo c = some_capture();
  c.sources = {"\xFF\xFE\x80", "a\"b\\c\n\x1b[31m", std::string("nul\0byte", 8),
               "\xE2\x80\xAE"
               "fcp.exe"};
  c.damage = {"cut \xC3"};
  c.filter = "host \"x\"";
  const json r = report(c, some_summary());
  EXPECT_EQ(r["capture"]["sources"].size(), 4u);
  EXPECT_EQ(r["capture"]["sources"].at(1), "a\"b\\c\n\x1b[31m");
  EXPECT_EQ(r["capture"]["filter"], "host \"x\"");
  PortNames ports(std::vector<PortNames::Service>{});
  const std::string text = render_report(ReportFormat::Json, c, some_summary(), ports, {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(JsonReport, CountsAnsweringPortsThatAreNotListed) {
  SummaryData d;
  d.failures.of = 2;
  d.failures.rows.resize(2);
  d.failures.rows[0].cause = d.failures.rows[1].cause = Cause::Filtered;
  d.failures.rows[0].answering = d.failures.rows[1].answering = {22, 80};
  d.failures.rows[1].further_answering = 7;
  PortNames ports(std::vector<PortNames::Service>{});
  const json rows =
      json::parse(render_json(some_capture(), d, ports, nullptr, "1", nullptr)).at("failures");
  EXPECT_FALSE(rows.at(0).contains("further_ports_answering"));
  EXPECT_EQ(rows.at(1).at("other_ports_answering"), json({22, 80}));
  EXPECT_EQ(rows.at(1).at("further_ports_answering"), 7);
}

TEST(JsonReport, ContainsAThousandRowsPerTable) {
  Summary summary(SummaryOptions{});
  for (std::uint16_t p = 1; p <= 1500; ++p) summary.add(RecordSpec{.port = p}.record());
  const json r = report(some_capture(), summary);
  EXPECT_EQ(r["services"].size(), 1000u);
  EXPECT_EQ(r["connections"]["total"], 1500);
}

}  // namespace
}  // namespace synfin
