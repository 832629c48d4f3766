/// \file
/// View: counts connection changes and formats them as a table for a screen or a report.
///
///     ConnectionChange → View → ViewPage (a Table with all rows, or with the rows that a screen
///     shows)
///
/// A view uses bounded memory and formats only the requested rows.
/// Tested with each view in tests/unit/view.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/enrich/annotations.h"
#include "synfin/enrich/socket_table.h"
#include "synfin/report/document.h"
#include "synfin/view/open_connections.h"
#include "synfin/view/open_traffic.h"

namespace synfin {

/// Annotates addresses and ports with what is already known; never blocks.
class Lookup {
 public:
  virtual ~Lookup() = default;
  /// The texts are valid until the next call. They are hostile; the renderers of Table escape them.
  virtual EndpointAnnotations about(const Address& address) = 0;
  virtual std::string_view port_name(std::uint16_t port) = 0;
};

/// A socket of this host with its rates in bytes per second, measured by the kernel's counters.
struct HostSocket : SocketInfo {
  std::optional<std::uint64_t> sent_rate;
  std::optional<std::uint64_t> received_rate;
};

/// This host's sockets, as listed by the kernel in a live capture.
struct HostSockets {
  std::vector<HostSocket> sockets;
  Timestamp at{};  ///< when the kernel listed them
};

/// Columns that the user asked for by an option; narrow pages keep them.
struct RequestedColumns {
  bool names = false;          ///< --resolve-names
  bool processes = false;      ///< --process
  bool command_lines = false;  ///< --cmdline
  bool geo = false;            ///< --geoip
};

class ShowExpression;

/// Selects the rows of a page and their format.
struct ViewRequest {
  std::size_t first = 0;
  std::size_t count = std::numeric_limits<std::size_t>::max();
  std::size_t order = 0;    ///< index into View::orders()
  bool reversed = false;    ///< sorts the other way round
  std::string_view filter;  ///< lower-case text that a row must contain; empty = all rows
  const ShowExpression* show = nullptr;  ///< only rows that match; replaces `filter` if not null
  std::size_t group = 0;                 ///< processes: a ProcessGroup
  Timestamp now{};                       ///< capture time
  const HostSockets* host = nullptr;     ///< null unless the capture is live
  const OpenTraffic* open = nullptr;     ///< the tracker's open connections; null unless live
  bool each = false;                     ///< endpoints: adds a row for each open connection
  std::size_t width = 0;                 ///< terminal columns; 0 = not bounded
  bool unicode = true;
  Zone zone = Zone::Local;
  RequestedColumns requested{};
};

/// The object that a row shows and Enter opens: a host, a pair of hosts, or one connection.
struct RowTarget {
  Address host;
  std::optional<Address> peer;
  std::optional<std::uint16_t> port;  ///< the responder's
  std::optional<ConnectionKey> connection;
  std::string process = {};  ///< an executable; if set, the other members are unset

  friend bool operator==(const RowTarget&, const RowTarget&) = default;
};

struct ViewPage {
  Table table;
  std::size_t of = 0;              ///< number of all matching rows
  std::vector<RowTarget> targets;  ///< one for each row of `table`, headings included

  /// Headings are no rows in `of`, nor in the window of a request.
  bool is_heading(std::size_t row) const { return table.rows[row].size() < table.columns.size(); }
};

class View {
 public:
  virtual ~View() = default;

  virtual void observe(const ConnectionChange& change) = 0;

  /// Names of the sort orders; the first is the default.
  virtual std::span<const std::string_view> orders() const = 0;

  /// Formats the requested rows. Table::title is the view's headline. Costs a pass over all rows
  /// and a sort.
  virtual ViewPage page(const ViewRequest& request, Lookup& lookup) const = 0;
};

/// A sort order: the keys of its columns, and the direction of a request that is not reversed.
struct SortColumns {
  std::array<std::string_view, 2> keys;  ///< the second is empty unless rows are sorted by a sum
  bool descending = true;
};

/// Marks the columns by which rows are sorted. REQUIRES: `columns` outlives `table`.
void mark_sort(Table& table, const ViewRequest& request, const SortColumns& columns);
/// Keeps the columns that the user asked for on narrow terminals.
void keep_requested_columns(Table& table, const ViewRequest& request);
/// "443 https".
Cell port_cell(std::uint16_t port, Lookup& lookup);
/// Name (as host_name_cell()), country and network of an address.
std::array<Cell, 3> about_cells(const EndpointAnnotations& about);
/// "14:30:16", preceded by the date if it differs from that of `now`. Raw as RFC 3339.
Cell when_cell(Timestamp t, const ViewRequest& request);
/// "2026-03-01 14:30:16".
std::string moment_text(Timestamp t, Zone zone);

}  // namespace synfin
