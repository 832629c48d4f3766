// GeoIp: the memo, and which databases are asked in which order. See geoip.h.
#include "synfin/enrich/geoip.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

#include "synfin/base/mix.h"
#include "synfin/base/special_purpose.h"

namespace synfin {
namespace {

constexpr auto kLookEvery = std::chrono::seconds{1};
constexpr std::size_t kMaxAttribution = 200;

bool is_mmdb(std::string_view path) { return path.ends_with(".mmdb"); }

/// The first line of the file beside a database, where its licence asks for a line.
std::string attribution_beside(const std::string& path) {
  std::ifstream file(path + ".attribution");
  std::string line;
  std::getline(file, line);
  return line.substr(0, kMaxAttribution);
}

}  // namespace

struct GeoIp::File {
  Signature signature;
  GeoKinds wanted;
  std::unique_ptr<GeoDatabase> database;
  std::string attribution;
  std::string complained;  ///< what was said of it already
  bool answered = false;
};

GeoIp::GeoIp(GeoIpOptions options) : options_(std::move(options)) {}
GeoIp::~GeoIp() {
  if (loading_.valid()) loading_.wait();
  for (const auto& [path, fd] : opened_) close(fd);
}

bool GeoIp::any() const { return !loading_.valid() && !files_.empty(); }

void GeoIp::open_file(const Signature& signature, GeoKinds wanted, std::vector<File>& old) {
  const auto known = std::find_if(old.begin(), old.end(), [&](const File& file) {
    return file.database && file.signature.path == signature.path;
  });
  const bool same = known != old.end() && known->signature == signature &&
                    known->wanted.country == wanted.country &&
                    known->wanted.network == wanted.network;
  if (same) {
    files_.push_back(std::move(*known));
    return;
  }
  auto opened = is_mmdb(signature.path)
                    ? open_mmdb(signature.path, wanted, descriptor_of(signature.path), residence_)
                    : open_range_file(signature.path, wanted, descriptor_of(signature.path));
  if (opened) {
    std::string attribution = attribution_beside(signature.path);
    if (attribution.empty()) attribution = (*opened)->attribution();
    files_.push_back({signature, wanted, std::move(*opened), std::move(attribution), {}, false});
    return;
  }
  complaints_.push_back(opened.error().message);
  // What was read before is better than nothing.
  if (known != old.end()) files_.push_back(std::move(*known));
}

void GeoIp::open_place(const Place& place, GeoKinds wanted, std::vector<File>& old) {
  const std::size_t before = files_.size();
  const auto covered = [&] {
    GeoKinds kinds{false, false};
    for (std::size_t i = before; i < files_.size(); ++i) {
      kinds.country |= files_[i].database->kinds().country;
      kinds.network |= files_[i].database->kinds().network;
    }
    return kinds;
  };
  const bool all = !options_.paths.empty();
  for (const Signature& file : place.files) {
    if (all || is_mmdb(file.path)) open_file(file, wanted, old);
  }
  if (all) return;
  const GeoKinds by_mmdb = covered();
  const GeoKinds rest{wanted.country && !by_mmdb.country, wanted.network && !by_mmdb.network};
  if (!rest.country && !rest.network) return;
  for (const Signature& file : place.files) {
    if (!is_mmdb(file.path)) open_file(file, rest, old);
  }
}

void GeoIp::load() {
  looked_ = std::chrono::steady_clock::now();
  std::vector<File> old = std::exchange(files_, {});
  seen_.clear();
  GeoKinds wanted = options_.kinds;
  if (!wanted.country && !wanted.network) return;
  const std::vector<Place> places = ahead_.empty() ? find_places() : std::exchange(ahead_, {});
  for (const Place& place : places) {
    seen_.insert(seen_.end(), place.files.begin(), place.files.end());
    if (!wanted.country && !wanted.network) continue;
    const std::size_t before = files_.size();
    open_place(place, wanted, old);
    if (!options_.paths.empty()) continue;
    for (std::size_t i = before; i < files_.size(); ++i) {
      const GeoKinds has = files_[i].database->kinds();
      wanted.country = wanted.country && !has.country;
      wanted.network = wanted.network && !has.network;
    }
  }
  std::erase_if(files_, [](const File& file) {
    const GeoKinds has = file.database->kinds();
    return !has.country && !has.network;
  });
  for (const auto& [path, fd] : opened_) close(fd);
  opened_.clear();
  memo_.reset();
  if (files_.empty()) return;
  memo_.reset(static_cast<Slot*>(std::calloc(kSets * kWays, sizeof(Slot))));
  if (!memo_) throw std::bad_alloc();
}

/// Rights were given up since: what cannot be seen any more is not gone.
bool GeoIp::out_of_reach(const std::vector<Signature>& files) {
  return std::any_of(files.begin(), files.end(), [](const Signature& file) {
    return access(file.path.c_str(), R_OK) != 0 && errno == EACCES;
  });
}

GeoInfo GeoIp::ask_databases(const Address& address) {
  GeoInfo where;
  for (File& file : files_) {
    const bool had_country = where.country.known(), had_network = where.asn != 0;
    file.database->look_up(address, where);
    file.answered |= where.country.known() != had_country || (where.asn != 0) != had_network;
    if (where.complete()) break;
  }
  return where;
}

GeoIp::Slot* GeoIp::set_of(const Address& address) {
  const std::uint64_t hash =
      mix64(address.high() ^ 0x9E3779B97F4A7C15, address.low() ^ 0xD1B54A32D192ED03);
  return &memo_[scale64(hash, kSets) * kWays];
}

void GeoIp::open_ahead() {
  if (!asked()) return;
  ahead_ = find_places();
  for (const Place& place : ahead_) {
    for (const Signature& file : place.files) {
      const int fd = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0 || opened_.emplace(file.path, fd).second) continue;
      close(fd);
    }
  }
}

