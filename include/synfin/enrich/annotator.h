/// \file
/// Annotator: adds names, countries, networks and processes to connection records.
///
/// Order of calls: open_databases(), start_name_lookup() and start_process_lookup(), then
/// annotate() for each event. Tested in tests/unit/enrich/annotator_test.cc and by the golden
/// tests.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/enrich/address_book.h"
#include "synfin/enrich/annotations.h"
#include "synfin/enrich/connection_owners.h"
#include "synfin/enrich/enrichment_options.h"
#include "synfin/enrich/logged_processes.h"
#include "synfin/enrich/own_addresses.h"
#include "synfin/enrich/port_names.h"
#include "synfin/enrich/socket_events.h"
#include "synfin/enrich/socket_monitor.h"
#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {

/// Used by one thread at a time, the one that writes the outputs. Its worker threads read databases
/// and answer questions; they touch nothing else of it.
class Annotator {
 public:
  explicit Annotator(const EnrichmentOptions& options);

  /// Starts to resolve names, if the options want them. Fails if no resolver can be used.
  Status start_name_lookup();
  /// Starts the process look-up, if the options want processes. `events` come from eBPF; null
  /// without it. REQUIRES: privileges are dropped, because the threads that start here keep those
  /// of the caller.
  Status start_process_lookup(std::unique_ptr<SocketEvents> events);
  /// Requests the processes of connections that are new among `events`, and again of those that
  /// open or end while their processes are unknown. Waits a moment for the answers.
  void request_processes(std::span<const Event> events);
  /// One sentence about socket changes that the kernel could not report; empty if there were none.
  std::string process_loss_warning() const;
  /// Drops the processes of a connection whose record is written.
  void forget(const ConnectionRecord& record) {
    if (owners_) owners_->forget(record.tuple);
  }

  bool resolves_names() { return book_.names() != nullptr; }
  /// Requests the names of both ends, if the options want names.
  void request_names(const ConnectionRecord& record);
  /// Waits for requested names, at most as long as --dns-wait allows or, without it,
  /// `unless_given`. Returns one sentence about how many are missing; empty if none is.
  std::string wait_for_names(Duration unless_given);

  /// Opens the databases. `begin_reading`: another thread starts to read them at once.
  void open_databases(bool begin_reading);

  /// The texts are valid until the next refresh().
  Annotations annotate(const ConnectionRecord& record);

  /// Stores names that have arrived. Called before each batch of events.
  void take_answers() { book_.take_answers(); }
  /// Stores names and reads changed databases again. Live input calls it several times a second.
  void refresh() { book_.refresh(); }

  /// Live input: applies changes of this host's addresses. Returns true if there were any.
  bool update_own_addresses() { return own_ && own_->follow(); }
  /// Null if they are unknown, as for a capture file.
  const OwnAddresses* own_addresses() const { return own_ ? &*own_ : nullptr; }

  /// Live input: the reader of this host's sockets, for every consumer of the process. Null if the
  /// input is not live or the kernel does not answer.
  const std::shared_ptr<SocketMonitor>& sockets() const { return sockets_; }

  /// True for addresses of this host (live input) and inside --local-net. Unset if neither is
  /// known.
  std::optional<bool> is_local(const Address& address) const;

  PortNames& ports() { return ports_; }
  AddressBook& book() { return book_; }
  /// The processes that the connection logs of the input name.
  LoggedProcesses& logged_processes() { return logged_processes_; }

  /// One sentence for each database of the options that does not exist.
  std::vector<std::string> missing() { return book_.geoip().missing(); }
  /// One sentence for each fault since the last call.
  std::vector<std::string> take_warnings() { return book_.geoip().take_warnings(); }
  /// Sentences for -v since the last call: the databases and methods that are used or missing.
  std::vector<std::string> take_details();

 private:
  EnrichmentOptions options_;
  PortNames ports_;
  AddressBook book_;
  LoggedProcesses logged_processes_;
  std::optional<OwnAddresses> own_;         ///< live input only
  std::shared_ptr<SocketMonitor> sockets_;  ///< live input only
  std::unique_ptr<ConnectionOwners> owners_;
  std::vector<std::string> details_;  ///< not taken yet
};

}  // namespace synfin
