// The thread that writes state files: an exception in it ends no wait too late.
#include "inventory/state_writer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>

#include "synfin/base/exception_text.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

/// Lacks memory as soon as a transaction begins.
class Throwing final : public ChangeListener {
 public:
  void on_begin() override { throw std::bad_alloc(); }
  Status on_start(Database&, const StartNotice&) override { return Ok{}; }
  Status on_changes(Database&, std::span<const Change>) override { return Ok{}; }
  Status on_digest(Database&, const Digest&) override { return Ok{}; }
  Status on_gap(Database&, const GapNotice&) override { return Ok{}; }
};

StateBatch batch() {
  StateBatch some;
  some.begun = Timestamp{};
  return some;
}

class StateWriterTest : public testing::Test {
 protected:
  StateWriterTest() {
    set_thread_exception_handler([this](const auto& exception) { thrown_.store(exception); });
  }
  ~StateWriterTest() override { set_thread_exception_handler({}); }

  static Database in_memory() {
    auto database = Database::open(":memory:", DatabaseAccess::Write);
    EXPECT_TRUE(database);
    return std::move(*database);
  }

  FirstException thrown_;
};

TEST_F(StateWriterTest, StoresABatch) {
  StateWriter writer(in_memory(), nullptr);
  StateBatch some = batch();
  EXPECT_TRUE(writer.submit(some));
  EXPECT_TRUE(writer.finish());
  EXPECT_TRUE(writer.idle());
}

TEST_F(StateWriterTest, AFileThatSomebodyRemovesIsLost) {
  std::string folder = testing::TempDir() + "synfin-state-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  auto database = Database::open(folder + "/state", DatabaseAccess::Write);
  ASSERT_TRUE(database) << database.error().message;
  StateWriter writer(std::move(*database), nullptr);
  EXPECT_TRUE(writer.finish());
  std::filesystem::remove_all(folder);
  const Status finished = writer.finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().message,
            "state file " + folder + "/state: it was removed while synfin wrote to it");
}

TEST_F(StateWriterTest, AnExceptionEndsTheRunAndNobodyWaits) {
  {
    StateWriter writer(in_memory(), std::make_shared<Throwing>());
    StateBatch some = batch();
    EXPECT_TRUE(writer.submit(some));
    const Status finished = writer.finish();
    ASSERT_FALSE(finished);
    EXPECT_NE(finished.error().message.find(":memory:"), std::string::npos);
    StateBatch more = batch();
    EXPECT_FALSE(writer.submit(more));
  }
  EXPECT_THROW(thrown_.rethrow(), std::bad_alloc);
}

}  // namespace
}  // namespace synfin
