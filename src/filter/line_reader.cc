// See line_reader.h.
#include "filter/line_reader.h"

namespace synfin {

bool LineReader::next(std::string_view& line) {
  file_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  auto size = static_cast<std::size_t>(file_.gcount());
  if (file_.fail() && size == 0) return false;
  ++number_;
  too_long_ = file_.fail();
  if (too_long_) return false;
  if (!file_.eof()) --size;  // the line end is counted
  line = {buffer_.data(), size};
  return true;
}

}  // namespace synfin
