// See courier.h.
#include "notify/courier.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>

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
  Timestamp resume{};    ///< a steady time: after a failure, when it tries again
};

Courier::Courier(const NotifySettings& settings, std::string state, Report report, Clocks clocks)
    : settings_(settings),
      clocks_(std::move(clocks)),
      report_(std::move(report)),
      queue_(std::move(state), settings, clocks_,
             [this](const std::string& sentence) { report_(Level::Warning, sentence); }) {
  for (const Channel& channel : settings.channels) {
    if (channel.enabled) channels_.push_back(std::make_unique<ChannelState>(channel));
  }
}
Courier::~Courier() = default;

void Courier::report_given_up(const Channel& channel, const Offer& offer) {
  if (offer.given_up == 0) return;
  const std::string first = format_rfc3339(offer.oldest_given_up);
  report_(
      Level::Warning,
      offer.given_up == 1
          ? fmt::format("notify.{}: a message of {} is given up, because it is too old",
                        channel.name, first)
          : fmt::format("notify.{}: {} messages, the first of {}, are given up, because they are "
                        "too old",
                        channel.name, with_separators(offer.given_up), first));
}

/// Takes the next message for a channel that has none under way.
void Courier::fill(ChannelState& state) {
  const Timestamp now = clocks_.wall();
  const Duration pause = saturating_sub(state.resume, clocks_.steady());
  if (pause > Duration{}) {
    soonest_ = std::min(soonest_, saturating_add(now, pause));
    return;
  }
  Pace pace{.now = now,
            .group_delay = hurries_ ? Duration{} : settings_.group_delay,
            .single_changes = hurries_ ? kBurst : state.allowance.left(),
            .changes = hurries_ || state.allowance.available(now, settings_.interval),
            .retries = state.resume != Timestamp{},
            .expiry = queue_.expiry()};
  if (!pace.changes) soonest_ = std::min(soonest_, state.allowance.next(settings_.interval));
  pace.single_changes = std::max<std::size_t>(pace.single_changes, 1);
  auto next = queue_->next(state.channel, pace);
  if (!next) return check(next.error());
  soonest_ = std::min(soonest_, next->soonest);
  report_given_up(state.channel, *next);
  if (!next->batch) return;
  state.batch = std::move(next->batch);
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
  state.resume = saturating_add(clocks_.steady(), delay);
  check(queue_->postpone(*state.batch, state.sent, saturating_add(clocks_.wall(), delay)));
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
  const Timestamp now = clocks_.wall();
  soonest_ = Timestamp::max();
  const bool open = queue_.open(hurries_);
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
    if (!queue_.open(hurries_)) return;
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
