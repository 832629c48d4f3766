/// \file
/// Delivery: sends the batches of the spool to the store, each exactly once, oldest first. It runs
/// in a process of its own.
///
///     list_spool() → unit → INSERT → delete
///
/// A unit is one or more consecutive batches of a table, a day and a stream. One statement inserts
/// it, and each table stores all of it or nothing. Before a unit is sent, the note "inflight"
/// records it. If it is unknown whether the unit was stored, the same unit is sent again: on one
/// server only to the tables that lack it, and in a cluster as a whole, because replicated tables
/// recognize it by its hash. schema.h describes why. A request that is cancelled counts as one
/// without an answer. If the server refuses a unit of several batches as too large, and has stored
/// nothing of it, smaller units follow. Tested in tests/unit/store/delivery_test.cc and, with
/// faults, in tests/store/.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/client.h"
#include "store/delivery_unit.h"
#include "store/spool.h"
#include "synfin/base/time.h"

namespace synfin {

class Delivery {
 public:
  enum class Level { Warning, Info };
  using Report = std::function<void(Level, const std::string&)>;

  Delivery(StoreClient client, std::string folder, std::string sensor, Report report);

  /// Sends the next unit. Returns true if there may be more to send at once. `now` is a time that
  /// nobody sets back, such as steady_time().
  bool work(Timestamp now);
  /// The latest time to call work() again after it has returned false. It may be called earlier, to
  /// send a new batch.
  Timestamp next() const { return next_; }
  /// True if nothing waits.
  bool idle() const { return files_.empty() && unit_.files.empty(); }
  /// True if the last attempt failed.
  bool failing() const { return failures_ > 0; }
  /// True if it failed because a server refused it. Waiting is then unlikely to help.
  bool refused() const { return failing() && client_.answered(); }
  std::size_t waiting() const { return files_.size() + unit_.files.size(); }
  std::uint64_t delivered_rows() const { return counts_.delivered_rows; }
  std::uint64_t failed_attempts() const { return counts_.failed_attempts; }
  /// Batches that cannot be read, and are therefore not sent.
  std::uint64_t damaged_batches() const { return counts_.damaged_batches; }

 private:
  /// How the tables of the store are built.
  struct Mode {
    bool cluster = false;
    QueryOptions::Settings settings;  ///< of each insertion
    Timestamp since{};                ///< when a server has answered first
  };

  struct Counts {
    std::uint64_t delivered_rows = 0;
    std::uint64_t failed_attempts = 0;
    std::uint64_t damaged_batches = 0;
    std::uint64_t statements = 0;
  };

  Status connect(Timestamp now);
  Result<QueryOptions::Settings> insertion_settings();
  Status choose_shard(const std::string& cluster);
  std::optional<std::uint64_t> shard_of(std::size_t host, const std::string& cluster);
  void resume();
  Status add_first();
  Result<bool> fill(Timestamp now);
  void extend(Timestamp now);
  Status send(Timestamp now);
  Status repeat_on_one_server(Timestamp now);
  Result<bool> has(std::string_view table);
  Result<std::uint64_t> number(const Sql& query);
  Status insert(const Sql& statement);
  void finish_unit();
  bool split_unit(Timestamp now);
  void fail(const std::string& sentence, Timestamp now);

  StoreClient client_;
  std::string folder_, sensor_;
  Report report_;
  std::optional<Mode> mode_;  ///< unset until a server has answered
  std::deque<SpoolFile> files_;
  DeliveryUnit unit_;
  UnitLimit limit_;
  Timestamp next_{};   ///< of the next attempt
  bool busy_ = false;  ///< the server executes the last statement, or may begin it
  unsigned failures_ = 0;
  Counts counts_;
};

}  // namespace synfin
