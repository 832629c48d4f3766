// The spool: batches come back as they were written, its bound holds, one run writes to it, and
// files that are damaged or not its own are not sent.
#include "store/spool.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

namespace synfin::test {
namespace {

using testing::HasSubstr;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() { std::filesystem::create_directories(folder_); }
  ~SpoolTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<SpoolWriter> open(std::uint64_t max_bytes = 1 << 20) {
    auto writer = SpoolWriter::open(folder_, max_bytes);
    return writer ? std::move(*writer) : nullptr;
  }
  static SpoolHeader header(SpoolWriter& writer) {
    return {.table = StoreTable::Connections,
            .day = 20'000,
            .stream = 0,
            .batch = writer.begin_batch(),
            .rows = 7,
            .ts = -5,
            .resp_p = 443,
            .resp_h = *Address::parse("2001:db8::1")};
  }
  std::optional<SpoolHeader> read(const SpoolFile& file, RowBuffer& blocks) {
    auto reader = SpoolFileReader::open(folder_, file);
    const Status read = reader ? reader->append_blocks(blocks) : reader.error();
    complaint_ = read ? "" : read.error().message;
    return read ? std::optional(reader->header()) : std::nullopt;
  }

  std::string complaint_;  ///< of the last read()
  std::string folder_ =
      std::filesystem::temp_directory_path() / ("synfin-spool-" + std::to_string(getpid()));
};

TEST_F(SpoolTest, ABatchComesBackAsItWasWritten) {
  auto writer = open();
  ASSERT_NE(writer, nullptr);
  const std::string blocks("a\n\0b", 4);
  ASSERT_TRUE(*writer->write(header(*writer), blocks));
  const auto files = *list_spool(folder_);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "00000000000000000001.connections");
  EXPECT_EQ(files[0].bytes, writer->bytes());
  RowBuffer content;
  content.append("before");
  const auto batch = read(files[0], content);
  ASSERT_TRUE(batch) << complaint_;
  EXPECT_EQ(content.view(), "before" + blocks);
  EXPECT_EQ(batch->stream, writer->stream());
  EXPECT_EQ(batch->batch, 1u);
  EXPECT_EQ(batch->rows, 7u);
  EXPECT_EQ(batch->day, 20'000);
  EXPECT_EQ(batch->ts, -5);
  EXPECT_EQ(batch->resp_p, 443);
  EXPECT_EQ(batch->resp_h, *Address::parse("2001:db8::1"));
}

TEST_F(SpoolTest, BatchesAreListedInTheirOrderAndOthersAreNot) {
  auto writer = open();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(*writer->write(header(*writer), "x"));
  for (const char* name :
       {"new.00000000000000000099.connections", "inflight", "1.connections",
        "00000000000000000099.others", "00000000000000000098.connections.damaged"})
    std::ofstream(folder_ + "/" + name) << "x";
  const auto files = *list_spool(folder_);
  ASSERT_EQ(files.size(), 12u);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(files[i].batch, i + 1);
}

TEST_F(SpoolTest, AFullSpoolRefusesUntilFilesAreDeleted) {
  auto writer = open(1000);
  const std::string blocks(400, 'x');
  EXPECT_TRUE(*writer->write(header(*writer), blocks));
  EXPECT_TRUE(*writer->write(header(*writer), blocks));
  EXPECT_FALSE(*writer->write(header(*writer), blocks));
  std::filesystem::remove(folder_ + "/" + list_spool(folder_)->at(0).name);
  EXPECT_TRUE(*writer->write(header(*writer), blocks));
}

TEST_F(SpoolTest, ManyFilesAreMeasuredRarely) {
  constexpr std::size_t kFiles = 2000;
  for (std::size_t i = 1; i <= kFiles; ++i)
    std::ofstream(folder_ + fmt::format("/{:020}.connections", i)) << "x";
  const auto before = std::chrono::steady_clock::now();
  auto writer = open();
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->bytes(), kFiles);
  const auto files = *list_spool(folder_);
  for (const SpoolFile& file : files) std::filesystem::remove(folder_ + "/" + file.name);
  writer->measure_if_due(before);
  EXPECT_EQ(writer->bytes(), kFiles) << "its files were read again at once";
  writer->measure_if_due(std::chrono::steady_clock::now() + SpoolWriter::kMaxRest);
  EXPECT_EQ(writer->bytes(), 0u);
  std::ofstream(folder_ + "/00000000000000000007.connections") << "xyz";
  writer->measure_if_due(before);
  EXPECT_EQ(writer->bytes(), 3u) << "few files are always measured";
}

TEST_F(SpoolTest, OneRunWritesAndTheNextContinuesItsNumbers) {
  auto writer = open();
  ASSERT_TRUE(*writer->write(header(*writer), "x"));
  const auto second = SpoolWriter::open(folder_, 1000);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another run"));
  const std::uint32_t stream = writer->stream();
  writer = nullptr;
  writer = open();
  ASSERT_NE(writer, nullptr);
  EXPECT_EQ(writer->begin_batch(), 2u);
  EXPECT_NE(writer->stream(), stream);
}

TEST_F(SpoolTest, DamageIsFound) {
  auto writer = open();
  ASSERT_TRUE(*writer->write(header(*writer), "some bytes"));
  const SpoolFile file = list_spool(folder_)->at(0);
  const std::string path = folder_ + "/" + file.name;
  std::string text;
  std::getline(std::ifstream(path), text, '\0');
  for (std::size_t at : {std::size_t{0}, text.find("443"), text.size() - 1}) {
    std::string damaged = text;
    damaged[at] = '!';
    std::ofstream(path) << damaged;
    RowBuffer content;
    content.append("before");
    EXPECT_FALSE(read(file, content)) << at;
    EXPECT_EQ(content.view(), "before") << at;
  }
  std::ofstream(path) << text.substr(0, text.size() - 1);
  RowBuffer content;
  EXPECT_FALSE(read(file, content));
  EXPECT_THAT(complaint_, HasSubstr("is damaged"));
}

TEST_F(SpoolTest, ANoteIsReplacedAsAWhole) {
  EXPECT_EQ(read_note(folder_, "inflight"), std::nullopt);
  ASSERT_TRUE(write_note(folder_, "inflight", std::string(kMaxNote - 1, 'x')));
  ASSERT_TRUE(write_note(folder_, "inflight", "12 34"));
  const auto note = read_note(folder_, "inflight");
  ASSERT_TRUE(note);
  EXPECT_TRUE(note->starts_with("12 34 ")) << *note;
  EXPECT_EQ(note->find('x'), note->npos);
  EXPECT_FALSE(write_note(folder_, "inflight", std::string(kMaxNote, 'x')));
}

TEST_F(SpoolTest, AFolderThatCannotBeReadIsReported) {
  const auto files = list_spool(folder_ + "/none");
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message, HasSubstr("cannot read the spool"));
}

TEST_F(SpoolTest, TheFolderOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(chown(folder_.c_str(), 65'534, 65'534), 0);
  const Status made = make_spool_folder(folder_, 0, 0);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("belongs to another user"));
  EXPECT_TRUE(make_spool_folder(folder_, 65'534, 65'534));
}

TEST_F(SpoolTest, AFolderThatCannotBeMadeIsReported) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_TRUE(make_spool_folder(folder_ + "/a/b", getuid(), getgid()));
  EXPECT_TRUE(std::filesystem::is_directory(folder_ + "/a/b"));
  const Status made = make_spool_folder(folder_ + "/file/b", getuid(), getgid());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("--spool names another one"));
}

}  // namespace
}  // namespace synfin::test
