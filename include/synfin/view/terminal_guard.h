/// \file
/// Restores the terminal if the process crashes while the screen is shown.
#pragma once

#include <string_view>

namespace synfin {

/// Stores the modes of the terminal `descriptor`, which was opened for this, and installs handlers
/// that restore them and leave full-screen mode if a signal ends the process (SIGSEGV, SIGBUS,
/// SIGILL, SIGFPE, SIGABRT, SIGQUIT). Until release_terminal(), a job in the background may restore
/// the terminal, too: its user may have suspended it, and then ended it with kill(1). REQUIRES: no
/// other terminal is guarded.
void guard_terminal(int descriptor);

/// Sets the bytes that leave full-screen mode; at most 256 are kept.
void set_leave_sequence(std::string_view leave);

/// Restores the terminal now, if it is guarded, and waits for no reader. Async-signal-safe.
void restore_terminal() noexcept;

/// If a terminal is guarded: discards what was written and not read, and from now on no write to it
/// waits. For the end of a run whose terminal nobody reads. Any thread may call it.
void unblock_terminal() noexcept;

/// True if standard input, output or error is a terminal that was closed. Async-signal-safe.
bool is_terminal_closed() noexcept;

/// Removes the handlers. Called once the terminal has been restored in the ordinary way.
void release_terminal() noexcept;

}  // namespace synfin
