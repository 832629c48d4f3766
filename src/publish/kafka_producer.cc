// See kafka_producer.h.
#include "publish/kafka_producer.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdlib>
#include <new>
#include <utility>

#include "synfin/net/loaded_library.h"

namespace synfin {
namespace {

constexpr std::uint64_t kQueue = 100'000;

/// librdkafka, loaded only by the process that publishes.
struct Library {
  static Library& get() {
    static Library library;
    return library;
  }

  Library() {
    library.find(conf_new, "rd_kafka_conf_new");
    library.find(conf_set, "rd_kafka_conf_set");
    library.find(conf_get, "rd_kafka_conf_get");
    library.find(conf_destroy, "rd_kafka_conf_destroy");
    library.find(set_opaque, "rd_kafka_conf_set_opaque");
    library.find(set_delivery_report, "rd_kafka_conf_set_dr_msg_cb");
    library.find(set_error, "rd_kafka_conf_set_error_cb");
    library.find(set_log, "rd_kafka_conf_set_log_cb");
    library.find(create, "rd_kafka_new");
    library.find(topic_new, "rd_kafka_topic_new");
    library.find(produce, "rd_kafka_produce");
    library.find(poll, "rd_kafka_poll");
    library.find(queue_length, "rd_kafka_outq_len");
    library.find(last_error, "rd_kafka_last_error");
    library.find(error_text, "rd_kafka_err2str");
  }

  LoadedLibrary library{
      "librdkafka.so.1",
      "librdkafka cannot be loaded, so nothing is published; please install the package "
      "librdkafka1"};
  decltype(&rd_kafka_conf_new) conf_new = nullptr;
  decltype(&rd_kafka_conf_set) conf_set = nullptr;
  decltype(&rd_kafka_conf_get) conf_get = nullptr;
  decltype(&rd_kafka_conf_destroy) conf_destroy = nullptr;
  decltype(&rd_kafka_conf_set_opaque) set_opaque = nullptr;
  decltype(&rd_kafka_conf_set_dr_msg_cb) set_delivery_report = nullptr;
  decltype(&rd_kafka_conf_set_error_cb) set_error = nullptr;
  decltype(&rd_kafka_conf_set_log_cb) set_log = nullptr;
  decltype(&rd_kafka_new) create = nullptr;
  decltype(&rd_kafka_topic_new) topic_new = nullptr;
  decltype(&rd_kafka_produce) produce = nullptr;
  decltype(&rd_kafka_poll) poll = nullptr;
  decltype(&rd_kafka_outq_len) queue_length = nullptr;
  decltype(&rd_kafka_last_error) last_error = nullptr;
  decltype(&rd_kafka_err2str) error_text = nullptr;
};

Library& kafka() { return Library::get(); }

/// What holds unless the file of properties says otherwise.
Properties defaults() {
  return {{"client.id", "synfin"},
          {"enable.idempotence", "true"},
          {"compression.codec", "lz4"},
          {"linger.ms", "100"},
          {"queue.buffering.max.messages", fmt::format("{}", kQueue)},
          {"queue.buffering.max.kbytes", "131072"},
          {"message.timeout.ms", "300000"},
          {"partitioner", "murmur2_random"}};
}

}  // namespace

struct KafkaProducer::Impl {
  static void on_delivery(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* self) {
    Impl& impl = *static_cast<Impl*>(self);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++impl.delivered;
      impl.trouble.clear();
      return;
    }
    ++impl.failed;
    impl.note(kafka().error_text(message->err));
  }
  static void on_error(rd_kafka_t* /*handle*/, int /*error*/, const char* reason, void* self) {
    static_cast<Impl*>(self)->note(reason);
  }
  /// An exception must not pass through the library that calls this.
  void note(const char* reason) noexcept {
    try {
      trouble = reason;
    } catch (const std::bad_alloc&) {
      trouble.clear();
    }
  }
  static void on_log(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
                     const char* /*text*/) {}

  ~Impl() {
    if (conf != nullptr) kafka().conf_destroy(conf);
  }

  rd_kafka_conf_t* conf = nullptr;  ///< until start()
  /// Never destroyed: that would wait for brokers, and the process ends anyway.
  rd_kafka_t* handle = nullptr;
  rd_kafka_topic_t* topic = nullptr;
  std::string topic_name;
  std::uint64_t delivered = 0, failed = 0, limit = kQueue;
  std::string trouble;
};

KafkaProducer::KafkaProducer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaProducer::~KafkaProducer() = default;

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::make(const PublishTarget& target,
                                                           const Properties& properties) {
  if (const std::string& failure = kafka().library.failure(); !failure.empty())
    return Error{failure};
  auto impl = std::make_unique<Impl>();
  impl->conf = kafka().conf_new();
  impl->topic_name = target.topic;
  Properties all = defaults();
  all.insert(all.end(), properties.begin(), properties.end());
  all.emplace_back("bootstrap.servers", target.brokers);
  std::array<char, 512> text{};
  for (const auto& [name, value] : all) {
    if (kafka().conf_set(impl->conf, name.c_str(), value.c_str(), text.data(), text.size()) !=
        RD_KAFKA_CONF_OK) {
      return Error{fmt::format("--publish-config: {}", text.data()), ErrorKind::Usage};
    }
  }
  std::size_t size = text.size();
  if (kafka().conf_get(impl->conf, "queue.buffering.max.messages", text.data(), &size) ==
      RD_KAFKA_CONF_OK)
    impl->limit = std::strtoull(text.data(), nullptr, 10);
  kafka().set_opaque(impl->conf, impl.get());
  kafka().set_delivery_report(impl->conf, &Impl::on_delivery);
  kafka().set_error(impl->conf, &Impl::on_error);
  kafka().set_log(impl->conf, &Impl::on_log);
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(std::move(impl)));
}

Status KafkaProducer::start() {
  std::array<char, 512> text{};
  impl_->handle = kafka().create(RD_KAFKA_PRODUCER, impl_->conf, text.data(), text.size());
  if (impl_->handle == nullptr)
    return Error{fmt::format("--publish: librdkafka cannot start: {}", text.data())};
  impl_->conf = nullptr;  // the handle owns it
  impl_->topic = kafka().topic_new(impl_->handle, impl_->topic_name.c_str(), nullptr);
  if (impl_->topic == nullptr)
    return Error{fmt::format("--publish: librdkafka cannot use the topic {}: {}", impl_->topic_name,
                             kafka().error_text(kafka().last_error()))};
  return Ok{};
}

bool KafkaProducer::produce(std::string_view key, std::string_view value) {
  // With a copy, the library does not change the value.
  void* const payload = const_cast<char*>(value.data());
  if (kafka().produce(impl_->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload,
                      value.size(), key.data(), key.size(), nullptr) == 0)
    return true;
  const rd_kafka_resp_err_t error = kafka().last_error();
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  ++impl_->failed;
  impl_->trouble = kafka().error_text(error);
  return true;
}

void KafkaProducer::poll(std::chrono::milliseconds wait) {
  kafka().poll(impl_->handle, static_cast<int>(wait.count()));
}

std::uint64_t KafkaProducer::delivered() const { return impl_->delivered; }
std::uint64_t KafkaProducer::failed() const { return impl_->failed; }
std::uint64_t KafkaProducer::queued() const {
  return static_cast<std::uint64_t>(kafka().queue_length(impl_->handle));
}
std::uint64_t KafkaProducer::queue_limit() const { return impl_->limit; }
const std::string& KafkaProducer::trouble() const { return impl_->trouble; }

}  // namespace synfin
