/// \file
/// Tor's geoip files, searched as text. Tested in tests/unit/enrich/tor_text_test.cc.
#pragma once

#include <memory>
#include <string>

#include "synfin/enrich/geo_database.h"

namespace synfin {

/// Copies one of Tor's files into memory and searches its sorted rows there, because a short run
/// needs only a few of its half a million rows. After many look-ups all rows are parsed as by
/// open_range_file(). Returns null if the file is not one of Tor's, not sorted, or small.
std::unique_ptr<GeoDatabase> open_tor_text(const std::string& path, GeoKinds wanted,
                                           int descriptor = -1);

}  // namespace synfin
