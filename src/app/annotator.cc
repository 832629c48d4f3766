// See annotator.h.
#include "synfin/app/annotator.h"

#include <optional>

namespace synfin {
namespace {

std::optional<bool> is_local(const std::vector<Cidr>& nets, const Address& address) {
  if (nets.empty()) return std::nullopt;
  for (const Cidr& net : nets) {
    if (net.contains(address)) return true;
  }
  return false;
}

}  // namespace

Annotator::Annotator(const Options& options)
    : options_(options), book_(options.names.geoip_options()) {}

Annotations Annotator::annotate(const ConnectionRecord& record) {
  Annotations about;
  about.port_name = ports_.name(record.tuple.resp.port);
  book_.describe(record.tuple.orig.address, about.orig);
  book_.describe(record.tuple.resp.address, about.resp);
  about.orig.local = is_local(options_.local_nets, record.tuple.orig.address);
  about.resp.local = is_local(options_.local_nets, record.tuple.resp.address);
  return about;
}

}  // namespace synfin
