/// \file
/// The rows of `connections` as lines of a connection log, for `synfin connections --from URL`.
///
/// The server filters as far as SQL can; the run that reads the lines applies the whole expression.
/// Tested by a server, in tests/store/queries.py.
#pragma once

#include "store/sql.h"
#include "store/store_session.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// Conditions that all rows meet that `expression` selects. Rows that it does not select may meet
/// them, too.
Sql conditions_of(const ShowExpression& expression);

/// The rows as lines of JSON with the names of a connection log, ordered by `ts`.
Sql connections_query(const Scope& scope, const ShowExpression& expression);

}  // namespace synfin
