// See capture_scope.h.
#include "synfin/filter/capture_scope.h"

#include <algorithm>
#include <utility>

#include "synfin/base/special_purpose.h"
#include "synfin/capture/interface_list.h"

namespace synfin {

Result<CaptureScope> CaptureScope::make(const std::vector<std::string>& interfaces,
                                        const std::string& expression) {
  CaptureScope here;
  const auto listings = list_interfaces();
  if (!listings) return listings.error();
  for (const InterfaceListing& listing : *listings) {
    const bool captured =
        std::find(interfaces.begin(), interfaces.end(), listing.name) != interfaces.end();
    here.any_ = here.any_ || (captured && listing.name == "any");
    here.loopback_ = here.loopback_ || (captured && listing.loopback);
    for (const std::string& text : listing.addresses) {
      const auto address = Address::parse(text);
      if (!address) continue;
      here.own_.insert(*address);
      if (captured) here.captured_.insert(*address);
    }
  }
  if (!expression.empty()) {
    auto compiled = LiveExpression::create(expression, false);
    if (!compiled) return compiled.error();
    here.expression_.emplace(std::move(*compiled));
  }
  return here;
}

bool CaptureScope::operator()(const FiveTuple& tuple) {
  return passes_interface(tuple) && (!expression_ || expression_->matches(tuple));
}

bool CaptureScope::hears(const SocketInfo& listener) {
  const Address& a = listener.local.address;
  const bool everywhere = a.high() == 0 && (a.low() == 0 || (a.is_v4() && a.v4() == 0));
  const bool loops = loopback_ && is_loopback(a);
  if (!any_ && !everywhere && !loops && captured_.count(a) == 0) return false;
  return !expression_ || expression_->matches({listener.remote, listener.local});
}

/// What goes from this host to this host goes by loopback, whatever the addresses.
bool CaptureScope::passes_interface(const FiveTuple& tuple) const {
  if (any_) return true;
  const Address& a = tuple.orig.address;
  const Address& b = tuple.resp.address;
  if (own_.count(a) != 0 && own_.count(b) != 0) return loopback_;
  return captured_.count(a) != 0 || captured_.count(b) != 0;
}

}  // namespace synfin
