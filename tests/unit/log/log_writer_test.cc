// Every format is read back by an independent reader: Zeek TSV by its header, JSON by nlohmann's
// parser, CSV by RFC 4180's rules. All formats hold the same values, and hostile texts stay inside
// their fields.
#include "synfin/log/log_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "synfin/enrich/identifiers.h"
#include "unit/log/record_samples.h"

namespace synfin {
namespace {

constexpr const char* kFields =
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes "
    "conn_state local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts "
    "resp_ip_bytes tunnel_parents ip_proto outcome community_id synack_rtt ack_rtt syn_retries "
    "closed_by bytes_basis direction_basis rst_basis port_name vlan tunnel orig_name resp_name "
    "orig_cc resp_cc orig_asn resp_asn orig_as_org resp_as_org orig_pid orig_user orig_exe "
    "resp_pid "
    "resp_user resp_exe process_basis evicted out_of_window "
    "cause cause_confidence cause_evidence";
constexpr const char* kZeekTypes =
    "time string addr port addr port enum string interval count count string bool bool count "
    "string count count count count set[string] count";

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string log_of(LogFormat format, const ConnectionRecord& record, const Annotations& about) {
  const auto writer = LogWriter::make(format);
  std::string out;
  writer->begin(out, timestamp_from_ns(0));
  writer->append(out, record, about);
  writer->end(out, timestamp_from_ns(0));
  return out;
}

/// The rows of a Zeek log as zeek-cut finds them: by the names in #fields.
std::vector<Row> zeek_rows(const std::string& log) {
  std::vector<std::string> names;
  std::vector<Row> rows;
  for (const std::string& line : split(log, '\n')) {
    const std::vector<std::string> cells = split(line, '\t');
    if (cells[0] == "#fields") names.assign(cells.begin() + 1, cells.end());
    if (line.empty() || line[0] == '#') continue;
    EXPECT_EQ(cells.size(), names.size());
    Row row;
    for (std::size_t i = 0; i < cells.size(); ++i) row[names.at(i)] = cells[i];
    rows.push_back(row);
  }
  return rows;
}

Row zeek_row(const ConnectionRecord& record, const Annotations& about = {}) {
  const std::vector<Row> rows = zeek_rows(log_of(LogFormat::Zeek, record, about));
  EXPECT_EQ(rows.size(), 1u);
  return rows.at(0);
}

/// The cells of a CSV text by RFC 4180 §2.
std::vector<std::vector<std::string>> csv_cells(const std::string& text) {
  std::vector<std::vector<std::string>> lines{{""}};
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& cell = lines.back().back();
    if (text[i] == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      cell += text[i++];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      lines.back().emplace_back();
    } else if (text.compare(i, 2, "\r\n") == 0 && !quoted) {
      ++i;
      lines.push_back({""});
    } else {
      cell += text[i];
    }
  }
  lines.pop_back();
  return lines;
}

Row csv_row(const ConnectionRecord& record, const Annotations& about = {}) {
  const auto lines = csv_cells(log_of(LogFormat::Csv, record, about));
  EXPECT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines.at(0).size(), lines.at(1).size());
  Row row;
  for (std::size_t i = 0; i < lines[0].size(); ++i) row[lines[0][i]] = lines[1].at(i);
  return row;
}

nlohmann::json json_row(const ConnectionRecord& record, const Annotations& about = {}) {
  const std::string text = log_of(LogFormat::Json, record, about);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_EQ(text.back(), '\n');
  return nlohmann::json::parse(text);
}

TEST(ZeekLog, HeaderLines) {
  const auto lines = split(log_of(LogFormat::Zeek, closed_record(), {}), '\n');
  ASSERT_EQ(lines.size(), 11u);
  EXPECT_EQ(lines[0], "#separator \\x09");
  EXPECT_EQ(lines[1], "#set_separator\t,");
  EXPECT_EQ(lines[2], "#empty_field\t(empty)");
  EXPECT_EQ(lines[3], "#unset_field\t-");
  EXPECT_EQ(lines[4], "#path\tconn");
  EXPECT_TRUE(lines[5].starts_with("#open\t19")) << lines[5];
  EXPECT_EQ(lines[5].size(), std::string{"#open\t1970-01-01-00-00-00"}.size());
  EXPECT_TRUE(lines[9].starts_with("#close\t19")) << lines[9];
  EXPECT_EQ(lines[10], "");
}

TEST(ZeekLog, ColumnsAndTypes) {
  const auto lines = split(log_of(LogFormat::Zeek, closed_record(), {}), '\n');
  auto fields = split(lines[6], '\t');
  auto types = split(lines[7], '\t');
  EXPECT_EQ(fields[0], "#fields");
  EXPECT_EQ(types[0], "#types");
  fields.erase(fields.begin());
  types.erase(types.begin());
  EXPECT_EQ(fields, split(kFields, ' '));
  ASSERT_EQ(types.size(), fields.size());
  const auto zeek_types = split(kZeekTypes, ' ');
  for (std::size_t i = 0; i < zeek_types.size(); ++i) EXPECT_EQ(types[i], zeek_types[i]) << i;
}

