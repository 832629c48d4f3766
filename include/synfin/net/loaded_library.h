/// \file
/// LoadedLibrary: a shared library that is loaded when it is needed, because few runs need it and
/// it brings many others. Tested in tests/unit/net/loaded_library_test.cc.
#pragma once

#include <dlfcn.h>

#include <string>

namespace synfin {

/// Stays loaded until the process ends.
class LoadedLibrary {
 public:
  /// `missing` is the sentence for a user whose system has no such file.
  LoadedLibrary(const char* file, const char* missing)
      : file_(file),
        library_(dlopen(file, RTLD_NOW | RTLD_LOCAL)),
        failure_(library_ != nullptr ? "" : missing) {}

  /// Sets `function` to the one of that name. Null, and a failure, if the library has none.
  template <typename Function>
  void find(Function*& function, const char* name) {
    function = library_ != nullptr ? reinterpret_cast<Function*>(dlsym(library_, name)) : nullptr;
    if (function == nullptr && failure_.empty())
      failure_ = std::string(file_) + " has no function " + name;
  }

  /// Why the library cannot be used; empty if it can.
  const std::string& failure() const { return failure_; }

 private:
  const char* file_;
  void* library_;
  std::string failure_;
};

}  // namespace synfin
