// See delivery.h.
#include "store/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <random>
#include <sstream>

#include "store/aggregates.h"
#include "store/schema.h"
#include "synfin/base/errno_text.h"

namespace synfin {
namespace {

constexpr std::uint64_t kMaxRowsSent = 100'000;
constexpr auto kFirstDelay = std::chrono::milliseconds{500};
constexpr auto kMaxDelay = std::chrono::seconds{30};
constexpr Duration kPollInterval = std::chrono::seconds{1};
/// A server may have received an insertion whose sender was killed, and not have begun it yet.
constexpr Duration kSettling = std::chrono::seconds{1};

// Notes in the folder of the spool.
constexpr const char* kInflight = "inflight";  ///< of a unit: "STREAM FIRST LAST TABLE DAY"
constexpr const char* kNoUnit = "none";        ///< in its place: no unit may be stored
constexpr const char* kShard = "shard";        ///< the shard that this spool belongs to

double random_share() {
  static std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(engine);
}

/// The delay is half a second at first and half a minute at most. It is random, so that sensors do
/// not return together.
Duration delay_after(unsigned failures) {
  const double factor = std::exp2(static_cast<double>(std::min(failures, 10U)) - 1);
  const double longest = std::chrono::duration<double>(kMaxDelay).count();
  const double whole =
      std::min(longest, std::chrono::duration<double>(kFirstDelay).count() * factor);
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(whole * (0.5 + random_share() / 2)));
}

bool continues(const SpoolHeader& first, const SpoolHeader& next) {
  return first.table == next.table && first.day == next.day && first.stream == next.stream;
}

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

}  // namespace

Delivery::Delivery(StoreClient client, std::string folder, std::string sensor, Report report)
    : client_(std::move(client)),
      folder_(std::move(folder)),
      sensor_(std::move(sensor)),
      report_(std::move(report)) {
  resume();
}

/// Finds the unit that the last process was sending when it ended.
void Delivery::resume() {
  const auto text = read_note(folder_, kInflight);
  if (!text) return;
  std::istringstream line(*text);
  std::uint32_t stream = 0;
  std::uint64_t first = 0, last = 0;
  std::string table;
  std::uint16_t day = 0;
  line >> stream >> first >> last >> table >> day;
  if (!line) return;
  const auto files = list_spool(folder_);
  if (!files) return;
  bool confirmed = true;
  for (const SpoolFile& file : *files) {
    if (file.batch < first || file.batch > last) continue;
    // After the store has confirmed a unit, its first file is removed first. So if that file
    // exists, even damaged, the unit may not be stored.
    if (file.batch == first) confirmed = false;
    auto batch = SpoolFileReader::open(folder_, file);
    if (batch && batch->header().stream == stream && batch->header().day == day &&
        to_string(batch->header().table) == table) {
      (void)unit_.add(file, *batch);
    }
  }
  if (confirmed) {
    for (const SpoolFile& file : unit_.files) remove_spool_file(folder_, file);
    unit_.clear();
  }
  unit_.uncertain = !unit_.files.empty();
}

bool Delivery::work(Timestamp now) {
  if (now < next_ && (failing() || busy_)) return false;
  busy_ = false;
  if (unit_.files.empty()) {
    const auto filled = fill(now);
    if (!filled) fail(filled.error().message, now);
    if (filled && !*filled) next_ = saturating_add(now, kPollInterval);
    if (!filled || !*filled) return false;
  }
  const Status connected = mode_ ? Status(Ok{}) : connect(now);
  const Status sent = connected ? send(now) : connected;
  if (!sent) {
    fail(sent.error().message, now);
    (void)split_unit(now);
    return false;
  }
  if (!unit_.files.empty()) finish_unit();
  return true;
}

