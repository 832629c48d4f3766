/// \file
/// The Community ID of a row of `connections`, as SQL.
///
/// It follows from columns that a row has anyway, but is as long as half of a row when compressed,
/// and SHA-1 is the most expensive part of a row for a sensor. So the table computes it when a
/// query needs it, as columns of the kind ALIAS:
///
///     addresses, ports, ip_proto → community_digest (SHA-1) → community_id ("1:" and Base64)
///
/// Version 18.16 has neither base64Encode() nor functions of bytes, and its lambdas cannot use a
/// column of a table that is created.
/// Spec: Community ID v1 (https://github.com/corelight/community-id-spec), seed 0.
/// Tested in tests/store/ against what logs have.
#pragma once

#include <string>

namespace synfin {

/// A text of 20 bytes. Comparing it with unhex('…') takes a tenth of the time of a comparison of
/// community_id_sql().
std::string community_digest_sql();
/// A text like "1:LQU9qZlK+B5F3KDmev6m5PMibrg=".
std::string community_id_sql();

}  // namespace synfin
