/// \file
/// Handshake times over time: windows, percentiles, and shifts of the median.
/// Tested in tests/unit/report/handshakes_test.cc.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "report/service_profile.h"
#include "synfin/enrich/address_book.h"
#include "synfin/report/diagnosis.h"

namespace synfin {

/// One service with its profile.
struct ProfiledService {
  Endpoint service;
  const ServiceProfile* profile = nullptr;
};

/// Finds a shift of the median in samples that are ordered by time. A shift is significant if the
/// rank test (find_change()) leaves it a probability below 1e-5 divided by `tests`, the number of
/// series that are examined (Bonferroni). It is reported only if it matters: the medians differ by
/// a quarter and by 0.1 ms, the middle halves of the samples before and after do not overlap, and
/// the median moves by three times as much as within either side.
std::optional<HandshakeShift> find_shift(std::span<const HandshakeSample> samples,
                                         std::size_t tests);

/// The `top` (at most 100; 0 = 100) services and networks with the most handshakes; those with a
/// shift come first. A network is an autonomous system if a database of `book` (may be null) knows
/// it, else a /24 or /48.
Handshakes describe_handshakes(std::span<const ProfiledService> services, std::size_t top,
                               AddressBook* book = nullptr);

}  // namespace synfin
