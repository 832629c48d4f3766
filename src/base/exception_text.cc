// See exception_text.h.
#include "synfin/base/exception_text.h"

#include <new>
#include <system_error>

namespace synfin {

std::string exception_text(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return "not enough memory for --max-connections or --max-hosts";
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::resource_unavailable_try_again) return e.what();
    return "cannot start a thread, because the limit of processes and threads is reached (ulimit "
           "-u)";
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of unknown type";
  }
}

}  // namespace synfin
