// See record_source.h.
#include "synfin/log/record_source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "log/log_file.h"
#include "log/record_events.h"
#include "log/tuple_filter.h"
#include "synfin/base/input_file.h"
#include "synfin/base/utf8.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

/// The number of simultaneously open logs that may decompress on threads of their own.
constexpr std::size_t kMaxFullSize = 4;
/// Addresses whose facts are kept; the bound of --max-hosts by default.
constexpr std::size_t kMaxFacts = 100'000;

SavefileOptions input_options(bool second_thread, std::size_t open_beside) {
  SavefileOptions options;
  options.second_thread = second_thread && open_beside < kMaxFullSize;
  options.chunk_size = open_beside < kMaxFullSize ? 128 * 1024 : 32 * 1024;
  return options;
}

Result<LogFile> open_log(const std::string& path, const SavefileOptions& options) {
  auto input = ByteInput::open(path, options);
  if (!input) return input.error();
  if (auto log = LogFile::recognize(*input)) return std::move(*log);
  if (std::string lacks = LogFile::missing_columns(*input); !lacks.empty()) return Error{lacks};
  const std::string& failure = input->failure();
  return Error{
      fmt::format("{}: {}", input->name(), failure.empty() ? "is no connection log" : failure)};
}

/// The error if no log can be opened. REQUIRES: !reasons.empty().
Error none_opened(const std::vector<std::string>& reasons) {
  if (reasons.size() == 1) return Error{reasons.front()};
  return Error{fmt::format("{}; {} cannot be read either", reasons.front(),
                           plural(reasons.size() - 1, "other file", "other files"))};
}

constexpr std::size_t kMaxName = 255, kMaxPath = 4096;  ///< bytes

std::string shortened(const std::string& text, std::size_t max) {
  return std::string(clip_utf8(text, max));
}

/// ISO 3166 alpha-2.
bool is_country(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// One log of several. A file is closed after its first record and opened again when it is due.
struct Lane {
  std::string path;
  std::optional<LogFile> file;
  RecordDraft draft;      ///< the next record
  Timestamp first_due{};  ///< of a dormant lane
  bool dormant = false;
  bool finished = false;
  InputSource::Progress size;  ///< while `file` is not set
};

/// When the record of a lane ended. Of one time, the file that was named first is due.
struct Due {
  Timestamp time;
  Lane* lane;
  friend auto operator<=>(const Due&, const Due&) = default;
};

}  // namespace

struct RecordSource::Impl {
  explicit Impl(const RecordSourceOptions& o) : options(o) {}

  Status set_filter();
  Status add(const std::string& path);
  void add(LogFile log);
  void wake(Lane& lane);
  bool advance(Lane& lane, bool waits);
  void finish(Lane& lane);
  Lane* first_due(bool waits, bool& pauses);
  void sort_lanes();
  bool passes(const ConnectionRecord& record);
  void note_facts(const Lane& lane, RecordBatch& batch);
  static void note_owners(const Lane& lane, RecordBatch& batch);
  void add_facts(const LogParser& parser, const Address& address, const EndpointAnnotations& about,
                 RecordBatch& batch);
  bool count(const ConnectionRecord& record);
  void update_progress();

  RecordSourceOptions options;
  std::optional<TupleFilter> filter;
  EventMask wanted = EventMask::all();
  std::vector<Lane> lanes;
  std::vector<Due> by_due;                        ///< open, with a record: a heap
  std::vector<Lane*> unread;                      ///< open, whose next record is to be read
  std::vector<Lane*> dormant;                     ///< the latest first
  std::unordered_set<Address, SeededHash> known;  ///< addresses whose facts were passed on
  LogInfo info;
  std::uint64_t missing_columns = 0;  ///< bits of kReportedColumns
  std::uint64_t seen_records = 0;
  std::optional<Timestamp> begin;
  Timestamp first = Timestamp::max(), last = Timestamp::min();
  std::vector<std::string> damages;
  std::size_t hit_limit = 0;  ///< lanes that the limit of open files kept from being read
  bool done = false;
  bool lacks_own = false;  ///< a record has none of synfin's own columns
  std::atomic<bool> interrupted{false};
  std::atomic<std::uint64_t> bytes_done{0}, bytes_total{0};
};

Status RecordSource::Impl::set_filter() {
  if (options.filter.empty()) return Ok{};
  auto created = TupleFilter::create(options.filter);
  if (!created) return created.error();
  filter.emplace(std::move(*created));
  return Ok{};
}

void RecordSource::Impl::add(LogFile log) {
  Lane& lane = lanes.emplace_back();
  lane.file.emplace(std::move(log));
}

