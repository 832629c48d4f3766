// See publisher.h.
#include "synfin/publish/publisher.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <deque>
#include <system_error>
#include <utility>

#include "publish/kafka_producer.h"
#include "publish/publish_batch.h"
#include "publish/publish_process.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/enrich/identifiers.h"
#include "synfin/log/log_writer.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 200;
/// Live: how long the end of a run waits until the process has taken what waits here. With
/// kLastDeliveries of publish_process.cc, these are the 15 seconds of the manual.
constexpr std::chrono::seconds kLastRecords{5};
constexpr std::size_t kMaxProperties = 64 << 10;
/// Live: what waits in this process, beside the messages in the socket.
constexpr std::size_t kMaxWaiting = 16 << 20;

/// Where OpenSSL and Cyrus SASL find certificates and modules.
constexpr const char* kSystemFiles[] = {"/etc/ssl", "/etc/pki", "/etc/krb5.conf"};

Error cannot_read(const std::string& path) {
  return usage_error(fmt::format("--publish-config {}: {}", path, errno_text()));
}

/// Opens the file, and checks that only its owner may change it.
Result<std::unique_ptr<Descriptor>> open_properties(const std::string& path) {
  auto file = std::make_unique<Descriptor>(open_input(path));
  struct stat about {};
  if (file->get() < 0 || fstat(file->get(), &about) != 0) return cannot_read(path);
  if ((about.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return usage_error(
        fmt::format("--publish-config {}: it may hold passwords, so others must have no rights to "
                    "it: chmod 640 {}",
                    path, path));
  }
  return Result<std::unique_ptr<Descriptor>>(std::move(file));
}

Result<Properties> read_properties(int descriptor, const std::string& path) {
  const auto text = read_input(descriptor, kMaxProperties + 1);
  if (!text) return cannot_read(path);
  if (text->size() > kMaxProperties)
    return usage_error(fmt::format("--publish-config {}: it is longer than 64 KiB", path));
  return parse_properties(*text, path);
}

/// What the process does with its initial rights, without them, and in its sandbox.
struct Work {
  PublishOptions options;
  std::unique_ptr<Descriptor> properties_file;
  std::unique_ptr<KafkaProducer> producer;

  Status prepare() {
    if (options.properties.empty()) return Ok{};
    auto opened = open_properties(options.properties);
    if (!opened) return opened.error();
    properties_file = std::move(*opened);
    return Ok{};
  }

  Status parse(SandboxPlan& plan) {
    const auto target = parse_publish_url(options.url);
    if (!target) return target.error();
    const auto properties = properties_file
                                ? read_properties(properties_file->get(), options.properties)
                                : Result<Properties>(Properties{});
    if (!properties) return properties.error();
    auto made = KafkaProducer::make(*target, *properties);
    if (!made) return made.error();
    producer = std::move(*made);
    plan.readable.assign(std::begin(kSystemFiles), std::end(kSystemFiles));
    for (const auto& [name, value] : *properties) {
      if (name.ends_with(".location")) plan.readable.push_back(value);
    }
    return Ok{};
  }

  void run(int channel) const {
    const Status started = producer->start();
    if (!started) {
      send_sentence_waiting(channel, kPublishError, started.error().message);
      return;
    }
    send_sentence_waiting(channel, kPublishReady, "");
    run_publisher(*producer, options.url, channel);
  }
};

}  // namespace

Result<std::unique_ptr<Publisher>> Publisher::start(const PublishOptions& options,
                                                    std::optional<TargetUser> user,
                                                    SandboxMode sandbox) {
  if (options.url.empty()) return std::unique_ptr<Publisher>();
  auto work = std::make_shared<Work>();
  work->options = options;
  SenderDuty duty;
  duty.user = std::move(user);
  duty.name = "the process that publishes";
  duty.sandbox = sandbox;
  duty.prepare = [work](SandboxPlan& /*plan*/) { return work->prepare(); };
  duty.parse = [work](SandboxPlan& plan) { return work->parse(plan); };
  duty.run = [work](int channel) { work->run(channel); };
  auto process = SenderProcess::start(std::move(duty));
  if (!process) return process.error();
  bool ended = false;
  const auto first = receive_sentence((*process)->channel(), true, ended);
  if (!first) return Error{"the process that publishes ended before it was ready"};
  if (first->kind != kPublishReady) return Error{first->text, ErrorKind::Usage};
  return std::unique_ptr<Publisher>(new Publisher(std::move(*process), options.url));
}

struct PublishSink::Impl {
  /// A message that waits for room in the socket.
  struct Waiting {
    std::string bytes;
    std::size_t records = 0;
  };

  Impl(std::unique_ptr<Publisher> owner, DeliveryGauges& figures, bool is_live)
      : publisher(std::move(owner)), gauges(figures), live(is_live) {}

  int channel() const { return publisher->process_->channel(); }

