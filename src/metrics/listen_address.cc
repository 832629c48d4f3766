// See listen_address.h.
#include "metrics/listen_address.h"

#include "synfin/cli/option_row.h"

namespace synfin {

std::optional<Endpoint> parse_listen_address(std::string_view text) {
  Endpoint endpoint{Address::from_v4(0x7F000001), 0};
  if (const std::size_t colon = text.rfind(':'); colon != text.npos) {
    std::string_view host = text.substr(0, colon);
    const bool brackets = host.starts_with('[') && host.ends_with(']');
    if (brackets) host = host.substr(1, host.size() - 2);
    const auto address = Address::parse(host);
    if (!address || address->is_v4() == brackets) return std::nullopt;
    endpoint.address = *address;
    text.remove_prefix(colon + 1);
  }
  std::uint64_t port = 0;
  if (!parse_number(text, 0, 65'535, port)) return std::nullopt;
  endpoint.port = static_cast<std::uint16_t>(port);
  return endpoint;
}

}  // namespace synfin
