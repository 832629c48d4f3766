/// \file
/// The options of --publish. Tested in tests/unit/publish/publish_target_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/cli/option_row.h"

namespace synfin {

struct PublishOptions {
  std::string url;         ///< "kafka://HOST[:PORT][,HOST…]/TOPIC"; empty: nothing is published
  std::string properties;  ///< a file with properties of librdkafka, or empty
};

/// Rows of the table of options. `options` must outlive them.
std::vector<OptionRow> publish_rows(PublishOptions& options);

/// A sentence if the options have no effect, else an empty string.
std::string publish_without_effect(const PublishOptions& options);

}  // namespace synfin
