// See queue_file.h.
#include "notify/queue_file.h"

#include <sys/stat.h>

#include <algorithm>

namespace synfin {
namespace {

constexpr Duration kPruneInterval = std::chrono::minutes{10};
constexpr Duration kTimeToCreate = std::chrono::seconds{10};
constexpr int kMarks = 16;  ///< for the time after which a message is too old

}  // namespace

void MessageAges::note(Timestamp steady, std::int64_t last_number, Duration max_age) {
  if (marks_.empty() || saturating_sub(steady, marks_.back().first) >= max_age / kMarks)
    marks_.emplace_back(steady, last_number);
  while (!marks_.empty() && saturating_sub(steady, marks_.front().first) > max_age) {
    expired_ = marks_.front().second;
    marks_.pop_front();
  }
}

QueueFile::QueueFile(std::string path, const NotifySettings& settings, Clocks clocks, Report report)
    : path_(std::move(path)),
      settings_(settings),
      clocks_(std::move(clocks)),
      report_(std::move(report)),
      started_(clocks_.wall()) {}

void QueueFile::check(const Status& status) {
  if (status) return;
  queue_.reset();
  if (!std::exchange(failed_, true)) report_(status.error().message);
}

bool QueueFile::open(bool hurries) {
  if (!reopen(hurries)) return false;
  if (saturating_sub(clocks_.steady(), pruned_) >= kPruneInterval) prune();
  if (!queue_) return false;
  const auto last = queue_->last_number();
  if (last) ages_.note(clocks_.steady(), *last, settings_.max_age);
  if (!last) check(last.error());
  return queue_ != nullptr;
}

bool QueueFile::reopen(bool hurries) {
  struct stat about {};
  const bool exists = stat(path_.c_str(), &about) == 0;
  if (queue_ && exists && about.st_ino == inode_) return true;
  queue_.reset();
  if (!exists) return false;
  auto opened = MessageQueue::open(path_);
  if (!opened) {
    // The writer may still be creating the tables, unless the run is over.
    const Timestamp now = clocks_.steady();
    if (first_try_ == Timestamp{}) first_try_ = now;
    if (hurries || now > saturating_add(first_try_, kTimeToCreate)) check(opened.error());
    return false;
  }
  queue_ = std::move(*opened);
  if (std::exchange(inode_, about.st_ino) != about.st_ino) ages_ = {};
  failed_ = false;
  prune();
  return queue_ != nullptr;
}

void QueueFile::prune() {
  pruned_ = clocks_.steady();
  check(queue_->prune(settings_.channels));
}

Expiry QueueFile::expiry() const {
  const Timestamp oldest = saturating_add(clocks_.wall(), -settings_.max_age);
  return {.last_expired = ages_.last_expired(), .oldest = std::min(started_, oldest)};
}

}  // namespace synfin
