/// \file
/// A diff as JSON lines for programs, and as a document for people.
/// Tested in tests/unit/report/diff_test.cc.
#pragma once

#include <string>

#include "report/diff.h"
#include "synfin/enrich/port_names.h"
#include "synfin/report/document.h"

namespace synfin {

/// One object per line. The keys are a contract: `kind`, `change`, `orig`, `resp`, `port`, `host`,
/// `before`, `after`, `evidence`; within the last two but one: `attempts`, `established`, `failed`,
/// `bytes`, `cause`, `synack_rtt_ms`. A key without a meaning for a row is absent; a side without
/// the pair is null. `proven` is false if chance may explain that a pair is new or gone. Each note
/// is a line of its own with `kind` "note" and `text`.
std::string render_diff_json(const Diff& diff);

/// The rows as tables, with the notes and the time spans of both sides. If the options have a
/// width, long evidence continues in further rows, so that addresses and ports stay whole.
Document describe_diff(const Diff& diff, const DiffSide& before, const DiffSide& after,
                       PortNames& ports, const RenderOptions& options);

}  // namespace synfin
