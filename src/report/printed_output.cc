// See printed_output.h.
#include "synfin/report/printed_output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace synfin {
namespace {

/// All zeros if standard output is no terminal.
winsize terminal_size() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size : winsize{};
}

}  // namespace

std::size_t TextStyle::terminal_columns() const {
  return width != 0 ? width : terminal_size().ws_col;
}

RenderOptions TextStyle::render_options(AddressBook& book, bool terminal) const {
  RenderOptions render;
  render.color = color && terminal;
  render.unicode = unicode;
  render.width = terminal ? terminal_columns() : width;
  render.height = terminal && !whole ? terminal_size().ws_row : 0;
  render.zone = zone;
  render.book = &book;
  return render;
}

Result<PrintedOutput> PrintedOutput::open(const TextStyle& style, bool live) {
  auto file = OutputFile::open("-");
  if (!file) return file.error();
  file->set_line_buffered(style.line_buffered);
  if (live) file->set_never_waits();
  return PrintedOutput(style, std::move(*file));
}

bool PrintedOutput::ready() {
  constexpr std::size_t kMaxUnread = 64 * 1024;
  if (file_.buffer().size() < kMaxUnread) return true;
  file_.flush();
  return file_.buffer().size() < kMaxUnread;
}

void PrintedOutput::print_heading(Timestamp now) {
  buffer() += fmt::format("-- {}\n", format_moment(now, style_.zone));
}

std::optional<Error> PrintedOutput::take_failure() {
  if (file_.failure().empty() || std::exchange(failure_taken_, true)) return std::nullopt;
  return file_.error();
}

bool PrintSchedule::due(Timestamp now) {
  if (!every_ || now < next_) return false;
  const bool first = next_ == Timestamp{};
  next_ = now + *every_;
  return !first;
}

bool PrintSchedule::due_by_wall_clock(Timestamp now) {
  const Timestamp before = std::exchange(last_call_, now);
  if (now < before && next_ != Timestamp{}) next_ -= before - now;
  return due(now);
}

}  // namespace synfin
