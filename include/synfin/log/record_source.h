/// \file
/// RecordSource: the records of one or several connection logs, in the order of their ends.
///
/// Flow: LogFile[] → the record that ended first → events.
/// Tested in tests/unit/log/record_source_test.cc, and against captures in
/// tests/golden/log_source.py.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/capture_info.h"
#include "synfin/base/input_source.h"
#include "synfin/base/result.h"
#include "synfin/capture/byte_input.h"
#include "synfin/enrich/address_book.h"
#include "synfin/enrich/logged_processes.h"
#include "synfin/filter/packet_gate.h"
#include "synfin/track/event.h"

namespace synfin {

/// What a log says about an address.
struct AddressFacts {
  Address address;
  LoggedAddress about;
};

/// Events of some records, what these say about addresses for the first time, and about processes.
struct RecordBatch {
  static constexpr std::size_t kMaxEvents = 512;

  std::vector<Event> slots = std::vector<Event>(kMaxEvents);
  std::size_t size = 0;
  std::vector<AddressFacts> facts;
  std::vector<LoggedOwners> owners;  ///< of the records that have any

  std::span<const Event> events() const { return std::span(slots).first(size); }
  void clear() {
    size = 0;
    facts.clear();
    owners.clear();
  }
};

struct RecordSourceOptions {
  PacketLimits limits;  ///< applied to records: -c counts them, times are those of their starts
  std::string filter;   ///< an expression about addresses, ports and protocols; may be empty
  bool second_thread = true;  ///< decompression may use a thread of its own
};

/// Merges logs by the ends of their connections; the records of one log keep their order.
///
/// A log has only the ends of connections. The source emits what a record proves: that the
/// connection was open, how it ended, and the record itself.
///
/// Memory: two chunks for each log that is open; a file is open from the time when its first record
/// is due until its end. Not thread-safe, except for interrupt() and progress().
class RecordSource final : public InputSource {
 public:
  /// Opens the logs. REQUIRES: !paths.empty(). A path that is no connection log is damage, if
  /// another one is. Fails with a sentence that names the first path if none is, or about the
  /// filter expression.
  static Result<std::unique_ptr<RecordSource>> open(const std::vector<std::string>& paths,
                                                    const RecordSourceOptions& options);
  /// Continues with an input of which only the first bytes were read. Returns null if it is no
  /// log; `input` is then unchanged. Fails if it is a log that lacks columns of connections.
  static Result<std::unique_ptr<RecordSource>> open(ByteInput& input,
                                                    const RecordSourceOptions& options);
  ~RecordSource() override;

  /// Only events of these kinds are emitted. By default all are.
  void set_wanted(EventMask wanted);

  /// Replaces `batch` by the events of the next records. Returns false, with an empty batch, at the
  /// end. A pipe returns the records that have arrived.
  bool read(RecordBatch& batch);

  /// Sets the log and the times of `info`. REQUIRES: reading has ended or not begun.
  void describe(CaptureInfo& info) const;

  std::vector<std::string> damages() const override;
  Progress progress() const override;
  void interrupt() noexcept override;

 private:
  struct Impl;
  explicit RecordSource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Replaces each folder by the connection logs in it, sorted by name, and by the files that cannot
/// be read, because they may be logs. Returns nothing if the inputs are not all connection logs, so
/// that they are to be read as captures. Standard input ("-") is
/// what the other paths are, or left to the caller if it is the only one. Fails if some paths are
/// logs and others are not, or if a file is a log that lacks columns of connections.
Result<std::vector<std::string>> find_connection_logs(const std::vector<std::string>& paths);

}  // namespace synfin
