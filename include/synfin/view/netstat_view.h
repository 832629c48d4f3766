/// \file
/// --view netstat: a line for each new connection, as a netstat that keeps running would print it;
/// the sockets that exist at the start come first. UDP sockets come from the kernel
/// (udp_sockets.h).
///
///     Time Proto ID User Local-Address Foreign-Address State PID Exe Command-Line
///
/// A connection is listed when it is answered, refused or tried again: then its owner is known, and
/// its state says something. Tested in tests/unit/view/netstat_view_test.cc.
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

/// Keeps the latest lines only: what a screen can scroll back to.
class NetstatView : public View {
 public:
  /// `locality` must outlive it.
  NetstatView(const ViewBounds& bounds, const Locality& locality);

  void observe(const Change& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// Lists one socket. A socket without a peer shows "*" in its place.
  void note_socket(const SocketInfo& socket, Timestamp now, const EndpointAnnotations& owner) {
    append_socket(socket, now, owner);
  }

  /// The sockets there were before anything was captured, listening ones too. `owner` says whose
  /// one is; none where it is not to be listed.
  template <typename Owner>
  void note_sockets(const HostSockets& host, Timestamp now, Owner&& owner) {
    for (const HostSocket& s : host.sockets) {
      const std::optional<EndpointAnnotations> whose = owner(s);
      if (!whose) continue;
      append_socket(s, now, *whose);
      listed_.insert(ConnectionKey::of({s.local, s.remote}));
    }
  }

  /// Appends the lines that came since the last call, with the head before the first.
  void print_new(std::string& out, const ViewRequest& request);

 private:
  struct Row {
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
  void append(Row row, const EndpointAnnotations& owner);
  static std::string_view proto_text(const Row& row);
  static std::string foreign_text(const Row& row);
  std::vector<Cell> cells(const Row& row, const ViewRequest& request) const;

  const Locality& locality_;
  std::size_t limit_;
  std::deque<Row> rows_;
  std::set<ConnectionKey> listed_;  ///< at the start
  std::uint64_t count_ = 0;         ///< rows ever
  std::uint64_t printed_ = 0;       ///< of these, printed
};

}  // namespace synfin