void Delivery::fail(const std::string& sentence, Timestamp now) {
  if (busy_) {
    next_ = saturating_add(now, kFirstDelay);
    return;
  }
  ++counts_.failed_attempts;
  if (++failures_ == 1) {
    report_(Level::Warning,
            fmt::format("store: {}; batches wait in {} until a retry succeeds", sentence, folder_));
  }
  next_ = saturating_add(now, delay_after(failures_));
  client_.skip_host();
}

/// Adds the first batch of files_ to the unit.
Status Delivery::add_first() {
  auto batch = SpoolFileReader::open(folder_, files_.front());
  return batch ? unit_.add(files_.front(), *batch) : batch.error();
}

/// Takes the next unit from the spool. Returns false if there is none. Fails if a batch cannot be
/// read; one that is damaged is set aside.
Result<bool> Delivery::fill(Timestamp now) {
  if (files_.empty()) {
    const auto files = list_spool(folder_);
    if (!files) return files.error();
    files_.assign(files->begin(), files->end());
  }
  while (!files_.empty() && unit_.files.empty()) {
    Status added = add_first();
    if (!added) {
      const Status readable = check_readable(folder_, files_.front());
      if (!readable) return readable.error();  // it stays, and is read again later
      added = add_first();
    }
    const SpoolFile file = std::move(files_.front());
    files_.pop_front();
    if (added) continue;
    ++counts_.damaged_batches;
    const std::string path = folder_ + "/" + file.name;
    const bool renamed = rename(path.c_str(), (path + ".damaged").c_str()) == 0;
    report_(Level::Warning,
            fmt::format("store: {}, so it is not sent{}", added.error().message,
                        renamed ? "" : fmt::format(", and cannot be renamed: {}", errno_text())));
  }
  if (unit_.files.empty()) return false;
  extend(now);
  return true;
}

/// Adds the batches that the same statement can insert. After an outage many batches wait, and a
/// server refuses insertions that would make too many small parts.
void Delivery::extend(Timestamp now) {
  while (!files_.empty()) {
    auto batch = SpoolFileReader::open(folder_, files_.front());
    if (!batch || !continues(unit_.first, batch->header())) return;
    if (unit_.rows + batch->header().rows > kMaxRowsSent) return;
    if (unit_.blocks.size() + batch->size() > limit_.bytes(now)) return;
    if (!unit_.add(files_.front(), *batch)) return;
    files_.pop_front();
  }
}

/// Reads how the store is built. REQUIRES: a unit.
Status Delivery::connect(Timestamp now) {
  const auto answer = client_.query(sql("SELECT version, cluster FROM schema_version"));
  const std::string init = "run `synfin store init`";
  if (!answer) {
    const bool missing = answer.error().message.find("schema_version") != std::string::npos ||
                         answer.error().message.find("Code: 81") != std::string::npos;
    return missing ? Error{fmt::format("the database {} has no tables of synfin: {}",
                                       client_.url().database, init)}
                   : answer.error();
  }
  const auto rows = StoreClient::parse_rows(*answer);
  unsigned version = 0;
  if (rows.size() != 1 || rows[0].size() != 2)
    return Error{fmt::format("{} does not answer as ClickHouse does", client_.host_text())};
  std::from_chars(rows[0][0].data(), rows[0][0].data() + rows[0][0].size(), version);
  if (version < kSchemaVersion) {
    return Error{fmt::format("the tables of {} have version {}, and this synfin needs {}: {}",
                             client_.url().database, version, kSchemaVersion, init)};
  }
  const std::string& cluster = rows[0][1];
  if (cluster.empty() && client_.url().hosts.size() > 1) {
    return Error{
        fmt::format("several hosts must be one cluster, and {} has no tables of one: "
                    "{} with --cluster",
                    client_.host_text(), init)};
  }
  if (!cluster.empty()) {
    if (const Status chosen = choose_shard(cluster); !chosen) return chosen;
  }
  auto settings = insertion_settings();
  if (!settings) return settings.error();
  mode_ = Mode{.cluster = !cluster.empty(), .settings = std::move(*settings), .since = now};
  return Ok{};
}

