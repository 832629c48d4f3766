// See source_paths.h.
#include "synfin/capture/source_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "synfin/capture/savefile.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

bool named_like_capture(const std::string& name) {
  return name.find(".pcap") != std::string::npos || name.find(".cap") != std::string::npos;
}

bool is_capture(const fs::directory_entry& entry) {
  std::error_code failed;
  const std::string name = entry.path().filename().string();
  if (name.starts_with('.') || !entry.is_regular_file(failed) || entry.file_size(failed) == 0)
    return false;
  if (named_like_capture(name)) return true;
  SavefileOptions options;
  options.chunk_size = 4096;
  options.second_thread = false;
  return open_savefile(entry.path().string(), options).ok();
}

/// Appends the captures in `folder`.
Status expand_folder(const std::string& folder, std::vector<std::string>& out) {
  const std::size_t before = out.size();
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (is_capture(*entry)) out.push_back(entry->path().string());
  }
  if (failed)
    return Error{fmt::format("{}: the folder cannot be read: {}", folder, failed.message())};
  if (out.size() == before)
    return Error{fmt::format("{}: the folder contains no capture file", folder)};
  std::sort(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
  return Ok{};
}

}  // namespace

Result<std::vector<std::string>> expand_sources(const std::vector<std::string>& paths) {
  std::vector<std::string> expanded;
  for (const std::string& path : paths) {
    std::error_code failed;
    if (path == "-" || !fs::is_directory(path, failed)) {
      expanded.push_back(path);
    } else if (Status status = expand_folder(path, expanded); !status) {
      return status.error();
    }
  }
  return expanded;
}

}  // namespace synfin