Status RecordSource::Impl::add(const std::string& path) {
  struct stat about {};
  const bool reopenable = path != "-" && input_status(path, about) && S_ISREG(about.st_mode);
  // Only the first record is read of a file that is opened again later.
  auto log = open_log(path, input_options(options.second_thread && !reopenable, lanes.size()));
  if (!log) return log.error();
  Lane& lane = lanes.emplace_back();
  lane.path = path;
  if (!reopenable) {
    lane.file.emplace(std::move(*log));
    return Ok{};
  }
  lane.dormant = log->next(lane.draft, true) == LogRead::Record;
  lane.first_due = lane.draft.record.last;
  lane.size = {0, log->progress().total};
  if (!lane.dormant) {  // it has no record, but may report damage
    lane.file.emplace(std::move(*log));
    finish(lane);
  }
  return Ok{};
}

/// Opens the file of a dormant lane.
void RecordSource::Impl::wake(Lane& lane) {
  lane.dormant = false;
  auto log = open_log(lane.path, input_options(options.second_thread, by_due.size()));
  if (log) {
    lane.file.emplace(std::move(*log));
    unread.push_back(&lane);
    return;
  }
  lane.finished = true;
  if (log.error().kind == ErrorKind::DescriptorLimit) {
    ++hit_limit;
  } else {
    damages.push_back(log.error().message);
  }
}

/// Reads the lane's next record. Returns false if it has not arrived yet.
bool RecordSource::Impl::advance(Lane& lane, bool waits) {
  const bool may_wait = waits || !lane.file->is_pipe();
  switch (lane.file->next(lane.draft, may_wait)) {
    case LogRead::Record:
      by_due.push_back({lane.draft.record.last, &lane});
      std::push_heap(by_due.begin(), by_due.end(), std::greater{});
      return true;
    case LogRead::Wait:
      return false;
    case LogRead::End:
      finish(lane);
      break;
  }
  return true;
}

void RecordSource::Impl::finish(Lane& lane) {
  const LogFile& log = *lane.file;
  for (std::size_t i = 0; i < std::size(kReportedColumns); ++i) {
    if (log.lacks(kReportedColumns[i])) missing_columns |= std::uint64_t{1} << i;
  }
  info.unreadable += log.unreadable();
  info.not_tcp += log.not_tcp();
  if (std::string damage = log.damage(); !damage.empty() && !interrupted.load())
    damages.push_back(std::move(damage));
  lane.size = {log.progress().done, log.progress().total};
  lane.file.reset();
  lane.finished = true;
}

/// The lane whose record ended first; null at the end, or with `pauses` if a pipe has no record
/// yet. The record is valid until the next call, which reads the lane's next one.
Lane* RecordSource::Impl::first_due(bool waits, bool& pauses) {
  for (;;) {
    for (; !unread.empty(); unread.pop_back()) {
      pauses = !advance(*unread.back(), waits);
      if (pauses) return nullptr;
    }
    Lane* const next = dormant.empty() ? nullptr : dormant.back();
    if (next != nullptr && (by_due.empty() || Due{next->first_due, next} < by_due.front())) {
      dormant.pop_back();
      wake(*next);
      continue;
    }
    if (by_due.empty()) return nullptr;
    std::pop_heap(by_due.begin(), by_due.end(), std::greater{});
    unread.push_back(by_due.back().lane);
    by_due.pop_back();
    return unread.back();
  }
}

/// Divides the lanes. REQUIRES: all lanes have been added.
void RecordSource::Impl::sort_lanes() {
  for (Lane& lane : lanes) {
    if (!lane.finished) (lane.dormant ? dormant : unread).push_back(&lane);
  }
  std::reverse(unread.begin(), unread.end());  // the file that was named first is read first
  std::sort(dormant.begin(), dormant.end(), [](Lane* a, Lane* b) {
    return Due{a->first_due, a} > Due{b->first_due, b};
  });
}

bool RecordSource::Impl::passes(const ConnectionRecord& r) {
  const PacketLimits& limits = options.limits;
  if (limits.after && r.first < *limits.after) return false;
  if (limits.before && r.first >= *limits.before) return false;
  return !filter || filter->matches(r.tuple);
}

void RecordSource::Impl::add_facts(const LogParser& parser, const Address& address,
                                   const EndpointAnnotations& about, RecordBatch& batch) {
  const bool any = !about.name.empty() || !about.country.empty() || about.asn != 0;
  if (!any || known.size() >= kMaxFacts || !known.insert(address).second) return;
  LoggedAddress facts{shortened(parser.unescaped(about.name), kMaxName),
                      {},
                      shortened(parser.unescaped(about.as_org), kMaxName),
                      about.asn};
  if (is_country(about.country)) facts.country = about.country;
  batch.facts.push_back({address, std::move(facts)});
}

void RecordSource::Impl::note_facts(const Lane& lane, RecordBatch& batch) {
  const FiveTuple& tuple = lane.draft.record.tuple;
  add_facts(lane.file->parser(), tuple.orig.address, lane.draft.orig, batch);
  add_facts(lane.file->parser(), tuple.resp.address, lane.draft.resp, batch);
}

