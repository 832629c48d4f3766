// See merged_source.h.
#include "synfin/capture/merged_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <utility>

#include "capture/packet_limits.h"
#include "synfin/capture/byte_input.h"

namespace synfin {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

Timestamp latest(std::span<const Packet> packets) {
  Timestamp time = Timestamp::min();
  for (const Packet& packet : packets) time = std::max(time, packet.time);
  return time;
}

}  // namespace

MergedSource::MergedSource(std::vector<MergeLane> lanes, std::uint16_t first_interface)
    : lanes_(std::move(lanes)), last_(kNone), first_interface_(first_interface) {
  assert(!lanes_.empty());
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    (lanes_[i].dormant() ? waiting_ : open_).push_back(i);
  std::sort(waiting_.begin(), waiting_.end(), [this](std::size_t a, std::size_t b) {
    return Due{lanes_[a].due(), a} > Due{lanes_[b].due(), b};
  });
}

std::size_t MergedSource::next_batch(std::span<Packet> out) {
  assert(!out.empty());
  if (ended_) return 0;
  release_finished();
  const std::optional<std::size_t> passed = pass_through(out);
  const std::size_t count = passed ? *passed : fetch_empty() ? merge(out) : 0;
  if (count == 0) release_finished();
  ended_ = count == 0 &&
           ((open_.empty() && waiting_.empty()) || interrupted_.load(std::memory_order_relaxed));
  collect_damage();
  return count;
}

void MergedSource::release_finished() {
  std::erase_if(open_, [this](std::size_t index) {
    if (!lanes_[index].finished()) return false;
    lanes_[index].retire();
    return true;
  });
}

/// If the packets of the lane that was read last are due before those of all other lanes, reads its
/// next batch directly into `out`. This is common for captures that follow one another. Returns
/// nullopt if they are not due first, and 0 if the lane pauses.
std::optional<std::size_t> MergedSource::pass_through(std::span<Packet> out) {
  if (last_ == kNone || out.size() < 2 || interrupted_.load(std::memory_order_relaxed))
    return std::nullopt;
  MergeLane& lane = lanes_[last_];
  const bool others_known = std::none_of(
      open_.begin(), open_.end(), [&](std::size_t i) { return i != last_ && lanes_[i].empty(); });
  if (lane.finished() || !lane.empty() || !others_known) return std::nullopt;
  const std::span<Packet> fetched = out.first(lane.fetch_into(out));
  if (fetched.empty() && !lane.finished()) return 0;
  const Due bound = first_due_except(last_);
  std::size_t count = latest(fetched) < bound.time ? fetched.size() : 0;
  while (count < fetched.size() && Due{lane.due_in(fetched, count), last_} < bound) ++count;
  lane.put_back(fetched.subspan(count));
  renumber(last_, fetched.first(count));
  return count > 0 ? std::optional(count) : std::nullopt;
}

/// Ensures that each open lane has a buffered packet or is finished; false if a lane pauses.
bool MergedSource::fetch_empty() {
  return std::all_of(open_.begin(), open_.end(), [this](std::size_t index) {
    MergeLane& lane = lanes_[index];
    return !interrupted_.load(std::memory_order_relaxed) && (!lane.empty() || lane.fetch());
  });
}

std::size_t MergedSource::merge(std::span<Packet> out) {
  order_by_due();
  std::size_t count = 0;
  while (count < out.size() && !by_due_.empty()) {
    const std::size_t index = pop_due();
    if (lanes_[index].dormant()) {
      if (!wake_next()) break;
      continue;
    }
    const Due bound = by_due_.empty() ? Due{Timestamp::max(), kNone} : by_due_.front();
    count += take_due(index, bound, out.subspan(count));
    last_ = index;
    if (!lanes_[index].empty()) {
      push_due(index);
    } else if (!lanes_[index].finished()) {
      break;  // reading more of this lane would invalidate the packets in `out`
    }
  }
  return count;
}

/// Fills by_due_ with the lanes that have a packet, and the dormant lane that is due first.
void MergedSource::order_by_due() {
  by_due_.clear();
  for (const std::size_t index : open_)
    if (!lanes_[index].empty()) by_due_.push_back({lanes_[index].due(), index});
  if (!waiting_.empty()) by_due_.push_back({lanes_[waiting_.back()].due(), waiting_.back()});
  std::make_heap(by_due_.begin(), by_due_.end(), std::greater{});
}

void MergedSource::push_due(std::size_t index) {
  by_due_.push_back({lanes_[index].due(), index});
  std::push_heap(by_due_.begin(), by_due_.end(), std::greater{});
}

