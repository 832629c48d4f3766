// RequestQueue: bounds, order, waiting and the end.
#include "enrich/request_queue.h"

#include <gtest/gtest.h>

#include <new>
#include <thread>

namespace synfin {
namespace {

using Queue = RequestQueue<int, int>;
using Clock = std::chrono::steady_clock;

TEST(RequestQueue, AcceptsAtMostItsBound) {
  Queue queue(3);
  const int questions[] = {1, 2};
  EXPECT_EQ(queue.ask(questions), 2u);
  EXPECT_EQ(queue.ask(questions), 1u);
  EXPECT_EQ(queue.ask(questions), 0u);
  EXPECT_EQ(queue.collect(), (std::vector<int>{1, 2, 1}));
  EXPECT_EQ(queue.ask(questions), 2u) << "collected questions free their space";
}

TEST(RequestQueue, TakesEachAnswerOnce) {
  Queue queue;
  std::vector<int> answers{7, 8}, taken;
  queue.answer(answers);
  EXPECT_TRUE(answers.empty());
  queue.wait(Clock::now() + std::chrono::seconds{60});
  queue.take(taken);
  queue.take(taken);
  EXPECT_EQ(taken, (std::vector<int>{7, 8}));
}

TEST(RequestQueue, WaitEndsAtItsDeadline) {
  Queue queue;
  const auto deadline = Clock::now() + std::chrono::milliseconds{5};
  queue.wait(deadline);
  EXPECT_GE(Clock::now(), deadline);
}

TEST(RequestQueue, AWorkerAnswersUntilItIsStopped) {
  Queue queue;
  std::thread worker([&] {
    for (std::vector<int> asked; !(asked = queue.wait_for_questions()).empty();) {
      for (int& n : asked) n *= 10;
      queue.answer(asked);
    }
  });
  const int question = 4;
  queue.ask({&question, 1});
  std::vector<int> taken;
  queue.wait(Clock::now() + std::chrono::seconds{60});
  queue.take(taken);
  queue.stop();
  worker.join();
  EXPECT_EQ(taken, std::vector<int>{40});
  EXPECT_TRUE(queue.stopped());
}

TEST(RequestQueue, NobodyWaitsForAWorkerThatFailed) {
  Queue queue;
  EXPECT_THROW(queue.serve([] { throw std::bad_alloc(); }), std::bad_alloc);
  const auto begin = Clock::now();
  EXPECT_FALSE(queue.wait(begin + std::chrono::seconds{60}));
  EXPECT_LT(Clock::now(), begin + std::chrono::seconds{30});
  std::vector<int> last{5};
  queue.answer(last);
  EXPECT_TRUE(queue.wait(begin)) << "what was answered before can still be taken";
}

}  // namespace
}  // namespace synfin
