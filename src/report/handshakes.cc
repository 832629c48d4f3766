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

/// The value below which `percent` of the weight is, by the nearest rank.
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

void add_times(HandshakeRow& row, const std::vector<Weighted>& by_time, Duration width) {
  const Percentiles p = percentiles(by_time);
  row.p50 = p.p50;
  row.p90 = p.p90;
  row.p99 = p.p99;
  row.windows = windows_of(by_time, width);
}

/// The profiles that one row sums up.
struct ProfileGroup {
  std::optional<Endpoint> service;
  std::string network;
  std::vector<const ServiceProfile*> profiles;
  std::size_t kept = 0;       ///< samples in the profiles
  std::uint64_t samples = 0;  ///< handshakes that they represent

  void add(const ServiceProfile& profile) {
    profiles.push_back(&profile);
    kept += profile.series.values().size();
    samples += profile.series.values().size() * profile.series.stride();
  }
  bool is_tested() const { return kept >= kMinSamples; }
};

std::vector<Weighted> samples_by_time(const ProfileGroup& group) {
  std::vector<Weighted> samples;
  samples.reserve(group.kept);
  for (const ServiceProfile* profile : group.profiles) {
    for (const HandshakeSample& sample : profile->series.values())
      samples.push_back({sample, profile->series.stride()});
  }
  std::sort(samples.begin(), samples.end(), [](const Weighted& a, const Weighted& b) {
    if (a.sample.at != b.sample.at) return a.sample.at < b.sample.at;
    return a.sample.rtt < b.sample.rtt;
  });
  return samples;
}

/// A group that may become a row.
struct Candidate {
  const ProfileGroup* group = nullptr;
  std::optional<HandshakeShift> shift;

  bool operator<(const Candidate& other) const {
    if (shift.has_value() != other.shift.has_value()) return shift.has_value();
    if (group->samples != other.group->samples) return group->samples > other.group->samples;
    return std::tie(group->service, group->network) <
           std::tie(other.group->service, other.group->network);
  }
};

Candidate judge(const ProfileGroup& group, std::size_t tests) {
  if (!group.is_tested()) return {&group, std::nullopt};
  std::vector<HandshakeSample> samples;
  samples.reserve(group.kept);
  for (const Weighted& w : samples_by_time(group)) samples.push_back(w.sample);
  return {&group, find_shift(samples, tests)};
}

HandshakeRow row_of(const Candidate& candidate, Duration width) {
  const ProfileGroup& group = *candidate.group;
  HandshakeRow row;
  row.service = group.service;
  row.network = group.network;
  for (const ServiceProfile* profile : group.profiles) {
    row.connections += profile->connections;
    row.syn_retries += profile->syn_retries;
    row.retransmitting += profile->retransmitting;
  }
  row.samples = group.samples;
  row.shift = candidate.shift;
  add_times(row, samples_by_time(group), width);
  return row;
}

/// The network of a service by the database, or else its block of addresses.
std::string network_of(const Address& a, AddressBook* book) {
  const GeoInfo about = book != nullptr ? book->geoip().look_up(a) : GeoInfo{};
  if (about.asn == 0) return network_text(a);
  return fmt::format("AS{}{}{}", about.asn, about.as_org.empty() ? "" : " ", about.as_org);
}

std::vector<HandshakeRow> rows_of(const std::vector<ProfileGroup>& groups, Duration width,
                                  std::size_t tests, std::size_t top) {
  std::vector<Candidate> candidates;
  for (const ProfileGroup& group : groups) {
    if (group.kept != 0) candidates.push_back(judge(group, tests));
  }
  const std::size_t most =
      std::min(candidates.size(), top == 0 ? kMaxRows : std::min(top, kMaxRows));
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(most);
  std::partial_sort(candidates.begin(), end, candidates.end());
  std::vector<HandshakeRow> rows;
  for (auto c = candidates.begin(); c != end; ++c) rows.push_back(row_of(*c, width));
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
  std::vector<ProfileGroup> by_service;
  std::map<std::string, ProfileGroup> by_network;
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();
  by_service.reserve(services.size());
  for (const ProfiledService& s : services) {
    const auto& samples = s.profile->series.values();
    if (samples.empty()) continue;
    by_service.emplace_back().service = s.service;
    by_service.back().add(*s.profile);
    by_network[network_of(s.service.address, book)].add(*s.profile);
    for (const HandshakeSample& sample : samples) {
      first = std::min(first, sample.at);
      last = std::max(last, sample.at);
    }
  }
  std::vector<ProfileGroup> networks;
  for (auto& [name, group] : by_network) {
    group.network = name;
    networks.push_back(std::move(group));
  }
  std::size_t tests = 0;
  for (const std::vector<ProfileGroup>* groups : {&by_service, &networks}) {
    for (const ProfileGroup& group : *groups) tests += group.is_tested();
  }
  Handshakes all;
  if (first > last) return all;
  all.window = window_for(saturating_sub(last, first));
  all.services = rows_of(by_service, all.window, tests, top);
  all.networks = rows_of(networks, all.window, tests, top);
  all.services_left_out = by_service.size() - all.services.size();
  all.networks_left_out = networks.size() - all.networks.size();
  return all;
}

}  // namespace synfin
