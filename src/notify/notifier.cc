// See notifier.h.
#include "synfin/notify/notifier.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "notify/channel.h"
#include "notify/courier.h"
#include "notify/message.h"
#include "notify/message_queue.h"
#include "notify/transfers.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/wall_clock.h"
#include "synfin/cli/secrets.h"
#include "synfin/notify/commands.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

// What the process sends: an error that ends it, a warning or an information for the log, a channel
// ("MESSAGES NAME"), and that it is ready. What it receives: a wake-up.
// It also sends how many messages were delivered and how many attempts failed ("12 3").
constexpr char kError = 'E', kWarning = 'W', kInfo = 'I', kChannel = 'C', kReady = 'R', kWake = 'w';
constexpr char kCounts = 'N', kDone = 'D';

constexpr Duration kLastDeliveries = std::chrono::seconds{15};
constexpr int kMaxFailures = 5;  ///< to read the state file, at the end of a run

/// Where OpenSSL finds the certificates of authorities.
constexpr const char* kCertificates[] = {"/etc/ssl/certs", "/etc/ssl/cert.pem",
                                         "/etc/ssl/openssl.cnf", "/etc/pki/tls",
                                         "/etc/pki/ca-trust"};

/// The work of the process.
class Sender {
 public:
  explicit Sender(std::string state) : state_(std::move(state)) {}

  Status prepare(const ConfigFile& config) {
    auto files = NamedFiles::open(config.notify.view(), config.path);
    if (!files) return files.error();
    lines_ = {config.notify.view(), config.path, config.all_users_read, std::move(*files)};
    return load_curl();
  }

  Status parse(SandboxPlan& plan) {
    auto settings = parse_notify(lines_);
    lines_ = {};
    if (!settings) return settings.error();
    settings_ = std::move(*settings);
    plan.readable.assign(std::begin(kCertificates), std::end(kCertificates));
    plan.databases.push_back(state_);
    return Ok{};
  }

  void run(int channel) const {
    for (const std::string& warning : settings_.warnings)
      send_sentence_waiting(channel, kWarning, warning);
    for (const Channel& one : settings_.channels) {
      if (one.enabled)
        send_sentence_waiting(channel, kChannel, std::to_string(one.messages) + " " + one.name);
    }
    send_sentence_waiting(channel, kReady, "");
    SentenceLog log(channel, kWarning, "the process for notifications");
    Courier courier(settings_, state_, [&log](Courier::Level level, const std::string& sentence) {
      log.send(level == Courier::Level::Warning ? kWarning : kInfo, sentence);
    });
    bool ended = false;
    DeliveryCounts sent;
    while (!ended) {
      courier.work(channel, std::chrono::minutes{1});
      send_counts(channel, courier.counts(), sent);
      while (receive_sentence(channel, false, ended)) continue;
    }
    deliver_the_last(courier);
    courier.report_waiting();
    log.finish();
    send_sentence_waiting(channel, kCounts, text_of(courier.counts()));
    send_sentence_waiting(channel, kDone, "");
  }

 private:
  static void deliver_the_last(Courier& courier) {
    courier.hurry();
    const Timestamp end = saturating_add(steady_time(), kLastDeliveries);
    int failures = 0;
    while (steady_time() < end && failures < kMaxFailures) {
      const bool idle =
          courier.idle();  // before: a message that ends now may be followed by others
      const std::size_t begun = courier.work(-1, std::chrono::milliseconds{200});
      if (courier.queue_failed()) {
        ++failures;
      } else if (begun == 0 && idle) {
        return;
      }
    }
  }

  static std::string text_of(const DeliveryCounts& counts) {
    return fmt::format("{} {}", counts.delivered, counts.failed);
  }

  /// The counts are totals, so a later message makes up for one that did not fit into the channel.
  static void send_counts(int channel, const DeliveryCounts& now, DeliveryCounts& sent) {
    if (now.delivered == sent.delivered && now.failed == sent.failed) return;
    if (send_sentence(channel, kCounts, text_of(now)) == SendResult::Sent) sent = now;
  }

  std::string state_;
  NotifyLines lines_;  ///< until they are parsed
  NotifySettings settings_;
};

}  // namespace

bool has_notifications(const ConfigFile& config) {
  return config.notify.view().find_first_not_of(" \t\r\n") != std::string_view::npos;
}

Status check_notify_state(const ConfigFile& config, const std::string& state) {
  if (!state.empty() || !has_notifications(config)) return Ok{};
  return Error{config.path + ": notifications need --state FILE, in which they wait to be sent",
               ErrorKind::Usage};
}

Result<std::shared_ptr<Notifier>> Notifier::start(ConfigFile& config, NotifierPlan plan) {
  const Status stateful = check_notify_state(config, plan.state);
  if (!stateful || !has_notifications(config)) {
    config.notify.wipe();
    if (!stateful) return stateful.error();
    return std::shared_ptr<Notifier>();
  }
  auto sender = std::make_shared<Sender>(plan.state);
  SenderDuty duty;
  duty.name = "the process for notifications";
  duty.user = std::move(plan.user);
  duty.sandbox = plan.sandbox;
  duty.prepare = [&config, sender](SandboxPlan& /*plan*/) {
    forget_variables(config.store.view(), config.notify.view());
    config.store.wipe();
    return sender->prepare(config);
  };
  duty.parse = [&config, sender](SandboxPlan& limits) {
    const Status parsed = sender->parse(limits);
    config.notify.wipe();
    return parsed;
  };
  duty.run = [sender](int channel) { sender->run(channel); };
  auto process = SenderProcess::start(std::move(duty));
  forget_variables(config.notify.view(), config.store.view());
  config.notify.wipe();
  if (!process) return process.error();
  std::shared_ptr<Notifier> notifier(new Notifier(std::move(*process)));
  if (const Status ready = notifier->wait_until_ready(); !ready) return ready.error();
  return notifier;
}

