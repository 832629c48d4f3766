// See spool.h. The header of a file is one line of text, so that a person can read it:
//
//     synfin-spool 2 TABLE DAY STREAM BATCH ROWS TS RESP_P RESP_H CHECKSUM BYTES
#include "store/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <random>
#include <sstream>
#include <system_error>

#include "synfin/base/errno_text.h"
#include "synfin/base/mix.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/private_folders.h"

namespace synfin {
namespace {

constexpr std::string_view kMagic = "synfin-spool";
constexpr int kFormat = 2;
constexpr std::size_t kMaxBlocks = std::size_t{64} << 20;
constexpr std::size_t kMaxHeader = 512;
constexpr std::size_t kMaxSpare = std::size_t{4} << 20;
constexpr const char* kSpare = "spare";  ///< a file whose batch was sent, for the next batch
constexpr std::size_t kDigits = 20;
constexpr mode_t kPrivateFile = 0600;

std::string path_in(const std::string& folder, const std::string& name) {
  return folder + "/" + name;
}

/// Finds damage, not forgery. CRC-32 of zlib would take four times as long.
std::uint64_t checksum(std::string_view bytes) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15, kB = 0xD1B54A32D192ED03;
  std::uint64_t sum = bytes.size();
  while (!bytes.empty()) {
    std::array<std::uint64_t, 2> words{};
    const std::size_t some = std::min(bytes.size(), sizeof words);
    std::memcpy(words.data(), bytes.data(), some);
    sum = mix64(sum ^ words[0] ^ kA, words[1] ^ kB) + sum;
    bytes.remove_prefix(some);
  }
  return sum;
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

/// A header and what it says about the blocks.
struct ParsedHeader {
  SpoolHeader header;
  std::uint64_t sum = 0;
  std::size_t bytes = 0;
};

std::optional<ParsedHeader> parse(const std::string& text) {
  std::istringstream line{text};
  std::string magic, table, address;
  int format = 0;
  ParsedHeader parsed;
  SpoolHeader& h = parsed.header;
  line >> magic >> format >> table >> h.day >> h.stream >> h.batch >> h.rows >> h.ts >> h.resp_p >>
      address >> parsed.sum >> parsed.bytes;
  const auto known = table_named(table);
  const auto resp_h = Address::parse(address);
  if (!line || magic != kMagic || format != kFormat || !known || !resp_h) return std::nullopt;
  h.table = *known;
  h.resp_h = *resp_h;
  return parsed;
}

/// Reads up to `size` bytes at `at` of a file. Returns how many there were.
std::size_t read_at(int file, char* out, std::size_t size, std::size_t at) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file, out + done, size - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

struct OpenFile {
  std::shared_ptr<const Descriptor> descriptor;
  std::int64_t size = -1;  ///< -1: it is not a regular file, or cannot be opened
};

OpenFile open_file(const std::string& path) {
  OpenFile file{std::make_shared<const Descriptor>(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))};
  struct stat about {};
  const int fd = file.descriptor->get();
  if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) file.size = about.st_size;
  return file;
}

}  // namespace

Result<std::vector<SpoolFile>> list_spool(const std::string& folder) {
  std::vector<SpoolFile> files;
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr)
    return Error{fmt::format("cannot read the spool {}: {}", folder, errno_text())};
  errno = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): each thread reads a folder that it opened itself
  for (const dirent* entry = nullptr; (entry = readdir(entries)) != nullptr; errno = 0) {
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
    if (fstatat(dirfd(entries), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      break;  // what cannot be read must not seem to be sent
    }
    if (!S_ISREG(about.st_mode)) continue;
    file.name = name;
    file.bytes = static_cast<std::uint64_t>(about.st_size);
    files.push_back(std::move(file));
  }
  const int error = errno;
  closedir(entries);
  if (error != 0) {
    errno = error;
    return Error{fmt::format("cannot read the spool {}: {}", folder, errno_text())};
  }
  std::sort(files.begin(), files.end(),
            [](const SpoolFile& a, const SpoolFile& b) { return a.batch < b.batch; });
  return Result<std::vector<SpoolFile>>(std::move(files));
}

Result<SpoolFileReader> SpoolFileReader::open(const std::string& folder, const SpoolFile& file) {
  SpoolFileReader reader;
  reader.path_ = path_in(folder, file.name);
  OpenFile opened = open_file(reader.path_);
  if (opened.size < 0) return Error{fmt::format("cannot read {}: {}", reader.path_, errno_text())};
  const Error damaged{fmt::format("{} is damaged", reader.path_)};
  std::array<char, kMaxHeader> start{};
  const std::size_t got = read_at(opened.descriptor->get(), start.data(), start.size(), 0);
  const std::string_view text(start.data(), got);
  const std::size_t end = text.find('\n');
  if (end == text.npos) return damaged;
  const auto parsed = parse(std::string(text.substr(0, end)));
  if (!parsed || parsed->header.batch != file.batch || parsed->bytes > kMaxBlocks ||
      end + 1 + parsed->bytes != static_cast<std::uint64_t>(opened.size)) {
    return damaged;
  }
  reader.file_ = std::move(opened.descriptor);
  reader.header_ = parsed->header;
  reader.begin_ = end + 1;
  reader.size_ = parsed->bytes;
  reader.sum_ = parsed->sum;
  return Result<SpoolFileReader>(std::move(reader));
}

