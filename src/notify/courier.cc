// See courier.h.
#include "notify/courier.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

#include "synfin/base/wall_clock.h"
#include "synfin/report/format.h"

namespace synfin {
namespace {

constexpr std::size_t kBurst = 5;  ///< messages about changes before the interval applies
constexpr Duration kPollInterval = std::chrono::seconds{1};
constexpr Duration kMaxDelay = std::chrono::hours{1};

double random_share() {
  static std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(engine);
}

/// When messages about changes may be sent: kBurst at once, then one for each interval.
class Allowance {
 public:
  bool available(Timestamp now, Duration interval) {
    if (interval <= Duration{}) return true;
    since_ = std::min(since_, now);  // the clock may have been set back
    const auto more = saturating_sub(now, since_) / interval;
    if (more > 0) {
      left_ = std::min<std::int64_t>(kBurst, left_ + more);
      since_ = now;
    }
    return left_ > 0;
  }
  void spend(Timestamp now) {
    if (left_ == static_cast<std::int64_t>(kBurst)) since_ = now;
    left_ = std::max<std::int64_t>(0, left_ - 1);
  }
  std::size_t left() const { return static_cast<std::size_t>(left_); }
  Timestamp next(Duration interval) const { return saturating_add(since_, interval); }

 private:
  std::int64_t left_ = kBurst;
  Timestamp since_{};
};

}  // namespace

Duration retry_delay(std::int64_t attempts, double random, Duration first) {
  const double longest = static_cast<double>(kMaxDelay.count());
  const double factor = std::exp2(static_cast<double>(std::min<std::int64_t>(attempts, 40)));
  const double whole = std::min(longest, static_cast<double>(first.count()) * factor);
  return Duration{static_cast<std::int64_t>(whole * (0.5 + random / 2))};
}

/// A channel and what is under way to it.
struct Courier::ChannelState {
  explicit ChannelState(const Channel& c) : channel(c) {}

