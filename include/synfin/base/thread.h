/// \file
/// start_thread(): a thread whose exceptions end the run instead of the process.
/// Tested in tests/unit/base/thread_test.cc.
#pragma once

#include <exception>
#include <functional>
#include <thread>

namespace synfin {

/// Sets what happens with an exception that leaves the body of a thread; for the whole process.
/// Called on the thread that threw. Empty: the exception is logged as an error.
void set_thread_exception_handler(std::function<void(const std::exception_ptr&)> handler);

/// Starts a thread that runs `body`. If `body` throws, the handler gets the exception and the
/// thread ends.
std::thread start_thread(std::function<void()> body);

}  // namespace synfin
