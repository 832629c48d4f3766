// See spool.h. The header of a file is one line of text, so that a person can read it:
//
//     synfin-spool 1 TABLE DAY STREAM BATCH ROWS TS RESP_P RESP_H CRC32 BYTES
#include "store/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <random>
#include <sstream>
#include <system_error>

namespace synfin {
namespace {

constexpr std::string_view kMagic = "synfin-spool";
constexpr int kFormat = 1;
constexpr std::size_t kMaxFile = std::size_t{64} << 20;
constexpr std::size_t kDigits = 20;
constexpr mode_t kPrivateFile = 0600, kPrivateFolder = 0700;

std::string reason() { return std::generic_category().message(errno); }

std::string path_in(const std::string& folder, const std::string& name) {
  return folder + "/" + name;
}

unsigned long checksum(std::string_view bytes) {
  return crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

std::string file_name(StoreTable table, std::uint64_t batch) {
  return fmt::format("{:0{}}.{}", batch, kDigits, to_string(table));
}

std::optional<StoreTable> table_named(std::string_view name) {
  for (int i = 0; i < kStoreTables; ++i) {
    if (to_string(static_cast<StoreTable>(i)) == name) return static_cast<StoreTable>(i);
  }
  return std::nullopt;
}

std::string header_line(const SpoolHeader& h, std::string_view blocks) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", kMagic, kFormat, to_string(h.table),
                     h.day, h.stream, h.batch, h.rows, h.ts, h.resp_p, h.resp_h.to_string(),
                     checksum(blocks), blocks.size());
}

std::optional<SpoolBatch> parse(std::string text) {
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  std::istringstream line{text.substr(0, end)};
  std::string magic, table, address;
  int format = 0;
  unsigned long sum = 0;
  std::size_t bytes = 0;
  SpoolBatch batch;
  SpoolHeader& h = batch.header;
  line >> magic >> format >> table >> h.day >> h.stream >> h.batch >> h.rows >> h.ts >> h.resp_p >>
      address >> sum >> bytes;
  const auto known = table_named(table);
  const auto resp_h = Address::parse(address);
  const std::string_view blocks = std::string_view(text).substr(end + 1);
  if (!line || magic != kMagic || format != kFormat || !known || !resp_h ||
      bytes != blocks.size() || sum != checksum(blocks)) {
    return std::nullopt;
  }
  h.table = *known;
  h.resp_h = *resp_h;
  text.erase(0, end + 1);
  batch.blocks = std::move(text);
  return batch;
}

/// Creates each folder of the path that does not exist.
Status make_folders(const std::string& folder, uid_t uid, gid_t gid) {
  for (std::size_t at = folder.find('/', 1);; at = folder.find('/', at + 1)) {
    const std::string part = folder.substr(0, at);
    if (mkdir(part.c_str(), kPrivateFolder) == 0) {
      if (geteuid() == 0 && chown(part.c_str(), uid, gid) != 0)
        return Error{
            fmt::format("cannot give the folder {} of the spool to the user that synfin "
                        "becomes: {}",
                        part, reason())};
    } else if (errno != EEXIST && at == folder.npos) {
      return Error{
          fmt::format("cannot create the folder {} of the spool: {}; --spool names "
                      "another one",
                      part, reason())};
    }
    if (at == folder.npos) return Ok{};
  }
}

}  // namespace

Result<std::vector<SpoolFile>> list_spool(const std::string& folder) {
  std::vector<SpoolFile> files;
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr)
    return Error{fmt::format("cannot read the spool {}: {}", folder, reason())};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): each thread reads a folder that it opened itself
  while (const dirent* const entry = readdir(entries)) {
    const std::string name = entry->d_name;
    SpoolFile file;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + std::min(name.size(), kDigits), file.batch);
    const bool numbered = error == std::errc() && end == name.data() + kDigits;
    if (!numbered || name.size() < kDigits + 2 || name[kDigits] != '.' ||
        !table_named(std::string_view(name).substr(kDigits + 1))) {
      continue;
    }
    struct stat about {};
    if (fstatat(dirfd(entries), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(about.st_mode)) {
      continue;
    }
    file.name = name;
    file.bytes = static_cast<std::uint64_t>(about.st_size);
    files.push_back(std::move(file));
  }
  closedir(entries);
  std::sort(files.begin(), files.end(),
            [](const SpoolFile& a, const SpoolFile& b) { return a.batch < b.batch; });
  return Result<std::vector<SpoolFile>>(std::move(files));
}

