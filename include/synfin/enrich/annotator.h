/// \file
/// Annotator: puts names, countries, networks and what else is known beside a connection.
/// Tested in tests/unit/enrich/annotator_test.cc and by the golden tests.
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
#include "synfin/enrich/own_addresses.h"
#include "synfin/enrich/port_names.h"
#include "synfin/track/connection.h"
#include "synfin/track/event.h"

namespace synfin {

/// Used by one thread at a time, which writes the outputs.
class Annotator {
 public:
  explicit Annotator(const EnrichmentOptions& options);

  /// Begins to ask for names, where they are wanted. Fails where nobody can be asked.
  Status start_names();
  /// Lets the kernel tell of processes, where they are wanted and it does. REQUIRES: rights are not
  /// given up yet.
  void open_processes();
  /// Begins to look for processes, where they are wanted. REQUIRES: rights were given up already,
  /// for the threads that begin here keep what rights they have.
  Status start_processes();
  /// Asks for the processes of connections that are new among `events`, of those that are open now
  /// or end and whose are not known yet, and gives the answers a moment to come.
  void look_for_processes(std::span<const Event> events);
  /// What went wrong in finding them; empty: nothing.
  std::string lost_processes() const;
  /// The record of a connection is written: its processes are not needed any more.
  void forget(const ConnectionRecord& record) {
    if (owners_) owners_->forget(record.tuple);
  }

  bool asks_for_names() { return book_.names() != nullptr; }
  /// Asks for both ends' names, where names are wanted, whether the record is printed or not.
  void ask_for_names(const ConnectionRecord& record);
  /// At the end, after what is to be shown has been asked for: waits as long as was allowed, and
  /// says how many names are missing; empty: none.
  std::string wait_for_names();

  /// Before rights are given up. `begin_reading`: on a thread of its own, while the input is read.
  void open_databases(bool begin_reading) {
    begin_reading ? book_.geoip().read_ahead() : book_.geoip().open_now();
  }

  /// The texts live until the next refresh().
  Annotations annotate(const ConnectionRecord& record);

  /// Takes in names that have come: before each batch of events.
  void take_answers() { book_.take_answers(); }
  /// Takes in all that has changed: for live input, some times a second.
  void refresh() { book_.refresh(); }

  /// Live: takes in what has become of this host's addresses. True when they have changed.
  bool follow_own_addresses() { return own_ && own_->follow(); }
  /// Null where they are not known, as for a capture from elsewhere.
  const OwnAddresses* own_addresses() const { return own_ ? &*own_ : nullptr; }

  /// Of this host, where the capture is live, or named by --local-net; not known where neither is.
  std::optional<bool> is_local(const Address& address) const;

  PortNames& ports() { return ports_; }
  AddressBook& book() { return book_; }

  /// What is wrong with what a person named, known before anything is read: a sentence each.
  std::vector<std::string> missing() { return book_.geoip().missing(); }
  /// What went wrong since the last call, a sentence each.
  std::vector<std::string> take_complaints() { return book_.geoip().take_complaints(); }

 private:
  EnrichmentOptions options_;
  PortNames ports_;
  AddressBook book_;
  std::optional<OwnAddresses> own_;              ///< live only
  std::unique_ptr<SocketEvents> socket_events_;  ///< until processes are looked for
  std::unique_ptr<ConnectionOwners> owners_;
};

}  // namespace synfin
