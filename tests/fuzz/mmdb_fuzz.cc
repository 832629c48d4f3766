/// \file
/// Opens arbitrary bytes as a MaxMind DB. The first byte chooses the wanted kinds of data.
#include "support/geo_lookups.h"

using namespace synfin;

/// libmaxminddb keeps what it has read of a damaged description: some kilobytes for each file that
/// it refuses.
extern "C" const char* __lsan_default_suppressions() { return "leak:libmaxminddb"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  fuzz::Bytes rest(data, size);
  const GeoKinds wanted = fuzz::kinds_of(fuzz::take_byte(rest));
  const fuzz::MemoryFile file(rest);
  const auto database = open_mmdb(file.path(), wanted);
  if (database) {
    fuzz::look_up_some(**database, wanted, rest);
  } else {
    fuzz::require(!database.error().message.empty(), "a failure has a reason");
  }
  return 0;
}