/// Removes the lane that is due first.
std::size_t MergedSource::pop_due() {
  std::pop_heap(by_due_.begin(), by_due_.end(), std::greater{});
  const std::size_t index = by_due_.back().order;
  by_due_.pop_back();
  return index;
}

/// Opens the dormant lane that is due first; false if it pauses.
bool MergedSource::wake_next() {
  const std::size_t index = waiting_.back();
  waiting_.pop_back();
  if (!waiting_.empty()) push_due(waiting_.back());
  lanes_[index].wake(open_.size());
  open_.push_back(index);
  if (!lanes_[index].fetch()) return false;
  if (!lanes_[index].empty()) push_due(index);
  return true;
}

/// Takes the packets of one lane that are due before `bound`.
std::size_t MergedSource::take_due(std::size_t index, Due bound, std::span<Packet> out) {
  MergeLane& lane = lanes_[index];
  std::size_t count = 0;
  do {
    out[count++] = lane.take();
  } while (count < out.size() && !lane.empty() && Due{lane.due(), index} < bound);
  renumber(index, out.first(count));
  return count;
}

/// The time at which the first of all lanes except `index` is due.
MergedSource::Due MergedSource::first_due_except(std::size_t index) const {
  Due first{Timestamp::max(), kNone};
  if (!waiting_.empty()) first = {lanes_[waiting_.back()].due(), waiting_.back()};
  for (const std::size_t other : open_) {
    if (other != index && !lanes_[other].empty())
      first = std::min(first, Due{lanes_[other].due(), other});
  }
  return first;
}

/// Sets the source and the renumbered interface of each packet.
void MergedSource::renumber(std::size_t index, std::span<Packet> packets) {
  if (packets.empty()) return;
  MergeLane& lane = lanes_[index];
  std::uint16_t local = packets[0].interface;
  std::uint16_t number = number_of(lane, local);
  for (Packet& packet : packets) {
    if (packet.interface != local) [[unlikely]] {
      local = packet.interface;
      number = number_of(lane, local);
    }
    packet.interface = number;
    packet.source = static_cast<std::uint16_t>(index);
  }
}

/// The number of a lane's interface in the merged source, assigned on its first packet.
std::uint16_t MergedSource::number_of(MergeLane& lane, std::uint16_t local) {
  std::optional<std::uint16_t>& number = lane.number_of(local);
  if (!number) {
    number = static_cast<std::uint16_t>(
        std::min(first_interface_ + interfaces_.size(), kMaxInterfaces - 1));
    if (interfaces_.size() < kMaxInterfaces) interfaces_.push_back(lane.interface(local));
  }
  return *number;
}

void MergedSource::collect_damage() {
  const auto damaged = static_cast<std::size_t>(std::count_if(
      lanes_.begin(), lanes_.end(),
      [](const MergeLane& lane) { return lane.hit_limit() || !lane.damage().empty(); }));
  if (damaged == damaged_) return;
  damaged_ = damaged;
  damage_ = fmt::format("{}", fmt::join(damages(), "; "));
}

std::vector<std::string> MergedSource::damages() const {
  std::vector<std::string> all;
  std::size_t missing = 0;
  for (const MergeLane& lane : lanes_) {
    if (!lane.damage().empty()) all.push_back(lane.damage());
    missing += lane.hit_limit() ? 1 : 0;
  }
  if (missing > 0) all.push_back(not_opened_text(missing, lanes_.size()));
  return all;
}

DropCounters MergedSource::drops() const {
  DropCounters sum;
  for (const MergeLane& lane : lanes_) sum += lane.drops();
  return sum;
}

/// The total is known if every lane's total is.
PacketSource::Progress MergedSource::progress() const {
  Progress sum;
  bool known = true;
  for (const MergeLane& lane : lanes_) {
    const Progress one = lane.progress();
    sum.done += one.done;
    sum.total += one.total;
    known = known && one.total > 0;
  }
  return known ? sum : Progress{sum.done, 0};
}

void MergedSource::interrupt() noexcept {
  interrupted_.store(true, std::memory_order_relaxed);
  for (MergeLane& lane : lanes_) lane.interrupt();
}

std::unique_ptr<PacketSource> merge_sources(std::vector<std::unique_ptr<PacketSource>> sources,
                                            std::uint16_t first_interface) {
  assert(!sources.empty());
  std::vector<MergeLane> lanes;
  for (std::unique_ptr<PacketSource>& source : sources) lanes.emplace_back(std::move(source));
  return std::make_unique<MergedSource>(std::move(lanes), first_interface);
}

}  // namespace synfin