/// Later servers may split an insertion, answer before it is stored, or repeat it in views. These
/// settings prevent that; 18.16 has none of them and does none of that.
Result<QueryOptions::Settings> Delivery::insertion_settings() {
  const auto answer = client_.query(sql(
      "SELECT name FROM system.settings WHERE name IN ('async_insert', "
      "'input_format_parallel_parsing', 'deduplicate_blocks_in_dependent_materialized_views')"));
  if (!answer) return answer.error();
  QueryOptions::Settings settings;
  for (const auto& row : StoreClient::parse_rows(*answer))
    settings.emplace_back(row[0], row[0].starts_with("deduplicate") ? "1" : "0");
  return Result<QueryOptions::Settings>(std::move(settings));
}

std::optional<std::uint64_t> Delivery::shard_of(std::size_t host, const std::string& cluster) {
  client_.use_hosts({host});
  const auto shard =
      number(sql("SELECT max(shard_num) FROM system.clusters WHERE cluster = {} AND is_local",
                 quoted(cluster)));
  return shard && *shard > 0 ? std::optional(*shard) : std::nullopt;
}

/// A spool belongs to one shard for good, because only the replicas of a shard recognize a block
/// that is repeated. The name of the sensor chooses among the shards that the address reaches.
Status Delivery::choose_shard(const std::string& cluster) {
  std::map<std::uint64_t, std::vector<std::size_t>> shards;
  bool all_answer = true;
  const std::size_t hosts = client_.url().hosts.size();
  for (std::size_t host = 0; host < hosts; ++host) {
    const auto shard = shard_of(host, cluster);
    all_answer = all_answer && shard.has_value();
    if (shard) shards[*shard].push_back(host);
  }
  std::vector<std::size_t> all(hosts);
  for (std::size_t i = 0; i < hosts; ++i) all[i] = i;
  client_.use_hosts(all);
  std::uint64_t chosen = 0;
  if (const auto text = read_note(folder_, kShard))
    std::from_chars(text->data(), text->data() + text->size(), chosen);
  if (!shards.contains(chosen)) {
    if (!all_answer) {
      return Error{chosen != 0 ? fmt::format("no host of shard {} answers", chosen)
                               : std::string("not all hosts answer, so the shard of this sensor is "
                                             "unknown")};
    }
    auto at = shards.begin();
    if (shards.empty()) return Error{fmt::format("no host belongs to the cluster {}", cluster)};
    std::advance(at, static_cast<std::ptrdiff_t>(fnv1a(sensor_) % shards.size()));
    chosen = at->first;
    const Status kept = write_note(folder_, kShard, std::to_string(chosen));
    if (!kept) return kept;
  }
  client_.use_hosts(shards[chosen]);
  return Ok{};
}

/// REQUIRES: a unit, and a server that answers.
Status Delivery::send(Timestamp now) {
  const SpoolHeader& first = unit_.first;
  if (!unit_.uncertain) {
    const Status noted =
        write_note(folder_, kInflight,
                   fmt::format("{} {} {} {} {}", first.stream, first.batch, unit_.last_batch,
                               to_string(first.table), first.day));
    if (!noted) return noted;
  } else if (first.table == StoreTable::Connections && !mode_->cluster) {
    return repeat_on_one_server(now);
  }
  return insert(insert_statement(first.table, mode_->cluster));
}

Status Delivery::insert(const Sql& statement) {
  const std::string id =
      fmt::format("synfin-{}-{}-{}", unit_.first.stream, unit_.first.batch, ++counts_.statements);
  const StoreFailure failure =
      client_.insert(statement, unit_.blocks.view(), {.query_id = id, .settings = mode_->settings});
  if (failure.sentence.empty()) return Ok{};
  unit_.uncertain = unit_.uncertain || failure.uncertain;
  unit_.too_large = failure.too_large;
  mode_.reset();  // the tables may have changed, or another server may answer next
  return Error{failure.sentence};
}

