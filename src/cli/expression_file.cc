// See expression_file.h.
#include "synfin/cli/expression_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"

namespace synfin {

Result<std::string> read_expression(const std::string& path) {
  constexpr std::size_t kMaxFilter = 64 * 1024;
  auto text = read_input(path, kMaxFilter + 1);
  if (!text) {
    return Error{fmt::format("cannot read the filter from {}: {}", path, errno_text()),
                 ErrorKind::Usage};
  }
  if (text->size() > kMaxFilter)
    return Error{fmt::format("the filter in {} is longer than 64 KiB", path), ErrorKind::Usage};
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->starts_with("\xef\xbb\xbf")) text->erase(0, 3);  // a byte order mark
  return std::move(*text);
}

}  // namespace synfin
