// Text files of address ranges: lines → rows (range_row.h) → two sorted arrays, one for each
// family.
//
// Plain or gzipped, with or without a row of titles. A million rows take well under a second: lines
// are taken in place, names are kept once for each network.
// Tested in tests/unit/enrich/range_file_test.cc.
#include "enrich/range_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "enrich/range_row.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {
namespace {

constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kMaxRows = 32u << 20;
/// Networks' numbers below this are found in an array; some 2^17 are in use.
constexpr std::uint32_t kUsualNumbers = 1u << 20;
/// A file that begins with as many rows of something else is something else.
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

class RangeFile final : public GeoDatabase {
 public:
  RangeFile(std::string path, GeoKinds wanted) : path_(std::move(path)), wanted_(wanted) {}

  Status read(int descriptor);

  void look_up(const Address& address, GeoInfo& where) override;
  GeoKinds kinds() const override { return kinds_; }
  std::string complaint() const override;
  std::string attribution() const override;

 private:
  /// Takes the whole lines off `text` and returns what is left of it. False: no more is needed.
  bool read_lines(std::string_view& text);
  bool read_line(std::string_view line);
  bool add_row(std::string_view line);
  void add_range(const Address& first, const Address& last, std::uint32_t place);
  std::uint32_t place_of(const RowFacts& facts);
  std::uint32_t add_place(const RowFacts& facts);
  void finish();

  std::string path_;
  GeoKinds wanted_;
  GeoKinds kinds_{false, false};
  std::vector<RangeV4> v4_;
  std::vector<RangeV6> v6_;
  std::vector<GeoInfo> places_;
  std::deque<std::string> names_;                              ///< what places_ point into
  std::unordered_map<std::uint64_t, std::uint32_t> by_facts_;  ///< place by country and network
  std::vector<std::uint32_t> by_number_;  ///< place + 1 by network, of rows without a country
  char separator_ = '\0';
  bool titles_ = false;  ///< the first row is none
  bool from_tor_ = false;
  std::size_t line_ = 0;
  std::size_t rows_ = 0;  ///< that could be read, whether they tell anything or not
  std::size_t bad_ = 0;
  std::size_t first_bad_ = 0;
};

std::uint32_t RangeFile::place_of(const RowFacts& facts) {
  const std::string_view cc = facts.country.view();
  const std::uint64_t letters =
      cc.empty() ? 0 : static_cast<std::uint64_t>(cc[0]) << 8 | static_cast<std::uint64_t>(cc[1]);
  if (letters != 0 || facts.asn >= kUsualNumbers) {
    const auto [at, fresh] = by_facts_.try_emplace(letters << 32 | facts.asn,
                                                   static_cast<std::uint32_t>(places_.size()));
    if (fresh) add_place(facts);
    return at->second;
  }
  if (by_number_.empty()) by_number_.resize(kUsualNumbers);
  std::uint32_t& place = by_number_[facts.asn];
  if (place == 0) place = add_place(facts) + 1;
  return place - 1;
}

std::uint32_t RangeFile::add_place(const RowFacts& facts) {
  names_.push_back(plain_field(facts.org, separator_));
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
  if (!wanted_.country) facts.country = {};
  if (!wanted_.network) facts.asn = 0;
  if (facts.asn == 0) facts.org = {};  // no network, no name of one
  ++rows_;
  if (!facts.country.known() && facts.asn == 0) return true;
  kinds_.country |= facts.country.known();
  kinds_.network |= facts.asn != 0;
  add_range(row->first, row->last, place_of(facts));
  return true;
}

bool RangeFile::read_line(std::string_view line) {
  ++line_;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.empty()) return true;
  if (line[0] == '#') {
    from_tor_ |= line.find("IPFire Location") != line.npos;
    return true;
  }
  if (add_row(line)) return rows_ < kMaxRows;
  if (rows_ == 0 && !titles_) {
    titles_ = true;
    separator_ = '\0';
    return true;
  }
  if (bad_++ == 0) first_bad_ = line_;
  return rows_ != 0 || bad_ < kMaxBadAtFirst;
}

