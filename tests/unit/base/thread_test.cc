// A thread that throws ends alone, and its exception reaches the handler.
#include "synfin/base/thread.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "synfin/base/exception_text.h"

namespace synfin {
namespace {

TEST(StartThread, RunsItsBody) {
  bool ran = false;
  start_thread(ThreadRole::Output, [&] { ran = true; }).join();
  EXPECT_TRUE(ran);
}

TEST(StartThread, PassesAnExceptionToTheHandler) {
  FirstException first;
  set_thread_exception_handler([&](const std::exception_ptr& e) { first.store(e); });
  start_thread(ThreadRole::Output, [] { throw std::runtime_error("the reader failed"); }).join();
  set_thread_exception_handler({});
  ASSERT_NE(first.get(), nullptr);
  EXPECT_EQ(exception_text(first.get()), "the reader failed");
}

}  // namespace
}  // namespace synfin
