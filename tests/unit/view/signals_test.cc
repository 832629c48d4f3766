// SIGHUP outside of a SignalWatch.
#include "synfin/view/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace synfin {
namespace {

TEST(Signals, SighupIsCountedFromTheStartOfARun) {
  const auto before = signal(SIGHUP, SIG_DFL);
  accept_reopen_requests();
  const unsigned counted = reopen_requests();
  raise(SIGHUP);
  raise(SIGHUP);
  EXPECT_EQ(reopen_requests(), counted + 2);
  signal(SIGHUP, before);
}

}  // namespace
}  // namespace synfin
