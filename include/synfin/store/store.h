/// \file
/// The store: a ClickHouse database that many sensors write to.
///
///     events ─→ StoreSink ─→ SpoolThread ─→ spool on disk ─→ StoreSender (process) ─→ server
///
/// The sink and its thread run in the process that parses packets, which does not know the password
/// and does not connect. The sink encodes rows on the thread that delivers events, so that no event
/// is copied for another thread. SpoolThread compresses batches and writes them.
/// Tested in tests/unit/store/ and, with servers, in tests/store/.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/gauges.h"
#include "synfin/base/result.h"
#include "synfin/cli/config_file.h"
#include "synfin/cli/option_row.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/inventory/change.h"
#include "synfin/sandbox/sender_process.h"
#include "synfin/track/table_snapshot.h"

namespace synfin {

struct StoreOptions {
  std::string url;     ///< --store; empty: nothing is stored
  std::string sensor;  ///< --sensor; empty: the name of this host
  std::string spool;   ///< --spool; empty: default_spool()
  std::uint64_t spool_bytes = std::uint64_t{1} << 30;

  std::string sensor_name() const;
  std::string spool_folder() const;
};

/// Rows of the table of options. `options` must outlive them.
std::vector<OptionRow> store_rows(StoreOptions& options);

/// What is wrong with the options, as a sentence; empty if nothing is.
std::string check_store_options(const StoreOptions& options);
/// Sentences about options that have no effect without --store.
std::vector<std::string> options_without_store(const StoreOptions& options);

/// The settings of [clickhouse] with the password masked, and `warnings` about them.
Result<std::string> masked_store(const ConfigFile& config, std::vector<std::string>& warnings);

/// What the sink uses. All must outlive it.
struct StoreContext {
  bool live = false;
  Gauges& gauges;                     ///< of the run; Gauges::store is the sink's
  TableSnapshot* snapshot = nullptr;  ///< of the open connections; null unless live
};

/// The output thread calls on_events() and the other functions of EventSink; any thread may call
/// those that add rows.
class StoreSink : public EventSink {
 public:
  /// A change of the inventory.
  virtual void add_change(const Change& change) = 0;
  /// What the capture missed, such as "eth0 is down".
  virtual void add_gap(const std::string& sentence) = 0;
};

/// Opens the spool. Fails with a sentence.
Result<std::unique_ptr<StoreSink>> open_store_sink(const StoreOptions& options,
                                                   const StoreContext& context);

struct StoreSenderPlan {
  StoreOptions options;
  std::optional<TargetUser> user;  ///< whom the process becomes
  SandboxMode sandbox = SandboxMode::Auto;
  bool waits = false;  ///< an import: finish() waits longer for a server that does not answer
};

/// The process that sends the spool. Used by the main thread.
class StoreSender {
 public:
  /// Creates the folder of the spool and forks the process, which parses the lines of [clickhouse].
  /// The lines and the environment variables that they refer to are then overwritten here. Returns
  /// null if nothing is to be stored. REQUIRES: no other thread runs.
  static Result<std::shared_ptr<StoreSender>> start(ConfigFile& config, StoreSenderPlan plan);
  ~StoreSender();
  StoreSender(const StoreSender&) = delete;
  StoreSender& operator=(const StoreSender&) = delete;

  /// Logs what the process has reported, and stores what it has counted.
  void poll(DeliveryGauges& gauges);
  /// Waits until the spool is sent, or has failed for some seconds (see StoreSenderPlan::waits).
  /// Called once, after the sink has finished. Fails if batches are left for the next run.
  Status finish();
  pid_t process() const { return process_->process(); }

 private:
  explicit StoreSender(std::unique_ptr<SenderProcess> process) : process_(std::move(process)) {}

  Status wait_until_ready();
  void log_sentence(const struct ReceivedSentence& sentence);
  void take_counts(const std::string& text);

  std::unique_ptr<SenderProcess> process_;
  std::string left_;  ///< a sentence about batches that are left for the next run
  std::uint64_t delivered_ = 0, failed_ = 0;
  bool ended_ = false;
  bool done_ = false;  ///< the process has stored everything
};

/// The options of `synfin store init`.
struct StoreInitQuery {
  std::string config, cluster;
  unsigned keep_days = 0;  ///< 0: not given
  bool print = false, help = false;
};
/// `query` must outlive the rows.
std::vector<OptionRow> store_init_rows(StoreInitQuery& query);

/// `synfin store`: --help, `init …`, or `import --help`; `argv[0]` is "store". Returns the exit
/// status, or nothing for an import of files, which is a run.
std::optional<Result<int>> run_store_command(int argc, const char* const* argv);

/// `synfin store import FILE… [OPTIONS]` is a run that reads the files and shows no view: these are
/// its words. Empty for another command line. REQUIRES: run_store_command() has checked that it
/// names files. The words are those of `argv`, or literals.
std::vector<const char*> store_import_words(int argc, const char* const* argv);
/// What is wrong with the options of such a run, as a sentence; empty if nothing is.
std::string check_store_import(const StoreOptions& options);

}  // namespace synfin
