/// \file
/// Database: the state file, an SQLite database with write-ahead log, and the statements that run
/// on it. Only its .cc file includes SQLite.
///
/// One process writes a state file; others read it at any time. A transaction that is committed
/// survives the end of the process at any moment. Tested in
/// tests/unit/inventory/database_test.cc.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "synfin/base/result.h"

struct sqlite3_stmt;

namespace synfin {

/// Creates the folder of the state file at `path`, mode 0700, for the user that this process is or
/// is about to become, if it does not exist. Fails with a sentence.
Status prepare_state_folder(const std::string& path, uid_t owner, gid_t group);

enum class DatabaseAccess : unsigned char {
  /// The only writer. Creates the file, mode 0600, and brings its schema up to date. Fails if
  /// another process writes it.
  Write,
  /// A further connection of the process that writes, for another thread.
  Join,
  /// Reads only, while another process may write. Fails if the file does not exist.
  Read,
};

struct DatabaseConnection;

/// A prepared statement. Texts and blobs that it returns are valid until the next call. It must not
/// outlive its Database.
class Statement {
 public:
  /// Binds the value of parameter `index`, counted from 1. The text is copied. The next step()
  /// fails if this does, for lack of memory.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, std::string_view value);
  Statement& bind_blob(int index, std::string_view bytes);
  Statement& bind_null(int index);

  /// Advances to the next row. Returns false behind the last one; the statement can then be run
  /// again, with the same or other values.
  Result<bool> step();
  /// Runs a statement that returns no rows.
  Status run();
  /// Abandons the rows that were not read, which ends the read transaction.
  void reset();

  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  ///< also a blob
  bool is_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(DatabaseConnection& connection, sqlite3_stmt* statement)
      : connection_(&connection), statement_(statement) {}

  void check(int code);

  DatabaseConnection* connection_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  int bind_code_ = 0;  ///< of SQLite, the first error since the last step()
};

/// Used by one thread at a time.
class Database {
 public:
  /// Opens the state file. ":memory:" is a database without a file. Fails with a sentence that
  /// names the file, also if a later version of synfin wrote it.
  static Result<Database> open(const std::string& path, DatabaseAccess access);
  /// As open() for writing. A damaged file is renamed to PATH.damaged-DATE and replaced by a new
  /// one; `notice` then says so.
  static Result<Database> open_or_replace(const std::string& path, std::string& notice);

  /// Renames the file at `path`, of which a call has found that it is damaged, and opens a new one.
  /// REQUIRES: nobody in this process has it open.
  static Result<Database> replace(const std::string& path, std::string& notice);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Runs one or more statements that need no values.
  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  /// True once a call has found that the file is not a valid database.
  bool damaged() const;
  /// True if a call failed for a reason that is not in the file: no memory, no space, a lock, or an
  /// error of the disk.
  bool failed_for_now() const;
  /// True if a call failed for lack of memory. What the connection reports afterwards is not
  /// reliable.
  bool lacked_memory() const;
  /// True if somebody has removed the file. REQUIRES: DatabaseAccess::Write.
  bool is_removed() const;
  const std::string& path() const;

 private:
  explicit Database(std::unique_ptr<DatabaseConnection> connection);
  static Result<Database> open_file(const std::string& path, DatabaseAccess access, bool& damaged);

  std::unique_ptr<DatabaseConnection> connection_;
};

/// A write transaction; rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;  ///< null once it has ended
};

}  // namespace synfin
