// GeoIp: the cache of answers, and the order in which databases are queried. See geoip.h.
#include "synfin/enrich/geoip.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <new>
#include <type_traits>
#include <utility>

#include "enrich/tor_text.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/input_file.h"
#include "synfin/base/mix.h"
#include "synfin/base/special_purpose.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

constexpr auto kCheckInterval = std::chrono::seconds{1};
constexpr std::size_t kMaxAttribution = 200;

bool is_mmdb(std::string_view path) { return path.ends_with(".mmdb"); }

bool is_ready(const std::future<void>& future) {
  return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

/// Returns the first line of FILE.attribution, for licences that require a line.
std::string attribution_beside(const std::string& path) {
  const std::string text = read_input(path + ".attribution").value_or("");
  return text.substr(0, std::min(text.find('\n'), kMaxAttribution));
}

/// A set-associative cache of look-ups. A full set replaces its entries in turn.
class LookupCache {
 public:
  void clear() { entries_.reset(); }

  struct CachedLookup {
    Address address;
    GeoInfo info;
    bool used = false;
  };

  /// Returns the entry of `address`, which is unused if the address is not cached.
  CachedLookup& find(const Address& address) {
    if (!entries_) allocate();
    const std::uint64_t hash =
        mix64(address.high() ^ 0x9E3779B97F4A7C15, address.low() ^ 0xD1B54A32D192ED03);
    CachedLookup* const set = &entries_[scale64(hash, kSets) * kWays];
    for (std::size_t way = 0; way < kWays; ++way) {
      if (!set[way].used || set[way].address == address) return set[way];
    }
    CachedLookup& replaced = set[next_way_++ % kWays];
    replaced.used = false;
    return replaced;
  }

 private:
  static_assert(std::is_trivially_copyable_v<CachedLookup>);
  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = 32 * 1024;

  /// The pages are zeroed by the kernel, and most are never touched. All zeros is an unused entry.
  void allocate() {
    entries_.reset(static_cast<CachedLookup*>(std::calloc(kSets * kWays, sizeof(CachedLookup))));
    if (!entries_) throw std::bad_alloc();
  }

  std::unique_ptr<CachedLookup[], decltype(&std::free)> entries_{nullptr, std::free};
  std::uint32_t next_way_ = 0;
};

/// The files that were opened before they are read.
class OpenedFiles {
 public:
  OpenedFiles() = default;
  ~OpenedFiles() { close_all(); }
  OpenedFiles(const OpenedFiles&) = delete;
  OpenedFiles& operator=(const OpenedFiles&) = delete;

  void open(const std::string& path) {
    if (descriptors_.contains(path)) return;
    descriptors_[path] = open_input(path);
  }
  /// Returns -1 for a file that is not open.
  int descriptor_of(const std::string& path) const {
    const auto at = descriptors_.find(path);
    return at == descriptors_.end() ? -1 : at->second;
  }
  bool empty() const { return descriptors_.empty(); }
  void close_all() {
    for (const auto& [path, fd] : descriptors_) {
      if (fd >= 0) close(fd);
    }
    descriptors_.clear();
  }

 private:
  std::map<std::string, int> descriptors_;
};

}  // namespace

struct GeoIp::File {
  Signature signature;
  GeoKinds wanted;
  std::unique_ptr<GeoDatabase> database;
  std::string attribution;
  std::string reported;  ///< the complaint that take_warnings() returned last
  bool answered = false;
};

struct GeoIp::State {
  bool loaded = false;        ///< true also while they are being loaded
  bool short_run = true;      ///< few look-ups are expected
  std::future<void> loading;  ///< while it runs, its thread owns all members below but `cancelled`
  std::atomic<bool> cancelled{false};
  std::vector<Place> places;  ///< found when the files were opened, until load()
  OpenedFiles opened;
  std::vector<Signature> signatures;  ///< of the files that load() found
  std::vector<File> files;
  std::vector<std::string> warnings;
  std::vector<std::string> notes;
  LookupCache cache;
  Clock::time_point checked{};
};

GeoIp::GeoIp(GeoIpOptions options)
    : options_(std::move(options)), state_(std::make_unique<State>()) {}
GeoIp::~GeoIp() {
  if (!state_->loading.valid()) return;
  state_->cancelled = true;
  state_->loading.wait();
}

Result<std::unique_ptr<GeoDatabase>> GeoIp::open_database(const std::string& path,
                                                          GeoKinds wanted) {
  const int descriptor = state_->opened.descriptor_of(path);
  if (is_mmdb(path)) return open_mmdb(path, wanted, descriptor);
  if (state_->short_run) {
    if (auto text = open_tor_text(path, wanted, descriptor)) return text;
  }
  return open_range_file(path, wanted, descriptor, &state_->cancelled);
}

void GeoIp::open_file(const Signature& signature, GeoKinds wanted, std::vector<File>& old) {
  const auto known = std::find_if(old.begin(), old.end(), [&](const File& file) {
    return file.database && file.signature.path == signature.path;
  });
  if (known != old.end() && known->signature == signature && known->wanted == wanted) {
    state_->files.push_back(std::move(*known));
    return;
  }
  const std::string& path = signature.path;
  auto opened = open_database(path, wanted);
  if (opened) {
    std::string attribution = attribution_beside(path);
    if (attribution.empty()) attribution = (*opened)->attribution();
    state_->files.push_back(
        {signature, wanted, std::move(*opened), std::move(attribution), {}, false});
    return;
  }
  state_->warnings.push_back(opened.error().message);
  // If the new version of a file cannot be read, the one that was read before stays in use.
  if (known != old.end()) state_->files.push_back(std::move(*known));
}

