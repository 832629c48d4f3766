// See sensor_results.h.
#include "store/sensor_results.h"

namespace synfin {

Sql sensors_query(const Scope& scope) {
  Scope all = scope;
  all.ports.clear();
  all.nets.clear();
  all.services.reset();
  const Sql where = all.where(false);
  const Sql packets =
      sql("toString(sensor) AS w1, received AS w2, decoded AS w3, not_tcp AS w4, "
          "fragments + truncated + malformed + unsupported_link AS w5");
  return sql(
      "SELECT w1, sum(w2), sum(w3), sum(w4), sum(w5), sum(w6), sum(w7), sum(w8), sum(w9) FROM ("
      "SELECT {0}, dropped_kernel + dropped_interface AS w6, toUInt64(0) AS w7, "
      "toUInt64(0) AS w8, unstored AS w9 FROM counters FINAL WHERE {1} UNION ALL "
      "SELECT {0}, dropped_kernel + dropped_interface AS w6, log_records AS w7, "
      "toUInt64(0) AS w8, toUInt64(0) AS w9 FROM (SELECT *, began AS ts FROM runs FINAL) "
      "WHERE {1} AND live = 0 UNION ALL "
      "SELECT toString(sensor) AS w1, toUInt64(0) AS w2, toUInt64(0) AS w3, toUInt64(0) AS w4, "
      "toUInt64(0) AS w5, toUInt64(0) AS w6, toUInt64(0) AS w7, toUInt64(1) AS w8, "
      "toUInt64(0) AS w9 FROM gaps FINAL WHERE {1} AND unstored = 0) "
      "GROUP BY w1 ORDER BY w1 LIMIT 1000 FORMAT TabSeparated",
      packets, where);
}

SensorRow sensor_of(ResultRow& row) {
  SensorRow s;
  s.name = row.text();
  for (auto* count : {&s.received, &s.decoded, &s.not_tcp, &s.undecoded, &s.dropped, &s.log_records,
                      &s.gaps, &s.unstored})
    *count = row.number();
  return s;
}

Table sensors_table(const std::vector<SensorRow>& sensors) {
  constexpr Align kRight = Align::Right;
  Table table{.key = "sensors",
              .title = "Sensors",
              .note = "packets that each sensor read, of all hosts and ports",
              .columns = {{"sensor", "Sensor", Align::Left},
                          {"received", "Packets", kRight},
                          {"decoded", "Decoded", kRight},
                          {"not_tcp", "Not TCP", kRight, 2},
                          {"undecoded", "Undecoded", kRight, 1},
                          {"dropped", "Dropped", kRight},
                          {"log_records", "Log records", kRight, 3},
                          {"gaps", "Gaps", kRight, 1},
                          {"unstored", "Unstored", kRight, 2}},
              .rows = {}};
  for (const SensorRow& s : sensors) {
    table.rows.push_back({text_cell(s.name), count_cell(s.received), count_cell(s.decoded),
                          count_cell(s.not_tcp), sparse_cell(s.undecoded), sparse_cell(s.dropped),
                          sparse_cell(s.log_records), sparse_cell(s.gaps),
                          sparse_cell(s.unstored)});
  }
  return table;
}

}  // namespace synfin
