// See schema.h. Times are nanoseconds since the epoch, durations nanoseconds, addresses 16 bytes
// in network order (IPv4 is mapped, RFC 4291 §2.5.5.2).
#include "inventory/schema.h"

namespace synfin {
namespace {

// A port's key is its number × 256 + its transport; `evidence` is the packed form of its clients
// and recent answer times (port_evidence.h). `closed` holds ranges of refused ports of which
// nothing else is stored, so that a scan stays small (port_ranges.h). A digest contains the changes
// up to its `last_change` that no earlier one contains. A contact is a hash of client, server and
// port.
constexpr const char* kInventory = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE hosts (
  id INTEGER PRIMARY KEY,
  ip BLOB NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  announced INTEGER NOT NULL,
  name TEXT, country TEXT, asn INTEGER, as_org TEXT, mac TEXT, vendor TEXT,
  closed BLOB
);
CREATE TABLE ports (
  host INTEGER NOT NULL,
  key INTEGER NOT NULL,
  state INTEGER NOT NULL,
  was INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  first_proof INTEGER NOT NULL,
  last_proof INTEGER NOT NULL,
  last_change INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  successes INTEGER NOT NULL,
  witnesses INTEGER NOT NULL,
  flips INTEGER NOT NULL,
  icmp INTEGER NOT NULL,
  process TEXT,
  evidence BLOB,
  PRIMARY KEY (host, key)
) WITHOUT ROWID;
CREATE TABLE contacts (key INTEGER PRIMARY KEY, first_seen INTEGER NOT NULL);
CREATE TABLE changes (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  time INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  ip BLOB NOT NULL,
  port INTEGER NOT NULL,
  transport INTEGER NOT NULL,
  state INTEGER NOT NULL,
  was INTEGER NOT NULL,
  witnesses INTEGER NOT NULL,
  alert INTEGER NOT NULL,
  evidence TEXT, process TEXT, client BLOB, ports BLOB,
  name TEXT, country TEXT, asn INTEGER, as_org TEXT, mac TEXT, vendor TEXT
);
CREATE TABLE digests (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  from_time INTEGER NOT NULL,
  to_time INTEGER NOT NULL,
  hosts INTEGER NOT NULL,
  ports INTEGER NOT NULL,
  changes INTEGER NOT NULL,
  last_change INTEGER NOT NULL
);
)sql";

// What is to be sent, and what each channel has handled. A batch is one message to a channel, about
// one row of `messages` or several; its id and its rows stay the same however often it is sent.
constexpr const char* kMessages = R"sql(
CREATE TABLE messages (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kind INTEGER NOT NULL,
  host TEXT NOT NULL,
  queued INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE TABLE channels (name TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE batches (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  due INTEGER NOT NULL
);
CREATE INDEX batches_that_wait ON batches (channel, number) WHERE state = 0;
CREATE TABLE deliveries (
  channel TEXT NOT NULL, message INTEGER NOT NULL, batch INTEGER NOT NULL,
  PRIMARY KEY (channel, message)
) WITHOUT ROWID;
CREATE INDEX deliveries_by_batch ON deliveries (batch);
)sql";

// `ports` of a host replaces its rows in the table `ports`, and `packed` of a row of `changes`
// holds many changes, of which `number` is the last one (state_pack.h). Rows of earlier versions of
// the schema stay readable. `previous` is the address that a device had before.
constexpr const char* kPacked = R"sql(
ALTER TABLE hosts ADD COLUMN ports BLOB;
ALTER TABLE hosts ADD COLUMN previous BLOB;
ALTER TABLE changes ADD COLUMN packed BLOB;
)sql";

// `more_open` holds ranges of open ports for which a host had no room (port_ranges.h).
constexpr const char* kMoreOpen = "ALTER TABLE hosts ADD COLUMN more_open BLOB;";

constexpr const char* kMigrations[] = {kInventory, kMessages, kPacked, kMoreOpen};

}  // namespace

std::span<const char* const> schema_migrations() { return kMigrations; }

}  // namespace synfin
