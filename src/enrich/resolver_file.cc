// See resolver_file.h.
#include "enrich/resolver_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "synfin/base/address.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/file_helper.h"

namespace synfin {
namespace {

constexpr std::chrono::seconds kInterval{5};
constexpr std::size_t kMaxSize = 64 * 1024;
constexpr std::string_view kBlanks = " \t\r";

/// Removes the first word of `line` and returns it.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

/// The sandbox may permit only the file that had this path before.
int open_file(const std::string& path) {
  const int opened = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  FileHelper* const helper = file_helper();
  return opened < 0 && helper != nullptr ? helper->open_input(path) : opened;
}

std::string content_of(const std::string& path) {
  const Descriptor file(open_file(path));
  std::string content;
  std::array<char, 4096> part;
  while (file.get() >= 0 && content.size() < kMaxSize) {
    const ssize_t size = read(file.get(), part.data(), part.size());
    if (size <= 0) break;
    content.append(part.data(), static_cast<std::size_t>(size));
  }
  return content;
}

}  // namespace

std::string servers_of(std::string_view resolver_file) {
  std::string servers;
  while (!resolver_file.empty()) {
    std::string_view line = resolver_file.substr(0, resolver_file.find('\n'));
    resolver_file.remove_prefix(std::min(line.size() + 1, resolver_file.size()));
    if (take_word(line) != "nameserver") continue;
    const auto address = Address::parse(take_word(line));
    if (!address) continue;
    if (!servers.empty()) servers += ',';
    servers += address->to_string();
  }
  return servers;
}

ResolverFile::ResolverFile(std::string path)
    : path_(std::move(path)), next_(Clock::now() + kInterval) {
  (void)stat(path_.c_str(), &known_);
}

std::string ResolverFile::changed(Clock::time_point now) {
  if (now < next_) return {};
  next_ = now + kInterval;
  struct stat about {};
  if (stat(path_.c_str(), &about) != 0 || is_same(about, known_)) return {};
  known_ = about;
  return servers_of(content_of(path_));
}

}  // namespace synfin
