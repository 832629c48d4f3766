/// \file
/// PublishTarget: the brokers and the topic that --publish names, and the properties of librdkafka.
/// Tested in tests/unit/publish/publish_target_test.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synfin/base/result.h"

namespace synfin {

struct PublishTarget {
  std::string brokers;  ///< "192.0.2.1:9092,kafka.example:9092"
  std::string topic;
};

/// Parses "kafka://BROKER[,BROKER…]/TOPIC". A name of a topic has Kafka's characters only.
Result<PublishTarget> parse_publish_url(std::string_view url);

using Properties = std::vector<std::pair<std::string, std::string>>;

/// Lines "name = value" or "name=value"; "#" begins a comment line. `path` is for messages.
Result<Properties> parse_properties(std::string_view text, const std::string& path);

}  // namespace synfin
