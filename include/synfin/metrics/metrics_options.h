/// \file
/// The options of --metrics. Tested in tests/unit/metrics/listen_address_test.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "synfin/base/descriptor.h"
#include "synfin/base/result.h"
#include "synfin/cli/option_row.h"

namespace synfin {

struct MetricsOptions {
  std::string listen;  ///< "127.0.0.1:9180", "[::1]:9180" or "9180"; empty: nothing is served
};

/// Rows of the table of options. `options` must outlive them.
std::vector<OptionRow> metrics_rows(MetricsOptions& options);

/// A socket that accepts connections.
struct MetricsSocket {
  std::unique_ptr<Descriptor> descriptor;
  std::string url;  ///< "http://127.0.0.1:9180/metrics"
};

/// Opens the socket of --metrics, and loads the library that serves it. Called with the rights of
/// the start, before the sandbox, which permits neither. Nothing if the option is not given. Fails
/// with a sentence if the address cannot be used.
Result<MetricsSocket> open_metrics_socket(const MetricsOptions& options);

}  // namespace synfin
