// See rotating_output.h.
#include "synfin/base/rotating_output.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>
#include <utility>

#include "synfin/base/diagnostics.h"

namespace synfin {
namespace {

constexpr std::time_t kMaxDelay = 60;
/// The number of suffixes that are tried for a name that exists.
constexpr unsigned kMaxSuffix = 10'000;

std::string fill_time(const std::string& pattern, std::time_t now) {
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 4096> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), pattern.c_str(), &local);
  return size > 0 ? std::string(text.data(), size) : pattern;
}

/// The number of digits of the last of `files` numbers, counted from 0.
int digits(unsigned files) {
  int count = 0;
  for (unsigned last = files - 1; last > 0; last /= 10) ++count;
  return count;
}

/// True for a name that can be rotated: it has no file yet, or a regular one.
bool can_rotate(const std::string& path) {
  struct stat about {};
  return !is_own_descriptor(path) &&
         (!OutputFolder::status_of(path, about) || S_ISREG(about.st_mode));
}

bool has_content(const std::string& path) {
  struct stat about {};
  return OutputFolder::status_of(path, about) && about.st_size != 0;
}

/// True if the folder of the files depends on their time, and may not exist yet.
bool has_timed_folder(const std::string& pattern) {
  return FileNames(OutputFolder::name_of(pattern), {.seconds = 1}).has_time();
}

/// Opens a file that did not exist: `name`, or `name` with a number if it exists.
Result<OutputFile> open_new(const std::string& name,
                            const std::shared_ptr<const OutputFolder>& folder) {
  auto file = OutputFile::open(name, OutputMode::New, folder);
  for (unsigned suffix = 1; !file && suffix < kMaxSuffix; ++suffix) {
    if (!OutputFile::exists(name, folder)) break;
    const std::string other = fmt::format("{}.{}", name, suffix);
    if (OutputFile::exists(other, folder)) continue;
    return OutputFile::open(other, OutputMode::New, folder);
  }
  return file;
}

/// Opens the first of `names`. A file of an earlier run is kept unless a ring may overwrite it.
Result<OutputFile> open_first(FileNames& names, std::time_t now) {
  const std::string name = names.first(now);
  const bool keeps_old = names.rules().any() && !names.may_overwrite() && has_content(name);
  return keeps_old ? open_new(name, nullptr) : OutputFile::open(name);
}

/// True if the last conversion of the pattern lacks its letter: "log%", "log%-".
bool ends_in_conversion(const std::string& pattern) {
  bool open = false;
  for (const char c : pattern) {
    const bool modifier = std::string_view("EO_-^#+0123456789").find(c) != std::string_view::npos;
    open = open ? modifier : c == '%';
  }
  return open;
}

}  // namespace

std::string fault_of_time_pattern(const std::string& pattern) {
  if (ends_in_conversion(pattern)) return "ends in the middle of a conversion; %% stands for %";
  constexpr std::time_t kAnyTime = 1'700'000'000;
  const std::string name = fill_time(pattern, kAnyTime);
  if (std::count(name.begin(), name.end(), '/') != std::count(pattern.begin(), pattern.end(), '/'))
    return "has a conversion that yields a slash, which no file name can hold; %F is a date";
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }))
    return "yields control characters";
  return {};
}

FileNames::FileNames(std::string pattern, RotationRules rules)
    : pattern_(std::move(pattern)), rules_(rules) {}

std::string FileNames::first(std::time_t now) {
  filled_ = rules_.seconds != 0 ? fill_time(pattern_, now) : pattern_;
  return numbered();
}

std::string FileNames::next_by_size() {
  ++by_size_;
  if (rules_.max_files != 0 && by_size_ >= rules_.max_files) by_size_ = 0;
  return numbered();
}

std::string FileNames::next_by_time(std::time_t now) {
  ++by_time_;
  if (rules_.max_bytes == 0 && rules_.max_files != 0 && by_time_ >= rules_.max_files) return {};
  by_size_ = 0;
  filled_ = fill_time(has_time() ? pattern_ : pattern_ + "-%Y%m%d-%H%M%S", now);
  return numbered();
}

bool FileNames::has_time() const { return fill_time(pattern_, 0) != pattern_; }

