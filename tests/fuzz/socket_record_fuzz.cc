/// \file
/// Passes arbitrary bytes as records of the eBPF program to the cache of socket owners. Each
/// record's length precedes it in two bytes.
#include <cstring>

#include "enrich/socket_record.h"
#include "support/fuzz_input.h"
#include "synfin/enrich/socket_owner_cache.h"

using namespace synfin;
using fuzz::require;

namespace {

void check(const KnownProcessPtr& process) {
  if (!process) return;
  require(process->command.size() <= sizeof(SocketRecord::command), "a command is cut");
  require(process->image.exe.size() <= kMaxPathNames * (kMaxNameSize + 1), "a path is cut");
  require(process->image.cmdline.size() <= kMaxArguments, "a command line is cut");
}

Endpoint endpoint_of(const unsigned char* bytes, std::uint16_t port) {
  return {Address::load_v6(bytes), port};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  fuzz::Bytes rest(data, size);
  SocketOwnerCache cache(1, [](pid_t) { return ProcessImage{}; });
  while (!rest.empty()) {
    const fuzz::Bytes bytes = fuzz::take_part(rest);
    cache.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
              Duration{static_cast<std::int64_t>(rest.size()) * 1'000'000'000});
    if (bytes.size() < offsetof(SocketRecord, path)) continue;
    SocketRecord record{};
    std::memcpy(&record, bytes.data(), std::min(bytes.size(), sizeof record));
    check(cache.of_cookie(record.cookie));
    const Endpoint local = endpoint_of(record.local, record.local_port);
    const Endpoint remote = endpoint_of(record.remote, record.remote_port);
    for (const Timestamp since : {Timestamp::min(), timestamp_from_ns(0), Timestamp::max()}) {
      check(cache.of_connection(local, remote, since));
      check(cache.of_listener(local, since));
    }
  }
  return 0;
}