Notifier::Notifier(std::unique_ptr<SenderProcess> process) : process_(std::move(process)) {}
Notifier::~Notifier() = default;

Status Notifier::wait_until_ready() {
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), true, ended)) {
    if (sentence->kind == kReady) return Ok{};
    if (sentence->kind == kError) return Error{sentence->text, ErrorKind::Usage};
    log_sentence(*sentence);
  }
  return Error{"the process for notifications ended before it was ready"};
}

void Notifier::log_sentence(const ReceivedSentence& sentence) {
  if (sentence.kind == kChannel) {
    unsigned kinds = 0;
    const std::string& text = sentence.text;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), kinds);
    kinds_ |= kinds;
    channels_.emplace_back(std::min(end + 1, text.data() + text.size()), text.data() + text.size());
    return;
  }
  if (sentence.kind == kCounts) {
    const char* const end = sentence.text.data() + sentence.text.size();
    const auto first = std::from_chars(sentence.text.data(), end, delivered_.delivered);
    if (first.ptr != end) std::from_chars(first.ptr + 1, end, delivered_.failed);
    return;
  }
  if (sentence.kind == kDone) {
    done_ = true;
    return;
  }
  log(sentence.kind == kInfo ? LogLevel::Info : LogLevel::Warning, sentence.text);
}

void Notifier::note_end() {
  if (ended_.exchange(true)) return;
  log(LogLevel::Warning,
      "the process for notifications has ended, so that messages wait in the state file until the "
      "next run");
}

Status Notifier::store(Database& state, const Message& message) {
  if (!wants(static_cast<unsigned>(message.kind))) return Ok{};
  if (!room_) {  // the first message of this transaction
    if (const Status added = add_channels(state, channels_); !added) return added;
    room_ = std::make_unique<QueueRoom>(state, channels_);
  }
  const auto stored = enqueue(state, message, wall_clock(), *room_);
  if (!stored) return stored.error();
  stored_ = true;
  dropped_.uncommitted += !*stored;
  if (!*stored && !std::exchange(dropped_.reported, true)) {
    log(LogLevel::Warning,
        "20 000 messages wait to be sent, so that newer ones are dropped: see the first failure of "
        "each channel");
  }
  if (*stored && message.kind != MessageKind::Digest) dropped_.reported = false;
  return Ok{};
}

Status Notifier::on_start(Database& state, const StartNotice& start) {
  return store(state, message_of(start));
}

Status Notifier::on_changes(Database& state, std::span<const Change> changes) {
  for (const Change& change : changes) {
    if (!change.alert) continue;
    if (const Status stored = store(state, message_of(change)); !stored) return stored;
  }
  return Ok{};
}

Status Notifier::on_digest(Database& state, const Digest& digest) {
  const std::uint64_t dropped = dropped_.since_digest + dropped_.uncommitted;
  dropped_.in_digest = true;
  return store(state, message_of(digest, dropped));
}

Status Notifier::on_gap(Database& state, const GapNotice& gap) {
  return store(state, message_of(gap));
}

void Notifier::on_begin() {
  room_.reset();
  dropped_.uncommitted = 0;
  dropped_.in_digest = false;
}

void Notifier::on_commit() {
  room_.reset();
  dropped_.total += dropped_.uncommitted;
  lost_.store(dropped_.total, std::memory_order_relaxed);
  dropped_.since_digest = dropped_.in_digest ? 0 : dropped_.since_digest + dropped_.uncommitted;
  if (!std::exchange(stored_, false) || ended_) return;
  // If the channel is full, wake-ups that the process has not read yet are in it.
  if (send_sentence(process_->channel(), kWake, "") == SendResult::Ended) note_end();
}

void Notifier::poll(DeliveryGauges* gauges) {
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), false, ended))
    log_sentence(*sentence);
  if (ended) note_end();
  if (gauges == nullptr) return;
  gauges->used.store(true, std::memory_order_relaxed);
  gauges->delivered.store(delivered_.delivered, std::memory_order_relaxed);
  gauges->failed.store(delivered_.failed, std::memory_order_relaxed);
  gauges->dropped.store(lost_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

Status Notifier::finish() {
  process_->close_for_sending();
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), true, ended))
    log_sentence(*sentence);
  ended_ = true;
  if (dropped_.total > 0) {
    log(LogLevel::Warning, fmt::format("{} dropped, because 20 000 were waiting to be sent",
                                       plural(dropped_.total, "message was", "messages were")));
  }
  if (done_) return Ok{};
  return Error{
      "the process for notifications ended early: messages wait in the state file for the next "
      "run"};
}

}  // namespace synfin
