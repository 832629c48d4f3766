/// \file
/// start_thread(): a thread whose exceptions reach a handler instead of ending the process, and
/// whose role limits what the sandbox permits. Tested in tests/unit/base/thread_test.cc.
#pragma once

#include <exception>
#include <functional>
#include <thread>

namespace synfin {

/// Sets, for the whole process, the function that receives an exception which leaves the body of a
/// thread. It is called on that thread. If `handler` is empty, the exception is logged as an error.
void set_thread_exception_handler(std::function<void(const std::exception_ptr&)> handler);

/// The purpose of a thread, which decides what the kernel lets it do (see sandbox/sandbox.h).
enum class ThreadRole : unsigned char {
  Main,        ///< starts and ends the run, and answers signals
  Packets,     ///< reads, tracks and, offline, writes
  Output,      ///< writes the outputs of a live run, or those of one slow sink
  Decompress,  ///< decompresses a capture
  Databases,   ///< reads country and network databases
  Names,       ///< queries DNS
  Processes,   ///< finds the processes that own sockets
  Sockets,     ///< follows the kernel's socket table or its eBPF events
  Metrics,     ///< answers requests for metrics
  Screen,      ///< draws the full screen and reads keys
};

/// Sets, for the whole process, the function that each thread calls before its work.
void set_thread_role_handler(void (*handler)(ThreadRole));

/// Calls that function. For threads that start_thread() does not start.
void enter_thread_role(ThreadRole role);

/// Starts a thread that runs `body`. If `body` throws, the handler gets the exception and the
/// thread ends.
std::thread start_thread(ThreadRole role, std::function<void()> body);

}  // namespace synfin