TEST(ZeekLog, AnOrdinaryConnection) {
  const auto lines = split(log_of(LogFormat::Zeek, closed_record(), {}), '\n');
  const ConnectionRecord r = closed_record();
  const std::string uid{Uid(r.tuple, r.first).view()};
  EXPECT_EQ(
      lines[8],
      "1772375416.123456\t" + uid +
          "\t192.0.2.7\t51234\t198.51.100.9\t443\ttcp\t-\t0.880000\t1234\t34816\tSF\t-\t-\t0\t"
          "ShADadFf\t10\t1754\t30\t36016\t-\t6\tclosed\t1:t2V3GuGY6DyfhkXujEqcOxoNwvs=\t"
          "0.012400\t0.000100250\t0\torig\tseen\tsyn\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-"
          "\t-\t-\t-\t-\tF\t-\t-\t-\t-");
}

TEST(ZeekLog, OnePacketHasNoDurationAndNoSizes) {
  const Row row = zeek_row(single_syn());
  EXPECT_EQ(row.at("ts"), "1772375416.123456789");
  EXPECT_EQ(row.at("id.orig_h"), "2001:db8::1");
  EXPECT_EQ(row.at("id.resp_h"), "2001:db8::1:0:0:2");
  for (const char* name : {"duration", "orig_bytes", "resp_bytes", "synack_rtt", "ack_rtt",
                           "closed_by", "rst_basis", "vlan", "tunnel"}) {
    EXPECT_EQ(row.at(name), "-") << name;
  }
  EXPECT_EQ(row.at("bytes_basis"), "none");
  EXPECT_EQ(row.at("orig_pkts"), "1");
}

/// Zeek has no sizes without a duration; what is unset has no basis.
TEST(LogWriter, DataOfOneMomentHasSizesExceptInZeeksFormat) {
  ConnectionRecord r = closed_record();
  r.last = r.first;
  EXPECT_EQ(zeek_row(r).at("orig_bytes"), "-");
  EXPECT_EQ(zeek_row(r).at("bytes_basis"), "none");
  EXPECT_EQ(json_row(r)["orig_bytes"], 1234);
  EXPECT_EQ(json_row(r)["bytes_basis"], "seen");
  EXPECT_EQ(csv_row(r).at("resp_bytes"), "34816");
  EXPECT_EQ(csv_row(r).at("duration"), "");
}

TEST(ZeekLog, ATimeThatRunsBackwardsIsNoDuration) {
  ConnectionRecord r = closed_record();
  r.last = r.first - std::chrono::seconds{1};
  EXPECT_EQ(zeek_row(r).at("duration"), "-");
  EXPECT_EQ(zeek_row(r).at("orig_bytes"), "-");
}

TEST(ZeekLog, AnEmptyHistoryIsUnset) {
  ConnectionRecord r = closed_record();
  r.history = {};
  EXPECT_EQ(zeek_row(r).at("history"), "-");
}

TEST(ZeekLog, HostileTextsStayInTheirFields) {
  const Row row = zeek_row(closed_record(), hostile_annotations());
  EXPECT_EQ(row.at("orig_name"), "=cmd|'/c x'!A1\\x09\\x1b[2J\\x0a\\xff\\xe2\\x80\\xae\"a\\x5cb,");
  EXPECT_EQ(row.at("orig_cc"), "\\x09X");
  EXPECT_EQ(row.at("orig_as_org"), "\\x2d");
  EXPECT_EQ(row.at("orig_user"), "\\x28empty)");
  EXPECT_EQ(row.at("orig_exe"), "/tmp/a\\x0ab");
  EXPECT_EQ(row.at("resp_name"), "bücher.example");
  EXPECT_EQ(row.at("local_orig"), "T");
  EXPECT_EQ(row.at("local_resp"), "F");
  EXPECT_EQ(row.at("orig_pid"), "4294967295");
}

TEST(ZeekLog, Tunnels) {
  ConnectionRecord r = closed_record();
  const auto tunnel = [&](TunnelKind kind, std::uint32_t id) {
    r.encapsulation.tunnel = kind;
    r.encapsulation.tunnel_id = id;
    return zeek_row(r).at("tunnel");
  };
  EXPECT_EQ(tunnel(TunnelKind::Vxlan, 42), "vxlan:42");
  EXPECT_EQ(tunnel(TunnelKind::Gre, 0), "gre");
  EXPECT_EQ(tunnel(TunnelKind::GtpU, 7), "gtpu:7");
  EXPECT_EQ(tunnel(TunnelKind::Geneve, 4294967295), "geneve:4294967295");
  EXPECT_EQ(tunnel(TunnelKind::None, 0), "-");
  r.encapsulation.vlan = 4094;
  EXPECT_EQ(zeek_row(r).at("vlan"), "4094");
}

