/// \file
/// What becomes of the packets that pass the gate, out of the counters on their way.
/// Tested in tests/unit/app/pipeline_test.cc and by the golden tests.
#pragma once

#include <cstdint>

#include "synfin/base/capture_info.h"
#include "synfin/capture/packet_source.h"
#include "synfin/decode/decoder.h"
#include "synfin/track/connection_table.h"

namespace synfin {

/// `without_control`: decoded, but left out because only control packets are wanted. What was
/// received, and what was filtered before, is for the caller to add.
inline Ledger packet_ledger(const DecodeCounters& decode, const TableCounters& table,
                            const DropCounters& dropped, std::uint64_t without_control) {
  Ledger ledger;
  ledger.decoded = decode.decoded - table.copies - table.late - without_control;
  ledger.not_tcp = decode.not_tcp;
  ledger.fragments = decode.fragments;
  ledger.truncated = decode.truncated;
  ledger.malformed = decode.malformed + decode.bad_checksum;
  ledger.unsupported_link = decode.unsupported_link;
  ledger.copies = table.copies;
  ledger.late = table.late;
  ledger.filtered = without_control;
  ledger.dropped_kernel = dropped.kernel;
  ledger.dropped_interface = dropped.interface;
  return ledger;
}

}  // namespace synfin
