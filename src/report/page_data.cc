// What the HTML report embeds beside the JSON report. See page.h.
//
//   { "limits": {"rows", "sampled"}, "refresh_seconds", "utc",
//     "addresses": [["192.0.2.1", "CC", network index], …], "networks": [[asn, "organization"], …],
//     "ports": {"443": "https", …}, "outcomes": ["open", …], "states": ["S0", …],
//     "sample": {"total", "start_ms", "width_ms", "buckets": [[stratum, …], …]} }
//
// A stratum is [outcome, count, bytes, [connection, …]]; a connection is [originator, its port,
// responder, its port, start, duration, SYN-ACK time, bytes sent, bytes received, SYN retries,
// state, closed by]. Addresses are indices, times are microseconds, the start counts from the
// beginning of the bucket, and -1 is an unknown time.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <unordered_map>

#include "report/connection_sample.h"
#include "report/page.h"
#include "synfin/base/seeded_hash.h"
#include "synfin/report/json_writer.h"

namespace synfin {
namespace {

/// Bytes of an organization's name that the page contains.
constexpr std::size_t kMaxOrganization = 60;

std::int64_t microseconds(Duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

class PageData {
 public:
  PageData(std::string& out, PortNames& ports, const RenderOptions& options)
      : json_(out), port_names_(ports), options_(options) {}

  void write(std::size_t rows);

 private:
  void sample(const ConnectionSample& sample);
  void bucket(std::string& out, const ConnectionSample::Bucket& bucket, Timestamp begin);
  void stratum(std::string& out, const SampleStratum& stratum, Timestamp begin);
  void connection(std::string& out, const SampledConnection& c, Timestamp begin);
  std::size_t index_of(const Address& address);
  void addresses();
  void names();

  JsonWriter json_;
  PortNames& port_names_;
  const RenderOptions& options_;
  std::unordered_map<Address, std::size_t, SeededHash> indices_;
  std::vector<Address> addresses_;
  std::set<std::uint16_t> ports_;
};

std::size_t PageData::index_of(const Address& address) {
  const auto [at, fresh] = indices_.try_emplace(address, addresses_.size());
  if (fresh) addresses_.push_back(address);
  return at->second;
}

void PageData::connection(std::string& out, const SampledConnection& c, Timestamp begin) {
  ports_.insert(c.tuple.resp.port);
  fmt::format_to(
      std::back_inserter(out), "[{},{},{},{},{},{},{},{},{},{},{},{}]",
      index_of(c.tuple.orig.address), c.tuple.orig.port, index_of(c.tuple.resp.address),
      c.tuple.resp.port, microseconds(saturating_sub(c.first, begin)), microseconds(c.duration),
      c.synack_rtt == kNoDuration ? -1 : microseconds(c.synack_rtt), c.orig_bytes, c.resp_bytes,
      c.syn_retries, static_cast<unsigned>(c.state), static_cast<unsigned>(c.closed_by));
}

void PageData::stratum(std::string& out, const SampleStratum& stratum, Timestamp begin) {
  std::vector<SampledConnection> sorted = stratum.sampled;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.tuple < b.tuple;
  });
  fmt::format_to(std::back_inserter(out), "{},{},[", stratum.count, stratum.bytes);
  for (const SampledConnection& c : sorted) {
    if (&c != &sorted.front()) out += ',';
    connection(out, c, begin);
  }
  out += "]]";
}

void PageData::bucket(std::string& out, const ConnectionSample::Bucket& bucket, Timestamp begin) {
  std::string_view separator = "[";
  for (std::size_t i = 0; i < bucket.by_outcome.size(); ++i) {
    if (bucket.by_outcome[i].count == 0) continue;
    fmt::format_to(std::back_inserter(out), "{}[{},", separator, i);
    stratum(out, bucket.by_outcome[i], begin);
    separator = ",";
  }
  out += separator == "[" ? "[]" : "]";
}

void PageData::sample(const ConnectionSample& sample) {
  json_.key("sample").begin_object();
  json_.member("total", sample.total());
  const bool any = !sample.buckets().empty();
  const double start = any ? static_cast<double>(to_ns(sample.start())) / 1e6 : 0.0;
  json_.member("start_ms", start);
  json_.member("width_ms", static_cast<double>(sample.width().count()) / 1e6);
  std::string text = "[";
  Timestamp begin = any ? sample.start() : Timestamp{};
  for (const ConnectionSample::Bucket& of : sample.buckets()) {
    text += text.size() == 1 ? "\n" : ",\n";
    bucket(text, of, begin);
    begin = saturating_add(begin, sample.width());
  }
  json_.key("buckets").raw(text + "]");
  json_.end_object();
}

/// Names of hosts are in the tables of the report, which look them up.
void PageData::addresses() {
  std::map<std::uint32_t, std::size_t> networks;
  std::vector<std::pair<std::uint32_t, std::string>> rows;
  json_.key("addresses").begin_array();
  for (const Address& address : addresses_) {
    json_.begin_array();
    json_.value(std::string_view{address.to_string()});
    const GeoInfo info = options_.book ? options_.book->geoip().look_up(address) : GeoInfo{};
    if (!info.country.view().empty() || info.asn != 0) json_.value(info.country.view());
    if (info.asn != 0) {
      const auto [at, fresh] = networks.try_emplace(info.asn, rows.size());
      if (fresh) rows.emplace_back(info.asn, std::string{info.as_org.substr(0, kMaxOrganization)});
      json_.value(std::uint64_t{at->second});
    }
    json_.end_array();
  }
  json_.end_array();
  json_.key("networks").begin_array();
  for (const auto& [asn, organization] : rows) {
    json_.begin_array();
    json_.value(std::uint64_t{asn});
    json_.value(std::string_view{organization});
    json_.end_array();
  }
  json_.end_array();
}

void PageData::names() {
  json_.key("ports").begin_object();
  for (const std::uint16_t port : ports_) {
    if (const std::string_view name = port_names_.name(port); !name.empty())
      json_.member(std::to_string(port), name);
  }
  json_.end_object();
  json_.key("outcomes").begin_array();
  for (int i = 0; i < kOutcomes; ++i) json_.value(to_string(static_cast<Outcome>(i)));
  json_.end_array();
  json_.key("states").begin_array();
  for (int i = 0; i < kConnStates; ++i) json_.value(to_string(static_cast<ConnState>(i)));
  json_.end_array();
}

void PageData::write(std::size_t rows) {
  json_.begin_object(JsonWriter::Layout::Lines);
  json_.key("limits").begin_object();
  json_.member("rows", std::uint64_t{rows});
  json_.member("sampled", std::uint64_t{ConnectionSample::kMaxSampled});
  json_.end_object();
  json_.key("refresh_seconds");
  if (options_.refresh) {
    json_.value(std::chrono::duration<double>(*options_.refresh).count());
  } else {
    json_.null();
  }
  json_.member("utc", options_.zone == Zone::Utc);
  if (options_.sample != nullptr) sample(*options_.sample);
  addresses();
  names();
  json_.end_object();
}

}  // namespace

void append_page_data(std::string& out, PortNames& ports, const RenderOptions& options,
                      std::size_t rows) {
  PageData(out, ports, options).write(rows);
  out += '\n';
}

}  // namespace synfin
