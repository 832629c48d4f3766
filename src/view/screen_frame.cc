// See screen_frame.h.
#include "synfin/view/screen_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "synfin/base/escape.h"
#include "synfin/report/format.h"
#include "view/screen_text.h"

namespace synfin {
namespace {

constexpr int kMessageFrames = 25;  ///< five seconds
constexpr std::size_t kMinHeightForNotes = 16;
constexpr std::size_t kColumnGap = 2;
constexpr std::size_t kMinClientWidth = sizeof "1.1.1.1" - 1;
constexpr std::size_t kMinWidthForHelpBeside = 60;

std::string safe(std::string_view text, bool unicode) {
  std::string out;
  unicode ? append_plain(out, text) : append_ascii(out, text);
  return out;
}

/// "3 above, 120 below"; empty if all rows are visible.
std::string hidden_text(std::size_t above, std::size_t below) {
  std::string text;
  if (above != 0) text = with_separators(above) + " above";
  if (below != 0) text += (text.empty() ? "" : ", ") + with_separators(below) + " below";
  return text;
}

/// The number of columns of `cell` characters each.
std::size_t columns_across(std::size_t width, std::size_t cell) {
  return std::max<std::size_t>(1, (width + kColumnGap) / (cell + kColumnGap));
}

std::string rate_text(double rate) {
  return rate < 10 ? fmt::format("{:.1f}", rate)
                   : with_separators(static_cast<std::uint64_t>(std::llround(rate)));
}

}  // namespace

/// The lines between the tabs and the footer.
struct ScreenFrames::Body {
  std::vector<Line> lines;
  std::optional<std::size_t> selected;
};

void ScreenFrames::show_message(std::string sentence) {
  message_ = std::move(sentence);
  message_frames_ = kMessageFrames;
}

Line ScreenFrames::header_line(std::size_t width) {
  const ScreenHeader& h = header_;
  std::vector<Piece> pieces;
  pieces.push_back({safe(h.source, style_.unicode), Tone::Strong});
  pieces.push_back(
      {h.scope == PacketScope::Control ? "control packets" : "all packets", Tone::Dim});
  pieces.push_back({with_separators(h.open) + " open", Tone::Good});
  pieces.push_back({rate_text(h.rate) + " conn/s"});
  pieces.push_back(
      {with_separators(h.dropped) + " dropped", h.dropped == 0 ? Tone::Dim : Tone::Bad});
  if (h.dropped_events != 0)
    pieces.push_back({plural(h.dropped_events, "event", "events") + " dropped", Tone::Bad});
  pieces.push_back({h.ended                ? "ended"
                    : h.now == Timestamp{} ? ""
                                           : format_time_of_day(h.now, style_.zone).substr(0, 8),
                    Tone::Dim});
  pieces.push_back({"memory " + binary_size(h.memory), Tone::Dim});
  pieces.push_back({rate_text(h.packet_rate) + " packets/s", Tone::Dim});
  pieces.push_back(
      {h.filter.empty() ? "no filter" : "filter: " + safe(h.filter, style_.unicode), Tone::Accent});
  if (columns_of(pieces[0].text) > 24)
    pieces[0].text = cut_middle(pieces[0].text, 24, style_.unicode);
  if (Piece& filter = pieces.back(); columns_of(filter.text) > 48)
    filter.text = cut_middle(filter.text, 48, style_.unicode);
  return fitted(pieces, width);
}

Line ScreenFrames::tabs_line(const ScreenState& state, std::size_t width) const {
  constexpr std::size_t kWidestHere = 13;  // "[9 inventory]"
  constexpr std::size_t kMinLetters = 4;
  Line line;
  // A narrow screen has the beginnings of the names, or only the numbers, and one whole name.
  std::size_t letters = width >= 92 ? std::string_view::npos : 0;
  if (letters == 0 && width >= kWidestHere + (kTabs - 1) * (kMinLetters + 2))
    letters = (width - kWidestHere) / (kTabs - 1) - 2;
  const std::string_view gap = width < 108 ? "" : " ";
  for (std::size_t i = 0; i < kTabs; ++i) {
    const bool here = static_cast<std::size_t>(state.tab()) == i;
    const std::string_view name = to_string(static_cast<ViewKind>(i));
    std::string text = here ? fmt::format("{} {}", i + 1, name)
                            : fmt::format("{}{}{}", i + 1, gap, name.substr(0, letters));
    line.push_back({here ? "[" + text + "]" : fmt::format(" {}{}", text, gap),
                    here ? Tone::Strong : Tone::Dim});
    if (width >= 118) line.push_back({" "});
  }
  return cut(std::move(line), width);
}

Line ScreenFrames::foot_line(const ScreenState& state, std::size_t width) {
  if (state.typing())
    return fitted({{"/" +
                        tail_of(safe(state.list().filter, style_.unicode),
                                width - std::min<std::size_t>(width, 2)) +
                        "_",
                    Tone::Accent},
                   {"Enter keeps, Esc clears", Tone::Dim}},
                  width);
  if (message_frames_ > 0) {
    --message_frames_;
    return cut({{safe(message_, style_.unicode), Tone::Strong}}, width);
  }
  std::vector<Piece> pieces;
  if (state.paused()) pieces.push_back({"PAUSED", Tone::Bad});
  if (!hidden_.empty()) pieces.push_back({hidden_, Tone::Strong});
  // What does not fit is left out, and the help lists all keys.
  constexpr std::size_t kMinWidthForReverse = 100;
  pieces.push_back({"q quit", Tone::Dim});
  pieces.push_back({"? help", Tone::Dim});
  if (state.overlay() != Overlay::None) {
    pieces.push_back({"Esc back", Tone::Dim});
    return fitted(pieces, width);
  }
  const std::string& filter = state.list().filter;
  if (!filter.empty()) pieces.push_back({"/" + safe(filter, style_.unicode), Tone::Accent});
  pieces.push_back({"w write", Tone::Dim});
  pieces.push_back({state.paused() ? "p continue" : "p pause", Tone::Dim});
  if (state.in_list() && filter.empty()) pieces.push_back({"/ filter", Tone::Dim});
  if (!order_.empty()) {
    const std::string_view reverse = width < kMinWidthForReverse ? "" : ", S reverse";
    pieces.push_back({fmt::format("s sort: {}{}", order_, reverse), Tone::Dim});
  }
  if (state.in_list()) pieces.push_back({"Enter open", Tone::Dim});
  return fitted(pieces, width);
}

ViewRequest ScreenFrames::request_of(const ScreenState& state, std::size_t width) const {
  ViewRequest request;
  request.order = state.list().order;
  request.reversed = state.list().reversed;
  request.requested = style_.requested;
  request.filter = state.list().filter;
  request.group = state.list().group;
  request.now = header_.now;
  request.width = width;
  request.unicode = style_.unicode;
  request.zone = style_.zone;
  request.each = state.each();
  return request;
}

/// The summary or the details of a row.
std::vector<Line> ScreenFrames::document_lines(const ScreenState& state, std::size_t width) {
  std::optional<RowTarget> target;
  if (state.overlay() == Overlay::Details) target = state.target();
  RenderOptions options;
  options.unicode = style_.unicode;
  options.width = width;
  options.clips = true;
  options.zone = style_.zone;
  return lines_of(pause_.document(target, request_of(state, width)), options);
}

std::vector<Line> ScreenFrames::help_lines(std::size_t width) const {
  static constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
      {"1-9, Tab, left, right", "another view"},
      {"up, down, PgUp, PgDn", "scroll; also Home, End, j, k, space"},
      {"Enter", "details of one host or connection"},
      {"Esc", "back; removes a filter"},
      {"/", "only rows that match: text, or port:443 -user:bob"},
      {"s, S", "next sort order; reverse it"},
      {"o", "endpoints: list each open connection"},
      {"g", "processes: by program, executable, user, or unit"},
      {"c", "clients: columns of names, or the table"},
      {"p", "pause the display of this view, not the capture"},
      {"w", "write the report now (-o FILE)"},
      {"?", "this help"},
      {"q, Ctrl-C", "end, and write every report"}};
  constexpr std::size_t kBeside = 25, kBelow = 4;
  const std::size_t at = width < kMinWidthForHelpBeside ? kBelow : kBeside;
  std::vector<Line> lines{{{"Keys", Tone::Strong}}, {}};
  for (const auto& [keys, what] : kKeys) {
    Line line{{fmt::format("  {:<23}", keys), Tone::Accent}};
    if (at == kBelow) lines.push_back(std::exchange(line, {{std::string(at, ' ')}}));
    for (std::string& part : wrapped(what, width - std::min(width - 1, at), true)) {
      line.push_back({std::move(part)});
      lines.push_back(std::exchange(line, {{std::string(at, ' ')}}));
    }
  }
  lines.emplace_back();
  lines.push_back({{"  Timeline:  "},
                   {style_.unicode ? "▲" : "A", Tone::Good},
                   {" new  "},
                   {style_.unicode ? "■" : "#", Tone::Accent},
                   {" open  "},
                   {style_.unicode ? "○" : "o", Tone::Listening},
                   {" listening  "},
                   {style_.unicode ? "×" : "x", Tone::Bad},
                   {" ended"}});
  constexpr std::string_view kFigures =
      "Idle time, bytes and rates of this host's connections come from the kernel, those of other "
      "hosts from packets. With control packets only, bytes are known when a connection ends, and "
      "idle time is an upper bound; --packets all shows both while a connection is open.";
  const std::size_t room = std::min<std::size_t>(width - std::min<std::size_t>(width - 1, 2), 72);
  for (const std::string& line : wrapped(kFigures, room, true))
    lines.push_back({{"  " + line, Tone::Dim}});
  return lines;
}

