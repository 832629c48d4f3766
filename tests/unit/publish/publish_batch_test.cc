// Records between the processes of --publish.
#include "publish/publish_batch.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

const std::string kKey(PublishBatch::kKey, 'k');

TEST(PublishBatch, IsReadAsItWasWritten) {
  PublishBatch batch;
  EXPECT_TRUE(batch.empty());
  ASSERT_TRUE(batch.add(kKey, "{\"a\":1}"));
  ASSERT_TRUE(batch.add(std::string(PublishBatch::kKey, 'q'), ""));
  EXPECT_EQ(batch.records(), 2u);
  RecordReader reader(batch.bytes());
  const auto first = reader.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->key, kKey);
  EXPECT_EQ(first->json, "{\"a\":1}");
  const auto second = reader.next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->json, "");
  EXPECT_FALSE(reader.next());
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.bytes().empty());
}

TEST(PublishBatch, NeverExceedsAMessage) {
  PublishBatch batch;
  EXPECT_FALSE(batch.add(kKey, std::string(PublishBatch::kMaxBytes, 'x')));
  EXPECT_TRUE(batch.empty());
  while (!batch.is_full()) ASSERT_TRUE(batch.add(kKey, std::string(50'000, 'x')));
  EXPECT_LE(batch.bytes().size(), PublishBatch::kMaxBytes);
}

TEST(RecordReader, StopsAtDamage) {
  PublishBatch batch;
  ASSERT_TRUE(batch.add(kKey, "json"));
  for (std::size_t size = 0; size < batch.bytes().size(); ++size)
    EXPECT_FALSE(RecordReader(std::string_view(batch.bytes()).substr(0, size)).next()) << size;
  EXPECT_FALSE(RecordReader("x" + batch.bytes().substr(1)).next());
}

}  // namespace
}  // namespace synfin
