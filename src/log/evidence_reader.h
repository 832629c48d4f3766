/// \file
/// read_evidence(): the facts behind a cause from the words of EvidenceText, so that they survive
/// being written to a log and read again. Tested in tests/unit/log/evidence_reader_test.cc.
#pragma once

#include <string_view>

#include "synfin/track/connection.h"

namespace synfin {

/// Stores the facts that `text` names. Words of another version name none, and change nothing.
void read_evidence(std::string_view text, ConnectionRecord& record);

}  // namespace synfin
