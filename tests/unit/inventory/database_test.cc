#include "synfin/inventory/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "inventory/schema.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "synfin-database-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/net.db";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::int64_t number(Database& database, const std::string& sql) {
    auto statement = database.prepare(sql);
    EXPECT_TRUE(statement) << statement.error().message;
    const auto row = statement->step();
    EXPECT_TRUE(row && *row);
    return statement->integer(0);
  }

  std::string folder_;
  std::string path_;
};

TEST_F(DatabaseTest, CreatesAPrivateFileWithTheNewestSchema) {
  auto database = Database::open(path_, DatabaseAccess::Write);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ(number(*database, "PRAGMA user_version"),
            static_cast<std::int64_t>(schema_migrations().size()));
  struct stat about {};
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(DatabaseTest, KeepsValuesOfEachKind) {
  auto database = Database::open(path_, DatabaseAccess::Write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("CREATE TABLE t (a, b, c, d, e)"));
  auto insert = database->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?)");
  ASSERT_TRUE(insert);
  const std::string bytes("\0\xff", 2);
  ASSERT_TRUE(insert->bind(1, std::int64_t{-7})
                  .bind(2, 1.5)
                  .bind(3, "text")
                  .bind_blob(4, bytes)
                  .bind_null(5)
                  .run());
  auto select = database->prepare("SELECT * FROM t");
  ASSERT_TRUE(select);
  const auto row = select->step();
  ASSERT_TRUE(row && *row);
  EXPECT_EQ(select->integer(0), -7);
  EXPECT_EQ(select->real(1), 1.5);
  EXPECT_EQ(select->text(2), "text");
  EXPECT_EQ(select->text(3), bytes);
  EXPECT_TRUE(select->is_null(4));
  const auto end = select->step();
  EXPECT_TRUE(end && !*end);
}

/// As if memory was lacking. Without the error, the row would have a null in its place.
TEST_F(DatabaseTest, AValueThatIsNotBoundIsAnError) {
  auto database = Database::open(path_, DatabaseAccess::Write);
  ASSERT_TRUE(database && database->execute("CREATE TABLE t (a)"));
  auto insert = database->prepare("INSERT INTO t VALUES (?)");
  ASSERT_TRUE(insert);
  EXPECT_FALSE(insert->bind(1, "text").bind(2, "for no parameter").run());
  EXPECT_FALSE(insert->bind(2, std::int64_t{1}).run());
  EXPECT_FALSE(insert->bind_blob(2, "bytes").run());
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(insert->bind(1, "text").run());
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t WHERE a = 'text'"), 1);
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
  auto database = Database::open(path_, DatabaseAccess::Write);
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute("CREATE TABLE t (a)"));
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 0);
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(number(*database, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, OneProcessWritesAndOthersRead) {
  auto writer = Database::open(path_, DatabaseAccess::Write);
  ASSERT_TRUE(writer);
  const auto second = Database::open(path_, DatabaseAccess::Write);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another synfin writes to it"));

  ASSERT_TRUE(writer->execute("CREATE TABLE t (a)"));
  auto transaction = Transaction::begin(*writer);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES (1)"));
  auto reader = Database::open(path_, DatabaseAccess::Read);
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 0);
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 1);
  EXPECT_FALSE(reader->execute("INSERT INTO t VALUES (2)"));

  auto joined = Database::open(path_, DatabaseAccess::Join);
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_TRUE(joined->execute("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(number(*writer, "SELECT count(*) FROM t"), 2);
}

TEST_F(DatabaseTest, AReaderNeedsAFileThatExists) {
  const auto reader = Database::open(path_, DatabaseAccess::Read);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, HasSubstr("No such file"));
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(DatabaseTest, RefusesTheFileOfALaterVersion) {
  {
    auto database = Database::open(path_, DatabaseAccess::Write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA user_version = 9999"));
  }
  std::string notice;
  const auto again = Database::open_or_replace(path_, notice);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("a later version of synfin wrote it (schema 9999"));
  EXPECT_TRUE(notice.empty());
  EXPECT_FALSE(Database::open(path_, DatabaseAccess::Read));
}

TEST_F(DatabaseTest, RefusesTheDatabaseOfAnotherProgram) {
  {
    auto database = Database::open(path_, DatabaseAccess::Write);
    ASSERT_TRUE(database);
    ASSERT_TRUE(database->execute("PRAGMA application_id = 1"));
  }
  const auto again = Database::open(path_, DatabaseAccess::Write);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("another program"));
}

TEST_F(DatabaseTest, RenamesAndReplacesADamagedFile) {
  std::ofstream(path_) << std::string(10'000, 'x');
  std::string notice;
  auto database = Database::open_or_replace(path_, notice);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_THAT(notice, HasSubstr("damaged-"));
  int aside = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename().string().starts_with("net.db.damaged-")) {
      ++aside;
      EXPECT_EQ(fs::file_size(entry.path()), 10'000u);
    }
  }
  EXPECT_EQ(aside, 1);
  EXPECT_EQ(number(*database, "SELECT count(*) FROM hosts"), 0);
}

TEST_F(DatabaseTest, NamesAFolderThatDoesNotExist) {
  const auto database = Database::open(folder_ + "/none/net.db", DatabaseAccess::Write);
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error().message, StartsWith("state file " + folder_ + "/none/net.db: "));
}

TEST_F(DatabaseTest, AnAbsentFileSystemIsNotNeeded) {
  auto database = Database::open(":memory:", DatabaseAccess::Write);
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ(number(*database, "SELECT count(*) FROM changes"), 0);
}

}  // namespace
}  // namespace synfin