/// Text that scrolls line by line.
ScreenFrames::Body ScreenFrames::text_body(ScreenState& state, std::vector<Line> lines,
                                           std::size_t height) {
  const bool overlay = state.overlay() != Overlay::None;
  // Text has no selectable rows, so the list's cursor is the number of the top line.
  const std::size_t rows =
      overlay || lines.size() <= height ? lines.size() : lines.size() - height + 1;
  state.set_shown({rows, overlay ? height : 1}, std::nullopt, 1);
  const std::size_t top =
      std::min(overlay ? state.overlay_top() : state.list().cursor, lines.size());
  hidden_ = hidden_text(top, lines.size() - std::min(lines.size(), top + height));
  Body body;
  body.lines.assign(
      lines.begin() + static_cast<std::ptrdiff_t>(top),
      lines.begin() + static_cast<std::ptrdiff_t>(std::min(lines.size(), top + height)));
  return body;
}

/// Counts the rows of `page` above and below those shown.
void ScreenFrames::count_hidden(std::size_t top, std::size_t shown, const ViewPage& page) {
  hidden_ = hidden_text(top, page.of - std::min(page.of, top + shown));
  if (!pause_.cuts_list()) return;
  hidden_ += fmt::format("{}the first {}", hidden_.empty() ? "" : " of ", with_separators(page.of));
}

