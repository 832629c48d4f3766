// See stage_scheduler.h.
#include "synfin/base/stage_scheduler.h"

namespace synfin {

bool StageScheduler::ready(Stage stage) const {
  if (busy(stage) || ended(stage)) return false;
  switch (stage) {
    case Stage::Read:
      return read_ - tracked_ < batches_;
    case Stage::Track:
      return filled_ - written_ < buffers_ && (batch_waits() || ended(Stage::Read));
    case Stage::Count:
      return counted_ < filled_;
    case Stage::Write:
      return written_ < counted_;
  }
  return false;
}

std::uint64_t& StageScheduler::buffers_of(Stage stage) {
  return stage == Stage::Track ? filled_ : stage == Stage::Count ? counted_ : written_;
}

std::optional<StageScheduler::Task> StageScheduler::take(Stage last) {
  for (const Stage stage : {last, Stage::Track, Stage::Write, Stage::Count, Stage::Read}) {
    if (!ready(stage)) continue;
    busy_[static_cast<std::size_t>(stage)] = true;
    return Task{stage, (stage == Stage::Read ? read_ : tracked_) % batches_,
                buffers_of(stage) % buffers_, !batch_waits()};
  }
  return std::nullopt;
}

void StageScheduler::give_back(Stage stage, TaskResult outcome) {
  busy_[static_cast<std::size_t>(stage)] = false;
  ended_[static_cast<std::size_t>(stage)] = outcome.ended;
  (stage == Stage::Read ? read_ : tracked_) += outcome.batch;
  buffers_of(stage) += outcome.buffer;
}

bool StageScheduler::worth_waking() const {
  if (done()) return true;
  const bool reading_ended = ended(Stage::Read);
  const bool track = ready(Stage::Track) && (reading_ended || 4 * (read_ - tracked_) >= batches_);
  const bool count = ready(Stage::Count) && (reading_ended || 4 * (filled_ - counted_) >= buffers_);
  const bool write =
      ready(Stage::Write) && (reading_ended || 4 * (counted_ - written_) >= buffers_);
  return track || count || write || (ready(Stage::Read) && 2 * (read_ - tracked_) <= batches_);
}

}  // namespace synfin
