/// \file
/// KafkaProducer: librdkafka's producer with a bounded queue. Spec: librdkafka 2.0,
/// CONFIGURATION.md.
///
/// Delivery is idempotent: each message is stored once and in the order of its partition, even if
/// it is sent again. A message that is not stored within message.timeout.ms has failed.
/// Used by one thread. Tested in tests/check/publish.py with librdkafka's mock cluster.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "publish/publish_target.h"
#include "synfin/base/result.h"

namespace synfin {

class KafkaProducer {
 public:
  /// Loads librdkafka and checks the properties. Starts no thread.
  static Result<std::unique_ptr<KafkaProducer>> make(const PublishTarget& target,
                                                     const Properties& properties);
  ~KafkaProducer();

  /// Starts librdkafka's threads, which connect to the brokers.
  Status start();
  /// Queues a copy of the message. Returns false if the queue is full.
  bool produce(std::string_view key, std::string_view value);
  /// Takes the results of deliveries, and waits for one if there is none.
  void poll(std::chrono::milliseconds wait);

  std::uint64_t delivered() const;
  std::uint64_t failed() const;  ///< messages that are lost
  std::uint64_t queued() const;
  std::uint64_t queue_limit() const;
  /// The reason why nothing can be delivered at present; empty if there is none.
  const std::string& trouble() const;

 private:
  struct Impl;
  explicit KafkaProducer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
