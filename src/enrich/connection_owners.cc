// See connection_owners.h.
#include "synfin/enrich/connection_owners.h"

#include <algorithm>
#include <utility>

namespace synfin {
namespace {

/// True if `found` is more certain.
bool is_better(const ProcessOwner& found, const ProcessOwner& known) {
  return found.basis > known.basis || (found.basis == known.basis && known.pid == 0);
}

void show(const ProcessOwner& owner, EndpointAnnotations& about) {
  about.pid = owner.pid;
  about.user = owner.user;
  about.exe = owner.exe;
  about.cmdline = owner.cmdline;
  about.unit = owner.unit;
}

}  // namespace

void ConnectionOwners::request(const ProcessQuestion& question, bool again) {
  const ConnectionKey key = ConnectionKey::of(question.tuple);
  const auto [at, fresh] = owners_.try_emplace(key);
  Owners& entry = at->second;
  if (fresh) {
    ages_.push_front(key);
    entry.age = ages_.begin();
    entry.low = entry.high = nobody_;
  } else {
    const auto [less, more] = std::minmax(entry.low->basis, entry.high->basis);
    const bool elsewhere = less == ProcessBasis::None && finder_->elsewhere();
    const bool sure = more == ProcessBasis::Socket && less != ProcessBasis::Listener && !elsewhere;
    if (!again || sure || entry.repeats >= (elsewhere ? 2 : 1)) return;
    ++entry.repeats;
  }
  questions_.push_back(question);
  any_was_open_ |= question.was_open;
  if (owners_.size() <= kMaxConnections) return;
  owners_.erase(ages_.back());
  ages_.pop_back();
}

/// `found`, or the same owner of an earlier connection: anybody can open many connections to one
/// process.
ConnectionOwners::SharedOwner ConnectionOwners::shared(ProcessOwner&& found) {
  if (!cmdline_) std::string().swap(found.cmdline);  // clear() would keep the memory
  if (recent_.size() >= kMaxRecent) {
    std::erase_if(recent_, [](const auto& entry) { return entry.second.expired(); });
    if (recent_.size() >= kMaxRecent) recent_.clear();
  }
  std::weak_ptr<const ProcessOwner>& recent = recent_[found.pid];
  SharedOwner owner = recent.lock();
  if (owner == nullptr || *owner != found) {
    owner = std::make_shared<const ProcessOwner>(std::move(found));
    recent = owner;
  }
  return owner;
}

void ConnectionOwners::take_answers() {
  finder_->take(answers_);
  waiting_ -= answers_.size();
  for (ProcessAnswer& answer : answers_) {
    const ConnectionKey key = ConnectionKey::of(answer.tuple);
    const auto at = owners_.find(key);
    if (at == owners_.end()) continue;
    const bool orig_is_low = key.low == answer.tuple.orig;
    for (const bool orig : {true, false}) {
      ProcessOwner& found = orig ? answer.orig : answer.resp;
      SharedOwner& known = orig == orig_is_low ? at->second.low : at->second.high;
      if (is_better(found, *known)) known = shared(std::move(found));
    }
  }
  answers_.clear();
}

void ConnectionOwners::collect() {
  if (!questions_.empty()) finder_->ask(questions_);
  waiting_ += questions_.size();
  const bool patient = std::exchange(any_was_open_, false);
  const bool wait = patient || (!questions_.empty() && !behind_);
  questions_.clear();
  take_answers();
  const auto deadline = std::chrono::steady_clock::now() + (patient ? kMaxWaitForOpen : kMaxWait);
  while (wait && waiting_ != 0 && std::chrono::steady_clock::now() < deadline) {
    if (!finder_->wait(deadline)) break;
    take_answers();
  }
  behind_ = waiting_ != 0;
}

void ConnectionOwners::fill(const FiveTuple& tuple, Annotations& about) const {
  const ConnectionKey key = ConnectionKey::of(tuple);
  const auto at = owners_.find(key);
  if (at == owners_.end()) return;
  const bool orig_is_low = key.low == tuple.orig;
  const ProcessOwner& low = *at->second.low;
  const ProcessOwner& high = *at->second.high;
  show(orig_is_low ? low : high, about.orig);
  show(orig_is_low ? high : low, about.resp);
  about.process_basis = to_string(std::max(low.basis, high.basis));
}

void ConnectionOwners::forget(const FiveTuple& tuple) {
  const auto at = owners_.find(ConnectionKey::of(tuple));
  if (at == owners_.end()) return;
  ages_.erase(at->second.age);
  owners_.erase(at);
}

}  // namespace synfin
