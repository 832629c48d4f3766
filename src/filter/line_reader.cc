// See line_reader.h.
#include "filter/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "synfin/base/input_file.h"

namespace synfin {

LineReader::LineReader(const std::string& path) : file_(open_input(path)) {
  if (file_.get() < 0) error_ = errno;
  buffer_.resize(kMaxLine + 1);
}

/// Moves the unread part to the front of the buffer and reads behind it. Returns false at the end
/// of the file, after a failure, and if the buffer is full.
bool LineReader::read_more() {
  std::copy(unread_.begin(), unread_.end(), buffer_.begin());
  const std::size_t held = unread_.size();
  if (error_ != 0) return false;
  ssize_t n = -1;
  do {
    n = ::read(file_.get(), buffer_.data() + held, buffer_.size() - held);
  } while (n < 0 && errno == EINTR);
  if (n < 0) error_ = errno;
  unread_ = {buffer_.data(), held + static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  return n > 0;
}

bool LineReader::next(std::string_view& line) {
  std::size_t end = unread_.find('\n');
  while (end == unread_.npos && read_more()) end = unread_.find('\n');
  if (unread_.empty() || error_ != 0 || too_long_) return false;
  ++number_;
  line = unread_.substr(0, end);
  too_long_ = line.size() > kMaxLine;
  unread_.remove_prefix(std::min(line.size() + 1, unread_.size()));
  // Editors of Windows write a byte order mark before the first line.
  if (constexpr std::string_view kMark = "\xef\xbb\xbf"; number_ == 1 && line.starts_with(kMark))
    line.remove_prefix(kMark.size());
  return !too_long_;
}

}  // namespace synfin
