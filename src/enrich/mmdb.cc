// MMDB files by libmaxminddb: address → record → country, network.
//
// Format: https://maxmind.github.io/MaxMind-DB/. Each maker has a record layout of its own; the
// k…Paths tables below list those in use. The tree is walked for each look-up, but each record is
// decoded only once. Tested in tests/unit/enrich/mmdb_test.cc.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <maxminddb.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/utf8.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {
namespace {

/// The keys that lead to a value in a record; ends at a null.
using Path = std::array<const char*, 4>;

/// MaxMind, DB-IP; ip-location-db, IPinfo Lite, IPLocate; IPinfo's older files; the country of the
/// network's registration, if that of the address is unknown.
constexpr Path kCountryPaths[] = {
    {"country", "iso_code"}, {"country_code"}, {"country"}, {"registered_country", "iso_code"}};
/// MaxMind, DB-IP, ip-location-db; IPinfo, IPLocate, iptoasn; MaxMind's enterprise; nested.
constexpr Path kAsnPaths[] = {{"autonomous_system_number"},
                              {"asn"},
                              {"as_number"},
                              {"traits", "autonomous_system_number"},
                              {"asn", "asn"}};
constexpr Path kOrgPaths[] = {{"autonomous_system_organization"},
                              {"as_name"},
                              {"as_org"},
                              {"as_description"},
                              {"traits", "autonomous_system_organization"},
                              {"asn", "name"},
                              {"organization"},
                              {"org"},
                              {"name"}};

Error cannot_read(const std::string& path, std::string_view why) {
  return {fmt::format("cannot read the database {}: {}", path, why)};
}

/// Copies the file into anonymous memory and returns its descriptor, or -1 with errno set. A
/// mapping of the file itself would end the process (SIGBUS) if somebody truncated the file.
int copy_of(int file) {
  const int copy = memfd_create("synfin-mmdb", MFD_CLOEXEC);
  for (ssize_t sent = 1; copy >= 0 && sent != 0;) {
    sent = sendfile(copy, file, nullptr, std::size_t{1} << 30);
    if (sent < 0 && errno != EINTR) {
      const int error = errno;
      close(copy);
      errno = error;
      return -1;
    }
  }
  return copy;
}

std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s entry, const Path& path) {
  MMDB_entry_data_s data{};
  const int status = MMDB_aget_value(&entry, &data, path.data());
  if (status != MMDB_SUCCESS || !data.has_data) return std::nullopt;
  return data;
}

