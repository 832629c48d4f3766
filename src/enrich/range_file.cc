// Text files of address ranges: lines → rows (range_row.h) → two sorted arrays, one for each
// family.
//
// A million rows take well under a second: lines are parsed in place, and each network's name is
// stored once. Tested in tests/unit/enrich/range_file_test.cc.
#include <fcntl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "enrich/range_row.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/utf8.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {
namespace {

constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kMaxRows = 32u << 20;
/// Network numbers below this are looked up in an array. About 2^17 numbers are in use.
constexpr std::uint32_t kMaxIndexedNumber = 1u << 20;
/// A file that begins with so many malformed rows is not a file of ranges.
constexpr std::size_t kMaxBadAtFirst = 100;

struct RangeV4 {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t place;
};
struct RangeV6 {
  Address first;
  Address last;
  std::uint32_t place;
};

/// Finds the place of a row whose country and network an earlier row had.
struct PlaceIndex {
  std::unordered_map<std::uint64_t, std::uint32_t> by_facts;  ///< by country and network
  std::vector<std::uint32_t> by_number;  ///< place + 1 by network, of rows without a country
};

struct RowCounts {
  std::size_t lines = 0;
  std::size_t rows = 0;       ///< well-formed ones, with or without data
  std::size_t with_data = 0;  ///< those with a country or network, wanted or not
  std::size_t bad = 0;
  std::size_t first_bad_line = 0;
};

class RangeFile final : public GeoDatabase {
 public:
  RangeFile(std::string path, GeoKinds wanted) : path_(std::move(path)), wanted_(wanted) {}

  Status read(int descriptor, const std::atomic<bool>* cancelled);

  void look_up(const Address& address, GeoInfo& info) override;
  GeoKinds kinds() const override { return kinds_; }
  std::string complaint() const override;
  std::string attribution() const override;

 private:
  /// Removes the complete lines from `text`. Returns false if no further line is needed.
  bool read_lines(std::string_view& text);
  bool read_line(std::string_view line);
  bool add_row(std::string_view line);
  void add_range(const Address& first, const Address& last, std::uint32_t place);
  std::uint32_t place_of(const RowFacts& facts);
  std::uint32_t add_place(const RowFacts& facts);
  Status check() const;
  void finish();
  Error failure(std::string_view why) const {
    return {fmt::format("cannot read the database {}: {}", path_, why)};
  }

  std::string path_;
  GeoKinds wanted_;
  GeoKinds kinds_{false, false};
  std::vector<RangeV4> v4_;
  std::vector<RangeV6> v6_;
  std::vector<GeoInfo> places_;
  std::deque<std::string> names_;  ///< the texts to which the as_org of places_ points
  std::unique_ptr<PlaceIndex> index_ = std::make_unique<PlaceIndex>();  ///< until finish()
  RowCounts count_;
  char separator_ = '\0';
  bool has_titles_ = false;
  bool from_tor_ = false;
};

std::uint32_t RangeFile::place_of(const RowFacts& facts) {
  const std::string_view cc = facts.country.view();
  const std::uint64_t letters =
      cc.empty() ? 0 : static_cast<std::uint64_t>(cc[0]) << 8 | static_cast<std::uint64_t>(cc[1]);
  if (letters != 0 || facts.asn >= kMaxIndexedNumber) {
    const auto [at, fresh] = index_->by_facts.try_emplace(
        letters << 32 | facts.asn, static_cast<std::uint32_t>(places_.size()));
    if (fresh) add_place(facts);
    return at->second;
  }
  if (index_->by_number.empty()) index_->by_number.resize(kMaxIndexedNumber);
  std::uint32_t& place = index_->by_number[facts.asn];
  if (place == 0) place = add_place(facts) + 1;
  return place - 1;
}

std::uint32_t RangeFile::add_place(const RowFacts& facts) {
  const std::string name = plain_field(facts.org, separator_);
  names_.emplace_back(clip_utf8(name, kMaxNetworkName));
  places_.push_back({facts.country, facts.asn, names_.back()});
  return static_cast<std::uint32_t>(places_.size() - 1);
}

void RangeFile::add_range(const Address& first, const Address& last, std::uint32_t place) {
  if (first.is_v4()) {
    v4_.push_back({first.v4(), last.v4(), place});
  } else {
    v6_.push_back({first, last, place});
  }
}

bool RangeFile::add_row(std::string_view line) {
  if (separator_ == '\0') separator_ = line.find('\t') != line.npos ? '\t' : ',';
  auto row = RangeRow::parse(line, separator_);
  if (!row) return false;
  RowFacts& facts = row->facts;
  ++count_.rows;
  count_.with_data += facts.country.known() || facts.asn != 0;
  if (!wanted_.country) facts.country = {};
  if (!wanted_.network) facts.asn = 0;
  if (facts.asn == 0) facts.org = {};  // a name without a network number is ignored
  if (!facts.country.known() && facts.asn == 0) return true;
  kinds_.country |= facts.country.known();
  kinds_.network |= facts.asn != 0;
  add_range(row->first, row->last, place_of(facts));
  return true;
}

bool RangeFile::read_line(std::string_view line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (++count_.lines == 1 && line.starts_with(kByteOrderMark)) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) return true;
  if (line[0] == '#') {
    from_tor_ |= line.find("IPFire Location") != line.npos;
    return true;
  }
  if (add_row(line)) return count_.rows < kMaxRows;
  if (count_.rows == 0 && !has_titles_) {
    has_titles_ = true;
    separator_ = '\0';
    return true;
  }
  if (count_.bad++ == 0) count_.first_bad_line = count_.lines;
  return count_.rows != 0 || count_.bad < kMaxBadAtFirst;
}