std::optional<std::string> read_spool_text(const std::string& folder, const std::string& name) {
  const Descriptor file(
      open(path_in(folder, name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) ||
      static_cast<std::uint64_t>(about.st_size) > kMaxFile) {
    return std::nullopt;
  }
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Result<SpoolBatch> read_spool_file(const std::string& folder, const SpoolFile& file) {
  auto text = read_spool_text(folder, file.name);
  if (!text) return Error{fmt::format("cannot read {}: {}", path_in(folder, file.name), reason())};
  auto batch = parse(std::move(*text));
  if (!batch || batch->header.batch != file.batch)
    return Error{fmt::format("{} is damaged", path_in(folder, file.name))};
  return std::move(*batch);
}

Status replace_file(const std::string& folder, const std::string& name, std::string_view content,
                    std::string_view more) {
  const std::string path = path_in(folder, name), temporary = path_in(folder, "new." + name);
  const auto failed = [&] {
    const Error error{fmt::format("cannot write {}: {}", path, reason())};
    (void)unlink(temporary.c_str());
    return error;
  };
  const Descriptor file(
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kPrivateFile));
  if (file.get() < 0 || !write_all(file.get(), content) || !write_all(file.get(), more)) {
    return failed();
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return failed();
  return Ok{};
}

Status make_spool_folder(const std::string& folder, std::uint32_t uid, std::uint32_t gid) {
  if (const Status made = make_folders(folder, uid, gid); !made) return made;
  struct stat about {};
  const bool known = stat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
  const bool usable =
      geteuid() == 0 ? about.st_uid == uid : access(folder.c_str(), R_OK | W_OK | X_OK) == 0;
  if (known && usable) return Ok{};
  return Error{
      fmt::format("the spool {} belongs to another user than that of this run: change its "
                  "owner, or name another folder with --spool",
                  folder)};
}

SpoolWriter::SpoolWriter(std::string folder, std::uint64_t max_bytes, int lock)
    : folder_(std::move(folder)), max_bytes_(max_bytes), lock_(lock) {}

Result<std::unique_ptr<SpoolWriter>> SpoolWriter::open(const std::string& folder,
                                                       std::uint64_t max_bytes) {
  const std::string path = path_in(folder, "lock");
  std::unique_ptr<SpoolWriter> writer(new SpoolWriter(
      folder, max_bytes,
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivateFile)));
  if (writer->lock_.get() < 0)
    return Error{fmt::format("cannot write to the spool {}: {}", folder, reason())};
  if (flock(writer->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{fmt::format(
        "another run of synfin uses the spool {}: give each its own folder with --spool", folder)};
  }
  std::random_device random;
  while (writer->stream_ == 0) writer->stream_ = random();
  writer->measure();
  return writer;
}

void SpoolWriter::measure() {
  const auto files = list_spool(folder_);
  if (!files) return;
  bytes_ = 0;
  for (const SpoolFile& file : *files) {
    bytes_ += file.bytes;
    next_ = std::max(next_, file.batch + 1);
  }
}

Result<bool> SpoolWriter::write(SpoolHeader header, std::string_view blocks) {
  if (bytes_ + blocks.size() > max_bytes_) measure();
  if (bytes_ + blocks.size() > max_bytes_) return false;
  header.stream = stream_;
  const std::string line = header_line(header, blocks);
  const Status written = replace_file(folder_, file_name(header.table, header.batch), line, blocks);
  if (!written) return written.error();
  bytes_ += line.size() + blocks.size();
  return true;
}

}  // namespace synfin
