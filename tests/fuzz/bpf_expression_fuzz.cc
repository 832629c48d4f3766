/// \file
/// Compiles arbitrary text as a filter expression and runs it on a packet. Host names do not
/// resolve here, so that no query leaves this machine.
#include <netdb.h>

#include <array>

#include "support/fuzz_input.h"
#include "synfin/capture/bpf_filter.h"
#include "synfin/filter/live_expression.h"

using namespace synfin;
using fuzz::require;

// These replace the resolver of the C library, which libpcap would call.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  return EAI_NONAME;
}
extern "C" hostent* gethostbyname(const char*) { return nullptr; }
extern "C" netent* getnetbyname(const char*) { return nullptr; }
extern "C" int getnetbyname_r(const char*, netent*, char*, std::size_t, netent** found, int*) {
  *found = nullptr;
  return 0;
}

namespace {

constexpr std::array<std::uint8_t, 54> kPacket = {
    2, 0,  0, 0, 0,    1, 2,    0,    0,   0, 0,    2, 8,    0, 0x45, 0, 0,    40,
    0, 1,  0, 0, 64,   6, 0xb6, 0x7c, 192, 0, 2,    1, 192,  0, 2,    2, 0xc0, 0,
    0, 80, 0, 0, 0x10, 0, 0,    0,    0,   0, 0x50, 2, 0x20, 0, 0,    0, 0,    0};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256) return 0;
  const std::string text(fuzz::text_of({data, size}));
  auto filter = BpfFilter::create(text);
  if (!filter) {
    require(filter.error().kind == ErrorKind::Usage, "a wrong filter is a wrong usage");
    return 0;
  }
  const Packet packet{.data = kPacket.data(),
                      .caplen = kPacket.size(),
                      .wirelen = kPacket.size(),
                      .link = static_cast<LinkType>(1)};
  const bool matches = filter->matches(packet);
  require(filter->matches(packet) == matches, "a program has no memory");
  for (const int link : {1, 101, 113, 105})
    (void)filter->program_text(static_cast<std::uint16_t>(link));
  auto live = LiveExpression::create(text, false);
  require(live.ok(), "what compiles for captures compiles for live traffic");
  std::array<Packet, 1> packets{packet};
  require(live->keep(packets) == (matches ? 1u : 0u), "both filters agree about a plain packet");
  return 0;
}
