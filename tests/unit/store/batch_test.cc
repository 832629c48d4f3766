// Batches: the rows of each day are collected in one batch, however the days alternate, and the
// collected batches and their bytes are bounded.
#include "store/batch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "support/event_samples.h"

namespace synfin::test {
namespace {

class BatchTest : public testing::Test {
 protected:
  BatchTest() {
    std::filesystem::create_directories(folder_);
    auto spool = SpoolWriter::open(folder_, std::uint64_t{1} << 30);
    if (spool) batches_ = std::make_unique<BatchWriter>(std::move(*spool), "here", false);
  }
  ~BatchTest() override {
    batches_.reset();
    std::filesystem::remove_all(folder_);
  }
  void SetUp() override { ASSERT_NE(batches_, nullptr); }

  void add(int day, const std::string& cmdline = {}) {
    ConnectionRecord record = event_of(EventKind::Record).connection;
    record.first = Timestamp{} + std::chrono::hours{24 * day};
    Annotations about;
    about.orig.cmdline = cmdline;
    batches_->add(record, about);
  }
  /// The rows of each batch in the spool, in the order of their numbers.
  std::vector<std::uint32_t> written() {
    batches_->spool().drain();
    std::vector<std::uint32_t> rows;
    const auto files = list_spool(folder_);
    if (!files) return rows;
    for (const SpoolFile& file : *files) {
      const auto batch = SpoolFileReader::open(folder_, file);
      rows.push_back(batch ? batch->header().rows : 0);
    }
    return rows;
  }

  std::string folder_ =
      std::filesystem::temp_directory_path() / ("synfin-batch-" + std::to_string(getpid()));
  std::unique_ptr<BatchWriter> batches_;
};

TEST_F(BatchTest, DaysThatAlternateMakeOneBatchEach) {
  constexpr int kDays = 200;
  for (int round = 0; round < 5; ++round)
    for (int day = 1; day <= kDays; ++day) add(day);
  EXPECT_EQ(written(), std::vector<std::uint32_t>{});
  batches_->flush();
  EXPECT_EQ(written(), std::vector<std::uint32_t>(kDays, 5));
}

TEST_F(BatchTest, ADayBeyondTheBoundEndsTheLargestBatchOnly) {
  for (int i = 0; i < 3; ++i) add(100);
  for (int day = 101; day < 100 + static_cast<int>(BatchWriter::kMaxBatches); ++day) add(day);
  EXPECT_EQ(written(), std::vector<std::uint32_t>{});
  add(50);
  EXPECT_EQ(written(), std::vector<std::uint32_t>{3});
  add(100);  // the batch before it has ended, and this day begins another one
  EXPECT_EQ(written().size(), 2u);
  batches_->flush();
  EXPECT_EQ(written().size(), BatchWriter::kMaxBatches + 2);
}

TEST_F(BatchTest, TheBytesOfAllBatchesAreBounded) {
  const std::string mebibyte(std::size_t{1} << 20, 'x');
  add(1, mebibyte + mebibyte);
  for (int day = 2; day < 63; ++day) add(day, mebibyte);
  EXPECT_EQ(written().size(), 0u);
  for (int day = 63; day < 65; ++day) add(day, mebibyte);
  EXPECT_EQ(written(), std::vector<std::uint32_t>{1});
  EXPECT_EQ(list_spool(folder_)->front().batch, 1u);
}

}  // namespace
}  // namespace synfin::test
