// See handshakes.h.
#include "report/handshakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "synfin/report/format.h"
#include "synfin/stats/significance.h"

namespace synfin {
namespace {

constexpr double kMaxChance = 1e-5;
/// A shift needs as many samples on each side.
constexpr std::size_t kMinSide = 12;
constexpr std::size_t kMinSamples = 40;
constexpr double kMinRatio = 1.25;
constexpr Duration kMinDifference = std::chrono::microseconds{100};
constexpr std::size_t kMaxWindows = 12;
/// Rows of a report. Each has windows, so they are long.
constexpr std::size_t kMaxRows = 100;

/// A sample and the number of handshakes that it represents.
struct Weighted {
  HandshakeSample sample;
  std::uint64_t weight = 1;
};

/// The value below which `percent` of the weight lies, by the nearest rank.
Duration percentile(std::span<const Weighted> by_rtt, unsigned percent) {
  std::uint64_t all = 0;
  for (const Weighted& w : by_rtt) all += w.weight;
  const std::uint64_t rank = std::max<std::uint64_t>(1, (all * percent + 99) / 100);
  std::uint64_t seen = 0;
  for (const Weighted& w : by_rtt) {
    seen += w.weight;
    if (seen >= rank) return w.sample.rtt;
  }
  return kNoDuration;
}

struct Percentiles {
  Duration p50 = kNoDuration;
  Duration p90 = kNoDuration;
  Duration p99 = kNoDuration;
};

Percentiles percentiles(std::vector<Weighted> samples) {
  std::sort(samples.begin(), samples.end(),
            [](const Weighted& a, const Weighted& b) { return a.sample.rtt < b.sample.rtt; });
  return {percentile(samples, 50), percentile(samples, 90), percentile(samples, 99)};
}

Duration value_at(std::vector<Duration>& sorted, std::size_t percent) {
  return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

/// The smallest round width of which kMaxWindows cover the span.
Duration window_for(Duration span) {
  using namespace std::chrono_literals;
  static constexpr std::array<std::chrono::seconds, 17> kWidths{
      1s,    2s,    5s,    10s,    30s,    60s,    120s,    300s,    600s,
      1800s, 3600s, 7200s, 21600s, 43200s, 86400s, 604800s, 2592000s};
  for (const std::chrono::seconds width : kWidths) {
    if (span <= Duration{width} * static_cast<std::int64_t>(kMaxWindows - 1)) return width;
  }
  return kWidths.back();
}

std::vector<HandshakeWindow> windows_of(const std::vector<Weighted>& by_time, Duration width) {
  const auto number = [&](const Weighted& w) { return to_ns(w.sample.at) / width.count(); };
  std::vector<HandshakeWindow> windows;
  for (std::size_t begin = 0; begin < by_time.size();) {
    std::size_t end = begin;
    std::uint64_t samples = 0;
    for (; end < by_time.size() && number(by_time[end]) == number(by_time[begin]); ++end)
      samples += by_time[end].weight;
    const Percentiles p = percentiles({by_time.begin() + static_cast<std::ptrdiff_t>(begin),
                                       by_time.begin() + static_cast<std::ptrdiff_t>(end)});
    windows.push_back(
        {timestamp_from_ns(number(by_time[begin]) * width.count()), samples, p.p50, p.p90, p.p99});
    begin = end;
  }
  return windows;
}

/// The profiles that one row sums up.
struct Group {
  std::optional<Endpoint> service;
  std::string network;
  std::vector<const ServiceProfile*> profiles;
  std::vector<Weighted> by_time;
};

void gather(Group& group) {
  for (const ServiceProfile* profile : group.profiles) {
    for (const HandshakeSample& sample : profile->series.samples())
      group.by_time.push_back({sample, profile->series.stride()});
  }
  std::sort(group.by_time.begin(), group.by_time.end(), [](const Weighted& a, const Weighted& b) {
    return std::tie(a.sample.at, a.sample.rtt) < std::tie(b.sample.at, b.sample.rtt);
  });
}

/// The row without its times, which only those that are reported need.
HandshakeRow row_of(const Group& group, std::size_t tests) {
  HandshakeRow row;
  row.service = group.service;
  row.network = group.network;
  for (const ServiceProfile* profile : group.profiles) {
    row.connections += profile->connections;
    row.syn_retries += profile->syn_retries;
    row.retransmitting += profile->retransmitting;
  }
  std::vector<HandshakeSample> samples;
  for (const Weighted& w : group.by_time) {
    row.samples += w.weight;
    samples.push_back(w.sample);
  }
  row.shift = find_shift(samples, tests);
  return row;
}

void add_times(HandshakeRow& row, const Group& group, Duration width) {
  const Percentiles p = percentiles(group.by_time);
  row.p50 = p.p50;
  row.p90 = p.p90;
  row.p99 = p.p99;
  row.windows = windows_of(group.by_time, width);
}

/// The network of a service by the database, or else its block of addresses.
std::string network_of(const Address& a, AddressBook* book) {
  const GeoInfo about = book != nullptr ? book->geoip().look_up(a) : GeoInfo{};
  if (about.asn == 0) return network_text(a);
  return fmt::format("AS{}{}{}", about.asn, about.as_org.empty() ? "" : " ", about.as_org);
}

std::vector<HandshakeRow> rows_of(std::vector<Group>& groups, Duration width, std::size_t tests,
                                  std::size_t top) {
  std::vector<std::pair<HandshakeRow, const Group*>> ranked;
  for (const Group& group : groups) {
    if (!group.by_time.empty()) ranked.emplace_back(row_of(group, tests), &group);
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& x, const auto& y) {
    const HandshakeRow& a = x.first;
    const HandshakeRow& b = y.first;
    if (a.shift.has_value() != b.shift.has_value()) return a.shift.has_value();
    if (a.samples != b.samples) return a.samples > b.samples;
    return std::tie(a.service, a.network) < std::tie(b.service, b.network);
  });
  const std::size_t most = top == 0 ? kMaxRows : std::min(top, kMaxRows);
  std::vector<HandshakeRow> rows;
  for (auto& [row, group] : ranked) {
    if (rows.size() == most) break;
    add_times(row, *group, width);
    rows.push_back(std::move(row));
  }
  return rows;
}

Duration median_of(std::span<const HandshakeSample> samples) {
  std::vector<Duration> sorted;
  for (const HandshakeSample& s : samples) sorted.push_back(s.rtt);
  std::sort(sorted.begin(), sorted.end());
  return value_at(sorted, 50);
}

/// How far the median wanders within one side of a shift: between its halves.
Duration drift_of(std::span<const HandshakeSample> side) {
  const std::size_t half = side.size() / 2;
  const Duration drift = median_of(side.first(half)) - median_of(side.subspan(half));
  return drift < Duration{} ? -drift : drift;
}

}  // namespace

std::optional<HandshakeShift> find_shift(std::span<const HandshakeSample> samples,
                                         std::size_t tests) {
  if (samples.size() < kMinSamples) return std::nullopt;
  std::vector<double> values;
  for (const HandshakeSample& s : samples) values.push_back(static_cast<double>(s.rtt.count()));
  const std::optional<ChangePoint> change = find_change(values);
  if (!change || change->at < kMinSide || samples.size() - change->at < kMinSide)
    return std::nullopt;
  const double chance = change->chance * static_cast<double>(std::max<std::size_t>(tests, 1));
  if (chance > kMaxChance) return std::nullopt;
  std::vector<Duration> before;
  std::vector<Duration> after;
  for (std::size_t i = 0; i < samples.size(); ++i)
    (i < change->at ? before : after).push_back(samples[i].rtt);
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  const HandshakeShift shift{samples[change->at].at, value_at(before, 50), value_at(after, 50),
                             chance};
  const auto [less, more] = std::minmax(shift.before, shift.after);
  const bool matters =
      more - less >= kMinDifference &&
      static_cast<double>(more.count()) >= kMinRatio * static_cast<double>(less.count());
  const bool apart = shift.before < shift.after ? value_at(before, 75) < value_at(after, 25)
                                                : value_at(after, 75) < value_at(before, 25);
  const Duration drift =
      std::max(drift_of(samples.first(change->at)), drift_of(samples.subspan(change->at)));
  const bool sudden = more - less >= 3 * drift;
  return matters && apart && sudden ? std::optional{shift} : std::nullopt;
}

Handshakes describe_handshakes(std::span<const ProfiledService> services, std::size_t top,
                               AddressBook* book) {
  std::vector<Group> by_service;
  std::map<std::string, Group> by_network;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();
  for (const ProfiledService& s : services) {
    by_service.push_back({s.service, {}, {s.profile}, {}});
    Group& network = by_network[network_of(s.service.address, book)];
    network.profiles.push_back(s.profile);
    for (const HandshakeSample& sample : s.profile->series.samples()) {
      first = std::min(first, sample.at);
      last = std::max(last, sample.at);
    }
  }
  std::vector<Group> networks;
  for (auto& [name, group] : by_network) {
    group.network = name;
    networks.push_back(std::move(group));
  }
  std::size_t tests = 0;
  for (std::vector<Group>* groups : {&by_service, &networks}) {
    for (Group& group : *groups) {
      gather(group);
      tests += group.by_time.size() >= kMinSamples;
    }
  }
  Handshakes all;
  if (first > last) return all;
  all.window = window_for(saturating_sub(last, first));
  all.services = rows_of(by_service, all.window, tests, top);
  all.networks = rows_of(networks, all.window, tests, top);
  return all;
}

}  // namespace synfin
