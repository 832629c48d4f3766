// See tuple_filter.h.
//
// libpcap compiles the expression for Ethernet. Each instruction of the program that loads
// something else than type, protocol, fragment offset, addresses or ports shows that the expression
// depends on what a log does not have.
#include "log/tuple_filter.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "synfin/base/link_type.h"
#include "synfin/capture/bpf_filter.h"

namespace synfin {
namespace {

/// Loads of an Ethernet program, as BpfFilter::program_text() prints them without blanks: IPv4, ARP
/// and IPv6.
constexpr std::string_view kKnownLoads[] = {
    "ldh[12]", "ldb[23]", "ldb[20]",          "ldh[20]",   "ld[26]",   "ld[30]", "ld[28]",
    "ld[38]",  "ld[22]",  "ld[34]",           "ld[42]",    "ld[46]",   "ld[50]", "ldb[54]",
    "ldh[54]", "ldh[56]", "ldxb4*([14]&0xf)", "ldh[x+14]", "ldh[x+16]"};

/// EtherTypes of VLAN tags, MPLS and PPPoE, of which a log's tuple knows nothing.
constexpr std::string_view kTagTypes[] = {"#0x8100", "#0x88a8", "#0x9100", "#0x8847",
                                          "#0x8848", "#0x8863", "#0x8864"};

std::string without_blanks(std::string_view line) {
  std::string text(line);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  return text;
}

/// True if the instruction "(003) ldh      [12]" can be executed with a tuple alone.
bool fits_tuple(std::string_view line) {
  const std::size_t name = line.find(") ");
  if (name == line.npos) return true;
  const std::string instruction = without_blanks(line.substr(name + 2));
  const std::string_view text = instruction;
  if (text.starts_with("ld") && !text.starts_with("ld#0x") && !text.starts_with("ldM[") &&
      !text.starts_with("ldxM["))
    return std::find(std::begin(kKnownLoads), std::end(kKnownLoads), text) != std::end(kKnownLoads);
  return std::none_of(std::begin(kTagTypes), std::end(kTagTypes), [&](std::string_view type) {
    return text.starts_with("jeq") && text.substr(3).starts_with(type);
  });
}

}  // namespace

Result<TupleFilter> TupleFilter::create(const std::string& expression) {
  auto compiled = LiveExpression::create(expression, false);
  if (!compiled) return compiled.error();
  auto filter = BpfFilter::create(expression);
  if (!filter) return filter.error();
  const auto program = filter->program_text(1);  // LINKTYPE_ETHERNET
  if (!program) return program.error();
  for (std::string_view rest = *program; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (!fits_tuple(rest.substr(0, end))) {
      return Error{"the filter '" + expression +
                       "' cannot be applied to a connection log, which has only addresses, ports "
                       "and protocols of a connection; --show selects by more",
                   ErrorKind::Usage};
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return TupleFilter(std::move(*compiled));
}

}  // namespace synfin