int GeoIp::descriptor_of(const std::string& path) const {
  const auto at = opened_.find(path);
  return at == opened_.end() ? -1 : at->second;
}

void GeoIp::open_now() {
  if (loaded_) return;
  if (opened_.empty()) open_ahead();
  residence_ = Residence::File;
}

void GeoIp::read_ahead() {
  if (!loaded_ && opened_.empty()) open_ahead();
  if (!loaded_) loading_ = std::async(std::launch::async, [this] { load(); });
  loaded_ = true;
}

GeoInfo GeoIp::look_up(const Address& address) {
  if (!asked()) return {};
  // Public databases place no private or reserved address: who sees only such need not wait for
  // them.
  if (options_.paths.empty() && is_special_purpose(address)) return {};
  if (loading_.valid()) loading_.get();
  if (!loaded_) load();
  loaded_ = true;
  if (files_.empty()) return {};
  Slot* const set = set_of(address);
  Slot* victim = nullptr;
  for (std::size_t way = 0; way < kWays; ++way) {
    if (!set[way].used) {
      victim = &set[way];
      break;
    }
    if (set[way].address == address) return set[way].where;
  }
  if (!victim) victim = &set[next_victim_++ % kWays];
  *victim = {address, ask_databases(address), true};
  return victim->where;
}

void GeoIp::reopen_changed() {
  const auto now = std::chrono::steady_clock::now();
  if (!loaded_ || loading_.valid() || now - looked_ < kLookEvery) return;
  looked_ = now;
  if (out_of_reach(seen_)) return;
  std::vector<Signature> found;
  for (const Place& place : find_places()) {
    found.insert(found.end(), place.files.begin(), place.files.end());
  }
  if (found == seen_) return;
  residence_ = Residence::Copy;
  load();
}

std::vector<std::string> GeoIp::take_complaints() {
  if (loading_.valid()) loading_.get();
  for (File& file : files_) {
    std::string complaint = file.database->complaint();
    if (complaint.empty() || complaint == file.complained) continue;
    complaints_.push_back(complaint);
    file.complained = std::move(complaint);
  }
  return std::exchange(complaints_, {});
}

std::vector<std::string> GeoIp::attributions() const {
  std::vector<std::string> lines;
  if (loading_.valid()) return lines;
  for (const File& file : files_) {
    if (!file.answered || file.attribution.empty()) continue;
    if (std::find(lines.begin(), lines.end(), file.attribution) == lines.end()) {
      lines.push_back(file.attribution);
    }
  }
  return lines;
}

}  // namespace synfin
