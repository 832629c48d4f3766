// Finds databases in --geoip's files and folders, or else in the default places. See geoip.h.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/enrich/geoip.h"

namespace synfin {
namespace {

/// True for the extensions of databases and for Tor's files, which have none.
bool is_database_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kEndings{".mmdb", ".csv", ".csv.gz", ".tsv", ".tsv.gz"};
  if (name == "geoip" || name == "geoip6") return true;
  return name.front() != '.' &&
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

/// Returns the paths of the databases in a folder, sorted; nothing if it is not a folder.
std::vector<std::string> databases_in(const std::string& folder) {
  std::vector<std::string> names;
  struct stat about {};
  if (!input_status(folder, about) || !S_ISDIR(about.st_mode)) return names;
  for (const std::string& name : list_folder(folder).value_or(names)) {
    if (is_database_name(name)) names.push_back((std::filesystem::path(folder) / name).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string executable() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace

std::vector<std::string> default_geoip_places() {
  std::vector<std::string> places{"/usr/share/GeoIP", "/var/lib/GeoIP"};
  const std::string self = executable();
  const std::string_view build = SYNFIN_BUILD_FOLDER;
  const bool from_tree =
      self.size() > build.size() && self.starts_with(build) && self[build.size()] == '/';
  if (from_tree) {
    places.emplace_back(SYNFIN_SOURCE_FOLDER "/geoip");
  } else if (!self.empty()) {
    const auto prefix = std::filesystem::path(self).parent_path().parent_path();
    places.push_back((prefix / "share/synfin/geoip").string());
  }
  places.emplace_back("/usr/share/tor");
  return places;
}

std::vector<GeoIp::Place> GeoIp::find_places() const {
  const auto signature_of = [](const std::string& path) -> std::optional<Signature> {
    struct stat status {};
    if (!input_status(path, status) || !S_ISREG(status.st_mode)) return std::nullopt;
    const std::int64_t changed =
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
    return Signature{path, status.st_ino, changed, status.st_size};
  };
  std::vector<Place> places;
  for (const std::string& path : options_.paths.empty() ? default_geoip_places() : options_.paths) {
    Place place;
    if (const auto file = signature_of(path)) place.files.push_back(*file);
    for (const std::string& name : databases_in(path)) {
      if (const auto file = signature_of(name)) place.files.push_back(*file);
    }
    places.push_back(std::move(place));
  }
  return places;
}

std::vector<std::string> GeoIp::missing() const {
  std::vector<std::string> sentences;
  if (!enabled()) return sentences;
  for (const std::string& path : options_.paths) {
    struct stat status {};
    if (!input_status(path, status)) {
      sentences.push_back(fmt::format("cannot read the database {}: {}", path, errno_text()));
    } else if (S_ISDIR(status.st_mode) && databases_in(path).empty()) {
      sentences.push_back(fmt::format(
          "no database in {}: synfin reads .mmdb, .csv, .csv.gz and Tor's geoip files", path));
    }
  }
  return sentences;
}

}  // namespace synfin
