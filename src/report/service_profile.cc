// See service_profile.h.
#include "report/service_profile.h"

namespace synfin {

void HandshakeSeries::thin_out() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples_.size(); i += 2) samples_[kept++] = samples_[i];
  samples_.resize(kept);
  stride_ *= 2;
  skip_ = stride_ - 1;
}

std::uint16_t ServiceProfiles::allocate() {
  if (!free_.empty()) {
    const std::uint16_t number = free_.back();
    free_.pop_back();
    return number;
  }
  if (profiles_.size() == max_) {
    complete_ = false;
    return 0;
  }
  profiles_.emplace_back();
  return static_cast<std::uint16_t>(profiles_.size());
}

void ServiceProfiles::release(std::uint16_t number) {
  if (number == 0) return;
  (*this)[number] = {};
  free_.push_back(number);
}

std::size_t ServiceProfiles::memory() const {
  std::size_t bytes = profiles_.capacity() * sizeof(ServiceProfile);
  for (const ServiceProfile& profile : profiles_) bytes += profile.series.memory();
  return bytes;
}

}  // namespace synfin
