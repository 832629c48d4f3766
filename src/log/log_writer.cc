// The table of formats, made from SYNFIN_LOG_FORMATS.
//
// Tested in tests/unit/log/log_writer_test.cc.
#include "synfin/log/log_writer.h"

#include <array>

#include "log/formats.h"

namespace synfin {
namespace {

struct FormatEntry {
  LogFormat format;
  std::string_view name;
  std::unique_ptr<LogWriter> (*make)();
};

#define SYNFIN_ENTRY(value, name) \
  FormatEntry{LogFormat::value, name, make_log_writer<LogFormat::value>},
constexpr std::array kFormats{SYNFIN_LOG_FORMATS(SYNFIN_ENTRY)};
#undef SYNFIN_ENTRY

}  // namespace

std::optional<LogFormat> parse_log_format(std::string_view text) {
  for (const FormatEntry& entry : kFormats) {
    if (entry.name == text) return entry.format;
  }
  return std::nullopt;
}

std::string log_format_names() {
  std::string names;
  for (const FormatEntry& entry : kFormats) {
    if (!names.empty()) names += ", ";
    names += entry.name;
  }
  return names;
}

std::unique_ptr<LogWriter> LogWriter::make(LogFormat format) {
  return kFormats.at(static_cast<std::size_t>(format)).make();
}

}  // namespace synfin