/// Clients as name(address) in columns, filled from top to bottom.
ScreenFrames::Body ScreenFrames::column_body(ScreenState& state, const ViewPage& page,
                                             ScreenSize size) {
  std::vector<Piece> cells;
  std::size_t widest = kMinClientWidth;
  for (const auto& row : page.table.rows) {
    const std::string name = safe(row[1].text, style_.unicode);
    std::string text = name.empty() ? row[0].text : fmt::format("{}({})", name, row[0].text);
    if (columns_of(text) > size.width) text = cut_middle(text, size.width, style_.unicode);
    widest = std::max(widest, columns_of(text));
    cells.push_back({std::move(text), row[0].tone});
  }
  const std::size_t across = columns_across(size.width, widest);
  const std::size_t shown = std::min(cells.size(), across * size.height);
  const std::size_t cursor = state.list().cursor - state.list().top;
  Body body;
  body.lines.resize(size.height);
  for (std::size_t i = 0; i < shown; ++i) {
    Line& line = body.lines[i % size.height];
    Piece piece = cells[i];
    if (i == cursor) piece.tone = Tone::Strong;
    piece.text += std::string(widest + kColumnGap - columns_of(piece.text), ' ');
    line.push_back(std::move(piece));
  }
  count_hidden(state.list().top, shown, page);
  std::optional<RowTarget> selected;
  if (cursor < page.targets.size()) selected = page.targets[cursor];
  state.set_shown({page.of, across * size.height}, selected, model_.orders(state.tab()).size());
  return body;
}

