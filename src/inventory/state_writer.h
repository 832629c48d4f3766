/// \file
/// StateWriter: stores batches in the state file on a thread of its own.
///
/// It holds one batch at a time. A batch that cannot be stored, for example because the disk is
/// full, is tried again each second, so that nothing is lost if space returns. A file that is found
/// to be damaged is renamed and replaced. Tested in tests/unit/inventory/state_store_test.cc.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "inventory/state_store.h"
#include "synfin/base/result.h"

namespace synfin {

class StateWriter {
 public:
  StateWriter(Database database, std::shared_ptr<ChangeListener> listener);
  /// Stores the batch that it holds, if that succeeds at once, and ends the thread.
  ~StateWriter();

  /// True if submit() would not wait.
  bool idle() const;
  /// Takes the batch. Waits while the previous one is being stored, but not while it fails: then
  /// returns false and leaves the batch.
  bool submit(StateBatch& batch);
  /// Waits until everything is stored, or returns the failure.
  Status finish();

  /// A sentence about the first failure, once; empty otherwise.
  std::optional<Error> take_failure();
  /// True once after the file was replaced: everything must be stored again.
  bool take_replaced();

 private:
  void run();
  void work();
  bool is_stuck() const { return ended_ || !failure_.empty(); }
  Status store(const StateBatch& batch);
  void replace();

  std::optional<Database> database_;  ///< empty if the file could not be replaced
  std::string path_;
  std::shared_ptr<ChangeListener> listener_;  ///< may be null
  mutable std::mutex mutex_;                  ///< guards the members below
  std::condition_variable changed_;
  std::optional<StateBatch> batch_;
  std::string failure_;  ///< of the batch that it holds; empty: none
  std::optional<Error> unreported_;
  bool replaced_ = false;
  bool ending_ = false;
  bool ended_ = false;  ///< an exception has ended the thread
  std::thread thread_;
};

}  // namespace synfin