bool RangeFile::read_lines(std::string_view& text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return true;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!read_line(line)) return false;
    // The first rows show that the file holds only kinds that the caller does not want.
    if (count_.rows == 1000 && count_.with_data != 0 && !kinds_.any()) return false;
  }
}

struct CloseGz {
  void operator()(gzFile file) const { gzclose(file); }
};

Status RangeFile::read(int descriptor, const std::atomic<bool>* cancelled) {
  const int fd = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : open_input(path_);
  const std::unique_ptr<gzFile_s, CloseGz> file(fd >= 0 ? gzdopen(fd, "rb") : nullptr);
  if (!file) return failure(errno_text());
  gzbuffer(file.get(), kChunk);
  std::vector<char> buffer(kChunk);
  std::size_t kept = 0;
  for (bool more = true; more;) {
    if (cancelled != nullptr && *cancelled) return failure("the run has ended");
    const int got =
        gzread(file.get(), buffer.data() + kept, static_cast<unsigned>(buffer.size() - kept));
    int status = Z_OK;
    const char* why = gzerror(file.get(), &status);
    if (got < 0) return failure(status == Z_ERRNO ? errno_text() : why);
    if (got == 0) {
      if (kept != 0) read_line({buffer.data(), kept});
      break;
    }
    std::string_view text(buffer.data(), kept + static_cast<std::size_t>(got));
    more = read_lines(text);
    if (text.size() == buffer.size()) return failure("a line is longer than 1 MiB: it is not text");
    kept = text.size();
    std::memmove(buffer.data(), text.data(), kept);
  }
  int status = Z_OK;
  gzerror(file.get(), &status);
  if (status == Z_BUF_ERROR && count_.bad++ == 0) count_.first_bad_line = count_.lines + 1;
  if (Status checked = check(); !checked) return checked;
  finish();
  return Ok{};
}

/// A file without a usable row is refused, so that its absence from the results has a reason.
Status RangeFile::check() const {
  if (count_.rows == 0) {
    return failure(
        "it holds no rows of address ranges (start,end,country or start,end,number,name)");
  }
  if (count_.with_data == 0)
    return failure("its rows hold neither a country code nor a network number");
  return Ok{};
}

void RangeFile::finish() {
  const auto order = [](auto& ranges) {
    const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
    if (!std::is_sorted(ranges.begin(), ranges.end(), before)) {
      std::stable_sort(ranges.begin(), ranges.end(), before);
    }
    ranges.shrink_to_fit();
  };
  order(v4_);
  order(v6_);
  index_.reset();
}

/// Returns the range that contains `address`: of several, the one that begins last.
template <typename Range, typename Key>
const Range* range_of(const std::vector<Range>& ranges, const Key& address) {
  auto at = std::upper_bound(ranges.begin(), ranges.end(), address,
                             [](const Key& key, const Range& r) { return key < r.first; });
  if (at == ranges.begin() || (--at)->last < address) return nullptr;
  return &*at;
}

void RangeFile::look_up(const Address& address, GeoInfo& info) {
  std::uint32_t place = 0;
  if (address.is_v4()) {
    const RangeV4* const range = range_of(v4_, address.v4());
    if (!range) return;
    place = range->place;
  } else {
    const RangeV6* const range = range_of(v6_, address);
    if (!range) return;
    place = range->place;
  }
  const GeoInfo& found = places_[place];
  if (!info.country.known()) info.country = found.country;
  if (info.asn != 0) return;
  info.asn = found.asn;
  info.as_org = found.as_org;
}

std::string RangeFile::complaint() const {
  if (count_.rows >= kMaxRows)
    return fmt::format("only the first {} rows of {} are used", kMaxRows, path_);
  if (count_.bad == 0) return {};
  return fmt::format("{} of {} rows in {} could not be read, the first in line {}", count_.bad,
                     count_.bad + count_.rows, path_, count_.first_bad_line);
}

std::string RangeFile::attribution() const {
  return from_tor_ ? "Countries by the IPFire Location database (https://location.ipfire.org), CC "
                     "BY-SA 4.0"
                   : "";
}

}  // namespace

Result<std::unique_ptr<GeoDatabase>> open_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor,
                                                     const std::atomic<bool>* cancelled) {
  auto file = std::make_unique<RangeFile>(path, wanted);
  if (const Status read = file->read(descriptor, cancelled); !read) return read.error();
  return std::unique_ptr<GeoDatabase>(std::move(file));
}

}  // namespace synfin
