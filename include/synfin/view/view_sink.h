/// \file
/// ViewSink: feeds the views, and prints the one that --view names, but not events and summary,
/// which other sinks print. Tested by the golden tests and tests/live/screen.py.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/enrich/annotator.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/filter/show_expression.h"
#include "synfin/filter/socket_filter.h"
#include "synfin/report/printed_output.h"
#include "synfin/track/table_snapshot.h"
#include "synfin/view/host_sockets.h"
#include "synfin/view/udp_sockets.h"
#include "synfin/view/view_set.h"

namespace synfin {

class SnapshotReader;
class SocketOwners;

struct ViewSinkOptions {
  ViewKind kind = ViewKind::None;  ///< --view
  std::vector<ViewKind> beside;    ///< further views to count, for the screen or the report
  std::optional<Duration> every;   ///< print the view again each time this has passed
  bool on_screen = false;          ///< the live screen shows the view until the end
  bool each = false;               ///< endpoints: a row for each open connection
  RequestedColumns requested{};
  std::size_t max_hosts = 100'000;
  std::vector<std::uint16_t> ports;   ///< clients: of these ports
  std::string dest;                   ///< clients: of this address or host name
  std::optional<Duration> time_unit;  ///< a column of the timeline
  std::vector<Cidr> local_nets;
  TextStyle style;

  bool live = false;                     ///< the members below are used only if it is set
  std::vector<std::string> interfaces;   ///< by name
  std::string filter;                    ///< the filter expression
  PacketScope scope = PacketScope::All;  ///< which packets are captured
  bool cmdline = false;                  ///< read command lines of processes
  ShowExpression show = {};              ///< --show
};

/// Used by one thread at a time.
class ViewSink final : public EventSink {
 public:
  /// True if this sink prints `view`. EventLinesSink prints events, and ReportSink the summary.
  static bool prints(ViewKind view);

  /// Fails if `dest` cannot be resolved. `filter` may be null; all must outlive the sink.
  static Result<std::unique_ptr<ViewSink>> open(const ViewSinkOptions& options,
                                                Annotator& annotator,
                                                const ConnectionFilter* filter,
                                                TableSnapshot& snapshot);
  ~ViewSink() override;

  /// The tables of the report: timelines, and the view that is printed.
  std::vector<Table> report_tables(const RenderOptions& render);

  /// How long each remote address was connected. REQUIRES: the timeline is counted.
  AddressShares shares() const;

  const RequestedColumns& requested() const { return options_.requested; }
  const ViewSet& views() const { return views_; }
  /// Sets what the inventory view shows. REQUIRES: `inventory` outlives the sink's last call.
  void set_inventory(const Inventory& inventory) { views_.set_inventory(inventory); }
  Lookup& lookup() { return *lookup_; }
  /// The details page of one connection, host or program.
  Document details(const RowTarget& target, ViewRequest request);
  /// A page of one view. If the capture is live, it includes current data of the kernel and the
  /// tracker.
  ViewPage page(ViewKind kind, ViewRequest request);

  std::string_view name() const override { return "view"; }
  EventMask wanted() const override { return EventMask::all(); }
  bool receives_unselected() const override { return true; }
  void on_events(std::span<const AnnotatedEvent> events) override;
  void on_tick(Timestamp now) override;
  std::optional<Error> take_failure() override;
  Status finish(const CaptureInfo& capture) override;
  Status finish_printing() override;

 private:
  ViewSink(const ViewSinkOptions& options, ClientCriteria client_criteria, Annotator& annotator);

  void watch_host(const ConnectionFilter* filter, TableSnapshot& snapshot);
  void add_first_sockets();
  void add_udp_sockets();
  std::optional<EndpointAnnotations> shown_owner(const SocketInfo& socket);
  void update_own_addresses();
  void prepare();
  void sample_rates();
  ViewRequest request_for(const RenderOptions& render);
  void add_live(ViewKind kind, ViewRequest& request);
  void print();
  void print_again(Timestamp now);

  ViewSinkOptions options_;
  Annotator& annotator_;
  ViewSet views_;
  std::unique_ptr<Lookup> lookup_;
  std::vector<Address> own_addresses_;
  std::optional<SocketFilter> shown_sockets_;  ///< live
  std::optional<HostSocketsReader> sockets_;   ///< live
  std::unique_ptr<SocketOwners> owners_;       ///< live
  std::optional<UdpSockets> udp_;              ///< live, with a netstat view
  std::unique_ptr<SnapshotReader> snapshot_;   ///< live, until the end
  std::optional<PrintedOutput> printed_;
  PrintSchedule schedule_;
};

}  // namespace synfin