std::string FileNames::numbered() const {
  if (rules_.max_bytes == 0) return filled_;
  const int width = rules_.max_files != 0 ? digits(rules_.max_files) : 0;
  if (by_size_ == 0 && width == 0) return filled_;
  return fmt::format("{}{:0{}}", filled_, by_size_, width);
}

std::time_t RotatingOutput::steady_seconds() {
  using std::chrono::steady_clock;
  return std::chrono::floor<std::chrono::seconds>(steady_clock::now().time_since_epoch()).count();
}

Result<RotatingOutput> RotatingOutput::open(const std::string& path, RotationRules rules,
                                            Frame frame, Clock clock, Clock steady) {
  if (!can_rotate(path)) rules = {};
  FileNames names(path, rules);
  const std::time_t now = clock();
  auto file = open_first(names, now);
  // The first piece will name the first file, perhaps in another folder.
  if (!file && rules.by_capture_time && has_timed_folder(path))
    file = OutputFile::absent(path, file.error());
  if (!file) return file.error();
  RotatingOutput output(path, std::move(names), std::move(frame), std::move(*file));
  output.clock_ = std::move(clock);
  output.steady_ = std::move(steady);
  output.rules_ = rules;
  output.state_.has_period = !rules.by_capture_time;
  output.state_.since = now;
  return output;
}

RotatingOutput::RotatingOutput(std::string path, FileNames names, Frame frame, OutputFile file)
    : path_(std::move(path)),
      names_(std::move(names)),
      frame_(std::move(frame)),
      file_(std::move(file)) {
  begin_file();
}

void RotatingOutput::begin_file() {
  file_.keep_unwritten();
  if (!frame_.has_lines) file_.set_binary();
  file_.set_line_buffered(state_.line_buffered || file_.is_terminal());
  if (frame_.begin) frame_.begin(file_.buffer());
}

/// A clock that steps back by a period ends the period, too.
void RotatingOutput::advance(std::time_t piece) {
  if (rules_.seconds == 0 || state_.limit_reached) return;
  state_.time = rules_.by_capture_time ? piece : clock_();
  if (state_.time == 0) return;
  if (!state_.has_period) return begin_first_period();
  const std::time_t passed = state_.time - state_.since;
  if (passed >= rules_.seconds || -passed >= rules_.seconds) rotate(Due::ByTime);
}

/// Names the first file by its first piece. open() did not know that time; the file that it opened
/// is still unwritten, and disappears if it is new.
void RotatingOutput::begin_first_period() {
  const std::time_t opened_at = state_.since;
  state_.has_period = true;
  state_.since = state_.time;
  FileNames names(path_, rules_);
  const bool named = names.first(opened_at) == names.first(state_.time);
  if (file_.is_open() && (!names_.has_time() || named)) return;
  auto file = open_first(names, state_.time);
  if (!file) {
    failure_ = file.error();
    if (file_.is_open()) return;
    file = OutputFile::absent(names.first(state_.time), file.error());
  }
  names_ = std::move(names);
  file_ = std::move(*file);
  begin_file();
}

void RotatingOutput::commit() {
  file_.commit();
  if (!file_.failure().empty()) return retry_write();
  if (state_.reopen_wanted) return rotate(Due::Reopen);
  if (rules_.max_bytes != 0 && file_.size() >= rules_.max_bytes) rotate(Due::BySize);
}

/// Tries to write again what a failed write has left. The attempts become rarer.
void RotatingOutput::retry_write() {
  if (!file_.is_open()) return;  // begin_first_period() has reported why
  if (!std::exchange(state_.write_failed, true)) {
    failure_ = file_.error();
    return postpone();
  }
  if (must_wait()) return;
  if (!file_.retry()) return postpone();
  state_.write_failed = false;
  backoff_ = {};
}

bool RotatingOutput::must_wait() const { return backoff_.delay != 0 && steady_() < backoff_.next; }

void RotatingOutput::postpone() {
  backoff_.delay = std::clamp<std::time_t>(2 * backoff_.delay, 1, kMaxDelay);
  backoff_.next = steady_() + backoff_.delay;
}