  void add(const ConnectionRecord& record, const Annotations& about) {
    line.clear();
    writer->append(line, record, about);
    if (line.ends_with('\n')) line.pop_back();
    if (!batch.add(CommunityId(record.tuple).view(), line)) lose(1);
    if (batch.is_full()) pass_on();
  }

  /// Sends the batch, or keeps it.
  void pass_on() {
    if (batch.empty()) return;
    if (live && waiting_bytes + batch.bytes().size() > kMaxWaiting) {
      lose(batch.records());
    } else {
      waiting_bytes += batch.bytes().size();
      waiting.push_back({batch.bytes(), batch.records()});
    }
    batch.clear();
    send_waiting(live ? Clock::time_point::min() : Clock::time_point::max());
    if (!live) take_sentences(false);
  }

  /// Sends what waits, and waits for room in the socket until `end`.
  void send_waiting(Clock::time_point end) {
    while (!waiting.empty() && !ended) {
      Waiting& first = waiting.front();
      iovec part{first.bytes.data(), first.bytes.size()};
      msghdr header{};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      if (sendmsg(channel(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) ended = true;
        if (ended || Clock::now() >= end) break;
        pollfd room{channel(), POLLOUT | POLLIN, 0};
        (void)::poll(&room, 1, kPollMs);
        take_sentences(false);
        continue;
      }
      passed += first.records;
      waiting_bytes -= first.bytes.size();
      waiting.pop_front();
    }
    if (ended) lose_waiting();
  }

  void lose(std::size_t records) { lost += records; }
  void lose_waiting() {
    for (const Waiting& message : waiting) lose(message.records);
    waiting.clear();
    waiting_bytes = 0;
  }

  /// Reads what the process reports; with `wait`, until it ends.
  void take_sentences(bool wait) {
    while (const auto sentence = receive_sentence(channel(), wait, ended)) {
      if (sentence->kind == kPublishCounts) {
        counts = parse_publish_counts(sentence->text).value_or(counts);
      } else {
        log(sentence->kind == kPublishInfo ? LogLevel::Info : LogLevel::Warning, sentence->text);
      }
    }
    constexpr auto kRelaxed = std::memory_order_relaxed;
    gauges.queued.store(counts.queued, kRelaxed);
    gauges.queue_limit.store(counts.limit, kRelaxed);
    gauges.delivered.store(counts.delivered, kRelaxed);
    gauges.failed.store(counts.failed, kRelaxed);
    gauges.dropped.store(lost + counts.failed, kRelaxed);
  }

  /// Why records are lost.
  std::string_view reason() const {
    if (ended) return "the process that publishes has ended";
    return counts.failed != 0 ? "the brokers did not store them"
                              : "the brokers are away or too slow";
  }

  std::unique_ptr<Publisher> publisher;
  DeliveryGauges& gauges;
  bool live;
  std::unique_ptr<LogWriter> writer = LogWriter::make(LogFormat::Json);
  std::string line;
  PublishBatch batch;
  std::deque<Waiting> waiting;
  std::size_t waiting_bytes = 0;
  bool ended = false;        ///< the process has ended
  bool reported = false;     ///< that records are lost
  std::uint64_t passed = 0;  ///< records that the process has received
  std::uint64_t lost = 0;    ///< records that it never received
  PublishCounts counts;      ///< what it has reported
};

PublishSink::PublishSink(std::unique_ptr<Publisher> publisher, DeliveryGauges& gauges, bool live)
    : impl_(std::make_unique<Impl>(std::move(publisher), gauges, live)) {
  gauges.used.store(true, std::memory_order_relaxed);
}

PublishSink::~PublishSink() = default;

void PublishSink::on_events(std::span<const AnnotatedEvent> events) {
  for (const auto& [event, about] : events) {
    if (event.kind == EventKind::Record) impl_->add(event.connection, about);
  }
}

void PublishSink::on_tick(Timestamp /*now*/) {
  impl_->pass_on();
  impl_->send_waiting(Clock::time_point::min());
  impl_->take_sentences(false);
}

std::optional<Error> PublishSink::take_failure() {
  const bool lost = impl_->lost + impl_->counts.failed != 0;
  if (!lost || std::exchange(impl_->reported, true)) return std::nullopt;
  return Error{
      fmt::format("{}: records are lost, because {}", impl_->publisher->url_, impl_->reason())};
}

Status PublishSink::finish(const CaptureInfo& /*capture*/) {
  Impl& impl = *impl_;
  impl.pass_on();
  impl.send_waiting(impl.live ? Clock::now() + kLastRecords : Clock::time_point::max());
  impl.lose_waiting();
  impl.publisher->process_->close_for_sending();
  impl.take_sentences(true);
  const std::uint64_t all = impl.passed + impl.lost;
  if (impl.counts.delivered == all) return Ok{};
  return Error{fmt::format("{} of {} records were not published to {}", all - impl.counts.delivered,
                           all, impl.publisher->url_)};
}

}  // namespace synfin
