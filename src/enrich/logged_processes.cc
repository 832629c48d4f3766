// See logged_processes.h.
#include "synfin/enrich/logged_processes.h"

namespace synfin {
namespace {

void fill_end(const LoggedProcess& process, EndpointAnnotations& about) {
  about.pid = process.pid;
  about.user = process.user;
  about.exe = process.exe;
}

}  // namespace

void LoggedProcesses::replace(std::span<const LoggedOwners> owners) {
  by_time_.clear();
  for (const LoggedOwners& one : owners) by_time_.emplace(to_ns(one.first), &one);
}

void LoggedProcesses::fill(const ConnectionRecord& record, Annotations& about) const {
  const auto [begin, end] = by_time_.equal_range(to_ns(record.first));
  for (auto at = begin; at != end; ++at) {
    const LoggedOwners& owners = *at->second;
    if (owners.tuple != record.tuple) continue;
    fill_end(owners.orig, about.orig);
    fill_end(owners.resp, about.resp);
    about.process_basis = owners.basis;
    return;
  }
}

}  // namespace synfin
