#include "bench/profiles.h"

namespace synfin::bench {
namespace {

// Shares in the order of Ending: FIN by either side, RST by either side, refused, unanswered,
// aborted, half open, open, half closed by either side.
constexpr Shape kMixed = {.per_mille = {410, 260, 50, 40, 80, 70, 5, 10, 60, 10, 5},
                          .max_exchanges = 8,
                          .more_exchanges = 70,
                          .long_response = 280,
                          .retransmitted = 8,
                          .mean_think_us = 1'500'000};
constexpr Shape kShort = {
    .per_mille = {600, 400}, .max_request = 200, .max_response = 600, .bare = true};
constexpr Shape kLong = {.per_mille = {600, 400},
                         .min_exchanges = 15,
                         .max_exchanges = 15,
                         .long_response = 1000,
                         .long_segments = 3763,
                         .retransmitted = 2,
                         .mean_think_us = 40'000};
constexpr Shape kBeside = {.per_mille = {600, 400}, .syn_retries = 0};

constexpr Profile kProfiles[] = {
    {.name = "mixed",
     .shape = kMixed,
     .connections = 600'000,
     .per_second = 3000,
     .v6_per_mille = 300,
     .clients = 24'000,
     .servers = 900},
    {.name = "short",
     .shape = kShort,
     .connections = 1'000'000,
     .per_second = 20'000,
     .v6_per_mille = 300,
     .clients = 24'000,
     .servers = 900},
    {.name = "flood",
     .shape = kBeside,
     .connections = 70'000,
     .per_second = 1400,
     .flood = 5'000'000,
     .v6_per_mille = 100,
     .clients = 5000,
     .servers = 50},
    {.name = "elephant",
     .shape = kLong,
     .connections = 40,
     .per_second = 40,
     .v6_per_mille = 300,
     .clients = 20,
     .servers = 4},
};

}  // namespace

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : kProfiles) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace synfin::bench
