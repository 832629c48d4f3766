// See source_paths.h.
#include "synfin/capture/source_paths.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/capture/byte_input.h"
#include "synfin/capture/savefile.h"

namespace synfin {
namespace {

std::string join(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

bool named_like_capture(const std::string& name) {
  return name.find(".pcap") != std::string::npos || name.find(".cap") != std::string::npos;
}

/// Sets `unreadable` to the reason if the file cannot be opened, so that nothing shows what it is.
bool is_capture(const std::string& folder, const std::string& name, std::string& unreadable) {
  struct stat about {};
  const std::string path = join(folder, name);
  if (name.starts_with('.') || !input_status(path, about) || !S_ISREG(about.st_mode) ||
      about.st_size == 0) {
    return false;
  }
  if (named_like_capture(name)) return true;
  SavefileOptions options;
  options.chunk_size = 4096;
  options.second_thread = false;
  auto input = ByteInput::open(path, options);
  if (!input) unreadable = input.error().message;
  return input && open_savefile(std::move(*input), options).ok();
}

/// Appends the captures in `folder`.
Status expand_folder(const std::string& folder, std::vector<std::string>& out) {
  const std::size_t before = out.size();
  std::string unreadable;
  const auto names = list_folder(folder);
  if (!names) {
    return Error{fmt::format("{}: the folder cannot be read: {}", folder, errno_text())};
  }
  for (const std::string& name : *names) {
    if (is_capture(folder, name, unreadable)) out.push_back(join(folder, name));
  }
  if (out.size() == before && !unreadable.empty()) {
    return Error{fmt::format("{}: the folder contains no capture file that can be read; {}", folder,
                             unreadable)};
  }
  if (out.size() == before)
    return Error{fmt::format("{}: the folder contains no capture file", folder)};
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
  return Ok{};
}

}  // namespace

Result<std::vector<std::string>> expand_sources(const std::vector<std::string>& paths) {
  std::vector<std::string> expanded;
  for (const std::string& path : paths) {
    struct stat about {};
    if (path == "-" || !input_status(path, about) || !S_ISDIR(about.st_mode)) {
      expanded.push_back(path);
    } else if (Status status = expand_folder(path, expanded); !status) {
      return status.error();
    }
  }
  return expanded;
}

}  // namespace synfin