  const Channel& channel;
  Allowance allowance;
  std::optional<Batch> batch;  ///< under way
  std::vector<Outgoing> parts;
  std::size_t sent = 0;  ///< parts that were delivered
  bool failing = false;  ///< the last attempt failed, which was reported
  bool partly = false;   ///< the last mail did not reach everybody, which was reported
};

Courier::Courier(const NotifySettings& settings, std::string state, Report report)
    : settings_(settings), state_(std::move(state)), report_(std::move(report)) {
  for (const Channel& channel : settings.channels) {
    if (channel.enabled) channels_.push_back(std::make_unique<ChannelState>(channel));
  }
}
Courier::~Courier() = default;

/// Reports a fault of the state file once.
void Courier::check(const Status& status) {
  if (status) return;
  queue_.reset();
  if (!std::exchange(queue_failed_, true)) report_(Level::Warning, status.error().message);
}

/// The writer creates the file, and replaces a damaged one by another.
bool Courier::open_queue() {
  struct stat about {};
  const bool exists = stat(state_.c_str(), &about) == 0;
  if (queue_ && exists && about.st_ino == inode_) return true;
  queue_.reset();
  if (!exists) return false;
  auto opened = MessageQueue::open(state_);
  if (!opened) {
    // The writer may still be creating the tables, unless the run is over.
    if (opened_at_ == Timestamp{}) opened_at_ = steady_time();
    if (hurries_ || steady_time() > saturating_add(opened_at_, std::chrono::seconds{10}))
      check(opened.error());
    return false;
  }
  queue_ = std::move(*opened);
  inode_ = about.st_ino;
  queue_failed_ = false;
  const Status pruned = queue_->prune(settings_.channels);
  check(pruned);
  return queue_ != nullptr;
}

/// Takes the next message for a channel that has none under way.
void Courier::fill(ChannelState& state) {
  const Timestamp now = wall_clock();
  Pace pace{.now = now,
            .group_delay = hurries_ ? Duration{} : settings_.group_delay,
            .single_changes = hurries_ ? kBurst : state.allowance.left(),
            .changes = hurries_ || state.allowance.available(now, settings_.interval)};
  if (!pace.changes) soonest_ = std::min(soonest_, state.allowance.next(settings_.interval));
  pace.single_changes = std::max<std::size_t>(pace.single_changes, 1);
  auto next = queue_->next(state.channel, pace, soonest_);
  if (!next) return check(next.error());
  if (!*next) return;
  if (now > saturating_add((*next)->queued, settings_.max_age)) {
    report_(Level::Warning,
            fmt::format("notify.{}: a message of {} is given up, because it is too old",
                        state.channel.name, format_rfc3339((*next)->message.time)));
    return check(queue_->finish(**next, false));
  }
  state.batch = std::move(*next);
  state.parts = render(state.batch->message, state.channel, now);
  state.sent = std::min(state.batch->parts, state.parts.size());
  if (state.batch->message.kind == MessageKind::Change && state.batch->attempts == 0)
    state.allowance.spend(now);
  send_part(state);
}

void Courier::send_part(ChannelState& state) {
  const auto at = std::find_if(channels_.begin(), channels_.end(),
                               [&](const auto& one) { return one.get() == &state; });
  if (state.sent < state.parts.size()) {
    transfers_.start(static_cast<std::size_t>(at - channels_.begin()),
                     request_for(state.channel, std::move(state.parts[state.sent])));
    return;
  }
  ++counts_.delivered;
  check(queue_->finish(*state.batch, true));
  state.batch.reset();
}

void Courier::fail(ChannelState& state, const Answer& answer) {
  const std::string answered =
      answer.body.empty() ? answer.sentence : answer.sentence + ": " + answer.body;
  if (answer.permanent) {
    report_(Level::Warning, fmt::format("notify.{}: the server refuses a message for good: {}",
                                        state.channel.name, answered));
    return check(queue_->finish(*state.batch, false));
  }
  if (!std::exchange(state.failing, true)) {
    report_(Level::Warning, fmt::format("notify.{}: not delivered, and synfin tries again: {}",
                                        state.channel.name, answered));
  }
  const Duration delay =
      answer.retry_after != Duration{}
          ? answer.retry_after
          : retry_delay(state.batch->attempts, random_share(), settings_.retry_delay);
  check(queue_->postpone(*state.batch, state.sent, saturating_add(wall_clock(), delay)));
}

void Courier::take(ChannelState& state, const Answer& answer) {
  if (!queue_) return state.batch.reset();  // the next queue has it again
  if (!answer.delivered) {
    ++counts_.failed;
    fail(state, answer);
    state.batch.reset();
    return;
  }
  if (std::exchange(state.failing, false))
    report_(Level::Info, fmt::format("notify.{}: delivers again", state.channel.name));
  if (!std::exchange(state.partly, answer.partly) && answer.partly) {
    report_(Level::Warning, fmt::format("notify.{}: not delivered to all recipients: {}",
                                        state.channel.name, answer.body));
  }
  ++state.sent;
  send_part(state);
}

std::size_t Courier::work(int descriptor, Duration most) {
  std::size_t begun = 0;
  const Timestamp now = wall_clock();
  soonest_ = Timestamp::max();
  const bool open = open_queue();
  for (const auto& state : channels_) {
    if (!open || !queue_ || state->batch) continue;
    fill(*state);
    begun += state->batch ? 1 : 0;
  }
  if (soonest_ != Timestamp::max())
    most = std::min(most, std::max(Duration{}, saturating_sub(soonest_, now)));
  if (!open) most = std::min(most, kPollInterval);
  transfers_.wait(descriptor, most);
  for (const Transfers::Finished& finished : transfers_.take_finished())
    take(*channels_[finished.key], judge(finished.answer, channels_[finished.key]->channel));
  return begun;
}

void Courier::report_waiting() {
  for (const auto& state : channels_) {
    if (!open_queue()) return;
    const auto waiting = queue_->waiting(state->channel);
    if (!waiting) {
      check(waiting.error());
    } else if (*waiting > 0) {
      report_(Level::Warning,
              fmt::format("notify.{}: {} in the state file for the next run", state->channel.name,
                          plural(*waiting, "message waits", "messages wait")));
    }
  }
}

bool Courier::idle() const {
  return std::none_of(channels_.begin(), channels_.end(),
                      [](const auto& state) { return state->batch.has_value(); });
}

}  // namespace synfin
