/// \file
/// The sandbox of the process that parses: seccomp limits its system calls, Landlock the files and
/// ports that it may reach.
///
/// Two filters hold. The first one is for the whole process, from the moment when privileges are
/// dropped and before anything is parsed: it ends the process on execve, ptrace and the like. Each
/// thread then enters its role, which permits what its work needs. Threads share memory, so the
/// roles hinder an attacker but only the first filter and Landlock bind the process.
/// Tested in tests/unit/sandbox/sandbox_test.cc and tests/live/sandbox.py.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

enum class SandboxMode : unsigned char {
  Auto,    ///< as much as the system supports; a system call outside the lists fails
  Strict,  ///< the run does not start without; a system call outside the lists ends it
  Off,
};

/// The mode of this name; `Auto` if it is none.
SandboxMode sandbox_mode_of(std::string_view name);

struct SandboxPlan {
  SandboxMode mode = SandboxMode::Auto;
  bool resolves_names = false;  ///< the run queries DNS, or the C library may while it starts
  bool connects = false;        ///< to any TCP port
  bool accepts = false;         ///< connections on a socket that already listens
  std::vector<std::uint16_t> connect_ports = {};  ///< without `connects`: to these TCP ports
  /// Root reads the sockets of other network namespaces, which Landlock would prevent.
  bool looks_into_namespaces = false;
  std::vector<std::string> readable;  ///< files and folders, in addition to those of the system and
                                      ///< of the run's terminal
  /// Databases and other files that may be replaced by others of the same name while the run lasts,
  /// so the run reads in their folders.
  std::vector<std::string> replaceable;
  std::vector<std::string> writable;  ///< outputs; files are created in their folders
  std::vector<std::string>
      databases;  ///< files of SQLite and the spool, in whose folders the run reads and writes
  std::vector<std::uint16_t> dns_ports = {53};
  /// Called before a refused system call ends the process, to restore the terminal. May be null;
  /// must be async-signal-safe.
  void (*before_end)() = nullptr;
};

/// Has the C library load what it needs to look up users, before memory can no longer be executed.
void load_user_look_up();

/// Sentences about the sandbox.
struct SandboxState {
  std::vector<std::string> details;  ///< what is in force, and what is not, for -v
  std::string missing;               ///< what the system does not support; empty if nothing
};

/// Raises the limit of open files, and confines the calling thread and all threads that it starts.
/// In strict mode it fails if a part is not available. REQUIRES: no other thread runs. Called once.
Result<SandboxState> enter_sandbox(SandboxPlan plan);

}  // namespace synfin
