/// \file
/// Builds the events of a connection, for the tests of the views.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "synfin/report/render.h"
#include "synfin/view/open_connections.h"
#include "synfin/view/view.h"

namespace synfin::view_test {

inline constexpr Timestamp kStart =
    timestamp_from_ns(1'772'366'400'000'000'000);  // 2026-03-01 12:00 UTC

inline Endpoint at(std::string_view address, std::uint16_t port) {
  return {Address::parse(address).value(), port};
}

/// Names hosts from a list, and port 80.
class FewNames : public Lookup {
 public:
  EndpointAnnotations about(const Address& address) override {
    if (address == Address::parse("192.0.2.1"))
      return {.name = "alice.example",
              .country = "NL",
              .as_org = "Example",
              .user = {},
              .exe = {},
              .asn = 64500,
              .pid = 0,
              .local = {}};
    return {};
  }
  std::string_view port_name(std::uint16_t port) override { return port == 80 ? "http" : ""; }
};

/// A connection whose events a test chooses.
class ConnectionScript {
 public:
  ConnectionScript(Endpoint orig, Endpoint resp, Duration after = {}) {
    event_.connection.tuple = {orig, resp};
    event_.connection.first = event_.connection.last = event_.time = kStart + after;
  }
  /// The next event, `later` after the previous one.
  const Event& emit(EventKind kind, Outcome outcome,
                    Duration later = std::chrono::milliseconds{1}) {
    event_.kind = kind;
    event_.time += later;
    event_.connection.last = event_.time;
    event_.connection.outcome = outcome;
    return event_;
  }
  ConnectionRecord& record() { return event_.connection; }

 private:
  Event event_;
};

/// Feeds a view through OpenConnections, as the program does.
class Feed {
 public:
  explicit Feed(View& view) : view_(view) {}
  void emit(ConnectionScript& details, EventKind kind, Outcome outcome,
            Duration later = std::chrono::milliseconds{1}) {
    connections_.apply(details.emit(kind, outcome, later), {},
                       [this](const ConnectionChange& c) { view_.observe(c); });
  }
  /// SYN, handshake, both FINs, record.
  void closed(Endpoint orig, Endpoint resp, Duration after = {}) {
    ConnectionScript s(orig, resp, after);
    emit(s, EventKind::Syn, Outcome::Unanswered);
    emit(s, EventKind::Open, Outcome::Open);
    emit(s, EventKind::Fin, Outcome::Closed);
    emit(s, EventKind::Close, Outcome::Closed);
    emit(s, EventKind::Record, Outcome::Closed);
  }
  void failed(Endpoint orig, Endpoint resp, EventKind how, Outcome outcome, Duration after = {}) {
    ConnectionScript s(orig, resp, after);
    emit(s, EventKind::Syn, Outcome::Unanswered);
    emit(s, how, outcome);
    emit(s, EventKind::Record, outcome);
  }
  const OpenConnections& connections() const { return connections_; }

 private:
  View& view_;
  OpenConnections connections_{7};
};

inline std::string print(const View& view, ViewRequest request = {}) {
  FewNames names;
  request.now = kStart;
  request.zone = Zone::Utc;
  Document document;
  document.tables.push_back(view.page(request, names).table);
  RenderOptions options;
  options.width = request.width;
  return render_text(document, options);
}

}  // namespace synfin::view_test
