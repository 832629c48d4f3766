/// \file
/// The function that makes the writer of each format. Each format defines its own in its own file;
/// SYNFIN_LOG_FORMATS (log_writer.h) is the list.
#pragma once

#include <memory>

#include "synfin/log/log_writer.h"

namespace synfin {

template <LogFormat>
std::unique_ptr<LogWriter> make_log_writer();

#define SYNFIN_DECLARE_MAKER(value, name) \
  template <>                             \
  std::unique_ptr<LogWriter> make_log_writer<LogFormat::value>();
SYNFIN_LOG_FORMATS(SYNFIN_DECLARE_MAKER)
#undef SYNFIN_DECLARE_MAKER

}  // namespace synfin
