// See tor_text.h.
#include "enrich/tor_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "enrich/range_row.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/input_file.h"

namespace synfin {
namespace {

/// Smaller files are parsed in a few milliseconds.
constexpr std::size_t kMinSize = 1u << 20;
/// This many searches take about as long as parsing all rows.
constexpr int kMaxSearches = 16 * 1024;
/// Enough for the comments and the first row.
constexpr std::size_t kTorHead = 4096;
constexpr char kSeparator = ',';
/// The number of rows, at equal distances, whose order is checked.
constexpr std::size_t kSamples = 256;

class TorText final : public GeoDatabase {
 public:
  /// Takes ownership of `file`.
  TorText(std::string path, GeoKinds wanted, int file)
      : path_(std::move(path)), wanted_(wanted), file_(file) {}

  /// Reads the first rows. Returns false if the file is not a large one of Tor's.
  bool open();

  void look_up(const Address& address, GeoInfo& info) override;
  GeoKinds kinds() const override { return {wanted_.country, false}; }
  std::string complaint() const override { return parsed_ ? parsed_->complaint() : ""; }
  std::string attribution() const override {
    return "Countries by the IPFire Location database (https://location.ipfire.org), CC BY-SA 4.0";
  }

 private:
  /// The row of the line that contains offset `at` of `rows_`.
  std::optional<RangeRow> row_at(std::size_t at) const;
  std::optional<RangeRow> search(const Address& address) const;
  void copy_text();
  bool is_sorted() const;
  void parse_all();

  std::string path_;
  GeoKinds wanted_;
  Descriptor file_;
  std::size_t size_ = 0;   ///< of the file
  std::size_t begin_ = 0;  ///< of the first row
  bool v4_ = false;        ///< the family of all rows
  std::unique_ptr<char[]> text_;
  std::string_view rows_;  ///< `text_` without its comments
  int searches_ = 0;
  std::unique_ptr<GeoDatabase> parsed_;
};

std::optional<RangeRow> TorText::row_at(std::size_t at) const {
  const std::size_t before = at == 0 ? rows_.npos : rows_.rfind('\n', at - 1);
  const std::string_view line = rows_.substr(before == rows_.npos ? 0 : before + 1);
  return RangeRow::parse(line.substr(0, line.find('\n')), kSeparator);
}

/// Reads up to `size` bytes from the beginning and returns their number.
std::size_t read_file(int file, char* out, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(file, out + done, size - done, static_cast<off_t>(done));
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool TorText::open() {
  struct stat about {};
  if (fstat(file_.get(), &about) != 0 || !S_ISREG(about.st_mode)) return false;
  size_ = static_cast<std::size_t>(about.st_size);
  std::array<char, kTorHead> buffer;
  const std::string_view head{buffer.data(), read_file(file_.get(), buffer.data(), buffer.size())};
  if (size_ < kMinSize) return false;
  bool marked = false;
  while (head.substr(begin_).starts_with('#')) {
    const std::size_t end = head.find('\n', begin_);
    if (end == head.npos) return false;
    marked = marked || head.substr(begin_, end - begin_).find("IPFire Location") != head.npos;
    begin_ = end + 1;
  }
  const std::string_view line = head.substr(begin_, head.find('\n', begin_) - begin_);
  const auto first = RangeRow::parse(line, kSeparator);
  if (!marked || !first) return false;
  v4_ = first->first.is_v4();
  return true;
}

void TorText::copy_text() {
  text_ = std::make_unique_for_overwrite<char[]>(size_);
  const std::size_t size = read_file(file_.get(), text_.get(), size_);
  rows_ = std::string_view(text_.get(), size).substr(std::min(begin_, size));
  if (rows_.empty() || !is_sorted()) parse_all();
}

bool TorText::is_sorted() const {
  std::optional<RangeRow> previous;
  for (std::size_t i = 0; i < kSamples; ++i) {
    auto row = row_at(i * (rows_.size() - 1) / kSamples);
    if (!row || (previous && row->first < previous->first)) return false;
    previous = std::move(row);
  }
  return true;
}

/// Finds the last row that begins at or before `address`, by bisection over offsets.
std::optional<RangeRow> TorText::search(const Address& address) const {
  std::size_t begin = 0, end = rows_.size();
  std::optional<RangeRow> found;
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    const auto row = row_at(middle);
    if (!row) return std::nullopt;
    if (row->first <= address) {
      found = row;
      begin = std::min(rows_.find('\n', middle), rows_.size() - 1) + 1;
    } else {
      const std::size_t before = middle == 0 ? rows_.npos : rows_.rfind('\n', middle - 1);
      end = before == rows_.npos ? 0 : before;
    }
  }
  return found;
}

/// Parses all rows and uses them from now on. If that fails, the text stays in use.
void TorText::parse_all() {
  lseek(file_.get(), 0, SEEK_SET);
  auto parsed = open_range_file(path_, wanted_, file_.get());
  if (!parsed) return;
  parsed_ = std::move(*parsed);
  text_.reset();
  rows_ = {};
}

void TorText::look_up(const Address& address, GeoInfo& info) {
  if (address.is_v4() != v4_ || info.country.known()) return;
  if (!text_ && !parsed_) copy_text();
  if (++searches_ == kMaxSearches && !parsed_) parse_all();
  if (parsed_) return parsed_->look_up(address, info);
  const auto row = search(address);
  if (row && address <= row->last) info.country = row->facts.country;
}

}  // namespace

std::unique_ptr<GeoDatabase> open_tor_text(const std::string& path, GeoKinds wanted,
                                           int descriptor) {
  if (!wanted.country) return nullptr;
  const int file = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : open_input(path);
  auto text = std::make_unique<TorText>(path, wanted, file);
  if (!text->open()) return nullptr;
  return text;
}

}  // namespace synfin
