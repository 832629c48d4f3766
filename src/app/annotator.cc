// See annotator.h.
#include "synfin/app/annotator.h"

#include <algorithm>
#include <utility>

namespace synfin {

Annotator::Annotator(const Options& options)
    : options_(options), book_(options.names.geoip_options()) {
  if (!options.read.empty()) return;
  auto own = OwnAddresses::open();
  if (own) own_.emplace(std::move(*own));  // where a container forbids it, --local-net says it all
}

std::optional<bool> Annotator::is_local(const Address& address) const {
  if (own_ && own_->contains(address)) return true;
  if (!own_ && options_.local_nets.empty()) return std::nullopt;
  return std::any_of(options_.local_nets.begin(), options_.local_nets.end(),
                     [&](const Cidr& net) { return net.contains(address); });
}

Annotations Annotator::annotate(const ConnectionRecord& record) {
  Annotations about;
  about.port_name = ports_.name(record.tuple.resp.port);
  book_.describe(record.tuple.orig.address, about.orig);
  book_.describe(record.tuple.resp.address, about.resp);
  about.orig.local = is_local(record.tuple.orig.address);
  about.resp.local = is_local(record.tuple.resp.address);
  return about;
}

}  // namespace synfin
