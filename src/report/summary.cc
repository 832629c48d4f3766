// Summary's public functions; summary_tables.cc does the counting. See summary.h.
#include "synfin/report/summary.h"

#include <array>
#include <utility>

#include "report/summary_tables.h"

namespace synfin {

Summary::Summary(const SummaryOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Summary::~Summary() = default;

void Summary::add(const ConnectionRecord& record) {
  const ConnectionRecord* one = &record;
  impl_->add({&one, 1});
}

void Summary::add(std::span<const Event> events) {
  std::array<const ConnectionRecord*, SummaryTables::kGroup> group;
  std::size_t n = 0;
  for (const Event& event : events) {
    if (event.kind != EventKind::Record) continue;
    group[n++] = &event.connection;
    if (n == group.size()) impl_->add({group.data(), std::exchange(n, 0)});
  }
  impl_->add({group.data(), n});
}

std::size_t Summary::memory() const { return sizeof(Impl) + impl_->memory(); }

}  // namespace synfin
