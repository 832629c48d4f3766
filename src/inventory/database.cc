// Database over SQLite (https://www.sqlite.org/c3ref/intro.html). See database.h.
//
// The writer holds an flock() on the file beside SQLite's own locks, which are fcntl() locks and
// would let a second writer in between two transactions. The descriptor of that lock is closed
// after SQLite's, because closing any descriptor of a file drops the process's fcntl() locks.
#include "synfin/inventory/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "inventory/schema.h"
#include "inventory/state_folder.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/output_folder.h"
#include "synfin/base/wall_clock.h"

namespace synfin {

/// True for a result of SQLite that says nothing about the content of the file.
static bool is_about_machine(int kind) {
  switch (kind) {
    case SQLITE_NOMEM:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

struct DatabaseConnection {
  explicit DatabaseConnection(std::string name) : path(std::move(name)) {}
  ~DatabaseConnection() {
    sqlite3_close_v2(handle);
    if (lock >= 0) ::close(lock);
  }
  DatabaseConnection(const DatabaseConnection&) = delete;
  DatabaseConnection& operator=(const DatabaseConnection&) = delete;

  /// The error of the last call, which returned `code`.
  Error failed(int code) {
    const int kind = code & 0xFF;
    // Without memory, the library may take what it could not read for damage, also in later calls.
    lacked_memory |= kind == SQLITE_NOMEM || (sqlite3_errcode(handle) & 0xFF) == SQLITE_NOMEM;
    failed_for_now |= lacked_memory || is_about_machine(kind);
    if ((kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) && !lacked_memory) damaged = true;
    const char* reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    return error(kind == SQLITE_FULL ? "no space left on the disk" : reason);
  }
  Error error(std::string_view reason) const {
    return {fmt::format("state file {}: {}", path, reason)};
  }

  std::string path;
  sqlite3* handle = nullptr;
  int lock = -1;
  bool damaged = false;
  bool lacked_memory = false;
  bool failed_for_now = false;
};

namespace {

/// A writer may hold the lock while it waits for a busy disk.
constexpr int kBusyMilliseconds = 15000;
constexpr const char* kMemory = ":memory:";

/// Settings of each connection. With a write-ahead log and synchronous=NORMAL, a transaction
/// survives the end of the process; a loss of power may undo the last ones, but damages nothing.
constexpr const char* kSettings =
    "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 16777216;"
    "PRAGMA wal_autocheckpoint = 4000;";

Status run_sql(DatabaseConnection& connection, const char* sql) {
  const int code = sqlite3_exec(connection.handle, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return connection.failed(code);
  return Ok{};
}

/// The first column of the first row of a query, as a number.
Result<std::int64_t> query_number(DatabaseConnection& connection, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(connection.handle, sql, -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  std::optional<Error> error;
  if (code != SQLITE_ROW && code != SQLITE_DONE) error = connection.failed(code);
  sqlite3_finalize(statement);
  if (error) return *error;
  return value;
}

/// Creates the file with mode 0600 and takes the writer's lock.
Status lock_file(DatabaseConnection& connection) {
  int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY;
  if (geteuid() == 0) flags |= O_NOFOLLOW;
  connection.lock = ::open(connection.path.c_str(), flags, 0600);
  if (connection.lock < 0) {
    return connection.error(errno == ELOOP ? output_error_text(errno) : denied(errno));
  }
  const std::string folder = OutputFolder::name_of(connection.path);
  if (faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return connection.error(denied(errno));
  struct stat about {};
  if (fstat(connection.lock, &about) == 0 && !S_ISREG(about.st_mode))
    return connection.error("it is not a regular file");
  if (flock(connection.lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return Ok{};
  return connection.error(
      "another synfin writes to it; `synfin inventory` can read it at the same time");
}

/// The URI of a file that nobody writes, so that SQLite needs neither locks nor files beside it.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      fmt::format_to(std::back_inserter(uri), "%{:02x}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Status connect(DatabaseConnection& connection, const std::string& name, int flags) {
  const int code =
      sqlite3_open_v2(name.c_str(), &connection.handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return connection.failed(code);
  sqlite3_extended_result_codes(connection.handle, 1);
  sqlite3_busy_timeout(connection.handle, kBusyMilliseconds);
  return run_sql(connection, kSettings);
}

/// The version of the schema; 0 for an empty file. Fails if the file is not a state file that this
/// version can use.
Result<std::int64_t> schema_version(DatabaseConnection& connection) {
  const auto version = query_number(connection, "PRAGMA user_version");
  if (!version) return version.error();
  const auto application = query_number(connection, "PRAGMA application_id");
  if (!application) return application.error();
  const auto tables = query_number(connection, "SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*tables == 0 && *version == 0) return std::int64_t{0};
  if (*application != kApplicationId)
    return connection.error("it is a database of another program, not a state file of synfin");
  const auto newest = static_cast<std::int64_t>(schema_migrations().size());
  if (*version > newest) {
    return connection.error(
        fmt::format("a later version of synfin wrote it (schema {}; this version knows {}); use "
                    "that version, or another file",
                    *version, newest));
  }
  return *version;
}

/// Applies the migrations that are missing, each in a transaction of its own.
Status migrate(DatabaseConnection& connection, std::int64_t version) {
  const auto migrations = schema_migrations();
  for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next) {
    const std::string sql = fmt::format(
        "BEGIN IMMEDIATE;{};PRAGMA application_id = {};PRAGMA user_version = {};COMMIT;",
        migrations[next], kApplicationId, next + 1);
    if (const Status done = run_sql(connection, sql.c_str()); !done) {
      (void)run_sql(connection, "ROLLBACK");
      return done;
    }
  }
  return Ok{};
}

/// Connects to a file that another process may write. If SQLite cannot create the files beside it
/// that readers share, nobody writes it.
Status connect_reader(DatabaseConnection& connection) {
  if (access(connection.path.c_str(), R_OK) != 0) return connection.error(errno_text());
  const Status connected = connect(connection, connection.path, SQLITE_OPEN_READONLY);
  if (connected && query_number(connection, "SELECT count(*) FROM sqlite_schema")) return Ok{};
  if ((sqlite3_errcode(connection.handle) & 0xFF) != SQLITE_CANTOPEN) return connected;
  sqlite3_close_v2(std::exchange(connection.handle, nullptr));
  return connect(connection, immutable_uri(connection.path),
                 SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

Status connect_writer(DatabaseConnection& connection, DatabaseAccess access) {
  int flags = SQLITE_OPEN_READWRITE;
  if (connection.path == kMemory) flags |= SQLITE_OPEN_CREATE;
  if (geteuid() == 0 && connection.path != kMemory) flags |= SQLITE_OPEN_NOFOLLOW;
  if (access == DatabaseAccess::Write && connection.path != kMemory) {
    if (const Status locked = lock_file(connection); !locked) return locked;
  }
  if (const Status connected = connect(connection, connection.path, flags); !connected)
    return connected;
  return run_sql(connection, "PRAGMA journal_mode = WAL");
}

/// Renames a damaged file and what belongs to it. Returns the new name.
Result<std::string> set_aside(const std::string& path) {
  const std::string now = format_rfc3339(wall_clock());
  std::string date;
  for (const char c : now.substr(0, 19)) {
    if (c != '-' && c != ':') date += c;
  }
  const std::string aside = fmt::format("{}.damaged-{}Z", path, date);
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
    return Error{fmt::format("cannot rename the damaged state file {}: {}", path, errno_text())};
  }
  (void)std::rename((path + "-wal").c_str(), (aside + "-wal").c_str());
  (void)unlink((path + "-shm").c_str());
  return aside;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, double value) {
  check(sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
  check(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_blob(int index, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int index) {
  check(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

/// Without the value that is missing, a row would lose it silently.
void Statement::check(int code) {
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
}

Result<bool> Statement::step() {
  const int bound = std::exchange(bind_code_, SQLITE_OK);
  const int code = bound != SQLITE_OK ? bound : sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    Error error = connection_->failed(code);
    sqlite3_reset(statement_.get());
    return error;
  }
  sqlite3_reset(statement_.get());
  return false;
}

Status Statement::run() {
  const auto row = step();
  if (!row) return row.error();
  reset();
  return Ok{};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(std::unique_ptr<DatabaseConnection> connection)
    : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open_file(const std::string& path, DatabaseAccess access,
                                     bool& damaged) {
  auto connection = std::make_unique<DatabaseConnection>(path);
  const bool reads = access == DatabaseAccess::Read;
  Status status = reads ? connect_reader(*connection) : connect_writer(*connection, access);
  if (status) {
    const auto version = schema_version(*connection);
    if (!version) status = version.error();
    if (version && access == DatabaseAccess::Write) status = migrate(*connection, *version);
    if (version && *version == 0 && reads) status = connection->error("it is empty");
  }
  damaged = connection->damaged;
  if (!status) return status.error();
  return Database(std::move(connection));
}

Result<Database> Database::open(const std::string& path, DatabaseAccess access) {
  bool damaged = false;
  return open_file(path, access, damaged);
}

Result<Database> Database::open_or_replace(const std::string& path, std::string& notice) {
  bool damaged = false;
  auto opened = open_file(path, DatabaseAccess::Write, damaged);
  if (opened || !damaged) return opened;
  opened = replace(path, notice);
  return opened;
}

Result<Database> Database::replace(const std::string& path, std::string& notice) {
  const auto aside = set_aside(path);
  if (!aside) return aside.error();
  notice = fmt::format("state file {}: it was damaged; it is now {}, and a new one begins", path,
                       *aside);
  return open(path, DatabaseAccess::Write);
}

Status Database::execute(const std::string& sql) { return run_sql(*connection_, sql.c_str()); }

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return connection_->failed(code);
  return Statement(*connection_, statement);
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_->handle); }
bool Database::damaged() const { return connection_->damaged; }
bool Database::failed_for_now() const { return connection_->failed_for_now; }
bool Database::lacked_memory() const { return connection_->lacked_memory; }
bool Database::is_removed() const {
  struct stat about {};
  return fstat(connection_->lock, &about) == 0 && about.st_nlink == 0;
}
const std::string& Database::path() const { return connection_->path; }

Result<Transaction> Transaction::begin(Database& database) {
  if (const Status begun = database.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

Status Transaction::commit() {
  if (const Status committed = database_->execute("COMMIT"); !committed) return committed;
  database_ = nullptr;
  return Ok{};
}

}  // namespace synfin
