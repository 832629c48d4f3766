/// \file
/// Reads arbitrary text as a database of address ranges, and each of its lines as a row. The first
/// byte chooses the wanted kinds of data.
#include "enrich/range_row.h"
#include "support/geo_lookups.h"

using namespace synfin;
using fuzz::require;

namespace {

void check_rows(std::string_view text) {
  for (int i = 0; i < 64 && !text.empty(); ++i) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    for (const char separator : {',', '\t'}) {
      const auto row = RangeRow::parse(text.substr(0, end), separator);
      if (!row) continue;
      require(row->first.is_v4() == row->last.is_v4(), "a range has one family");
      require(!(row->last < row->first), "a range does not end before it begins");
      (void)plain_field(row->facts.org, separator);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  fuzz::Bytes rest(data, size);
  const GeoKinds wanted = fuzz::kinds_of(fuzz::take_byte(rest));
  check_rows(fuzz::text_of(rest));
  const fuzz::MemoryFile file(rest);
  const auto database = open_range_file(file.path(), wanted);
  if (database) {
    fuzz::look_up_some(**database, wanted, rest);
  } else {
    require(!database.error().message.empty(), "a failure has a reason");
  }
  return 0;
}
