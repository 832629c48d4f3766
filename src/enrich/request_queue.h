/// \file
/// RequestQueue: questions to a worker thread and its answers back, under one mutex.
///
/// caller: ask() → … → wait(), take(); worker: collect() or wait_for_questions() → answer().
/// Tested in tests/unit/enrich/request_queue_test.cc.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <limits>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace synfin {

/// Any thread may call any function. Answers arrive in the order of the worker, not of the
/// questions.
template <typename Question, typename Answer>
class RequestQueue {
 public:
  explicit RequestQueue(std::size_t max_questions = std::numeric_limits<std::size_t>::max())
      : max_questions_(max_questions) {}

  /// Queues questions while there is space and returns how many were accepted, the first ones.
  std::size_t ask(std::span<const Question> questions) {
    std::size_t accepted = 0;
    {
      const std::lock_guard lock(mutex_);
      accepted = std::min(questions.size(), max_questions_ - questions_.size());
      questions_.insert(questions_.end(), questions.begin(),
                        questions.begin() + static_cast<std::ptrdiff_t>(accepted));
    }
    changed_.notify_all();
    return accepted;
  }

  /// Moves the answers that have arrived to the end of `answers`.
  void take(std::vector<Answer>& answers) {
    const std::lock_guard lock(mutex_);
    std::move(answers_.begin(), answers_.end(), std::back_inserter(answers));
    answers_.clear();
  }

  /// Waits until take() would return an answer, but not after `deadline`. Returns false if there is
  /// none and none will come, because the worker has ended.
  bool wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return stopped_ || !answers_.empty(); });
    return !stopped_ || !answers_.empty();
  }

  /// Runs the worker's loop. An exception of it stops the queue.
  template <typename Work>
  void serve(const Work& work) {
    try {
      work();
    } catch (...) {
      stop();
      throw;
    }
  }

  /// Returns all queued questions without waiting.
  std::vector<Question> collect() {
    const std::lock_guard lock(mutex_);
    return std::exchange(questions_, {});
  }

  /// Waits for questions and returns all of them. Returns none after stop().
  std::vector<Question> wait_for_questions() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !questions_.empty(); });
    if (stopped_) return {};
    return std::exchange(questions_, {});
  }

  /// Publishes `answers` and clears the vector.
  void answer(std::vector<Answer>& answers) {
    if (answers.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
    }
    answers.clear();
    changed_.notify_all();
  }

  /// Makes wait_for_questions() and wait() return at once, for good.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

 private:
  const std::size_t max_questions_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Question> questions_;
  std::vector<Answer> answers_;
  bool stopped_ = false;
};

}  // namespace synfin