/// In a default place, text files are read only for the kinds that its MMDB files do not hold.
void GeoIp::open_place(const Place& place, GeoKinds wanted, std::vector<File>& old) {
  const std::size_t before = state_->files.size();
  const bool use_all = !options_.paths.empty();
  for (const Signature& file : place.files) {
    if (use_all || is_mmdb(file.path)) open_file(file, wanted, old);
  }
  if (use_all) return;
  GeoKinds rest = wanted;
  for (std::size_t i = before; i < state_->files.size(); ++i) {
    const GeoKinds found = state_->files[i].database->kinds();
    rest = {rest.country && !found.country, rest.network && !found.network};
  }
  if (!rest.any()) return;
  for (const Signature& file : place.files) {
    if (!is_mmdb(file.path)) open_file(file, rest, old);
  }
}

void GeoIp::note_missing_kinds(GeoKinds missing) {
  if (!missing.any() || !options_.paths.empty()) return;
  const char* const kind = missing.country && missing.network ? "country or network"
                           : missing.country                  ? "country"
                                                              : "network";
  state_->notes.push_back(
      fmt::format("no {} database found in {} (synfin-enrichment(7) lists sources)", kind,
                  fmt::join(default_geoip_places(), ", ")));
}

void GeoIp::load() {
  State& state = *state_;
  std::vector<File> old = std::exchange(state.files, {});
  state.signatures.clear();
  GeoKinds wanted = options_.kinds;
  if (!wanted.any()) return;
  const std::vector<Place> places =
      state.places.empty() ? find_places() : std::exchange(state.places, {});
  for (const Place& place : places) {
    state.signatures.insert(state.signatures.end(), place.files.begin(), place.files.end());
    if (!wanted.any() || state.cancelled) continue;
    const std::size_t before = state.files.size();
    open_place(place, wanted, old);
    if (!options_.paths.empty()) continue;
    for (std::size_t i = before; i < state.files.size(); ++i) {
      const GeoKinds found = state.files[i].database->kinds();
      wanted = {wanted.country && !found.country, wanted.network && !found.network};
    }
  }
  note_missing_kinds(wanted);
  std::erase_if(state.files, [](const File& file) { return !file.database->kinds().any(); });
  state.opened.close_all();
  state.cache.clear();
}

/// True if a file is still there but this process may no longer read it, because it has dropped
/// its privileges. Such a file must not count as removed.
bool GeoIp::unreadable(const std::vector<Signature>& files) {
  return std::any_of(files.begin(), files.end(), [](const Signature& file) {
    const Descriptor opened(open_input(file.path));
    return opened.get() < 0 && errno == EACCES;
  });
}

GeoInfo GeoIp::ask_databases(const Address& address) {
  GeoInfo info;
  for (File& file : state_->files) {
    const bool had_country = info.country.known(), had_network = info.asn != 0;
    file.database->look_up(address, info);
    file.answered |= info.country.known() != had_country || (info.asn != 0) != had_network;
    if (info.complete()) break;
  }
  return info;
}

void GeoIp::open_files() {
  State& state = *state_;
  if (!enabled() || state.loaded || !state.places.empty()) return;
  state.places = find_places();
  bool any = false;
  for (const Place& place : state.places) {
    for (const Signature& file : place.files) state.opened.open(file.path);
    any = any || !place.files.empty();
  }
  if (any) return;
  note_missing_kinds(options_.kinds);
  state.loaded = true;
}

void GeoIp::start_reading() {
  open_files();
  if (state_->loaded || !enabled()) return;
  state_->loaded = true;
  state_->short_run = false;
  state_->loading = std::async(std::launch::async, [this] {
    enter_thread_role(ThreadRole::Databases);
    load();
  });
}

GeoInfo GeoIp::look_up(const Address& address) {
  if (!enabled()) return {};
  // Public databases do not cover private and reserved addresses. A run that sees only such
  // addresses never waits for a database.
  if (options_.paths.empty() && is_special_purpose(address)) return {};
  State& state = *state_;
  if (state.loading.valid()) state.loading.get();
  if (!std::exchange(state.loaded, true)) load();
  if (state.files.empty()) return {};
  LookupCache::CachedLookup& entry = state.cache.find(address);
  if (!entry.used) entry = {address, ask_databases(address), true};
  return entry.info;
}

void GeoIp::reopen_changed(Clock::time_point now) {
  State& state = *state_;
  if (!enabled() || !state.loaded || now - state.checked < kCheckInterval) return;
  state.checked = now;
  if (state.loading.valid()) {
    if (!is_ready(state.loading)) return;
    state.loading.get();
  }
  if (unreadable(state.signatures)) return;
  std::vector<Signature> found;
  for (const Place& place : find_places()) {
    found.insert(found.end(), place.files.begin(), place.files.end());
  }
  if (found != state.signatures) load();
}

std::vector<std::string> GeoIp::take_warnings() {
  State& state = *state_;
  if (state.loading.valid()) {
    if (options_.paths.empty() && !is_ready(state.loading)) return {};
    state.loading.get();
  }
  for (File& file : state.files) {
    std::string complaint = file.database->complaint();
    if (complaint.empty() || complaint == file.reported) continue;
    state.warnings.push_back(complaint);
    file.reported = std::move(complaint);
  }
  return std::exchange(state.warnings, {});
}

std::vector<std::string> GeoIp::take_notes() {
  if (state_->loading.valid()) return {};
  return std::exchange(state_->notes, {});
}

std::vector<std::string> GeoIp::attributions() const {
  std::vector<std::string> lines;
  if (state_->loading.valid()) return lines;
  for (const File& file : state_->files) {
    if (!file.answered || file.attribution.empty()) continue;
    if (std::find(lines.begin(), lines.end(), file.attribution) == lines.end()) {
      lines.push_back(file.attribution);
    }
  }
  return lines;
}

}  // namespace synfin
