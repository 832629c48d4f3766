#include "synfin/capture/link_names.h"

#include <fmt/format.h>
#include <pcap.h>

#include <algorithm>
#include <iterator>

namespace synfin {
namespace {

/// A link type whose two numbers differ. The unit test queries libpcap for all numbers, which
/// proves that the list is complete.
struct LinkTypePair {
  std::uint16_t linktype;
  int dlt;
};
constexpr LinkTypePair kDiffering[] = {
    {100, DLT_ATM_RFC1483}, {101, DLT_RAW},      {102, DLT_SLIP_BSDOS},
    {103, DLT_PPP_BSDOS},   {106, DLT_ATM_CLIP},
};

}  // namespace

int dlt_of_link_type(std::uint16_t linktype) {
  const auto* found =
      std::find_if(std::begin(kDiffering), std::end(kDiffering),
                   [&](const LinkTypePair& pair) { return pair.linktype == linktype; });
  return found == std::end(kDiffering) ? linktype : found->dlt;
}

std::uint16_t link_type_of_dlt(int dlt) {
  const auto* found = std::find_if(std::begin(kDiffering), std::end(kDiffering),
                                   [&](const LinkTypePair& pair) { return pair.dlt == dlt; });
  return found == std::end(kDiffering) ? static_cast<std::uint16_t>(dlt) : found->linktype;
}

std::string link_type_name(std::uint16_t linktype) {
  const char* name = pcap_datalink_val_to_name(dlt_of_link_type(linktype));
  return name != nullptr ? name : fmt::format("LINKTYPE_{}", linktype);
}

std::string with_link_types(std::span<const InterfaceInfo> interfaces) {
  std::string names;
  for (const InterfaceInfo& interface : interfaces) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", interface.name,
                         link_type_name(interface.link_number));
  }
  return names;
}

}  // namespace synfin
