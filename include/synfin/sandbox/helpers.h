/// \file
/// The helper processes of a run. They are forked before anything is parsed and keep the rights
/// that the run needs later, so that the process that parses packets keeps none.
///
///     parser (no capability) ── socket pair ── helper for files: opens, creates, renames
///                            └─ socket pair ── helper for processes: who owns a socket
///
/// A helper does only what the run was configured for, answers one question after another, and ends
/// with the run. If a helper ends early, the run continues with the rights of its own user, and one
/// sentence reports it. Tested in tests/unit/sandbox/ and tests/live/sandbox.py.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "synfin/base/result.h"
#include "synfin/sandbox/output_name.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {

struct FileHelperRules {
  struct Owner {
    uid_t uid = 0;
    gid_t gid = 0;
  };
  std::vector<std::string> inputs;  ///< files, and folders with their entries
  /// Further inputs. Other files may take their names while the run lasts.
  std::vector<std::string> replaceable;
  std::vector<OutputName> outputs;
  std::vector<std::string> removable;      ///< outputs that it removes if an earlier run left them
  std::vector<std::string> output_places;  ///< paths below whose folders all outputs are
  std::optional<Owner> owner;              ///< of new output files
  bool packet_sockets = false;             ///< to reopen an interface

  /// True if there is something that the helper may do.
  bool any() const {
    return packet_sockets || !(inputs.empty() && replaceable.empty() && outputs.empty());
  }
};

struct HelperPlan {
  std::optional<FileHelperRules> files;  ///< unset: no helper for files
  bool processes = false;                ///< a helper for processes
  std::optional<TargetUser> user;        ///< whom the helper for processes becomes
};

/// Ends its helper processes in its destructor.
class Helpers {
 public:
  /// Forks the helpers of the plan and makes them those of file_helper.h and socket_holders.h.
  /// REQUIRES: no other thread runs, and no other Helpers exist. Fails if a process cannot be
  /// started.
  static Result<std::unique_ptr<Helpers>> start(HelperPlan plan);
  ~Helpers();
  Helpers(const Helpers&) = delete;
  Helpers& operator=(const Helpers&) = delete;

  /// The process numbers of the helpers that were started.
  std::vector<pid_t> processes() const;

 private:
  struct Impl;
  explicit Helpers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