std::string_view text_in(const MMDB_entry_data_s& data) {
  if (data.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
  return {data.utf8_string, data.data_size};
}

std::uint32_t number_in(const MMDB_entry_data_s& data) {
  switch (data.type) {
    case MMDB_DATA_TYPE_UINT16:
      return data.uint16;
    case MMDB_DATA_TYPE_UINT32:
      return data.uint32;
    case MMDB_DATA_TYPE_INT32:
      return data.int32 > 0 ? static_cast<std::uint32_t>(data.int32) : 0;
    case MMDB_DATA_TYPE_UINT64:
      return static_cast<std::uint32_t>(data.uint64);
    default:
      return parse_asn(text_in(data));
  }
}

CountryCode country_in(const MMDB_entry_s& entry) {
  for (const Path& path : kCountryPaths) {
    const auto data = value_at(entry, path);
    if (!data) continue;
    if (const auto code = CountryCode::from(text_in(*data)); code.known()) return code;
  }
  return {};
}

std::uint32_t asn_in(const MMDB_entry_s& entry) {
  for (const Path& path : kAsnPaths) {
    const auto data = value_at(entry, path);
    if (!data) continue;
    if (const std::uint32_t asn = number_in(*data); asn != 0) return asn;
  }
  return 0;
}

std::string_view org_in(const MMDB_entry_s& entry) {
  for (const Path& path : kOrgPaths) {
    const auto data = value_at(entry, path);
    if (!data) continue;
    if (const std::string_view org = text_in(*data); !org.empty()) return org;
  }
  return {};
}

class Mmdb final : public GeoDatabase {
 public:
  /// Takes ownership of `db`.
  Mmdb(const MMDB_s& db, GeoKinds wanted) : db_(db), wanted_(wanted) { sample_kinds(); }
  ~Mmdb() override { MMDB_close(&db_); }
  Mmdb(const Mmdb&) = delete;
  Mmdb& operator=(const Mmdb&) = delete;

  void look_up(const Address& address, GeoInfo& info) override;
  GeoKinds kinds() const override {
    return {kinds_.country && wanted_.country, kinds_.network && wanted_.network};
  }
  bool useless() const { return !kinds_.country && !kinds_.network; }
  std::string complaint() const override { return complaint_; }
  std::string attribution() const override;

 private:
  void sample_kinds();
  const GeoInfo& decode(MMDB_entry_s entry);
  void note_damage(int status);

  /// No country or network file has more distinct records. If one has, the cache is emptied.
  static constexpr std::size_t kMaxDecoded = 1u << 20;

  MMDB_s db_;
  GeoKinds wanted_;
  GeoKinds kinds_{};
  std::string complaint_;
  std::unordered_map<std::uint32_t, GeoInfo> decoded_;  ///< by offset of the record
};

/// Decodes some records of the tree to find out which kinds of data the file holds.
void Mmdb::sample_kinds() {
  constexpr std::size_t kMinRecords = 64;
  kinds_ = {false, false};
  for (std::uint32_t node = 0; node < db_.metadata.node_count; ++node) {
    MMDB_search_node_s at{};
    if (MMDB_read_node(&db_, node, &at) != MMDB_SUCCESS) return;
    for (auto [type, entry] : {std::pair{at.left_record_type, at.left_record_entry},
                               std::pair{at.right_record_type, at.right_record_entry}}) {
      if (type != MMDB_RECORD_TYPE_DATA) continue;
      const GeoInfo& info = decode(entry);
      kinds_.country |= info.country.known();
      kinds_.network |= info.asn != 0;
    }
    const bool any = kinds_.country || kinds_.network;
    if ((kinds_.country && kinds_.network) || (any && decoded_.size() >= kMinRecords)) return;
  }
}

const GeoInfo& Mmdb::decode(MMDB_entry_s entry) {
  if (decoded_.size() >= kMaxDecoded) decoded_.clear();
  const auto [at, fresh] = decoded_.try_emplace(entry.offset);
  if (!fresh) return at->second;
  GeoInfo& info = at->second;
  info.country = country_in(entry);
  info.asn = asn_in(entry);
  if (info.asn != 0) info.as_org = clip_utf8(org_in(entry), kMaxNetworkName);
  return info;
}

void Mmdb::note_damage(int status) {
  if (status == MMDB_IPV6_LOOKUP_IN_IPV4_DATABASE_ERROR || !complaint_.empty()) return;
  complaint_ = fmt::format("the database {} is damaged: {}", db_.filename, MMDB_strerror(status));
}

void Mmdb::look_up(const Address& address, GeoInfo& info) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  const auto* name = reinterpret_cast<const sockaddr*>(&six);
  if (address.is_v4()) {
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(address.v4());
    name = reinterpret_cast<const sockaddr*>(&four);
  } else {
    six.sin6_family = AF_INET6;
    address.store(six.sin6_addr.s6_addr);
  }
  int status = MMDB_SUCCESS;
  MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&db_, name, &status);
  if (status != MMDB_SUCCESS) return note_damage(status);
  if (!found.found_entry) return;
  const GeoInfo& found_info = decode(found.entry);
  if (wanted_.country && !info.country.known()) info.country = found_info.country;
  if (wanted_.network && info.asn == 0) {
    info.asn = found_info.asn;
    info.as_org = found_info.as_org;
  }
}

std::string Mmdb::attribution() const {
  const std::string_view type = db_.metadata.database_type ? db_.metadata.database_type : "";
  if (type.find("GeoLite2") != type.npos) {
    return "This product includes GeoLite2 data created by MaxMind, available from "
           "https://www.maxmind.com";
  }
  if (type.find("DBIP") != type.npos) return "IP Geolocation by DB-IP (https://db-ip.com)";
  if (type.find("ipinfo") != type.npos)
    return "IP address data powered by IPinfo (https://ipinfo.io)";
  return {};
}

}  // namespace

Result<std::unique_ptr<GeoDatabase>> open_mmdb(const std::string& path, GeoKinds wanted,
                                               int descriptor) {
  const Descriptor file(descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : open_input(path));
  if (file.get() < 0) return cannot_read(path, errno_text());
  const Descriptor copy(copy_of(file.get()));
  if (copy.get() < 0) return cannot_read(path, errno_text());
  MMDB_s db{};
  // libmaxminddb takes a path, and the mapping outlives the descriptor.
  const int status =
      MMDB_open(fmt::format("/proc/self/fd/{}", copy.get()).c_str(), MMDB_MODE_MMAP, &db);
  if (status == MMDB_IO_ERROR) return cannot_read(path, errno_text());
  if (status != MMDB_SUCCESS) return cannot_read(path, MMDB_strerror(status));
  std::free(const_cast<char*>(db.filename));
  db.filename = strdup(path.c_str());
  auto opened = std::make_unique<Mmdb>(db, wanted);
  if (opened->useless()) {
    return cannot_read(path, "its records hold neither a country nor a network that synfin knows");
  }
  return std::unique_ptr<GeoDatabase>(std::move(opened));
}

}  // namespace synfin
