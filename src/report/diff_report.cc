// read_report() of diff_side.h: a JSON report as one side of a diff.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "report/diff_side.h"
#include "report/json_value.h"

namespace synfin {
namespace {

/// A report lists this many rows of each table at most (render.cc), so that further pairs of a
/// longer list are missing.
constexpr std::size_t kMaxRows = 1000;

std::uint64_t count(const JsonValue& value) {
  return value.number() >= 0 && value.number() < 1e19 ? static_cast<std::uint64_t>(value.number())
                                                      : 0;
}

Duration milliseconds(const JsonValue& value) {
  if (value.kind() != JsonValue::Kind::Number) return kNoDuration;
  return Duration{std::llround(std::clamp(value.number(), 0.0, 1e9) * 1e6)};
}

int digits(std::string_view text, std::size_t at, std::size_t size) {
  int n = 0;
  for (const char c : text.substr(at, size))
    n = c >= '0' && c <= '9' ? n * 10 + (c - '0') : -10'000;
  return n;
}

/// "2026-03-01T14:30:16.123456Z".
std::optional<Timestamp> time_of(const JsonValue& value) {
  const std::string_view text = value.text();
  if (text.size() < 20 || text.back() != 'Z') return std::nullopt;
  const std::chrono::year_month_day day{
      std::chrono::year{digits(text, 0, 4)},
      std::chrono::month{static_cast<unsigned>(std::max(digits(text, 5, 2), 0))},
      std::chrono::day{static_cast<unsigned>(std::max(digits(text, 8, 2), 0))}};
  if (!day.ok() || text.size() > 30) return std::nullopt;
  std::int64_t ns = std::chrono::sys_days{day}.time_since_epoch().count() * 86'400;
  ns += digits(text, 11, 2) * 3600 + digits(text, 14, 2) * 60 + digits(text, 17, 2);
  if (__builtin_mul_overflow(ns, std::int64_t{1'000'000'000}, &ns)) return std::nullopt;
  std::int64_t unit = 100'000'000, fraction = 0;
  for (std::size_t i = 20; i + 1 < text.size(); ++i, unit /= 10)
    fraction += digits(text, i, 1) * unit;
  return saturating_add(timestamp_from_ns(ns), Duration{fraction});
}

std::optional<DiffKey> key_of(const JsonValue& row) {
  const auto orig = Address::parse(row["orig"].text());
  const auto resp = Address::parse(row["resp"].text());
  if (!orig || !resp || row["port"].number() < 0 || row["port"].number() > 65535)
    return std::nullopt;
  return DiffKey{*orig, 128, *resp, static_cast<std::uint16_t>(row["port"].number())};
}

PairFigures figures_of(const JsonValue& row) {
  PairFigures pair;
  pair.attempts = count(row["attempts"]);
  pair.established = count(row["established"]);
  pair.failed = count(row["failed"]);
  pair.midstream = pair.attempts == 0 ? 1 : 0;
  pair.bytes = count(row["bytes"]);
  pair.knows_bytes = row["bytes"].kind() == JsonValue::Kind::Number;
  const JsonValue& rtt = row["synack_rtt_ms"];
  pair.p50 = milliseconds(rtt["p50"]);
  pair.p99 = milliseconds(rtt["p99"]);
  pair.rtt_count = count(rtt["samples"]);
  pair.first = time_of(row["first_seen"]).value_or(Timestamp::max());
  pair.last = time_of(row["last_seen"]).value_or(Timestamp::min());
  return pair;
}

/// The least value of a list that is cut off; a complete list has none.
std::uint64_t max_unlisted(std::uint64_t least, std::size_t rows, const JsonValue& approximate) {
  if (approximate.boolean()) return DiffLists::kUnbounded;
  return rows < kMaxRows ? 0 : least;
}

/// Lists are sorted by attempts and by connections. A report leaves out hosts that look like the
/// invented originators of a flood.
DiffLists read_lists(const JsonValue& root) {
  DiffLists lists;
  std::uint64_t least = DiffLists::kUnbounded;
  for (const JsonValue& row : root["services"].items()) {
    const auto ip = Address::parse(row["ip"].text());
    if (!ip || row["port"].number() < 0 || row["port"].number() > 65535) continue;
    PairFigures figures = figures_of(row);
    for (const char* failure : {"refused", "unanswered", "unreachable", "half_open"})
      figures.failed += count(row[failure]);
    least = std::min(least, figures.attempts);
    lists.services[{*ip, static_cast<std::uint16_t>(row["port"].number())}] = std::move(figures);
  }
  const JsonValue& approximations = root["approximations"];
  lists.max_unlisted_service =
      max_unlisted(least, root["services"].items().size(), approximations["services"]);
  least = DiffLists::kUnbounded;
  for (const JsonValue& row : root["hosts"].items()) {
    const auto ip = Address::parse(row["ip"].text());
    if (!ip) continue;
    const std::uint64_t connections = count(row["as_originator"]) + count(row["as_responder"]);
    least = std::min(least, connections);
    lists.hosts[*ip] = connections;
  }
  lists.max_unlisted_host =
      root["floods"].items().empty()
          ? max_unlisted(least, root["hosts"].items().size(), approximations["hosts"])
          : DiffLists::kUnbounded;
  return lists;
}

/// A pair that has a cause keeps it. Rows of several clients name no pair.
void add_cause(Pairs& pairs, const JsonValue& row, std::string_view name) {
  const auto key = key_of(row);
  const auto pair = key ? pairs.find(*key) : pairs.end();
  if (pair == pairs.end()) return;
  const bool is_first = pair->second.causes.empty();
  const std::uint64_t n = count(row[name == "cause" ? "attempts" : "failed"]);
  if (is_first || name == "cause") pair->second.causes[row[name].text()] += n;
}

}  // namespace

bool is_report(std::string_view text) {
  text = text.substr(0, 256);
  const std::size_t brace = text.find_first_not_of(" \t\r\n");
  return brace != text.npos && text[brace] == '{' && text.find("\"synfin\"") != text.npos &&
         text.find("\"ts\"") == text.npos;
}

Result<DiffSide> read_report(std::string_view text) {
  const auto report = JsonValue::parse(text);
  if (!report) {
    return Error{fmt::format("is no complete JSON report, or has more than {} values",
                             JsonValue::kMaxValues)};
  }
  const JsonValue& root = *report;
  if (root["edges"].kind() != JsonValue::Kind::Array) return Error{"is a JSON file without edges"};
  DiffSide side;
  side.from_report = true;
  side.first = time_of(root["capture"]["first_packet"]);
  side.last = time_of(root["capture"]["last_packet"]);
  side.records = count(root["connections"]["total"]);
  side.approximate = root["approximate"].boolean();
  side.cut_off = root["approximations"]["edges"].boolean() ||
                 root["edges"].items().size() >= kMaxRows || !root["floods"].items().empty();
  for (const JsonValue& row : root["edges"].items()) {
    if (const auto key = key_of(row)) side.pairs.insert_or_assign(*key, figures_of(row));
  }
  for (const JsonValue& row : root["failures"].items()) add_cause(side.pairs, row, "cause");
  for (const JsonValue& row : root["failing"].items()) add_cause(side.pairs, row, "outcome");
  side.lists = read_lists(root);
  return Result<DiffSide>(std::move(side));
}

}  // namespace synfin
