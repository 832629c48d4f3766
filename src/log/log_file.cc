// See log_file.h.
#include "log/log_file.h"

#include <fmt/format.h>

#include "synfin/report/format.h"

namespace synfin {

std::optional<LogFile> LogFile::recognize(ByteInput& input) {
  while (!LogParser::is_enough(input.window())) {
    if (!input.fill()) break;
  }
  std::optional<LogParser> parser = LogParser::recognize(input.window());
  if (!parser) return std::nullopt;
  return LogFile(std::move(input), std::move(*parser));
}

std::string LogFile::missing_columns(const ByteInput& input) {
  const std::vector<std::string_view> missing = LogParser::missing_columns(input.window());
  if (missing.empty()) return {};
  return fmt::format("{}: is no connection log, because it lacks the {} {}", input.name(),
                     missing.size() == 1 ? "column" : "columns", fmt::join(missing, ", "));
}

/// Takes the next line, without its end. Returns false if there is none, or none yet.
bool LogFile::take_line(std::string_view& line, bool waits) {
  input_.consume(std::exchange(taken_, 0));
  for (;;) {
    const std::string_view window = input_.window();
    const std::size_t end = window.find('\n', searched_);
    if (end != window.npos || (ended_ && !window.empty())) {
      line = window.substr(0, end);
      taken_ = std::min(line.size() + 1, window.size());
      searched_ = 0;
      ++lines_;
      return true;
    }
    if (ended_ || !waits) return false;
    searched_ = window.size();
    if (searched_ > kMaxLine) {
      input_.consume(searched_);
      searched_ = 0;
      skipping_ = true;
    }
    ended_ = !input_.fill();
  }
}

void LogFile::count_unreadable() {
  if (unreadable_++ == 0) first_unreadable_ = lines_;
}

void LogFile::note_counts(const RecordDraft& draft) {
  if (draft.record.last <= draft.record.first) return;  // it may have no sizes, as in Zeek
  any_lasted_ = true;
  for (const RecordCount count : {RecordCount::OrigBytes, RecordCount::RespBytes}) {
    if (!draft.record.unknown.has(count)) unknown_.remove(count);
  }
}

bool LogFile::lacks(std::string_view column) const {
  const KnownColumns& columns = parser_.known();
  if (!columns.has("outcome")) return !columns.has(column);
  // A log of synfin has all columns, except that unset members of JSON are absent. Sizes may be
  // unset because they were unknown in a log that synfin read.
  return any_lasted_ && ((column == "orig_bytes" && unknown_.has(RecordCount::OrigBytes)) ||
                         (column == "resp_bytes" && unknown_.has(RecordCount::RespBytes)));
}

LogRead LogFile::next(RecordDraft& draft, bool waits) {
  std::string_view line;
  while (take_line(line, waits)) {
    if (std::exchange(skipping_, false)) {
      count_unreadable();
      continue;
    }
    switch (parser_.parse(line, draft)) {
      case LineKind::NoRecord:
        break;
      case LineKind::Unreadable:
        count_unreadable();
        break;
      case LineKind::Record:
        if (draft.is_tcp) {
          note_counts(draft);
          return LogRead::Record;
        }
        ++not_tcp_;
        break;
    }
  }
  if (!ended_) return LogRead::Wait;
  if (std::exchange(skipping_, false)) {  // the input ends with a line that is too long
    ++lines_;
    count_unreadable();
  }
  return LogRead::End;
}

std::string LogFile::damage() const {
  std::string clauses;
  if (unreadable_ != 0) {
    clauses =
        unreadable_ == 1
            ? fmt::format("line {} is no record of a connection and was skipped", first_unreadable_)
            : fmt::format(
                  "{} of {} are no records of connections and were skipped; the "
                  "first is line {}",
                  unreadable_, plural(lines_, "line", "lines"), first_unreadable_);
  }
  if (const std::string& failure = input_.failure(); ended_ && !failure.empty())
    clauses += (clauses.empty() ? "" : "; ") + failure;
  return clauses.empty() ? clauses : fmt::format("{}: {}", input_.name(), clauses);
}

}  // namespace synfin
