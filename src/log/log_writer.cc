// The table of formats, made from SYNFIN_LOG_FORMATS.
//
// Tested in tests/unit/log/log_writer_test.cc.
#include "synfin/log/log_writer.h"

#include <array>

#include "log/formats.h"

namespace synfin {
namespace {

#define SYNFIN_MAKER(value, name) make_log_writer<LogFormat::value>,
constexpr std::array kMakers{SYNFIN_LOG_FORMATS(SYNFIN_MAKER)};
#undef SYNFIN_MAKER

}  // namespace

std::unique_ptr<LogWriter> LogWriter::make(LogFormat format) {
  return kMakers.at(static_cast<std::size_t>(format))();
}

}  // namespace synfin
