// Text files of address ranges: rows → two sorted arrays, one for each family.
//
// DB-IP: "1.0.0.0,1.0.0.255,AU" and "1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."". ip-location-db:
// the same, also with integers. iptoasn: tabs, and a country between number and name. Tor: integers
// for IPv4, addresses for IPv6. A million rows take well under a second: lines are taken in place,
// names are kept once for each network. Tested in tests/unit/enrich/range_file_test.cc.
#include <fcntl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "synfin/base/mix.h"
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

std::string_view unquoted(std::string_view field) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
    field = field.substr(1, field.size() - 2);
  }
  return field;
}

/// The fields of one line, in place. Of a quoted field the quotes stay.
class Fields {
 public:
  static constexpr std::size_t kMost = 8;

  Fields(std::string_view line, char separator, std::size_t most = kMost) {
    while (count_ < most) {
      const std::size_t end = end_of_field(line, separator);
      length_ += end + (count_ != 0);
      fields_[count_++] = unquoted(line.substr(0, end));
      if (end >= line.size()) return;
      line.remove_prefix(end + 1);
    }
  }
  std::size_t size() const { return count_; }
  std::size_t length() const { return length_; }  ///< of the line, as far as the fields reach
  std::string_view operator[](std::size_t i) const { return fields_[i]; }

 private:
  static std::size_t end_of_field(std::string_view line, char separator) {
    std::size_t from = 0;
    if (!line.empty() && line[0] == '"') {
      from = line.find('"', 1);
      while (from != line.npos && from + 1 < line.size() && line[from + 1] == '"') {
        from = line.find('"', from + 2);
      }
      if (from == line.npos) from = 0;
    }
    const std::size_t end = line.find(separator, from);
    return end == line.npos ? line.size() : end;
  }
  std::array<std::string_view, kMost> fields_;
  std::size_t count_ = 0;
  std::size_t length_ = 0;
};

/// "16777216": up to 128 bits; what fits 32 is IPv4.
std::optional<Address> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 39) return std::nullopt;
  Uint128 value = 0;
  std::uint64_t part = 0;
  std::size_t in_part = 0;
  std::uint64_t scale = 1;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    part = part * 10 + static_cast<std::uint64_t>(c - '0');
    scale *= 10;
    if (++in_part < 18) continue;
    value = value * scale + part;
    part = in_part = 0;
    scale = 1;
  }
  value = value * scale + part;
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  if (high == 0 && low <= 0xFFFFFFFF) return Address::from_v4(static_cast<std::uint32_t>(low));
  return Address::from_halves(high, low);
}

/// Cuts the first field off `line`, quotes and all.
std::string_view take_field(std::string_view& line, char separator) {
  const Fields first(line, separator, 1);
  line.remove_prefix(std::min(line.size(), first.length() + 1));
  return first[0];
}

std::optional<Address> parse_end(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  return Address::parse(text);
}

/// Cuts an address or a number off `line`. Plain numbers of 64 bits and dotted quads, which most
/// rows hold, are read on the way to the separator.
std::optional<Address> take_end(std::string_view& line, char separator) {
  std::uint64_t part = 0;
  std::uint32_t quad = 0;
  unsigned dots = 0, digits = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c >= '0' && c <= '9' && ++digits <= 18) {
      part = part * 10 + static_cast<std::uint64_t>(c - '0');
    } else if (c == '.' && digits != 0 && part <= 255 && dots < 3) {
      quad = quad << 8 | static_cast<std::uint32_t>(part);
      ++dots;
      digits = 0;
      part = 0;
    } else if (c == separator && digits != 0 && (dots == 0 || (dots == 3 && part <= 255))) {
      line.remove_prefix(i + 1);
      if (dots == 3) return Address::from_v4(quad << 8 | static_cast<std::uint32_t>(part));
      return part <= 0xFFFFFFFF ? Address::from_v4(static_cast<std::uint32_t>(part))
                                : Address::from_halves(0, part);
    } else {
      break;
    }
  }
  return parse_end(take_field(line, separator));
}

/// What the fields behind a range say.
struct RowFacts {
  CountryCode country;
  std::uint32_t asn = 0;
  std::string_view org;  ///< as it stands in the line, quotes and all
};

bool begins_like_number(std::string_view text) {
  if (text.size() > 2 && (text[0] == 'A' || text[0] == 'a') && (text[1] == 'S' || text[1] == 's')) {
    text.remove_prefix(2);
  }
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

/// `rest` is what follows the range. DB-IP's city files have a continent before the country.
RowFacts facts_of(std::string_view rest, char separator) {
  RowFacts facts;
  if (!begins_like_number(rest)) {
    const Fields f(rest, separator);
    facts.country = CountryCode::from(f.size() >= 6 && f[1].size() == 2 ? f[1] : f[0]);
    return facts;
  }
  const std::size_t end = std::min(rest.find(separator), rest.size());
  facts.asn = parse_asn(rest.substr(0, end));
  rest.remove_prefix(std::min(rest.size(), end + 1));
  constexpr std::string_view kNoCountry = "None";
  if (rest.size() > 2 && rest[2] == separator) {
    facts.country = CountryCode::from(rest.substr(0, 2));
    rest.remove_prefix(3);
  } else if (rest.starts_with(kNoCountry) && rest.size() > 4 && rest[4] == separator) {
    rest.remove_prefix(kNoCountry.size() + 1);
  }
  facts.org = rest;
  return facts;
}

class RangeFile final : public GeoDatabase {
 public:
  RangeFile(std::string path, GeoKinds wanted) : path_(std::move(path)), wanted_(wanted) {}

  Status read(int descriptor);

  void look_up(const Address& address, Whereabouts& where) override;
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
  std::vector<Whereabouts> places_;
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
  std::string_view field = facts.org;
  std::string name{take_field(field, separator_)};
  for (std::size_t at = name.find("\"\""); at != name.npos; at = name.find("\"\"", at + 1)) {
    name.erase(at, 1);
  }
  names_.push_back(std::move(name));
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
  const auto first = take_end(line, separator_);
  if (!first) return false;
  const auto last = take_end(line, separator_);
  if (!last || line.empty()) return false;
  if (first->is_v4() != last->is_v4() || *first > *last) return false;
  RowFacts facts = facts_of(line, separator_);
  if (!wanted_.country) facts.country = {};
  if (!wanted_.network) facts.asn = 0;
  ++rows_;
  if (!facts.country.known() && facts.asn == 0) return true;
  kinds_.country |= facts.country.known();
  kinds_.network |= facts.asn != 0;
  add_range(*first, *last, place_of(facts));
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

void RangeFile::look_up(const Address& address, Whereabouts& where) {
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
  const Whereabouts& here = places_[place];
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

Result<std::unique_ptr<GeoDatabase>> open_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor) {
  auto file = std::make_unique<RangeFile>(path, wanted);
  if (const Status read = file->read(descriptor); !read) return read.error();
  return std::unique_ptr<GeoDatabase>(std::move(file));
}

}  // namespace synfin
