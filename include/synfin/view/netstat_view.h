/// \file
/// NetstatView (--view netstat): a line for each new connection, in the format of netstat, after
/// the sockets that exist at the start: TCP connections, and the UDP sockets of this host
/// (udp_sockets.h).
///
///     Time Proto ID User Local-Address Foreign-Address State PID Exe Command-Line
///
/// A connection is listed once its SYN is answered, refused or repeated: by then its owner is known
/// and its state is informative. Tested in tests/unit/view/netstat_view_test.cc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "synfin/view/bounds.h"
#include "synfin/view/locality.h"
#include "synfin/view/view.h"

namespace synfin {

struct RowText;

/// Stores the latest lines only, 10,000 at most.
class NetstatView : public View {
 public:
  /// `locality` must outlive it.
  NetstatView(const ViewBounds& bounds, const Locality& locality);

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// Lists one socket. A socket without a peer shows "*" in its place.
  void note_socket(const SocketInfo& socket, Timestamp now, const EndpointAnnotations& owner) {
    append_socket(socket, now, owner);
  }

  /// Lists the sockets that existed before the capture began, listening ones included.
  /// `owner(socket)` returns the owning process, or nothing to leave the socket out.
  template <typename Owner>
  void note_sockets(const HostSockets& host, Timestamp now, Owner&& owner) {
    for (const HostSocket& s : host.sockets) {
      const std::optional<EndpointAnnotations> process = owner(s);
      if (!process) continue;
      append_socket(s, now, *process);
      listed_.insert(ConnectionKey::of({s.local, s.remote}));
    }
  }

  /// Appends the lines added since the last call; the first call also appends the column titles.
  void print_new(std::string& out, const ViewRequest& request, Lookup& lookup);

 private:
  struct SocketRow {
    std::uint64_t id = 0;
    Timestamp time{};
    Endpoint local;
    Endpoint foreign;
    std::string_view state;
    bool listening = false;  ///< or without a peer
    Transport transport = Transport::Tcp;
    std::uint32_t pid = 0;
    std::string user, exe, cmdline;
  };

  void append_socket(const SocketInfo& socket, Timestamp now, const EndpointAnnotations& owner);
  void append(SocketRow row, const EndpointAnnotations& owner);
  static std::string_view proto_text(const SocketRow& row);
  static void fill_row(RowText& out, const SocketRow& row, Lookup& lookup);
  static std::string foreign_text(const SocketRow& row);
  static std::string head(const ViewRequest& request);
  std::string line(const SocketRow& row, const ViewRequest& request, Lookup& lookup) const;
  std::string narrow_line(const SocketRow& row, const std::string& pid, const ViewRequest& request,
                          Lookup& lookup) const;
  std::vector<Cell> cells(const SocketRow& row, const ViewRequest& request, Lookup& lookup) const;

  const Locality& locality_;
  std::size_t limit_;
  std::deque<SocketRow> rows_;
  std::set<ConnectionKey> listed_;  ///< sockets listed by note_sockets() and not observed since
  std::uint64_t count_ = 0;         ///< rows added, including those that have been removed
  std::uint64_t printed_ = 0;       ///< rows that print_new() has passed
};

}  // namespace synfin