Status SpoolFileReader::append_blocks(RowBuffer& blocks) {
  char* const at = blocks.extend(size_);
  const std::size_t got = read_at(file_->get(), at, size_, begin_);
  if (got == size_ && checksum({at, size_}) == sum_) return Ok{};
  blocks.shrink(size_);
  return Error{fmt::format("{} is damaged", path_)};
}

Status check_readable(const std::string& folder, const SpoolFile& file) {
  const std::string path = path_in(folder, file.name);
  const OpenFile opened = open_file(path);
  std::array<char, 64 << 10> some;
  std::int64_t at = 0;
  while (at < opened.size) {
    const std::size_t got =
        read_at(opened.descriptor->get(), some.data(), some.size(), static_cast<std::size_t>(at));
    if (got == 0) break;
    at += static_cast<std::int64_t>(got);
  }
  if (at == opened.size) return Ok{};
  return Error{fmt::format("cannot read {}: {}", path, errno_text())};
}

void remove_spool_file(const std::string& folder, const SpoolFile& file) {
  const std::string path = path_in(folder, file.name);
  if (file.bytes > kMaxSpare || rename(path.c_str(), path_in(folder, kSpare).c_str()) != 0)
    (void)unlink(path.c_str());
}

Status write_note(const std::string& folder, const std::string& name, std::string_view content) {
  const std::string path = path_in(folder, name);
  const Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivateFile));
  // Each note has the same size, so that one write replaces it, and a kill does not cut it.
  const std::string padded = fmt::format("{:<{}}\n", content, kMaxNote - 1);
  if (file.get() < 0 || padded.size() != kMaxNote ||
      pwrite(file.get(), padded.data(), padded.size(), 0) != static_cast<ssize_t>(kMaxNote)) {
    return Error{fmt::format("cannot write {}: {}", path, errno_text())};
  }
  return Ok{};
}

std::optional<std::string> read_note(const std::string& folder, const std::string& name) {
  const OpenFile file = open_file(path_in(folder, name));
  if (file.size < 0) return std::nullopt;
  std::array<char, kMaxNote> note{};
  return std::string(note.data(), read_at(file.descriptor->get(), note.data(), note.size(), 0));
}

Status make_spool_folder(const std::string& folder, std::uint32_t uid, std::uint32_t gid) {
  std::string failed;
  if (const int error = make_private_folders(folder, uid, gid, failed); error != 0) {
    return Error{
        fmt::format("cannot create the folder {} of the spool: {}; --spool names another one",
                    failed, output_error_text(error))};
  }
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
    return Error{fmt::format("cannot write to the spool {}: {}", folder, errno_text())};
  if (flock(writer->lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{fmt::format(
        "another run of synfin uses the spool {}: give each its own folder with --spool", folder)};
  }
  std::random_device random;
  while (writer->stream_ == 0) writer->stream_ = random();
  const auto files = list_spool(folder);
  if (!files) return files.error();  // a number that is in use would replace a batch
  writer->set_measured(*files, std::chrono::steady_clock::now());
  if (!files->empty()) writer->next_ = files->back().batch + 1;
  return writer;
}

void SpoolWriter::set_measured(const std::vector<SpoolFile>& files,
                               std::chrono::steady_clock::time_point now) {
  bytes_ = 0;
  for (const SpoolFile& file : files) bytes_ += file.bytes;
  files_ = files.size();
  measured_ = now;
}

void SpoolWriter::measure_if_due(std::chrono::steady_clock::time_point now) {
  const auto rest = std::min<std::chrono::steady_clock::duration>(
      kMaxRest, kRestForFile * static_cast<std::int64_t>(files_));
  if (files_ > kMaxFilesAlways && now < measured_ + rest) return;
  if (const auto files = list_spool(folder_)) set_measured(*files, now);
}

/// Writes the file under another name first, so that it appears as a whole. It overwrites a file
/// that the sender has left, if there is one: a new one costs a busy file system several times as
/// much.
Status SpoolWriter::write_file(const std::string& name, std::string_view header,
                               std::string_view blocks) {
  const std::string path = path_in(folder_, name), temporary = path_in(folder_, "new." + name);
  (void)rename(path_in(folder_, kSpare).c_str(), temporary.c_str());
  const Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kPrivateFile));
  if (file.get() >= 0 && write_all(file.get(), header) && write_all(file.get(), blocks) &&
      ftruncate(file.get(), static_cast<off_t>(header.size() + blocks.size())) == 0 &&
      rename(temporary.c_str(), path.c_str()) == 0) {
    return Ok{};
  }
  const Error error{fmt::format("cannot write {}: {}", path, errno_text())};
  (void)unlink(temporary.c_str());
  return error;
}

Result<bool> SpoolWriter::write(SpoolHeader header, std::string_view blocks) {
  if (bytes_ + blocks.size() > max_bytes_) measure_if_due(std::chrono::steady_clock::now());
  if (bytes_ + blocks.size() > max_bytes_) return false;
  header.stream = stream_;
  const std::string line = header_line(header, blocks);
  const Status written = write_file(file_name(header.table, header.batch), line, blocks);
  if (!written) return written.error();
  bytes_ += line.size() + blocks.size();
  ++files_;
  return true;
}

bool SpoolWriter::has_sender() const { return !SpoolSenderLock(folder_).take(); }

SpoolSenderLock::SpoolSenderLock(const std::string& folder)
    : file_(::open(path_in(folder, "sender").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                   kPrivateFile)) {}

bool SpoolSenderLock::take() {
  // Without a file there is no lock. Sending is then safe as long as only one process does it.
  return file_.get() < 0 || flock(file_.get(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

}  // namespace synfin
