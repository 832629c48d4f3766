/// \file
/// What a --show expression needs of the run that applies it. Tested in
/// tests/unit/filter/show_input_test.cc.
#pragma once

#include <string>

#include "synfin/base/result.h"
#include "synfin/enrich/enrichment_options.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// Why no connection can match, if an option other than --show is the reason; else empty.
std::string show_contradiction(const ShowExpression& show, const EnrichmentOptions& options);

/// Fail if a term can match no connection of a capture, or of a connection log, because its values
/// are unknown when connections are selected.
Status check_show_on_capture(const ShowExpression& show);
Status check_show_on_log(const ShowExpression& show);

}  // namespace synfin
