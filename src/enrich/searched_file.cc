// A large sorted text file of address ranges, searched line by line where it lies. See
// range_file.h.
//
// A capture of ten packets asks for ten addresses: some twenty reads each, instead of half a
// million rows. By pread(), not mmap(): who truncates the file meanwhile cannot end us.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "enrich/range_file.h"
#include "enrich/range_row.h"

namespace synfin {
namespace {

/// What is smaller is read in a millisecond or two.
constexpr std::size_t kLarge = 1u << 20;
/// About as many searches take as long as reading all.
constexpr int kMany = 1024;
/// Tor's comments at the beginning, and a piece that is searched row by row.
constexpr std::size_t kPiece = 4096;
constexpr char kSeparator = ',';

class SearchedFile final : public GeoDatabase {
 public:
  SearchedFile(std::string path, GeoKinds wanted, int fd)
      : path_(std::move(path)), wanted_(wanted), fd_(fd) {}
  ~SearchedFile() override;
  SearchedFile(const SearchedFile&) = delete;
  SearchedFile& operator=(const SearchedFile&) = delete;

  /// False where it is none of Tor's large ones.
  bool open();

  void look_up(const Address& address, GeoInfo& where) override;
  GeoKinds kinds() const override { return {wanted_.country, false}; }
  std::string complaint() const override { return whole_ ? whole_->complaint() : ""; }
  std::string attribution() const override {
    return "Countries by the IPFire Location database (https://location.ipfire.org), CC BY-SA 4.0";
  }

 private:
  std::string_view read(std::size_t at, std::size_t size);
  bool narrow(const Address& address, std::size_t& begin, std::size_t& end);
  std::optional<RangeRow> search(const Address& address);
  void take_whole();

  std::string path_;
  GeoKinds wanted_;
  int fd_;
  std::size_t begin_ = 0;  ///< of the first row
  std::size_t size_ = 0;
  bool v4_ = false;  ///< the family of all rows
  int asked_ = 0;
  std::array<char, kPiece + 512> buffer_{};
  std::unique_ptr<GeoDatabase> whole_;
  std::unique_ptr<GeoDatabase> read_;  ///< while reading_ runs, its thread's
  std::future<void> reading_;
};

SearchedFile::~SearchedFile() {
  if (reading_.valid()) reading_.wait();
  if (fd_ >= 0) close(fd_);
}

/// Lives until the next read.
std::string_view SearchedFile::read(std::size_t at, std::size_t size) {
  const ssize_t got =
      pread(fd_, buffer_.data(), std::min(size, buffer_.size()), static_cast<off_t>(at));
  return {buffer_.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

bool SearchedFile::open() {
  struct stat status {};
  if (fd_ < 0 || fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  size_ = static_cast<std::size_t>(status.st_size);
  const std::string_view head = read(0, buffer_.size());
  if (size_ < kLarge || !head.starts_with('#') || head.find("IPFire Location") == head.npos)
    return false;
  while (begin_ < head.size() && head[begin_] == '#') {
    const std::size_t end = head.find('\n', begin_);
    if (end == head.npos) return false;
    begin_ = end + 1;
  }
  const std::string_view line = head.substr(begin_, head.find('\n', begin_) - begin_);
  const auto first = RangeRow::parse(line, kSeparator);
  if (first) v4_ = first->first.is_v4();
  return first.has_value();
}

/// Halves [begin, end), in which the row of `address` begins, until it is one piece. False where a
/// line is none.
bool SearchedFile::narrow(const Address& address, std::size_t& begin, std::size_t& end) {
  while (end - begin > kPiece) {
    const std::size_t middle = begin + (end - begin) / 2;
    std::string_view text = read(middle, 512);
    const std::size_t newline = text.find('\n');
    if (newline == text.npos) return false;
    text.remove_prefix(newline + 1);
    const std::size_t length = text.find('\n');
    if (length == text.npos) return false;
    const auto row = RangeRow::parse(text.substr(0, length), kSeparator);
    if (!row) return false;
    (row->first <= address ? begin : end) = middle + newline + 1;
  }
  return true;
}

/// The last row that does not begin after `address`.
std::optional<RangeRow> SearchedFile::search(const Address& address) {
  std::size_t begin = begin_, end = size_;
  std::optional<RangeRow> found;
  if (!narrow(address, begin, end)) return found;
  std::string_view text = read(begin, buffer_.size());
  while (!text.empty()) {
    const std::size_t length = text.find('\n');
    const auto row = RangeRow::parse(text.substr(0, length), kSeparator);
    if (!row || row->first > address) break;
    found = row;
    if (length == text.npos) break;
    text.remove_prefix(length + 1);
  }
  return found;
}

/// Many are asked for: all rows are read meanwhile, and used once they are there.
void SearchedFile::take_whole() {
  if (asked_ < kMany && ++asked_ == kMany) {
    reading_ = std::async(std::launch::async, [this] {
      if (auto read = read_range_file(path_, wanted_, fd_)) read_ = std::move(*read);
    });
  }
  if (!reading_.valid() || reading_.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
    return;
  reading_.get();
  whole_ = std::move(read_);
}

void SearchedFile::look_up(const Address& address, GeoInfo& where) {
  if (!whole_) take_whole();
  if (whole_) return whole_->look_up(address, where);
  if (address.is_v4() != v4_ || where.country.known()) return;
  const auto row = search(address);
  if (row && address <= row->last) where.country = row->facts.country;
}

}  // namespace

std::unique_ptr<GeoDatabase> search_range_file(const std::string& path, GeoKinds wanted,
                                               int descriptor) {
  if (!wanted.country) return nullptr;
  const int fd = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
                                 : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  auto file = std::make_unique<SearchedFile>(path, wanted, fd);
  if (!file->open()) return nullptr;
  return file;
}

}  // namespace synfin
