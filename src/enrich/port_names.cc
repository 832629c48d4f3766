// See port_names.h.
#include "synfin/enrich/port_names.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <limits>
#include <mutex>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kPorts = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;

/// Lists the TCP services of services(5) in the order of the database.
std::vector<PortNames::Service> system_services() {
  static std::mutex enumeration;  // setservent() rewinds a cursor that the process has once
  const std::lock_guard lock(enumeration);
  std::vector<PortNames::Service> services;
  std::array<char, 4096> buffer;
  servent entry{};
  servent* found = nullptr;
  setservent(1);
  while (getservent_r(&entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    if (std::string_view{found->s_proto} != "tcp" || services.size() + 1 >= kPorts) continue;
    services.push_back({ntohs(static_cast<std::uint16_t>(found->s_port)), found->s_name});
  }
  endservent();
  return services;
}

}  // namespace

PortNames::PortNames(std::vector<Service> services)
    : loaded_(true), services_(std::move(services)) {
  build_index();
}

void PortNames::build_index() {
  index_.assign(kPorts, 0);
  for (std::size_t i = 0; i < services_.size(); ++i) {
    std::uint16_t& at = index_[services_[i].port];
    if (at == 0) at = static_cast<std::uint16_t>(i + 1);
  }
}

std::string_view PortNames::name(std::uint16_t port) {
  if (!loaded_) {
    services_ = system_services();
    build_index();
    loaded_ = true;  // only now: one of the two may have thrown
  }
  const std::uint16_t at = index_[port];
  return at == 0 ? std::string_view{} : services_[at - 1u].name;
}

}  // namespace synfin
