/// \file
/// Tor's geoip files, searched as text. Tested in tests/unit/enrich/tor_text_test.cc.
#pragma once

#include <memory>
#include <string>

#include "synfin/enrich/geo_database.h"

namespace synfin {

/// Searches the sorted rows of one of Tor's files without parsing all of them, because a short run
/// needs only a few of half a million. The first look-up of an address of the file's family copies
/// the file into memory. After many look-ups, or if the rows are not sorted, all rows are parsed as
/// by open_range_file(). Returns null if the file is not one of Tor's or is small.
std::unique_ptr<GeoDatabase> open_tor_text(const std::string& path, GeoKinds wanted,
                                           int descriptor = -1);

}  // namespace synfin
