// See state_writer.h.
#include "inventory/state_writer.h"

#include <fmt/format.h>

#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

constexpr auto kRetry = std::chrono::seconds{1};

}  // namespace

StateWriter::StateWriter(Database database, std::shared_ptr<ChangeListener> listener)
    : database_(std::move(database)),
      path_(database_->path()),
      listener_(std::move(listener)),
      thread_(start_thread(ThreadRole::Output, [this] { run(); })) {}

StateWriter::~StateWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool StateWriter::idle() const {
  const std::lock_guard lock(mutex_);
  return !batch_;
}

bool StateWriter::submit(StateBatch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !batch_ || is_stuck(); });
  if (batch_) return false;
  batch_.emplace(std::move(batch));
  changed_.notify_all();
  return true;
}

Status StateWriter::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !batch_ || is_stuck(); });
  if (!failure_.empty()) return Error{failure_};
  if (batch_) return Error{fmt::format("state file {}: the last changes are not in it", path_)};
  if (database_ && database_->is_removed())
    return Error{fmt::format("state file {}: it was removed while synfin wrote to it", path_)};
  return Ok{};
}

std::optional<Error> StateWriter::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unreported_, std::nullopt);
}

bool StateWriter::take_replaced() {
  const std::lock_guard lock(mutex_);
  return std::exchange(replaced_, false);
}

/// The exception ends the run (see start_thread()), which must not wait for this thread then.
void StateWriter::run() {
  try {
    work();
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    throw;
  }
}

void StateWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return batch_ || ending_; });
    if (!batch_) return;
    lock.unlock();
    // Only this thread changes a batch that it holds.
    const Status stored = store(*batch_);
    lock.lock();
    if (stored) {
      batch_.reset();
      failure_.clear();
      changed_.notify_all();
      continue;
    }
    if (failure_.empty()) unreported_ = stored.error();
    failure_ = stored.error().message;
    changed_.notify_all();
    if (ending_) return;
    changed_.wait_for(lock, kRetry, [this] { return ending_; });
  }
}

Status StateWriter::store(const StateBatch& batch) {
  if (!database_) {
    auto opened = Database::open(path_, DatabaseAccess::Write);
    if (!opened) return opened.error();
    database_.emplace(std::move(*opened));
  }
  Status stored = write_batch(*database_, batch, listener_.get());
  if (!stored && database_->lacked_memory()) database_.reset();  // the next attempt opens it again
  if (stored || !database_ || !database_->damaged()) return stored;
  log(LogLevel::Warning, stored.error().message);
  replace();
  return database_ ? write_batch(*database_, batch, listener_.get()) : stored;
}

void StateWriter::replace() {
  database_.reset();
  std::string notice;
  auto opened = Database::replace(path_, notice);
  if (!notice.empty()) log(LogLevel::Warning, notice);
  if (!opened) return;
  database_.emplace(std::move(*opened));
  const std::lock_guard lock(mutex_);
  replaced_ = true;
}

}  // namespace synfin
