// The process that sends the spool. See synfin/store/store.h.
#include <fmt/format.h>
#include <poll.h>

#include <charconv>
#include <utility>

#include "store/certificates.h"
#include "store/client.h"
#include "store/delivery.h"
#include "store/last_deliveries.h"
#include "store/settings.h"
#include "store/spool.h"
#include "store/url.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/wall_clock.h"
#include "synfin/cli/secrets.h"
#include "synfin/store/store.h"

namespace synfin {
namespace {

// The kinds of sentences that the process sends: an error that ends it, a warning or information
// for the log, readiness, counts ("ROWS FAILURES"), and at its end a sentence about batches that
// wait.
constexpr char kError = 'E', kWarning = 'W', kInfo = 'I', kReady = 'R', kLeft = 'L', kCounts = 'C',
               kDone = 'D';

/// At the end, the process gives up after attempts have failed for this long, and cancels a request
/// after nothing has been stored for the longer time.
constexpr Duration kMaxFailing = std::chrono::seconds{5}, kMaxSilent = std::chrono::seconds{10};
/// Both for an import if the server does not answer.
constexpr Duration kMaxFailingImport = std::chrono::minutes{1};
/// Limits of a request, so that a server that answers too slowly is reported and tried again.
constexpr Duration kMaxRequest = std::chrono::minutes{2};
constexpr Duration kMaxStalled = std::chrono::seconds{30};
/// How often the folder is read while it is empty.
constexpr Duration kIdle = std::chrono::milliseconds{200};

/// The work of the process.
class Sender {
 public:
  explicit Sender(StoreSenderPlan plan) : plan_(std::move(plan)) {}

  Status prepare(const ConfigFile& config) {
    auto files = NamedFiles::open(config.store.view(), config.path);
    if (!files) return files.error();
    files_ = std::move(*files);
    return load_curl();
  }

  Status parse(const ConfigFile& config, SandboxPlan& sandbox) {
    auto url = parse_store_url(plan_.options.url);
    if (!url) return url.error();
    url_ = std::move(*url);
    auto credentials = parse_store_settings(config, std::exchange(files_, {}));
    if (!credentials) return credentials.error();
    credentials_ = std::move(*credentials);
    if (const Status safe = check_password_is_safe(url_, credentials_); !safe) return safe;
    sandbox.connects = false;
    for (const StoreHost& host : url_.hosts) sandbox.connect_ports.push_back(host.port);
    sandbox.readable.assign(std::begin(kCertificatePlaces), std::end(kCertificatePlaces));
    sandbox.databases.push_back(plan_.options.spool_folder() + "/");
    return Ok{};
  }

  void run(int channel) {
    for (const std::string& warning : credentials_.warnings)
      send_sentence_waiting(channel, kWarning, warning);
    send_sentence_waiting(channel, kReady, "");
    SpoolSenderLock lock(plan_.options.spool_folder());
    if (!wait_for(lock, channel)) return report_rest(channel);
    SentenceLog log(channel, kWarning, "the process for the store");
    LastDeliveries last(channel, plan_.waits ? kMaxFailingImport : kMaxSilent);
    StoreLimits limits{.longest = kMaxRequest, .stalled = kMaxStalled, .cancelled = [&last] {
                         return last.are_too_late();
                       }};
    Delivery delivery(StoreClient(url_, std::move(credentials_), std::move(limits)),
                      plan_.options.spool_folder(), plan_.options.sensor_name(),
                      [&log](Delivery::Level level, const std::string& sentence) {
                        log.send(level == Delivery::Level::Warning ? kWarning : kInfo, sentence);
                      });
    while (!last.has_run_ended()) {
      while (delivery.work(steady_time()) && !last.has_run_ended()) last.note_delivery();
      send_counts(delivery, channel);
      if (!last.has_run_ended()) wait(channel);
    }
    const bool complete = finish(delivery, last);
    log.finish();
    send_sentence_waiting(channel, kCounts, counts_of(delivery));
    if (!complete) return report_rest(channel);
    if (const std::uint64_t damaged = delivery.damaged_batches(); damaged != 0) {
      send_sentence_waiting(
          channel, kLeft,
          fmt::format("{} of the spool {} damaged and not stored: {}/*.damaged",
                      damaged == 1 ? "a batch" : fmt::format("{} batches", damaged),
                      damaged == 1 ? "is" : "are", plan_.options.spool_folder()));
      return;
    }
    send_sentence_waiting(channel, kDone, "");
  }

 private:
  static void drain(int channel, bool& ended) {
    while (receive_sentence(channel, false, ended)) continue;
  }

  /// Returns false if another process still sends the spool when this run has ended.
  static bool wait_for(SpoolSenderLock& lock, int channel) {
    bool ended = false;
    for (Timestamp good = steady_time(); !lock.take(); (void)poll(nullptr, 0, 100)) {
      drain(channel, ended);
      if (!ended) good = steady_time();
      if (saturating_sub(steady_time(), good) > kMaxFailing) return false;
    }
    return true;
  }

