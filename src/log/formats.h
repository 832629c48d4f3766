/// \file
/// One maker for each format of the connection log; LogWriter::make() chooses.
#pragma once

#include <memory>

#include "synfin/log/log_writer.h"

namespace synfin {

std::unique_ptr<LogWriter> make_zeek_log_writer();
std::unique_ptr<LogWriter> make_json_log_writer();
std::unique_ptr<LogWriter> make_csv_log_writer();

}  // namespace synfin
