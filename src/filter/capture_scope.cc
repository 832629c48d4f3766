// See capture_scope.h.
#include "synfin/filter/capture_scope.h"

#include <algorithm>
#include <utility>

#include "synfin/base/special_purpose.h"
#include "synfin/capture/interface_list.h"

namespace synfin {

Result<CaptureScope> CaptureScope::make(const std::vector<std::string>& interfaces,
                                        const std::string& expression) {
  CaptureScope scope;
  const auto listings = list_interfaces();
  if (!listings) return listings.error();
  for (const InterfaceListing& listing : *listings) {
    const bool captured =
        std::find(interfaces.begin(), interfaces.end(), listing.name) != interfaces.end();
    scope.any_ = scope.any_ || (captured && listing.name == "any");
    scope.loopback_ = scope.loopback_ || (captured && listing.loopback);
    for (const std::string& text : listing.addresses) {
      const auto address = Address::parse(text);
      if (!address) continue;
      scope.own_.insert(*address);
      if (captured) scope.captured_.insert(*address);
    }
  }
  if (!expression.empty()) {
    auto compiled = LiveExpression::create(expression, false);
    if (!compiled) return compiled.error();
    scope.expression_.emplace(std::move(*compiled));
  }
  return scope;
}

bool CaptureScope::operator()(const FiveTuple& tuple) {
  return passes_interface(tuple) && (!expression_ || expression_->matches(tuple));
}

bool CaptureScope::covers_listener(const SocketInfo& listener) {
  const Address& a = listener.local.address;
  const bool unspecified = a.high() == 0 && (a.low() == 0 || (a.is_v4() && a.v4() == 0));
  const bool on_loopback = loopback_ && is_loopback(a);
  if (!any_ && !unspecified && !on_loopback && captured_.count(a) == 0) return false;
  return !expression_ ||
         expression_->matches({listener.remote, listener.local, listener.transport});
}

/// Linux sends packets from this host to itself over loopback, whatever the addresses.
bool CaptureScope::passes_interface(const FiveTuple& tuple) const {
  if (any_) return true;
  const Address& a = tuple.orig.address;
  const Address& b = tuple.resp.address;
  if (own_.count(a) != 0 && own_.count(b) != 0) return loopback_;
  return captured_.count(a) != 0 || captured_.count(b) != 0;
}

}  // namespace synfin