  void report_rest(int channel) const {
    send_sentence_waiting(
        channel, kLeft,
        fmt::format("not everything is stored: the rest waits in {} for the next run",
                    plan_.options.spool_folder()));
  }

  static std::string counts_of(const Delivery& delivery) {
    return fmt::format("{} {}", delivery.delivered_rows(), delivery.failed_attempts());
  }

  /// The counts are totals, so a later message makes up for one that did not fit into the channel.
  void send_counts(const Delivery& delivery, int channel) {
    std::string text = counts_of(delivery);
    if (text == counts_ || send_sentence(channel, kCounts, text) != SendResult::Sent) return;
    counts_ = std::move(text);
  }

  static void wait(int channel) {
    pollfd input{channel, POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(kIdle).count();
    (void)poll(&input, 1, static_cast<int>(ms));
  }

  /// Returns false if batches are left.
  bool finish(Delivery& delivery, LastDeliveries& last) const {
    Timestamp good = steady_time();
    while (true) {
      const Timestamp now = steady_time();
      if (delivery.work(now)) {
        last.note_delivery();
        good = now;
        continue;
      }
      if (!delivery.failing() && delivery.idle()) return true;
      const bool waits = plan_.waits && !delivery.refused();
      if (saturating_sub(now, good) > (waits ? kMaxFailingImport : kMaxFailing)) return false;
      if (last.are_too_late()) return false;
      (void)poll(nullptr, 0, 100);
    }
  }

  StoreSenderPlan plan_;
  StoreUrl url_;
  NamedFiles files_;  ///< until they are read
  StoreCredentials credentials_;
  std::string counts_;  ///< the counts that were sent last
};

}  // namespace

Result<std::shared_ptr<StoreSender>> StoreSender::start(ConfigFile& config, StoreSenderPlan plan) {
  if (plan.options.url.empty()) {
    forget_variables(config.store.view());
    config.store.wipe();
    return std::shared_ptr<StoreSender>();
  }
  const TargetUser user =
      plan.user.value_or(TargetUser{.name = {}, .uid = getuid(), .gid = getgid()});
  if (const Status made = make_spool_folder(plan.options.spool_folder(), user.uid, user.gid);
      !made) {
    config.store.wipe();
    return made.error();
  }
  auto sender = std::make_shared<Sender>(plan);
  SenderDuty duty;
  duty.name = "the process for the store";
  duty.user = plan.user;
  duty.sandbox = plan.sandbox;
  duty.prepare = [&config, sender](SandboxPlan& /*plan*/) {
    forget_variables(config.notify.view(), config.store.view());
    config.notify.wipe();
    return sender->prepare(config);
  };
  duty.parse = [&config, sender](SandboxPlan& limits) {
    const Status parsed = sender->parse(config, limits);
    config.store.wipe();
    return parsed;
  };
  duty.run = [sender](int channel) { sender->run(channel); };
  auto process = SenderProcess::start(std::move(duty));
  forget_variables(config.store.view());
  config.store.wipe();
  if (!process) return process.error();
  std::shared_ptr<StoreSender> store(new StoreSender(std::move(*process)));
  if (const Status ready = store->wait_until_ready(); !ready) return ready.error();
  return store;
}

StoreSender::~StoreSender() = default;

Status StoreSender::wait_until_ready() {
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), true, ended)) {
    if (sentence->kind == kReady) return Ok{};
    if (sentence->kind == kError) return Error{sentence->text, ErrorKind::Usage};
    log_sentence(*sentence);
  }
  return Error{"the process for the store ended before it was ready"};
}

void StoreSender::take_counts(const std::string& text) {
  const char* const end = text.data() + text.size();
  const auto [blank, error] = std::from_chars(text.data(), end, delivered_);
  if (error == std::errc() && blank != end) std::from_chars(blank + 1, end, failed_);
}

void StoreSender::log_sentence(const ReceivedSentence& sentence) {
  if (sentence.kind == kCounts) return take_counts(sentence.text);
  if (sentence.kind == kDone) {
    done_ = true;
    return;
  }
  if (sentence.kind == kLeft) {
    left_ = sentence.text;
    return;
  }
  log(sentence.kind == kInfo ? LogLevel::Info : LogLevel::Warning, sentence.text);
}

void StoreSender::poll(DeliveryGauges& gauges) {
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), false, ended))
    log_sentence(*sentence);
  gauges.delivered.store(delivered_, std::memory_order_relaxed);
  gauges.failed.store(failed_, std::memory_order_relaxed);
  if (ended && !std::exchange(ended_, true)) {
    log(LogLevel::Warning,
        "the process for the store has ended: batches wait in the spool for the next run");
  }
}

Status StoreSender::finish() {
  process_->close_for_sending();
  bool ended = false;
  while (const auto sentence = receive_sentence(process_->channel(), true, ended))
    log_sentence(*sentence);
  ended_ = true;
  if (!left_.empty()) return Error{left_};
  if (!done_)
    return Error{
        "the process for the store ended early: batches wait in the spool for the next run"};
  return Ok{};
}

}  // namespace synfin
