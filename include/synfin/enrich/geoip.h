/// \file
/// GeoIp: country and network of an address, from every database on this machine.
///
/// address → cache → databases in order, until country and network are known. The databases are
/// read when the first public address is looked up, or ahead of that on another thread, and again
/// when their files change. Tested in tests/unit/enrich/geoip_test.cc.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {

struct GeoIpOptions {
  /// Files and folders, all of which are used in this order. If empty, the default places are
  /// searched, and each kind of data comes from the first place that has it.
  std::vector<std::string> paths;
  GeoKinds kinds;  ///< if neither is wanted, no file is ever read
};

/// The places that are searched by default, in order. All are absolute.
std::vector<std::string> default_geoip_places();

/// Memory: the databases, and a cache of at most 128 Ki addresses. Not thread-safe.
class GeoIp {
 public:
  using Clock = std::chrono::steady_clock;

  explicit GeoIp(GeoIpOptions options);
  ~GeoIp();
  GeoIp(const GeoIp&) = delete;
  GeoIp& operator=(const GeoIp&) = delete;

  /// Opens the files with the privileges that the process has now; the first look_up() that needs
  /// them reads them. For short runs, most of which look up no public address.
  void open_files();

  /// Opens the files and starts to read them on another thread. The first look_up() that needs
  /// them waits for that thread. The destructor cancels it.
  void start_reading();

  /// The text is valid until the next reopen_changed(). The default places are not consulted for
  /// private and reserved addresses.
  GeoInfo look_up(const Address& address);

  /// Reads files again that were replaced, added or removed. Checks at most once a second by `now`;
  /// live input calls it often.
  void reopen_changed(Clock::time_point now = Clock::now());

  bool enabled() const { return options_.kinds.any(); }

  /// One sentence for each path of the options that does not exist or holds no database. Reads no
  /// database.
  std::vector<std::string> missing() const;

  /// One sentence for each fault of a database since the last call. Waits for a database that the
  /// options name, so that none of them fails silently.
  std::vector<std::string> take_warnings();

  /// One sentence for each kind of data that the default places turned out not to hold, since the
  /// last call.
  std::vector<std::string> take_notes();

  /// The attributions of the databases that have answered so far.
  std::vector<std::string> attributions() const;

 private:
  struct File;
  struct State;
  /// Identifies one version of a file.
  struct Signature {
    std::string path;
    ino_t inode = 0;
    std::int64_t changed_ns = 0;
    off_t size = 0;
    friend bool operator==(const Signature&, const Signature&) = default;
  };
  /// The databases of one path of the options, or of one default place.
  struct Place {
    std::vector<Signature> files;
  };

  std::vector<Place> find_places() const;
  static bool unreadable(const std::vector<Signature>& files);
  void note_missing_kinds(GeoKinds missing);
  void load();
  void open_place(const Place& place, GeoKinds wanted, std::vector<File>& old);
  Result<std::unique_ptr<GeoDatabase>> open_database(const std::string& path, GeoKinds wanted);
  void open_file(const Signature& signature, GeoKinds wanted, std::vector<File>& old);
  GeoInfo ask_databases(const Address& address);

  GeoIpOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace synfin
