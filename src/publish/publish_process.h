/// \file
/// The work of the process that publishes: messages from the channel to a KafkaProducer.
///
/// If the producer's queue is full, it reads nothing, so that the channel fills and the sink waits
/// or counts. It sends back how it fares; see the kinds below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "publish/kafka_producer.h"

namespace synfin {

// What it sends: an error that ends it, a warning or an information for the log, that it is ready,
// and its counts.
inline constexpr char kPublishError = 'E', kPublishWarning = 'W', kPublishInfo = 'I',
                      kPublishReady = 'R', kPublishCounts = 'N';

struct PublishCounts {
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< records that are lost
  std::uint64_t queued = 0;
  std::uint64_t limit = 0;

  friend bool operator==(const PublishCounts&, const PublishCounts&) = default;
};

/// "12 0 3 100000".
std::string to_text(const PublishCounts& counts);
std::optional<PublishCounts> parse_publish_counts(std::string_view text);

/// Runs until the channel is closed and all is delivered, or for 10 s after it was closed. What is
/// then left has failed.
void run_publisher(KafkaProducer& producer, const std::string& url, int channel);

}  // namespace synfin