TEST(JsonLog, TypesOfValues) {
  const auto row = json_row(closed_record(), hostile_annotations());
  EXPECT_TRUE(row["ts"].is_number_float());
  EXPECT_EQ(row["id.orig_p"], 51234);
  EXPECT_EQ(row["duration"], 0.88);
  EXPECT_EQ(row["local_orig"], true);
  EXPECT_EQ(row["local_resp"], false);
  EXPECT_EQ(row["evicted"], false);
  EXPECT_EQ(row["orig_name"], "=cmd|'/c x'!A1\t\x1b[2J\n\xEF\xBF\xBD\xe2\x80\xae\"a\\b,");
  EXPECT_EQ(row["orig_as_org"], "-");
  EXPECT_EQ(row["orig_asn"], 64496);
}

TEST(JsonLog, KeepsNanoseconds) {
  EXPECT_TRUE(
      log_of(LogFormat::Json, single_syn(), {}).starts_with("{\"ts\":1772375416.123456789,"));
}

TEST(JsonLog, UnsetMembersAreAbsent) {
  const auto row = json_row(single_syn());
  for (const char* name : {"service", "duration", "orig_bytes", "resp_bytes", "local_orig",
                           "tunnel_parents", "synack_rtt", "rst_basis", "orig_name", "orig_pid"}) {
    EXPECT_FALSE(row.contains(name)) << name;
  }
  EXPECT_EQ(row["missed_bytes"], 0);
  EXPECT_EQ(row["ip_proto"], 6);
}

TEST(LogWriter, UnknownCountsAreUnset) {
  ConnectionRecord r = closed_record();
  r.unknown = UnknownCounts::all();
  const auto json = json_row(r);
  const Row zeek = zeek_row(r), csv = csv_row(r);
  for (const char* name : {"orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "orig_ip_bytes",
                           "resp_pkts", "resp_ip_bytes"}) {
    EXPECT_FALSE(json.contains(name)) << name;
    EXPECT_EQ(zeek.at(name), "-") << name;
    EXPECT_EQ(csv.at(name), "") << name;
  }
}

TEST(CsvLog, FormulasAreNeutralized) {
  const Row row = csv_row(closed_record(), hostile_annotations());
  EXPECT_EQ(row.at("orig_name"), "'=cmd|'/c x'!A1\\x09\\x1b[2J\\x0a\\xff\\xe2\\x80\\xae\"a\\\\b,");
  EXPECT_EQ(row.at("orig_as_org"), "'-");
  EXPECT_EQ(row.at("resp_as_org"), "Example, \"Inc\"");
}

TEST(CsvLog, HeaderNamesTheColumns) {
  const auto lines = csv_cells(log_of(LogFormat::Csv, closed_record(), {}));
  EXPECT_EQ(lines.at(0), split(kFields, ' '));
}

TEST(CsvLog, LineEndsAreTheOnlyControlBytes) {
  for (const char c : log_of(LogFormat::Csv, closed_record(), hostile_annotations())) {
    const auto b = static_cast<unsigned char>(c);
    EXPECT_TRUE(b >= 0x20 || c == '\r' || c == '\n') << +b;
  }
}

/// TSV and CSV hold the values of JSON in the same spelling, except for texts, which each format
/// escapes in its own way.
TEST(LogWriter, TheFormatsAgree) {
  ConnectionRecord full = closed_record();
  full.encapsulation = {.tunnel_id = 42, .vlan = 7, .tunnel = TunnelKind::Vxlan};
  full.rst_basis = RstBasis::Unverified;
  full.missed_bytes = UINT64_MAX;
  full.syn_retries = 3;
  full.evicted = true;
  Annotations about = hostile_annotations();
  about.orig.name = about.orig.country = about.orig.as_org = about.orig.user = about.orig.exe = "x";
  about.resp.as_org = "plain";
  for (const ConnectionRecord& record : {full, single_syn()}) {
    const Row zeek = zeek_row(record, about);
    const Row csv = csv_row(record, about);
    const std::string json_text = log_of(LogFormat::Json, record, about);
    const auto json = nlohmann::json::parse(json_text);
    for (const auto& [name, value] : zeek) {
      if (value == "-") {
        EXPECT_EQ(csv.at(name), "") << name;
        EXPECT_FALSE(json.contains(name)) << name;
        continue;
      }
      ASSERT_TRUE(json.contains(name)) << name;
      if (json[name].is_boolean()) {
        EXPECT_EQ(csv.at(name), json[name].get<bool>() ? "true" : "false") << name;
        EXPECT_EQ(value, json[name].get<bool>() ? "T" : "F") << name;
        continue;
      }
      EXPECT_EQ(csv.at(name), value) << name;
      const std::string quote = json[name].is_string() ? "\"" : "";
      const std::string member = "\"" + name + "\":" + quote + value + quote;
      EXPECT_NE(json_text.find(member), std::string::npos) << member;
    }
  }
}

}  // namespace
}  // namespace synfin
