/// \file
/// StageScheduler: selects the stage of a pipeline that a worker executes next.
///
/// Four stages, joined by two rings: Read fills batches of segments, Track turns them into buffers
/// of events, Count adds up the events of each buffer, and Write delivers them and empties it. One
/// worker at a time executes a stage. A worker stays in its stage while there is input and space
/// for output, because the data of the stage is then in its cache. Otherwise it takes the first
/// other stage that has both. If no stage has both, another worker is busy, and this one waits.
///
/// Plain data that never waits: the caller guards it. Tested in
/// tests/unit/base/stage_scheduler_test.cc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace synfin {

enum class Stage : unsigned char { Read, Track, Count, Write };
inline constexpr std::size_t kStages = 4;

class StageScheduler {
 public:
  /// The work that take() assigns to a worker.
  struct Task {
    Stage stage = Stage::Read;
    std::size_t batch = 0;   ///< Read: to fill; Track: to use
    std::size_t buffer = 0;  ///< Track: to fill; Count: to read; Write: to empty
    bool drains = false;     ///< Track: no batch is left or expected
  };
  /// The result of a task.
  struct TaskResult {
    bool batch = false;   ///< Read: filled one; Track: used one up
    bool buffer = false;  ///< Track: filled one; Count: counted one; Write: emptied one
    bool ended = false;   ///< Read, Track: no more output follows
  };

  StageScheduler(std::size_t batches, std::size_t buffers) : batches_(batches), buffers_(buffers) {}

  /// Assigns the next task to a worker whose last stage was `last`. Returns nothing if no stage is
  /// ready.
  std::optional<Task> take(Stage last);
  void give_back(Stage stage, TaskResult outcome);

  /// A worker has failed: done() is true from now on.
  void stop() { stopped_ = true; }
  /// True when all is written.
  bool done() const { return stopped_ || (ended(Stage::Track) && written_ == filled_); }
  /// True if a sleeping worker should be woken: a stage that no worker executes has a quarter of a
  /// ring as input, or any input once reading has ended.
  bool worth_waking() const;

 private:
  bool ready(Stage stage) const;
  /// The number of buffers that a stage has passed on so far, which is also the number of its next
  /// one. For Read: that of Write.
  std::uint64_t& buffers_of(Stage stage);
  bool batch_waits() const { return tracked_ < read_; }
  bool busy(Stage stage) const { return busy_[static_cast<std::size_t>(stage)]; }
  bool ended(Stage stage) const { return ended_[static_cast<std::size_t>(stage)]; }

  std::size_t batches_;        ///< length of the ring between Read and Track
  std::size_t buffers_;        ///< length of the ring between Track and Write
  std::uint64_t read_ = 0;     ///< batches so far
  std::uint64_t tracked_ = 0;  ///< batches so far
  std::uint64_t filled_ = 0;   ///< buffers so far
  std::uint64_t counted_ = 0;  ///< buffers so far
  std::uint64_t written_ = 0;  ///< buffers so far
  std::array<bool, kStages> busy_{};
  std::array<bool, kStages> ended_{};
  bool stopped_ = false;
};

}  // namespace synfin
