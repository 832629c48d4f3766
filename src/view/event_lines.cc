// Event lines: columns, colours and the clock; the words of the last column are event_cause.cc's.
//
// Tested in tests/unit/view/event_lines_test.cc.
#include "synfin/view/event_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <iterator>

#include "synfin/base/escape.h"
#include "view/event_cause.h"

namespace synfin {
namespace {

/// Where columns begin, in characters from the left. Endpoints fit IPv4 with the longest port.
constexpr std::size_t kOrigColumn = 27;
constexpr std::size_t kArrowColumn = kOrigColumn + sizeof "255.255.255.255:65535";
constexpr std::size_t kStateColumn = kArrowColumn + 33;

// No yellow and no cyan: they vanish on white, as blue does on black.
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kMagenta = "\x1b[35m";

std::string_view color_of(EventKind kind) {
  switch (kind) {
    case EventKind::Open:
      return kGreen;
    case EventKind::Syn:
    case EventKind::Midstream:
      return {};
    case EventKind::Reset:
    case EventKind::Refused:
    case EventKind::Unreachable:
      return kRed;
    case EventKind::Retry:
    case EventKind::Unanswered:
    case EventKind::HalfOpen:
    case EventKind::Aborted:
      return kBold;
    case EventKind::Backscatter:
    case EventKind::Evicted:
      return kMagenta;
    default:
      return kDim;
  }
}

/// One line that knows how wide it is on the screen.
class Line {
 public:
  Line(std::string& out, const EventLineOptions& options) : out_(out), options_(options) {}
  ~Line() { out_ += '\n'; }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// REQUIRES: `text` is harmless.
  void add(std::string_view text) {
    out_ += text;
    width_ += static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }
  void add_colored(std::string_view color, std::string_view text) {
    const bool colored = options_.color && !color.empty();
    if (colored) out_ += color;
    add(text);
    if (colored) out_ += kReset;
  }
  void add_hostile(std::string_view text) {
    std::string safe;
    options_.unicode ? append_plain(safe, text) : append_ascii(safe, text);
    add(safe);
  }
  void add_endpoint(const Endpoint& endpoint) {
    const std::string address = endpoint.address.to_string();
    const bool v4 = endpoint.address.is_v4();
    add(fmt::format("{}{}{}:{}", v4 ? "" : "[", address, v4 ? "" : "]", endpoint.port));
  }
  /// " (https, www.example.org, DE)": what is known; behind a confirmed name stands a star.
  void add_names(std::string_view port, const EndpointAnnotations& about) {
    std::string_view before = " (";
    for (const std::string_view name : {port, about.name, about.country}) {
      if (name.empty()) continue;
      add(before);
      add_hostile(name);
      if (name.data() == about.name.data() && about.name_confirmed) add("*");
      before = ", ";
    }
    if (before == ", ") add(")");
  }
  /// Blanks up to `column`, one at least.
  void pad_to(std::size_t column) { add(std::string(width_ < column ? column - width_ : 1, ' ')); }

 private:
  std::string& out_;
  const EventLineOptions& options_;
  std::size_t width_ = 0;
};

std::int64_t second_of(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::int64_t millisecond_of(Timestamp time) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const std::int64_t ns = to_ns(time) % kNsPerSecond;
  return (ns < 0 ? ns + kNsPerSecond : ns) / 1'000'000;
}

/// "1,234,567".
std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace

void EventLines::append(std::string& out, const Event& event, const Annotations& about) {
  if (event.kind == EventKind::Record) return;
  count(event);
  set_clock(out, event.time);
  const ConnectionRecord& r = event.connection;
  Line line(out, options_);
  line.add(fmt::format("[{}.{:03}] ", clock_, millisecond_of(event.time)));
  line.add_colored(color_of(event.kind), to_string(event.kind));
  line.pad_to(kOrigColumn);
  line.add_endpoint(r.tuple.orig);
  line.add_names({}, about.orig);
  line.pad_to(kArrowColumn);
  line.add(options_.unicode ? "→ " : "-> ");
  line.add_endpoint(r.tuple.resp);
  line.add_names(about.port_name, about.resp);
  line.pad_to(kStateColumn);
  const std::string detail = describe_event(event, options_.unicode);
  if (detail.empty()) return line.add(to_string(r.state));
  line.add(fmt::format("{:6} {}", to_string(r.state), detail));
}

/// A connection that was open before the capture is not new.
void EventLines::count(const Event& event) {
  if (!counted_from_) counted_from_ = event.time;
  switch (event.kind) {
    case EventKind::Syn:
      ++new_;
      break;
    case EventKind::Refused:
    case EventKind::Unreachable:
    case EventKind::Aborted:
    case EventKind::Unanswered:
      ++failed_;
      break;
    default:
      break;
  }
}

void EventLines::append_status(std::string& out, const Status& status) {
  set_clock(out, status.time);
  const Duration passed = status.time - counted_from_.value_or(status.time);
  const double seconds = std::chrono::duration<double>(passed).count();
  Line line(out, options_);
  std::string counts = fmt::format("  {} open  {} new  {} failed", grouped(status.open),
                                   grouped(new_), grouped(failed_));
  if (seconds > 0) counts += fmt::format("  {:.1f} conn/s", static_cast<double>(new_) / seconds);
  line.add_colored(kDim, "-- " + clock_ + counts + "  ");
  line.add_colored(status.dropped == 0 ? kDim : kRed, grouped(status.dropped) + " dropped");
  new_ = failed_ = 0;
  counted_from_ = status.time;
}

/// Asks the time zone once a second of capture time, not once an event.
void EventLines::set_clock(std::string& out, Timestamp time) {
  const std::int64_t second = second_of(time);
  if (second_ == second) return;
  second_ = second;
  clock_ = format_time_of_day(time, options_.zone).substr(0, sizeof "14:30:16" - 1);
  append_date(out, time);
}

void EventLines::append_date(std::string& out, Timestamp time) {
  std::string date = format_date(time, options_.zone);
  if (date == date_) return;
  date_ = std::move(date);
  Line line(out, options_);
  line.add_colored(kDim, "-- " + date_ + (options_.zone == Zone::Utc ? " UTC" : ""));
}

}  // namespace synfin
