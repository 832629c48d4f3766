/// \file
/// ViewOutput: the views that count (all but events, summary and none), wired to the options and
/// printed on paper. Tested by the golden tests.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/options.h"
#include "app/snapshot_reader.h"
#include "synfin/base/result.h"
#include "synfin/enrich/annotator.h"
#include "synfin/filter/socket_filter.h"
#include "synfin/report/render.h"
#include "synfin/view/host_sockets.h"
#include "synfin/view/udp_sockets.h"
#include "synfin/view/view_set.h"

namespace synfin {

class SocketOwners;

/// Used by one thread at a time.
class ViewOutput {
 public:
  /// True for a view that this is for.
  static bool counts(ViewKind view);

  /// Fails where --dest is a name that nobody knows. `annotator` must outlive it.
  /// `more` are views that count beside the one that is printed.
  /// `hiding` may be null.
  static Result<std::unique_ptr<ViewOutput>> make(const Options& options, Annotator& annotator,
                                                  const ConnectionFilter* hiding,
                                                  std::span<const ViewKind> more);

  void observe(const Event& event, const Annotations& about, bool selected) {
    views_.observe(event, about, selected);
  }

  /// Live: what belongs to this host, whenever it changes.
  void set_own_addresses(const std::vector<Address>& own) { views_.set_own_addresses(own); }

  /// Live: what the tracker knows to be open. It must outlive this.
  void read_open(SnapshotReader* open) { open_ = open; }
  SnapshotReader* open_reader() { return open_; }
  /// Live, with a netstat view: lists UDP sockets that are new, at most once a second.
  void list_udp_sockets();
  /// Asks for what a print some time later needs to know.
  void prepare();

  /// Appends the view as it stands, all of it; of a netstat, what is new.
  void print(std::string& out, const RenderOptions& render);
  /// What a report holds of it: the timelines, and the table that is looked at.
  std::vector<Table> report_tables(const RenderOptions& render);
  /// True where print() belongs behind each batch: a view that goes on line by line.
  bool streams() const { return kind_ == ViewKind::Netstat; }

  ViewSet& set() { return views_; }
  /// The sockets of this host that the views are about; null where the capture is not live.
  HostSocketsReader* sockets() { return sockets_ ? &*sockets_ : nullptr; }
  Lookup& lookup() { return *lookup_; }

 private:
  ViewOutput(const Options& options, ClientsOf clients_of, Annotator& annotator,
             const ConnectionFilter* hiding, std::span<const ViewKind> more);
  void watch_sockets(const Options& options, Annotator& annotator, const ConnectionFilter* hiding);

  /// Who owns a socket; nullopt if it is not to be listed.
  std::optional<EndpointAnnotations> wanted_owner(const SocketInfo& socket);

  ViewRequest request_for(const RenderOptions& render);

  ViewKind kind_;
  ViewSet views_;
  std::unique_ptr<Lookup> lookup_;
  bool each_;
  std::optional<SocketFilter> wanted_;        ///< live
  std::optional<HostSocketsReader> sockets_;  ///< live
  SnapshotReader* open_ = nullptr;            ///< live
  std::shared_ptr<SocketOwners> owners_;      ///< live
  std::optional<UdpSockets> udp_;             ///< live, with a netstat view
};

}  // namespace synfin
