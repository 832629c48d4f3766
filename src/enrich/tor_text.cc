// See tor_text.h.
#include "enrich/tor_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "enrich/range_row.h"
#include "synfin/base/descriptor.h"

namespace synfin {
namespace {

/// Smaller files are parsed in a few milliseconds.
constexpr std::size_t kMinSize = 1u << 20;
/// So many searches take about as long as parsing all rows.
constexpr int kMaxSearches = 16 * 1024;
constexpr char kSeparator = ',';
/// How many rows, at equal distances, must be in order.
constexpr std::size_t kSamples = 256;

class TorText final : public GeoDatabase {
 public:
  TorText(std::string path, GeoKinds wanted, std::string text)
      : path_(std::move(path)), wanted_(wanted), text_(std::move(text)) {}

  /// Skips the comments. Returns false if the text is not a sorted file of Tor's.
  bool check();

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
  void parse_all();

  std::string path_;
  GeoKinds wanted_;
  std::string text_;
  std::string_view rows_;  ///< `text_` without its comments
  int searches_ = 0;
  std::unique_ptr<GeoDatabase> parsed_;
};

std::optional<RangeRow> TorText::row_at(std::size_t at) const {
  const std::size_t before = at == 0 ? rows_.npos : rows_.rfind('\n', at - 1);
  const std::string_view line = rows_.substr(before == rows_.npos ? 0 : before + 1);
  return RangeRow::parse(line.substr(0, line.find('\n')), kSeparator);
}

bool TorText::check() {
  rows_ = text_;
  if (rows_.size() < kMinSize || !rows_.starts_with('#')) return false;
  bool marked = false;
  while (rows_.starts_with('#')) {
    const std::size_t end = std::min(rows_.find('\n'), rows_.size() - 1);
    marked = marked || rows_.substr(0, end).find("IPFire Location") != rows_.npos;
    rows_.remove_prefix(end + 1);
  }
  if (!marked || rows_.empty()) return false;
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

/// If the file cannot be opened again, the text stays in use.
void TorText::parse_all() {
  auto parsed = open_range_file(path_, wanted_);
  if (!parsed) return;
  parsed_ = std::move(*parsed);
  text_ = {};
  rows_ = {};
}

void TorText::look_up(const Address& address, GeoInfo& info) {
  if (++searches_ == kMaxSearches) parse_all();
  if (parsed_) return parsed_->look_up(address, info);
  if (info.country.known()) return;
  const auto row = search(address);
  if (row && row->first.is_v4() == address.is_v4() && address <= row->last) {
    info.country = row->facts.country;
  }
}

/// Returns nothing if the file cannot be read.
std::string read_all(int descriptor) {
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return {};
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got =
        pread(descriptor, &text[size], text.size() - size, static_cast<off_t>(size));
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::unique_ptr<GeoDatabase> open_tor_text(const std::string& path, GeoKinds wanted,
                                           int descriptor) {
  if (!wanted.country) return nullptr;
  const Descriptor file(descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
                                        : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return nullptr;
  auto opened = std::make_unique<TorText>(path, wanted, read_all(file.get()));
  if (!opened->check()) return nullptr;
  return opened;
}

}  // namespace synfin