ScreenFrames::Body ScreenFrames::list_body(ScreenState& state, ScreenSize size) {
  ViewRequest request = request_of(state, size.width);
  request.show = &typed_.read(state.list().filter);
  const auto orders = model_.orders(state.tab());
  order_ = orders.size() < 2 ? "" : orders[request.order % orders.size()];
  request.first = state.list().top;
  const bool clients = state.tab() == ViewKind::Clients;
  request.count = size.height * (clients ? columns_across(size.width, kMinClientWidth) : 1);
  ViewPage page = pause_.page(state.tab(), request);
  Body body;
  const bool tall = size.height >= kMinHeightForNotes;
  std::string title = safe(page.table.title, style_.unicode);
  if (!tall && size.width > 2) title = cut_end(title, size.width, style_.unicode);
  for (std::string& line : wrapped(title, size.width, tall))
    body.lines.push_back({{std::move(line), Tone::Strong}});
  if (tall && !page.table.note.empty()) {
    for (std::string& line : wrapped(safe(page.table.note, style_.unicode), size.width, true))
      body.lines.push_back({{std::move(line), Tone::Dim}});
  }
  const std::size_t room = size.height - std::min(size.height, body.lines.size());
  if (clients && state.columns(page.of > room - std::min<std::size_t>(room, 1))) {
    Body columns = column_body(state, page, {size.width, room});
    for (Line& line : columns.lines) body.lines.push_back(std::move(line));
    return body;
  }
  const TextTable table(
      page.table, {.width = size.width, .indent = 0, .unicode = style_.unicode, .clips = true});
  if (Line head = table.head(); !head.empty()) body.lines.push_back(std::move(head));
  const std::size_t visible = size.height - std::min(size.height - 1, body.lines.size());
  const std::size_t cursor = state.list().cursor - std::min(state.list().cursor, state.list().top);
  std::size_t entry = 0;
  std::size_t drawn = 0;
  std::optional<RowTarget> selected;
  for (std::size_t row = 0; row < table.rows() && drawn < visible; ++row, ++drawn) {
    if (!page.is_heading(row) && entry++ == cursor) {
      body.selected = body.lines.size();
      selected = page.targets[row];
    }
    body.lines.push_back(table.row(row));
  }
  count_hidden(state.list().top, entry, page);
  state.set_shown({page.of, std::max<std::size_t>(
                                1, std::min(visible, table.rows() == entry ? visible : entry))},
                  selected, orders.size());
  return body;
}

/// Replaces the last lines by the error of the filter. The word at fault is at its beginning.
void ScreenFrames::put_filter_error(Frame& frame, const ScreenState& state, std::size_t width) {
  if (!state.in_list() || state.list().filter.empty() || typed_.error().empty()) return;
  constexpr std::size_t kMaxLines = 4;
  std::vector<std::string> lines = wrapped(safe(typed_.error(), style_.unicode), width, true);
  const std::size_t room = std::min(kMaxLines, frame.lines.size() / 2);
  if (lines.size() > room) {
    lines.resize(room);
    lines.back() = cut_end(lines.back() + std::string(width, ' '), width, style_.unicode);
  }
  auto line = frame.lines.end() - static_cast<std::ptrdiff_t>(lines.size());
  for (std::string& text : lines) *line++ = {{std::move(text), Tone::Bad}};
}

Frame ScreenFrames::draw(ScreenState& state, ScreenSize size) {
  Frame frame;
  header_ = model_.header();
  frame.lines.push_back(header_line(size.width));
  frame.lines.push_back(tabs_line(state, size.width));
  frame.bar = 1;
  const std::size_t height = size.height > 4 ? size.height - 3 : 1;
  order_.clear();
  hidden_.clear();
  if (pause_.follow(state)) show_message("another view has ended the pause");
  Body body;
  if (state.overlay() == Overlay::Help) {
    body = text_body(state, help_lines(size.width), height);
  } else if (state.overlay() == Overlay::Details || state.tab() == ViewKind::Summary) {
    body = text_body(state, document_lines(state, size.width), height);
  } else {
    body = list_body(state, {size.width, height});
  }
  if (body.selected) frame.selected = frame.lines.size() + *body.selected;
  for (Line& line : body.lines) frame.lines.push_back(cut(std::move(line), size.width));
  frame.lines.resize(size.height - 1);
  put_filter_error(frame, state, size.width);
  if (std::string notice = model_.take_notice(); !notice.empty()) show_message(std::move(notice));
  frame.lines.push_back(foot_line(state, size.width));
  return frame;
}

}  // namespace synfin
