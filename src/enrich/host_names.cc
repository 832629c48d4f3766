// See host_names.h.
#include "synfin/enrich/host_names.h"

#include <utility>

namespace synfin {

Result<std::unique_ptr<HostNames>> HostNames::start(const DnsOptions& options,
                                                    std::size_t max_names) {
  auto client = DnsClient::start(options);
  if (!client) return client.error();
  return std::unique_ptr<HostNames>(
      new HostNames(std::move(*client), options.background_queue, max_names));
}

void HostNames::ask(const Address& address, CachedName& entry, NameReason reason) {
  entry.urgent = reason == NameReason::Established;
  entry.waiting = true;
  questions_.push_back({address, entry.urgent});
  ++(entry.urgent ? waiting_.urgent : waiting_.background);
}

/// Each question takes some 60 bytes until it is answered or has timed out.
constexpr std::size_t kMaxUrgent = 65'536;

const HostName* HostNames::look_up(const Address& address, NameReason reason) {
  const bool proven = reason == NameReason::Established;
  const bool may_ask =
      proven ? waiting_.urgent < kMaxUrgent : waiting_.background < max_background_;
  const auto found = names_.find(address);
  if (found == names_.end()) {
    if (!may_ask) return ++not_asked_, nullptr;
    uses_.push_front(address);
    CachedName& entry = names_[address];
    entry.use = uses_.begin();
    ask(address, entry, reason);
    return nullptr;
  }
  CachedName& entry = found->second;
  uses_.splice(uses_.begin(), uses_, entry.use);
  const bool stale = !entry.waiting && now_ >= entry.expires;
  const bool sooner = entry.waiting && !entry.urgent && proven;
  if (may_ask && (stale || sooner)) ask(address, entry, reason);
  return entry.state == State::Named ? &entry.name : nullptr;
}

void HostNames::store(DnsAnswer& answer) {
  --(answer.question.urgent ? waiting_.urgent : waiting_.background);
  const auto at = names_.find(answer.question.address);
  if (at == names_.end()) return;
  CachedName& entry = at->second;
  if (entry.urgent && !answer.question.urgent && answer.kind == DnsAnswer::Kind::NotSent) return;
  entry.waiting = false;
  entry.expires = now_ + answer.ttl;
  if (answer.kind == DnsAnswer::Kind::Name) {
    entry.name = {std::move(answer.name), answer.confirmed};
    entry.state = State::Named;
  } else if (answer.kind == DnsAnswer::Kind::Nameless) {
    entry.state = State::Nameless;
  } else if (entry.state != State::Named) {  // a failed refresh keeps the old name
    entry.state = State::Failed;
  }
}

void HostNames::evict() {
  while (names_.size() > max_names_) {
    names_.erase(uses_.back());
    uses_.pop_back();
  }
}

void HostNames::take_answers(Clock::time_point now) {
  if (!questions_.empty()) {
    client_->ask(questions_);
    questions_.clear();
  }
  now_ = now;
  if (waiting_.all() == 0) return;
  client_->take(answers_);
  for (DnsAnswer& answer : answers_) store(answer);
  answers_.clear();
  evict();
}

void HostNames::wait(Clock::time_point deadline) {
  take_answers();
  while (waiting_.all() != 0 && Clock::now() < deadline) {
    if (!client_->wait(deadline)) return;
    take_answers();
  }
}

HostNames::Counts HostNames::counts() const {
  Counts counts;
  counts.some_not_asked = not_asked_ != 0;
  for (const auto& [address, entry] : names_) {
    counts.named += entry.state == State::Named;
    counts.nameless += entry.state == State::Nameless;
    counts.unresolved += entry.state == State::Waiting || entry.state == State::Failed;
  }
  return counts;
}

}  // namespace synfin
