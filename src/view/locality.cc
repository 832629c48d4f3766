// See locality.h.
#include "synfin/view/locality.h"

#include <algorithm>
#include <array>
#include <utility>

namespace synfin {
namespace {

constexpr std::array<std::string_view, 4> kAlways{"127.0.0.0/8", "::1", "169.254.0.0/16",
                                                  "fe80::/10"};
constexpr std::array<std::string_view, 4> kPrivate{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                                   "fc00::/7"};

template <std::size_t N>
void add_blocks(std::vector<Cidr>& nets, const std::array<std::string_view, N>& blocks) {
  for (const std::string_view block : blocks) nets.push_back(Cidr::parse(block).value());
}

}  // namespace

std::string_view to_string(Direction direction) {
  static constexpr std::array<std::string_view, kDirections> kNames{"Inbound", "Outbound", "Local",
                                                                    "Transit"};
  return kNames[static_cast<std::size_t>(direction)];
}

Locality::Locality(std::vector<Cidr> nets, const std::vector<Address>& own)
    : nets_(std::move(nets)), own_(own.begin(), own.end()), guessed_(nets_.empty() && own.empty()) {
  if (guessed_) add_blocks(nets_, kPrivate);
  if (guessed_) add_blocks(nets_, kAlways);
  if (!own_.empty()) nets_.push_back(Cidr::parse("127.0.0.0/8").value());
}

bool Locality::is_local(const Address& address) const {
  if (own_.count(address) != 0) return true;
  return std::any_of(nets_.begin(), nets_.end(),
                     [&](const Cidr& net) { return net.contains(address); });
}

Direction Locality::direction(const Address& orig, const Address& resp) const {
  const bool from_local = is_local(orig);
  const bool to_local = is_local(resp);
  if (from_local) return to_local ? Direction::Looping : Direction::Outbound;
  return to_local ? Direction::Inbound : Direction::Transit;
}

}  // namespace synfin
