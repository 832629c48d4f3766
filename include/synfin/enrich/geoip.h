/// \file
/// GeoIp: country and network of an address, from all the databases that are at hand.
///
/// address → memo → databases in order, until country and network are known. Databases are found
/// and read when the first address is asked for, and again when their files change. Tested in
/// tests/unit/enrich/geoip_test.cc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "synfin/base/address.h"
#include "synfin/enrich/geo_database.h"

namespace synfin {

struct GeoIpOptions {
  /// Files and folders. Empty: the usual places, of which each kind comes from the first that has
  /// it. (Of the files named here all are used, in this order.)
  std::vector<std::string> paths;
  GeoKinds kinds;  ///< neither: nothing is ever read
};

/// The usual places, in order: all absolute, never the current folder.
std::vector<std::string> usual_geoip_places();

/// Memory: the databases, and a memo of at most 128 Ki addresses. Not thread-safe.
class GeoIp {
 public:
  explicit GeoIp(GeoIpOptions options);
  ~GeoIp();

  /// Opens the databases, with the rights that this process has now; the first look_up() that needs
  /// them reads them, and from then on they are used where they lie (Residence::File). For a run
  /// that is over soon and has no screen.
  void open_now();

  /// Opens them, too, but begins to copy them on a thread of its own; the first look_up() that
  /// needs them waits for its end.
  void read_ahead();

  /// The text lives until the next reopen_changed(). In databases of the usual places, private and
  /// reserved addresses are not looked for.
  GeoInfo look_up(const Address& address);

  /// Reads files anew that were replaced, added or removed; looks at most once a second. Live input
  /// asks for it now and then.
  void reopen_changed();

  /// False where the options want nothing, and nothing is ever looked up.
  bool asked() const { return options_.kinds.country || options_.kinds.network; }
  /// True where a database answers; false before the first look_up().
  bool any() const;

  /// Named in the options, but not there: a sentence for each. Asks for no database to be read.
  std::vector<std::string> missing() const;

  /// What was wrong with databases since the last call, a sentence each.
  std::vector<std::string> take_complaints();

  /// Who has to be named, of the databases that have answered so far.
  std::vector<std::string> attributions() const;

 private:
  struct File;
  /// All zeros: not used.
  struct Slot {
    Address address;
    GeoInfo where;
    bool used = false;
  };
  static_assert(std::is_trivially_copyable_v<Slot>);
  /// What tells that a file is another one now.
  struct Signature {
    std::string path;
    ino_t inode = 0;
    std::int64_t changed_ns = 0;
    off_t size = 0;
    friend bool operator==(const Signature&, const Signature&) = default;
  };
  struct Place {
    std::vector<Signature> files;
  };

  std::vector<Place> find_places() const;
  void open_ahead();
  int descriptor_of(const std::string& path) const;
  static bool out_of_reach(const std::vector<Signature>& files);
  void load();
  void open_place(const Place& place, GeoKinds wanted, std::vector<File>& old);
  void open_file(const Signature& signature, GeoKinds wanted, std::vector<File>& old);
  GeoInfo ask_databases(const Address& address);
  Slot* set_of(const Address& address);

  static constexpr std::size_t kWays = 4;
  static constexpr std::size_t kSets = 32 * 1024;

  GeoIpOptions options_;
  bool loaded_ = false;
  std::future<void> loading_;          ///< while it runs, all below is its thread's
  std::vector<Place> ahead_;           ///< found by read_ahead()
  std::map<std::string, int> opened_;  ///< descriptors, until they are read
  std::vector<Signature> seen_;
  std::vector<File> files_;
  std::vector<std::string> complaints_;
  Residence residence_ = Residence::Copy;  ///< of files that are opened from now on
  /// Zeroed pages of which most are never touched.
  std::unique_ptr<Slot[], decltype(&std::free)> memo_{nullptr, std::free};
  std::uint32_t next_victim_ = 0;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace synfin
