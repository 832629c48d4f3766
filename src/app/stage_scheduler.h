/// \file
/// StageScheduler: which stage of a pipeline a worker is to do next.
///
/// Four stages, joined by two rings: Read fills batches of segments, Track turns them into buffers
/// of events, Count adds up what is in those, and Write writes it and empties them. One worker at a
/// time is in a stage; it goes on with it while there is work and room, for what the stage touches
/// is in its cache then, else takes the first other that has both. Where none has, somebody else is
/// at work, and it waits.
///
/// Plain data, nothing waits here: the caller guards it. Tested in
/// tests/unit/app/stage_scheduler_test.cc.
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
  /// What the one whose turn it is works on.
  struct Task {
    Stage stage = Stage::Read;
    std::size_t batch = 0;   ///< Read: to fill; Track: to use
    std::size_t buffer = 0;  ///< Track: to fill; Count: to read; Write: to empty
    bool drains = false;     ///< Track: no batch is left, nor will one come
  };
  /// What a turn came to.
  struct Outcome {
    bool batch = false;   ///< Read: filled one; Track: is done with one
    bool buffer = false;  ///< Track: filled one; Count: has read one; Write: emptied one
    bool ended = false;   ///< Read, Track: nothing more will come
  };

  StageScheduler(std::size_t batches, std::size_t buffers) : batches_(batches), buffers_(buffers) {}

  /// What to do after `last`, whose stage is now taken; none where none can be done.
  std::optional<Task> take(Stage last);
  void give_back(Stage stage, Outcome outcome);

  /// True when all is written.
  bool done() const { return ended(Stage::Track) && written_ == filled_; }
  /// True when so much lies before a stage in which nobody is that a sleeper should be woken for
  /// it: a quarter of a ring, or all there is at the end.
  bool worth_waking() const;

 private:
  bool ready(Stage stage) const;
  /// How many buffers a stage has handed on, ever, which is the number of its next. Read: Write's.
  std::uint64_t& buffers_of(Stage stage);
  bool batch_waits() const { return tracked_ < read_; }
  bool busy(Stage stage) const { return busy_[static_cast<std::size_t>(stage)]; }
  bool ended(Stage stage) const { return ended_[static_cast<std::size_t>(stage)]; }

  std::size_t batches_;
  std::size_t buffers_;
  std::uint64_t read_ = 0;     ///< batches ever
  std::uint64_t tracked_ = 0;  ///< batches ever
  std::uint64_t filled_ = 0;   ///< buffers ever
  std::uint64_t counted_ = 0;  ///< buffers ever
  std::uint64_t written_ = 0;  ///< buffers ever
  std::array<bool, kStages> busy_{};
  std::array<bool, kStages> ended_{};
};

}  // namespace synfin
