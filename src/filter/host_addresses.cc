// See host_addresses.h.
#include "synfin/filter/host_addresses.h"

#include <algorithm>
#include <utility>

namespace synfin {

Result<std::unique_ptr<HostAddresses>> HostAddresses::start(const DnsOptions& options,
                                                            std::vector<std::string> names) {
  auto client = DnsClient::start(options);
  if (!client) return client.error();
  std::unique_ptr<HostAddresses> hosts(new HostAddresses(std::move(*client)));
  for (std::string& name : names) hosts->hosts_.try_emplace(std::move(name));
  hosts->ask_expired(Clock::now());
  return hosts;
}

void HostAddresses::ask_expired(Clock::time_point now) {
  std::vector<DnsQuestion> questions;
  next_expiry_ = Clock::time_point::max();
  for (auto& [name, host] : hosts_) {
    if (host.waiting) continue;
    if (host.expires > now) {
      next_expiry_ = std::min(next_expiry_, host.expires);
      continue;
    }
    host.waiting = true;
    questions.push_back({.address = {}, .urgent = true, .host = name});
  }
  waiting_ += questions.size();
  if (!questions.empty()) client_->ask(questions);
}

void HostAddresses::store(DnsAnswer& answer, Clock::time_point now) {
  --waiting_;
  const auto at = hosts_.find(answer.question.host);
  if (at == hosts_.end()) return;
  ResolvedHost& host = at->second;
  host.waiting = false;
  host.expires = now + answer.ttl;
  next_expiry_ = std::min(next_expiry_, host.expires);
  if (answer.kind == DnsAnswer::Kind::Failed) return;
  for (const Address& old : host.addresses) {
    std::vector<std::string>& names = names_[old];
    std::erase(names, at->first);
    if (names.empty()) names_.erase(old);
  }
  host.addresses = std::move(answer.addresses);
  for (const Address& address : host.addresses) names_[address].push_back(at->first);
}

void HostAddresses::update(Clock::time_point now) {
  if (waiting_ != 0) {
    client_->take(answers_);
    for (DnsAnswer& answer : answers_) store(answer, now);
    answers_.clear();
  }
  if (now >= next_expiry_) ask_expired(now);
}

void HostAddresses::wait(Clock::time_point deadline) {
  update();
  while (waiting_ != 0 && Clock::now() < deadline) {
    client_->wait(deadline);
    update();
  }
}

const std::vector<std::string>& HostAddresses::names_of(const Address& address) const {
  static const std::vector<std::string> kNone;
  const auto at = names_.find(address);
  return at == names_.end() ? kNone : at->second;
}

}  // namespace synfin
