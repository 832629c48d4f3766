/// \file
/// The two ways to read rows of ranges, of which open_range_file() takes one: all of them into
/// memory, or, where the file is large and sorted, only the few that are asked for.
#pragma once

#include <memory>
#include <string>

#include "synfin/enrich/geo_database.h"

namespace synfin {

/// Reads all rows now.
Result<std::unique_ptr<GeoDatabase>> read_range_file(const std::string& path, GeoKinds wanted,
                                                     int descriptor);

/// Searches the file itself, and reads all rows on a thread of its own once many addresses have
/// been asked for. Null where the file is not one of Tor's, which are sorted, or is small.
/// Tested in tests/unit/enrich/searched_file_test.cc.
std::unique_ptr<GeoDatabase> search_range_file(const std::string& path, GeoKinds wanted,
                                               int descriptor);

}  // namespace synfin
