/// \file
/// Reads arbitrary bytes as a connection log. Reading must end, give the same records for all sizes
/// of chunks, and what it reads must survive being written and read again.
#include <memory>

#include "log/log_file.h"
#include "support/fuzz_input.h"
#include "synfin/log/log_writer.h"

using namespace synfin;
using fuzz::require;

namespace {

/// The records, written as JSON lines; nothing if the bytes are no log.
std::optional<std::string> records_of(fuzz::Bytes bytes, std::size_t chunk_size) {
  SavefileOptions options;
  options.chunk_size = chunk_size;
  options.second_thread = false;
  auto input = ByteInput::of_bytes(bytes, "fuzz", options);
  require(input.ok(), "memory can be read");
  auto log = LogFile::recognize(*input);
  if (!log) return std::nullopt;
  const auto writer = LogWriter::make(LogFormat::Json);
  std::string out;
  RecordDraft draft;
  while (log->next(draft, true) == LogRead::Record) {
    require(draft.record.last >= draft.record.first, "a connection does not end before it begins");
    (void)log->parser().unescaped(draft.orig.name);
    (void)log->parser().unescaped(draft.resp.as_org);
    writer->append(out, draft.record, {});
  }
  (void)log->damage();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 16) return 0;
  const fuzz::Bytes bytes(data, size);
  const auto once = records_of(bytes, 1 << 16);
  require(records_of(bytes, 13) == once, "the records depend on the bytes only");
  if (!once || once->empty()) return 0;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(once->data());
  const auto again = records_of({begin, once->size()}, 1 << 16);
  require(again.has_value(), "what synfin writes is a log");
  require(again == once, "a record survives being written and read");
  return 0;
}
