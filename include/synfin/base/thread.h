/// \file
/// start_thread(): a thread whose exceptions end the run instead of the process.
/// Tested in tests/unit/base/thread_test.cc.
#pragma once

#include <exception>
#include <functional>
#include <thread>

namespace synfin {

/// Sets, for the whole process, the function that receives an exception which leaves the body of a
/// thread. It is called on that thread. If `handler` is empty, the exception is logged as an error.
void set_thread_exception_handler(std::function<void(const std::exception_ptr&)> handler);

/// Starts a thread that runs `body`. If `body` throws, the handler gets the exception and the
/// thread ends.
std::thread start_thread(std::function<void()> body);

}  // namespace synfin
