// Columns, colours and clock of event lines; event_cause.cc writes the last column.
//
// Tested in tests/unit/view/event_lines_test.cc.
#include "synfin/view/event_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>

#include "synfin/report/format.h"
#include "synfin/report/text_table.h"
#include "view/event_cause.h"

namespace synfin {
namespace {

/// Widths of columns. Endpoint columns fit IPv4 with a five-digit port; narrow terminals begin with
/// fewer and widen as needed.
constexpr std::size_t kEndpoint = sizeof "255.255.255.255:65535" - 1;
constexpr std::size_t kMinEndpoint = 15;
constexpr std::size_t kEvent = 11;
constexpr std::size_t kState = 6;
/// The state column of narrow terminals, which fits most states.
constexpr std::size_t kNarrowState = 4;
/// The blanks between two phrases.
constexpr std::size_t kGap = 2;
constexpr std::size_t kMinCause = 8;
/// A column keeps its width for 64 to 127 lines after a wide cell.
constexpr std::size_t kLinesPerWidth = 64;
/// On narrower terminals, times have no fraction and endpoints use no more columns than needed.
constexpr std::size_t kMinWide = 100;

// Yellow and cyan are hard to read on white, and blue is on black, so they are not used.
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
    case EventKind::Close:
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

/// A line under construction with its width on the screen.
class EventLine {
 public:
  EventLine(std::string& out, const EventLineOptions& options) : out_(out), options_(options) {}
  /// Ends the line, without blanks at its end.
  ~EventLine() {
    while (out_.ends_with(' ')) out_.pop_back();
    out_ += '\n';
  }
  EventLine(const EventLine&) = delete;
  EventLine& operator=(const EventLine&) = delete;

  /// REQUIRES: `text` needs no escaping.
  void add(std::string_view text) {
    out_ += text;
    width_ += columns_of(text);
  }
  void add_colored(std::string_view color, std::string_view text) {
    const bool colored = options_.color && !color.empty();
    if (colored) out_ += color;
    add(text);
    if (colored) out_ += kReset;
  }
  /// Adds blanks up to `column`, but at least one.
  void pad_to(std::size_t column) { add(std::string(width_ < column ? column - width_ : 1, ' ')); }
  std::size_t width() const { return width_; }
  const EventLineOptions& options() const { return options_; }
  /// The columns that are left; unlimited without a width.
  std::size_t left() const {
    if (options_.width == 0) return std::numeric_limits<std::size_t>::max();
    return options_.width - std::min(options_.width, width_);
  }

 private:
  std::string& out_;
  const EventLineOptions& options_;
  std::size_t width_ = 0;
};

/// The known ones of "curl[4711] www.example.org* DE". host_name_text() sets the star.
std::string about_text(const EndpointAnnotations& about, bool unicode) {
  std::string text;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) text += (text.empty() ? "" : " ") + part;
  };
  if (about.pid != 0) {
    const std::string_view exe = about.exe.substr(about.exe.find_last_of('/') + 1);
    add(fmt::format("{}[{}]", shown_text(exe, unicode), about.pid));
  }
  add(shown_text(host_name_text(about), unicode));
  add(shown_text(about.country, unicode));
  return text;
}

/// What is known about the ends of a connection.
struct Decoration {
  std::string text;      ///< "(client.example NL → www.example.org DE, https)", or empty
  bool of_ends = false;  ///< it has more than the name of the port
};

Decoration decoration(const Annotations& about, bool unicode) {
  const std::string orig = about_text(about.orig, unicode);
  const std::string resp = about_text(about.resp, unicode);
  const std::string port = shown_text(about.port_name, unicode);
  Decoration d{.text = {}, .of_ends = !orig.empty() || !resp.empty()};
  if (d.of_ends) {
    d.text = fmt::format("{}{}{}{}{}", orig, orig.empty() ? "" : " ", unicode ? "→" : "->",
                         resp.empty() ? "" : " ", resp);
  }
  if (!port.empty()) d.text += (d.text.empty() ? "" : ", ") + port;
  if (!d.text.empty()) d.text = "(" + d.text + ")";
  return d;
}

std::int64_t second_of(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::int64_t millisecond_of(Timestamp time) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const std::int64_t ns = to_ns(time) % kNsPerSecond;
  return (ns < 0 ? ns + kNsPerSecond : ns) / 1'000'000;
}

}  // namespace