/// Opens the next file and ends the current one, or keeps the current one if that fails. A failed
/// attempt uses up no name.
void RotatingOutput::rotate(Due what) {
  if (must_wait()) return;
  // What a full disk refuses now is kept only as long as this file stays open.
  if (file_.is_open() && !file_.flush()) return retry_write();
  FileNames names = names_;
  std::string name = file_.path();
  if (what == Due::BySize) name = names.next_by_size();
  if (what == Due::ByTime) name = names.next_by_time(state_.time);
  if (name.empty()) {
    state_.limit_reached = true;
    return;
  }
  auto next = open_next(name, what);
  if (!next) {
    if (backoff_.delay == 0) failure_ = next.error();
    return postpone();
  }
  backoff_ = {};
  state_.reopen_wanted = false;
  names_ = std::move(names);
  if (what == Due::ByTime) state_.since += whole_periods(state_.time - state_.since);
  succeed(std::move(*next), what);
}

/// `passed` without the part of a period at its end.
std::time_t RotatingOutput::whole_periods(std::time_t passed) const {
  return passed < 0 ? passed : passed - passed % rules_.seconds;
}

/// A file that logrotate has created at the name of a moved one is continued, not emptied.
Result<OutputFile> RotatingOutput::open_next(const std::string& name, Due what) {
  const bool same_folder = OutputFolder::name_of(name) == OutputFolder::name_of(file_.path());
  const auto folder = same_folder ? file_.folder() : nullptr;
  if (what == Due::Reopen) return OutputFile::open(name, OutputMode::Append, folder);
  if (names_.may_overwrite()) {
    if (name == file_.path()) file_.unlock();
    return OutputFile::open(name, OutputMode::Truncate, folder);
  }
  return open_new(name, folder);
}

/// Whoever removes the file before SIGHUP wants a new one, so that is no failure.
void RotatingOutput::succeed(OutputFile next, Due what) {
  const bool removed = what == Due::Reopen && file_.is_removed();
  if (removed) log(LogLevel::Warning, file_.path() + " was removed; a new one begins");
  if (const Status ended = end_file(removed); !ended && state_.first_loss.empty()) {
    failure_ = ended.error();
    state_.first_loss = failure_->message;
  }
  file_ = std::move(next);
  begin_file();
}

Status RotatingOutput::end_file(bool may_be_removed) {
  if (frame_.end) frame_.end(file_.buffer());
  if (const int file = file_.regular_descriptor(); rules_.any() && file_.flush() && file >= 0)
    disk_.start(file);
  const bool removed = !may_be_removed && file_.is_removed();
  const Status closed = file_.close();
  state_.lost += file_.lost_bytes();
  if (!closed || !removed || file_.written() == 0) return closed;
  state_.lost += file_.written();
  return Error{fmt::format("{} was removed while synfin wrote to it", file_.path())};
}

void RotatingOutput::reopen() {
  if (is_own_descriptor(path_)) return;
  flush();
  if (file_.is_in_place()) return;
  state_.reopen_wanted = true;
  rotate(Due::Reopen);
}

/// A file that has no name of its own yet has no content either.
void RotatingOutput::flush() {
  if (!state_.has_period && rules_.seconds != 0) return;
  file_.flush();
  if (!file_.failure().empty()) return retry_write();
  if (state_.reopen_wanted) rotate(Due::Reopen);
}

void RotatingOutput::set_line_buffered(bool on) {
  state_.line_buffered = on;
  file_.set_line_buffered(on || file_.is_terminal());
}

std::optional<Error> RotatingOutput::take_failure() {
  return std::exchange(failure_, std::nullopt);
}

Status RotatingOutput::close() {
  if (!state_.has_period && !file_.is_open()) return Ok{};  // there was no piece
  if (const Status ended = end_file(false); !ended && state_.first_loss.empty())
    state_.first_loss = ended.error().message;
  const int unsynced = disk_.wait();
  if (state_.first_loss.empty() && unsynced != 0) {
    return Error{fmt::format("a file of {} may not be on the disk: {}", path_,
                             std::generic_category().message(unsynced))};
  }
  if (state_.first_loss.empty()) {
    if (failure_) log(LogLevel::Error, take_failure()->message + "; nothing is lost");
    return Ok{};
  }
  return Error{fmt::format("{} ({} bytes lost)", state_.first_loss, state_.lost)};
}

}  // namespace synfin
