// See json_writer.h.
#include "synfin/report/json_writer.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <iterator>

#include "synfin/base/escape.h"

namespace synfin {

void JsonWriter::new_line(int depth) {
  out_ += '\n';
  out_.append(2 * static_cast<std::size_t>(depth), ' ');
}

template <typename... Number>
void JsonWriter::append(Number... number) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number...);
  out_.append(digits, end.ptr);
}

/// Writes the separator before a member or an element.
void JsonWriter::begin_item() {
  if (after_key_ || depth_ == 0) {
    after_key_ = false;
    return;
  }
  Level& level = levels_[depth_ - 1];
  if (!level.empty) out_ += ',';
  if (level.layout == Layout::Lines) {
    new_line(depth_);
  } else if (!level.empty) {
    out_ += ' ';
  }
  level.empty = false;
}

void JsonWriter::open(char bracket, Layout layout) {
  assert(depth_ < kMaxDepth);
  begin_item();
  out_ += bracket;
  levels_[depth_++] = {layout, true};
}

void JsonWriter::close(char bracket) {
  assert(depth_ > 0);
  const Level& level = levels_[--depth_];
  if (level.layout == Layout::Lines && !level.empty) new_line(depth_);
  out_ += bracket;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  static constexpr std::string_view kEnd = "\": ";
  begin_item();
  const std::size_t at = out_.size();
  out_.resize(at + 1 + name.size() + kEnd.size());  // once, because appending bit by bit is slow
  char* next = out_.data() + at;
  *next++ = '"';
  next = std::copy(name.begin(), name.end(), next);
  std::copy(kEnd.begin(), kEnd.end(), next);
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text_key(std::string_view name) {
  begin_item();
  append_json_string(out_, name);
  out_ += ": ";
  after_key_ = true;
  return *this;
}

void JsonWriter::value(std::string_view text) {
  begin_item();
  append_json_string(out_, text);
}

void JsonWriter::value(std::uint64_t number) {
  begin_item();
  append(number);
}

/// The shortest digits that read as the same number; without an exponent if that stays readable.
void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  begin_item();
  const double size = std::abs(number);
  if (number == 0 || (size >= 1e-4 && size < 1e16)) {
    append(number, std::chars_format::fixed);
  } else {
    append(number);
  }
}

void JsonWriter::value(bool truth) {
  begin_item();
  out_ += truth ? "true" : "false";
}

void JsonWriter::raw(std::string_view json) {
  begin_item();
  out_ += json;
}

void JsonWriter::null() {
  begin_item();
  out_ += "null";
}

}  // namespace synfin