bool RangeFile::read_lines(std::string_view& text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return true;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!read_line(line)) return false;
    // A file of a kind that nobody asked for shows that in its first rows.
    if (rows_ == 1000 && !kinds_.country && !kinds_.network) return false;
  }
}

struct CloseGz {
  void operator()(gzFile file) const { gzclose(file); }
};

Status RangeFile::read(int descriptor) {
  const int fd = descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
                                 : open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  const std::unique_ptr<gzFile_s, CloseGz> file(fd >= 0 ? gzdopen(fd, "rb") : nullptr);
  const auto failed = [this](std::string_view why) {
    return Error{fmt::format("cannot read the database {}: {}", path_, why)};
  };
  if (!file) return failed(std::generic_category().message(errno));
  gzbuffer(file.get(), kChunk);
  std::vector<char> buffer(kChunk);
  std::size_t kept = 0;
  bool more = true;
  while (more) {
    const int got =
        gzread(file.get(), buffer.data() + kept, static_cast<unsigned>(buffer.size() - kept));
    int status = Z_OK;
    const char* why = gzerror(file.get(), &status);
    if (got < 0) return failed(status == Z_ERRNO ? std::generic_category().message(errno) : why);
    if (got == 0) break;
    std::string_view text(buffer.data(), kept + static_cast<std::size_t>(got));
    more = read_lines(text);
    if (text.size() == buffer.size())
      return failed("it holds a line of a mebibyte, so it is no text");
    kept = text.size();
    std::memmove(buffer.data(), text.data(), kept);
  }
  if (more && kept != 0) read_line({buffer.data(), kept});
  int status = Z_OK;
  gzerror(file.get(), &status);
  if (rows_ == 0) return failed("it holds no rows of address ranges");
  if (status == Z_BUF_ERROR) bad_ = std::max<std::size_t>(bad_, 1), first_bad_ = line_ + 1;
  finish();
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
  by_facts_ = {};
  by_number_ = {};
}

/// The range that holds `address`, by the greatest first.
template <typename Range, typename Key>
const Range* range_of(const std::vector<Range>& ranges, const Key& address) {
  auto at = std::upper_bound(ranges.begin(), ranges.end(), address,
                             [](const Key& key, const Range& r) { return key < r.first; });
  if (at == ranges.begin() || (--at)->last < address) return nullptr;
  return &*at;
}

void RangeFile::look_up(const Address& address, GeoInfo& where) {
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
  const GeoInfo& here = places_[place];
  if (!where.country.known()) where.country = here.country;
  if (where.asn != 0) return;
  where.asn = here.asn;
  where.as_org = here.as_org;
}

std::string RangeFile::complaint() const {
  if (rows_ >= kMaxRows)
    return fmt::format("only the first {} rows of {} are used", kMaxRows, path_);
  if (bad_ == 0) return {};
  return fmt::format("{} of {} rows in {} could not be read, the first in line {}", bad_,
                     bad_ + rows_, path_, first_bad_);
}

std::string RangeFile::attribution() const {
  return from_tor_ ? "Countries by the IPFire Location database (https://location.ipfire.org), CC "
                     "BY-SA 4.0"
                   : "";
}

}  // namespace

Result<std::unique_ptr<GeoDatabase>> read_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor) {
  auto file = std::make_unique<RangeFile>(path, wanted);
  if (const Status read = file->read(descriptor); !read) return read.error();
  return std::unique_ptr<GeoDatabase>(std::move(file));
}

Result<std::unique_ptr<GeoDatabase>> open_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor) {
  if (auto searched = search_range_file(path, wanted, descriptor)) return searched;
  return read_range_file(path, wanted, descriptor);
}

}  // namespace synfin
