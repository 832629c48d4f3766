// Each table that a report may have, also one of a view or of the inventory, is in kTableKeys, so
// that a CSV report removes it if it is of an earlier run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "synfin/inventory/inventory_tables.h"
#include "synfin/report/document.h"
#include "synfin/report/render.h"
#include "synfin/report/summary_data.h"
#include "synfin/view/view_set.h"
#include "unit/view/changes.h"

namespace synfin {
namespace {

/// A row in each table.
SummaryData data_of_all_tables() {
  SummaryData data;
  data.totals.by_outcome.add(Outcome::Closed);
  data.totals.by_state[0] = 1;
  data.services.rows.emplace_back();
  data.hosts.rows.emplace_back();
  data.failures.rows.emplace_back();
  data.scanners.rows.emplace_back();
  data.floods.rows.emplace_back();
  data.countries.rows.emplace_back();
  data.networks.rows.emplace_back();
  data.longest.rows.emplace_back();
  data.largest.rows.emplace_back();
  data.hangups.closers.emplace_back();
  data.hangups.idle_timers.emplace_back();
  data.hangups.pressure.emplace_back();
  HandshakeRow service;
  service.service.emplace();
  service.shift.emplace();
  data.handshakes.services.push_back(service);
  data.timeline = {.start = {}, .width = std::chrono::seconds{1}, .buckets = {{1, 0, 0}, {}}};
  return data;
}

TEST(TableKeys, AreThoseOfAllTablesOfAReport) {
  std::vector<std::string> found;
  const auto find = [&](const Table& table) { found.emplace_back(table.key); };
  CaptureInfo capture;
  capture.ledger.received = 1;
  PortNames ports;
  for (const Table& table : describe_report(capture, data_of_all_tables(), ports, {}).tables)
    find(table);

  view_test::FewNames names;
  ViewSet views({});
  for (const ViewKind kind : {ViewKind::Clients, ViewKind::Endpoints, ViewKind::Netstat,
                              ViewKind::Processes, ViewKind::Timeline}) {
    views.add(kind);
    if (kind != ViewKind::Timeline) find(views.view(kind)->page({}, names).table);
  }
  view_test::ConnectionScript script(view_test::at("192.0.2.1", 1),
                                     view_test::at("198.51.100.1", 80));
  views.observe(script.emit(EventKind::Syn, Outcome::Unanswered), {});
  for (const Table& table : views.timeline()->report_tables({}, names, 10)) find(table);
  find(ChangesTable(Zone::Utc).take());
  EXPECT_THAT(found, testing::UnorderedElementsAreArray(kTableKeys));
}

}  // namespace
}  // namespace synfin