namespace {

/// "by resp" instead of "by responder", if that saves the cause from being cut.
std::string fitting_cause(std::string phrase, std::size_t width) {
  if (columns_of(phrase) <= width) return phrase;
  if (phrase == "by responder") return "by resp";
  return phrase == "by originator" ? "by orig" : phrase;
}

/// Adds the cause, shortened to the width, the decoration, and what else fits. A decoration that
/// was requested matters more than times and sizes; the name of a port matters less.
void add_detail(EventLine& line, const Event& event, const Annotations& about) {
  const bool unicode = line.options().unicode;
  const Decoration names = decoration(about, unicode);
  const std::size_t names_width = names.text.empty() ? 0 : columns_of(names.text) + kGap;
  const std::size_t left = line.left();
  std::string detail;
  for (const std::string& phrase : event_phrases(event, unicode)) {
    if (detail.empty()) {
      if (left >= kMinCause) detail = cut_end(fitting_cause(phrase, left), left, unicode);
      continue;
    }
    const std::size_t used = columns_of(detail);
    const bool reserved = names.of_ends && names_width <= left - used;
    if (columns_of(phrase) + kGap + (reserved ? names_width : 0) > left - used) break;
    detail += std::string(kGap, ' ') + phrase;
  }
  line.add(detail);
  if (names.text.empty() || columns_of(names.text) + kGap > line.left()) return;
  if (!detail.empty()) line.add(std::string(kGap, ' '));
  line.add(names.text);
}

}  // namespace

/// The endpoint, shortened in the middle if the width is limited, and the width of its column.
std::string EventLines::endpoint(const Endpoint& endpoint, ColumnWidth& width) const {
  std::string text = endpoint_text(endpoint);
  if (options_.width == 0) return text;
  if (columns_of(text) > kEndpoint && options_.width < 2 * kMinWide)
    text = cut_middle(text, kEndpoint, options_.unicode);
  width.now = std::max(width.now, std::min(columns_of(text), kEndpoint));
  return text;
}

/// Forgets wide cells after a while, so that a few long addresses do not narrow the causes of all
/// later lines.
void EventLines::age_widths(std::size_t min) {
  if (lines_++ % kLinesPerWidth != 0) return;
  for (ColumnWidth* width : {&orig_width_, &resp_width_}) {
    width->recent = width->now;
    width->now = min;
  }
}

void EventLines::append(std::string& out, const Event& event, const Annotations& about) {
  if (event.kind == EventKind::Record) return;
  count(event);
  set_clock(out, event.time);
  const ConnectionRecord& r = event.connection;
  const bool narrow = options_.width != 0 && options_.width < kMinWide;
  age_widths(narrow ? kMinEndpoint : kEndpoint);
  const std::string orig = endpoint(r.tuple.orig, orig_width_);
  const std::string resp = endpoint(r.tuple.resp, resp_width_);
  EventLine line(out, options_);
  line.add(narrow ? clock_ + " " : fmt::format("[{}.{:03}] ", clock_, millisecond_of(event.time)));
  const std::size_t orig_column = line.width() + kEvent + 1;
  const std::size_t arrow_column = orig_column + orig_width_.get() + 1;
  const std::string_view arrow = options_.unicode ? "→ " : "-> ";
  const std::size_t state_column = arrow_column + columns_of(arrow) + resp_width_.get() + 1;
  line.add_colored(color_of(event.kind), to_string(event.kind));
  line.pad_to(orig_column);
  line.add(orig);
  line.pad_to(arrow_column);
  line.add(arrow);
  line.add(resp);
  line.pad_to(state_column);
  line.add(to_string(r.state));
  const std::size_t detail_column = state_column + (narrow ? kNarrowState : kState) + 1;
  line.pad_to(detail_column);
  add_detail(line, event, about);
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
    case EventKind::HalfOpen:
    case EventKind::Unanswered:
      ++failed_;
      break;
    default:
      break;
  }
}

void EventLines::append_status(std::string& out, const StatusCounts& status) {
  set_clock(out, status.time);
  const Duration passed = saturating_sub(status.time, counted_from_.value_or(status.time));
  const double seconds = std::chrono::duration<double>(passed).count();
  EventLine line(out, options_);
  std::string counts = fmt::format("  {} open{}  {} new  {} failed", with_separators(status.open),
                                   status.filtered ? " (hidden ones too)" : "",
                                   with_separators(new_), with_separators(failed_));
  if (seconds > 0) counts += fmt::format("  {:.1f} conn/s", static_cast<double>(new_) / seconds);
  line.add_colored(kDim, "-- " + clock_ + counts + "  ");
  line.add_colored(status.dropped == 0 ? kDim : kRed, with_separators(status.dropped) + " dropped");
  if (status.dropped_events != 0)
    line.add_colored(kRed, "  " + plural(status.dropped_events, "event", "events") + " dropped");
  new_ = failed_ = 0;
  counted_from_ = status.time;
}

/// Converts to local time once per second of capture time instead of once per event.
void EventLines::set_clock(std::string& out, Timestamp time) {
  const std::int64_t second = second_of(time);
  if (second_ == second) return;
  second_ = second;
  clock_ = format_time_of_day(time, options_.zone).substr(0, sizeof "14:30:16" - 1);
  append_date(out, time);
}

void EventLines::append_date(std::string& out, Timestamp time) {
  std::string date = format_date(time, options_.zone) + ' ' + format_zone(time, options_.zone);
  if (date == date_) return;
  date_ = std::move(date);
  EventLine line(out, options_);
  line.add_colored(kDim, "-- " + date_);
}

}  // namespace synfin
