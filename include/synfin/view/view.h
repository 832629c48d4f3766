/// \file
/// View: what one of the looks has counted, and the table it makes of it for paper or for a screen.
///
///     Change → View → ViewPage (a Table: all of it, or the window that a screen shows)
///
/// A view counts in bounded memory and formats only what is asked for. Tested with each view in
/// tests/unit/view.
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

/// Who an address is and what a port is called, as far as is known now; never waits.
class Lookup {
 public:
  virtual ~Lookup() = default;
  /// The texts live until the next call. Hostile: Table's renderers escape them.
  virtual EndpointAnnotations about(const Address& address) = 0;
  virtual std::string_view port_name(std::uint16_t port) = 0;
};

/// A socket of this host, and the bytes per second that its kernel has counted of late.
struct HostSocket : SocketInfo {
  std::optional<std::uint64_t> sent_rate;
  std::optional<std::uint64_t> received_rate;
};

/// The kernel's sockets of this host, where the capture is live.
struct HostSockets {
  std::vector<HostSocket> sockets;
};

class ShowExpression;

/// What a page of a view is to hold.
struct ViewRequest {
  std::size_t first = 0;
  std::size_t count = std::numeric_limits<std::size_t>::max();
  std::size_t order = 0;    ///< which of View::orders()
  std::string_view filter;  ///< only rows that hold this text, in lower case; empty: all
  const ShowExpression* show = nullptr;  ///< only rows that match; instead of `filter` if not null
  std::size_t group = 0;                 ///< processes: a ProcessGroup
  Timestamp now{};                       ///< capture time
  const HostSockets* host = nullptr;     ///< null: not live
  const OpenTraffic* open = nullptr;     ///< what the tracker knows to be open; null: not live
  bool each = false;                     ///< endpoints: with a row for each connection that is open
  std::size_t width = 0;                 ///< columns to fill; 0 = not bounded
  bool unicode = true;
  Zone zone = Zone::Local;
};

/// What Enter opens: a host, or a pair, or one connection.
struct Subject {
  Address host;
  std::optional<Address> peer;
  std::optional<std::uint16_t> port;  ///< of the responder
  std::optional<ConnectionKey> connection;
  std::string process = {};  ///< an executable; then the rest is unset
};

struct ViewPage {
  Table table;
  std::size_t of = 0;             ///< rows in all that match
  std::vector<Subject> subjects;  ///< of the rows, headings included
};

class View {
 public:
  virtual ~View() = default;

  virtual void observe(const Change& change) = 0;

  /// Names of the orders in which rows can stand; the first is the usual one.
  virtual std::span<const std::string_view> orders() const = 0;

  /// Costs a pass over what is held and a sort. Table::title is the view's headline.
  virtual ViewPage page(const ViewRequest& request, Lookup& lookup) const = 0;
};

/// "443 https".
Cell port_cell(std::uint16_t port, Lookup& lookup);
/// The three cells of who an address is: name, country, network.
std::array<Cell, 3> about_cells(const EndpointAnnotations& about);
/// "14:30:16" today, with its date on another day than `now`. Raw as RFC 3339.
Cell when_cell(Timestamp t, const ViewRequest& request);
/// "2026-03-01 14:30:16".
std::string moment_text(Timestamp t, Zone zone);

}  // namespace synfin
