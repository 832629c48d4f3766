// See port_names.h.
#include "synfin/enrich/port_names.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <mutex>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kPorts = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;

/// Calls `take` for each entry of services(5) in the order of the database.
template <typename Take>
void for_each_service(Take&& take) {
  static std::mutex enumeration;  // setservent() rewinds a cursor that the process has once
  const std::lock_guard lock(enumeration);
  std::array<char, 4096> buffer;
  servent entry{};
  servent* found = nullptr;
  setservent(1);
  while (getservent_r(&entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    take(*found, ntohs(static_cast<std::uint16_t>(found->s_port)));
  endservent();
}

/// Lists the TCP services in the order of the database.
std::vector<PortNames::Service> system_services() {
  std::vector<PortNames::Service> services;
  for_each_service([&](const servent& entry, std::uint16_t port) {
    if (std::string_view{entry.s_proto} != "tcp" || services.size() + 1 >= kPorts) return;
    services.push_back({port, entry.s_name});
  });
  return services;
}

/// Lists the names and aliases of all services, those of TCP first.
std::vector<PortNames::Service> all_services() {
  std::vector<PortNames::Service> tcp, others;
  for_each_service([&](const servent& entry, std::uint16_t port) {
    auto& services = std::string_view{entry.s_proto} == "tcp" ? tcp : others;
    if (services.size() >= kPorts) return;
    services.push_back({port, entry.s_name});
    for (char** alias = entry.s_aliases; *alias != nullptr; ++alias)
      services.push_back({port, *alias});
  });
  tcp.insert(tcp.end(), std::make_move_iterator(others.begin()),
             std::make_move_iterator(others.end()));
  return tcp;
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

ServiceNames::ServiceNames(std::vector<PortNames::Service> services)
    : services_(std::move(services)) {
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  for (auto& service : services_) {
    for (char& c : service.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
  }
  std::stable_sort(services_.begin(), services_.end(), by_name);
  services_.erase(std::unique(services_.begin(), services_.end(),
                              [](const auto& a, const auto& b) { return a.name == b.name; }),
                  services_.end());
  for (const auto& service : services_) names_.push_back(service.name);
}

const ServiceNames& ServiceNames::system() {
  static const ServiceNames names(all_services());
  return names;
}

std::optional<std::uint16_t> ServiceNames::port(std::string_view name) const {
  const auto found = std::lower_bound(names_.begin(), names_.end(), name);
  if (found == names_.end() || *found != name) return std::nullopt;
  return services_[static_cast<std::size_t>(found - names_.begin())].port;
}

}  // namespace synfin