Result<std::uint64_t> Delivery::number(const Sql& query) {
  const auto answer = client_.query(query);
  if (!answer) return answer.error();
  std::uint64_t value = 0;
  std::from_chars(answer->data(), answer->data() + answer->size(), value);
  return value;
}

/// True if the table has the unit.
Result<bool> Delivery::has(std::string_view table) {
  const SpoolHeader& h = unit_.first;
  const Sql name = name_of(table), resp_h = quoted(h.resp_h);
  if (table == "connections") {
    const auto rows = number(
        sql("SELECT count() FROM {} WHERE day = toDate({}) AND resp_p = {} AND resp_h = {} AND ts "
            "= {} AND stream = {} AND batch = {}",
            name, h.day, h.resp_p, resp_h, h.ts, h.stream, h.batch));
    if (!rows) return rows.error();
    return *rows > 0;
  }
  const Sql responder =
      table == "traffic" ? sql("1") : sql("resp_p = {} AND resp_h = {}", h.resp_p, resp_h);
  const auto batch = number(
      sql("SELECT maxMerge(last_batch) FROM {} WHERE day = toDate({}) AND {} AND stream = {}", name,
          h.day, responder, h.stream));
  if (!batch) return batch.error();
  return *batch >= h.batch;
}

Status Delivery::repeat_on_one_server(Timestamp now) {
  const SpoolHeader& h = unit_.first;
  const auto running =
      number(sql("SELECT count() FROM system.processes WHERE startsWith(query_id, {})",
                 quoted(fmt::format("synfin-{}-{}-", h.stream, h.batch))));
  if (!running) return running.error();
  busy_ = *running > 0 || now < saturating_add(mode_->since, kSettling);
  if (busy_) return Error{fmt::format("{} still inserts the last batch", client_.host_text())};
  std::vector<std::string_view> missing;
  std::vector<std::string_view> tables{"connections"};
  tables.insert(tables.end(), std::begin(kAggregates), std::end(kAggregates));
  for (const std::string_view table : tables) {
    const auto stored = has(table);
    if (!stored) return stored.error();
    if (!*stored) missing.push_back(table);
  }
  if (missing.size() == tables.size()) {
    unit_.uncertain = false;
    return split_unit(now) ? Status(Ok{}) : insert(insert_statement(h.table, false));
  }
  missing.push_back(kExtremes);  // it replaces rows that are repeated, so it needs no query
  for (const std::string_view table : missing) {
    const Status filled =
        table == "connections"
            ? insert(direct_insert_statement())
            : client_.execute(refill_statement(table, h.day, h.stream, h.batch, unit_.last_batch),
                              {.query_id = fmt::format("synfin-{}-{}-{}", h.stream, h.batch,
                                                       ++counts_.statements),
                               .idempotent = false});
    if (!filled) return filled;
  }
  return Ok{};
}

/// If this unit was too large, puts its batches back, to send them as smaller units. Returns true
/// if it did. It keeps a unit that may be stored, because rows of connections would count twice;
/// the other tables replace a row that is repeated.
bool Delivery::split_unit(Timestamp now) {
  const bool may_count_twice = unit_.uncertain && unit_.first.table == StoreTable::Connections;
  if (!unit_.too_large || unit_.files.size() < 2 || may_count_twice) return false;
  limit_.halve(unit_.blocks.size(), now);
  files_.insert(files_.begin(), unit_.files.begin(), unit_.files.end());
  unit_.clear();
  (void)write_note(folder_, kInflight, kNoUnit);
  return true;
}

void Delivery::finish_unit() {
  for (const SpoolFile& file : unit_.files) remove_spool_file(folder_, file);
  counts_.delivered_rows += unit_.rows;
  unit_.clear();
  if (std::exchange(failures_, 0) > 0)
    report_(Level::Info, fmt::format("store: {} answers again", client_.host_text()));
}

}  // namespace synfin
