// See connection_owners.h.
#include "synfin/enrich/connection_owners.h"

#include <algorithm>

namespace synfin {
namespace {

/// Replaces `known` if `found` is more certain.
void keep_better(ProcessOwner& known, ProcessOwner&& found) {
  const bool better = found.basis > known.basis || (found.basis == known.basis && known.pid == 0);
  if (better) known = std::move(found);
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
  } else {
    const auto [less, more] = std::minmax(entry.low.basis, entry.high.basis);
    const bool elsewhere = less == ProcessBasis::None && finder_->elsewhere();
    const bool sure = more == ProcessBasis::Socket && less != ProcessBasis::Listener && !elsewhere;
    if (!again || sure || entry.repeats >= (elsewhere ? 2 : 1)) return;
    ++entry.repeats;
  }
  questions_.push_back(question);
  if (owners_.size() <= kMaxConnections) return;
  owners_.erase(ages_.back());
  ages_.pop_back();
}

void ConnectionOwners::take_answers() {
  finder_->take(answers_);
  waiting_ -= answers_.size();
  for (ProcessAnswer& answer : answers_) {
    const ConnectionKey key = ConnectionKey::of(answer.tuple);
    const auto at = owners_.find(key);
    if (at == owners_.end()) continue;
    const bool orig_is_low = key.low == answer.tuple.orig;
    for (ProcessOwner* owner : {&answer.orig, &answer.resp}) {
      if (!cmdline_) owner->cmdline.clear();
    }
    keep_better(at->second.low, std::move(orig_is_low ? answer.orig : answer.resp));
    keep_better(at->second.high, std::move(orig_is_low ? answer.resp : answer.orig));
  }
  answers_.clear();
}

void ConnectionOwners::collect() {
  if (!questions_.empty()) finder_->ask(questions_);
  waiting_ += questions_.size();
  const bool wait = !questions_.empty() && !behind_;
  questions_.clear();
  take_answers();
  const auto deadline = std::chrono::steady_clock::now() + kMaxWait;
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
  show(orig_is_low ? at->second.low : at->second.high, about.orig);
  show(orig_is_low ? at->second.high : at->second.low, about.resp);
  about.process_basis = to_string(std::max(at->second.low.basis, at->second.high.basis));
}

void ConnectionOwners::forget(const FiveTuple& tuple) {
  const auto at = owners_.find(ConnectionKey::of(tuple));
  if (at == owners_.end()) return;
  ages_.erase(at->second.age);
  owners_.erase(at);
}

}  // namespace synfin
