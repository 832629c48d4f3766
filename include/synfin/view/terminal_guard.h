/// \file
/// The terminal as it was, to be given back whatever happens: the last resort beside the screen's
/// own end.
#pragma once

#include <string_view>

namespace synfin {

/// Remembers the modes of the terminal `descriptor` and how to leave full screen, and gives it all
/// back when the process dies of a crash signal (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
/// SIGQUIT). REQUIRES: once at a time.
void guard_terminal(int descriptor);

/// What to send to leave full screen, once it has been entered; at most 255 bytes of it.
void set_leave_sequence(std::string_view leave);

/// Gives the terminal back now, if it is guarded. Async-signal-safe.
void restore_terminal() noexcept;

/// The terminal has been given back in the ordinary way.
void release_terminal() noexcept;

}  // namespace synfin