void RecordSource::Impl::note_owners(const Lane& lane, RecordBatch& batch) {
  const RecordDraft& draft = lane.draft;
  if (draft.process_basis.empty() && draft.orig.pid == 0 && draft.resp.pid == 0) return;
  const auto process = [&](const EndpointAnnotations& about) {
    const LogParser& parser = lane.file->parser();
    return LoggedProcess{about.pid, shortened(parser.unescaped(about.user), kMaxName),
                         shortened(parser.unescaped(about.exe), kMaxPath)};
  };
  batch.owners.push_back({draft.record.tuple, draft.record.first, process(draft.orig),
                          process(draft.resp), draft.process_basis});
}

/// Returns false if --duration excludes the record.
bool RecordSource::Impl::count(const ConnectionRecord& r) {
  if (!begin) begin = r.first;
  const PacketLimits& limits = options.limits;
  if (limits.duration && saturating_sub(r.first, *begin) > *limits.duration) return false;
  ++info.records;
  lacks_own = lacks_own || !r.own_columns;
  first = std::min(first, r.first);
  last = std::max(last, r.last);
  done = info.records == limits.max_packets;
  return true;
}

void RecordSource::Impl::update_progress() {
  Progress sum;
  bool sized = true;
  for (const Lane& lane : lanes) {
    const Progress one = lane.file ? lane.file->progress() : lane.size;
    sum.done += one.done;
    sum.total += one.total;
    sized = sized && one.total != 0;
  }
  bytes_done.store(sum.done, std::memory_order_relaxed);
  bytes_total.store(sized ? sum.total : 0, std::memory_order_relaxed);
}

RecordSource::RecordSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->update_progress();
}
RecordSource::~RecordSource() = default;

Result<std::unique_ptr<RecordSource>> RecordSource::open(const std::vector<std::string>& paths,
                                                         const RecordSourceOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (const Status set = impl->set_filter(); !set) return set.error();
  impl->lanes.reserve(paths.size());
  for (const std::string& path : paths) {
    const Status added = impl->add(path);
    if (!added) impl->damages.push_back(added.error().message);
  }
  if (impl->lanes.empty()) return none_opened(impl->damages);
  impl->sort_lanes();
  return std::unique_ptr<RecordSource>(new RecordSource(std::move(impl)));
}

Result<std::unique_ptr<RecordSource>> RecordSource::open(ByteInput& input,
                                                         const RecordSourceOptions& options) {
  auto log = LogFile::recognize(input);
  if (!log) {
    if (std::string lacks = LogFile::missing_columns(input); !lacks.empty()) return Error{lacks};
    return std::unique_ptr<RecordSource>();
  }
  auto impl = std::make_unique<Impl>(options);
  if (const Status set = impl->set_filter(); !set) return set.error();
  impl->add(std::move(*log));
  impl->sort_lanes();
  return std::unique_ptr<RecordSource>(new RecordSource(std::move(impl)));
}

void RecordSource::set_wanted(EventMask wanted) { impl_->wanted = wanted; }

bool RecordSource::read(RecordBatch& batch) {
  batch.clear();
  Impl& m = *impl_;
  while (!m.done && batch.size + kMaxRecordEvents <= batch.slots.size()) {
    if (m.interrupted.load(std::memory_order_relaxed)) break;
    bool pauses = false;
    Lane* const lane = m.first_due(batch.size == 0, pauses);
    if (lane == nullptr) break;
    const ConnectionRecord& record = lane->draft.record;
    if (!m.passes(record)) {
      ++m.info.filtered;
      continue;
    }
    // Records are in the order of their ends, so later ones may begin earlier.
    if (!m.count(record)) {
      ++m.info.filtered;
      continue;
    }
    m.note_facts(*lane, batch);
    Impl::note_owners(*lane, batch);
    batch.size += record_events(record, m.wanted, std::span(batch.slots).subspan(batch.size));
  }
  m.update_progress();
  return batch.size != 0;
}

void RecordSource::describe(CaptureInfo& info) const {
  const Impl& m = *impl_;
  info.log = m.info;
  for (std::size_t i = 0; i < std::size(kReportedColumns); ++i) {
    const bool own = kReportedColumns[i] == "syn_retries" || kReportedColumns[i] == "out_of_window";
    if ((m.missing_columns >> i & 1) != 0 || (own && m.lacks_own))
      info.log->missing.emplace_back(kReportedColumns[i]);
  }
  if (m.info.records == 0) return;
  info.first_packet = m.first;
  info.last_packet = m.last;
}

std::vector<std::string> RecordSource::damages() const {
  std::vector<std::string> all = impl_->damages;
  if (impl_->hit_limit > 0) all.push_back(not_opened_text(impl_->hit_limit, impl_->lanes.size()));
  return all;
}

InputSource::Progress RecordSource::progress() const {
  return {impl_->bytes_done.load(std::memory_order_relaxed),
          impl_->bytes_total.load(std::memory_order_relaxed)};
}

void RecordSource::interrupt() noexcept {
  impl_->interrupted.store(true);
  for (Lane& lane : impl_->lanes) {
    // Only a pipe can wait. Its lane is open from the start to its end.
    if (lane.path.empty() || lane.path == "-") {
      if (lane.file) lane.file->interrupt();
    }
  }
}

}  // namespace synfin
