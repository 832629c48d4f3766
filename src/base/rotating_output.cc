// See rotating_output.h.
#include "synfin/base/rotating_output.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace synfin {
namespace {

std::string fill_time(const std::string& pattern, std::time_t now) {
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 4096> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), pattern.c_str(), &local);
  return size > 0 ? std::string(text.data(), size) : pattern;
}

/// As many digits as the last of `files` numbers has, counted from 0.
int digits(unsigned files) {
  int count = 0;
  for (unsigned last = files - 1; last > 0; last /= 10) ++count;
  return count;
}

}  // namespace

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
  return first(now);
}

std::string FileNames::numbered() const {
  if (rules_.max_bytes == 0) return filled_;
  const int width = rules_.max_files != 0 ? digits(rules_.max_files) : 0;
  if (by_size_ == 0 && width == 0) return filled_;
  return fmt::format("{}{:0{}}", filled_, by_size_, width);
}

Result<RotatingOutput> RotatingOutput::open(const std::string& path, RotationRules rules,
                                            Frame frame) {
  if (path == "-") rules = {};
  const std::string name = FileNames(path, rules).first(std::time(nullptr));
  auto file = OutputFile::open(name);
  if (!file) return file.error();
  RotatingOutput output(path, rules, std::move(frame), std::move(*file));
  return output;
}

RotatingOutput::RotatingOutput(std::string path, RotationRules rules, Frame frame, OutputFile file)
    : path_(path),
      rules_(rules),
      frame_(std::move(frame)),
      names_(std::move(path), rules),
      file_(std::move(file)) {
  name_ = names_.first(std::time(nullptr));
  begin_file();
}

void RotatingOutput::begin_file() {
  since_ = std::time(nullptr);
  if (frame_.begin) frame_.begin(file_.buffer());
}

void RotatingOutput::commit() {
  file_.commit();
  if (!rules_.any()) return;
  const std::time_t now = rules_.seconds != 0 ? std::time(nullptr) : 0;
  if (rules_.seconds != 0 && now - since_ >= rules_.seconds) {
    const std::string name = names_.next_by_time(now);
    if (!name.empty()) return succeed(name);
    limit_reached_ = true;
  } else if (rules_.max_bytes != 0 && file_.written() + file_.buffer().size() >= rules_.max_bytes) {
    succeed(names_.next_by_size());
  }
}

void RotatingOutput::succeed(const std::string& name) {
  end_file();
  name_ = name;
  auto next = OutputFile::open(name_);
  open_failed_ = !next.ok();
  if (next) {
    lost_ += file_.lost_bytes();
    file_ = std::move(*next);
    file_.set_line_buffered(line_buffered_);
    begin_file();
  } else {
    since_ = std::time(nullptr);
    if (failure_.empty()) failure_ = next.error().message;
  }
}

void RotatingOutput::end_file() {
  if (frame_.end && !open_failed_) frame_.end(file_.buffer());
  if (const Status closed = file_.close(); !closed && failure_.empty())
    failure_ = closed.error().message;
}

void RotatingOutput::reopen() {
  if (path_ == "-") return;
  if (file_.is_in_place() && file_.failure().empty()) return flush();
  succeed(name_);
}

void RotatingOutput::flush() { file_.flush(); }

void RotatingOutput::set_line_buffered(bool on) {
  line_buffered_ = on;
  file_.set_line_buffered(on);
}

std::string RotatingOutput::take_failure() {
  const std::string& failure = failure_.empty() ? file_.failure() : failure_;
  if (told_ || failure.empty()) return {};
  told_ = true;
  return failure;
}

Status RotatingOutput::close() {
  end_file();
  if (failure_.empty()) return Ok{};
  return Error{fmt::format("{} ({} bytes lost)", failure_, lost_ + file_.lost_bytes())};
}

}  // namespace synfin
