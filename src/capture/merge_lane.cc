// See merge_lane.h.
#include "synfin/capture/merge_lane.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace synfin {
namespace {

constexpr std::size_t kBatchSize = 256;

}  // namespace

void MergeLane::wake(std::size_t open_beside) {
  Result<std::unique_ptr<PacketSource>> opened = std::exchange(opener_, nullptr)(open_beside);
  if (opened) {
    source_ = std::move(*opened);
    return;
  }
  source_ended_ = true;
  final_.hit_limit = opened.error().kind == ErrorKind::DescriptorLimit;
  if (!final_.hit_limit) final_.damage = opened.error().message;
}

MergeLane MergeLane::ended(const PacketSource& source) {
  MergeLane lane;
  lane.source_ended_ = true;
  lane.final_ = {source.damage(), source.drops(), source.progress()};
  return lane;
}

void MergeLane::retire() {
  if (permanent_ || source_ == nullptr) return;
  final_.damage = source_->damage();
  final_.drops = source_->drops();
  final_.progress = source_->progress();
  source_.reset();
  buffered_ = {};
  next_ = 0;
}

Timestamp MergeLane::due() const {
  return dormant() ? first_due_ : due_in(std::span(buffered_).subspan(next_), 0);
}

Timestamp MergeLane::due_in(std::span<const Packet> packets, std::size_t index) const {
  const Timestamp own = packets[index].time;
  if (index + 1 < packets.size()) return std::min(own, packets[index + 1].time);
  return retained_ ? std::min(own, retained_->time) : own;
}

bool MergeLane::fetch() {
  assert(empty() && !dormant());
  if (source_ended_) return true;
  buffered_.resize(kBatchSize);
  next_ = 0;
  buffered_.resize(fetch_into(buffered_));
  return !empty() || source_ended_;
}

std::size_t MergeLane::fetch_into(std::span<Packet> out) {
  assert(out.size() > 1);
  while (!source_ended_) {
    const std::size_t before = retained_ ? 1 : 0;
    if (retained_) out[0] = *retained_;
    const std::size_t got = source_->next_batch(out.subspan(before));
    if (got == 0 && !source_->ended()) return 0;  // a pause: the retained packet stays retained
    if (got == 0) {
      source_ended_ = true;
      retained_.reset();
      return before;
    }
    const std::size_t count = before + got - 1;
    retain(out[count]);
    if (count > 0) return count;
  }
  return 0;
}

void MergeLane::retain(const Packet& packet) {
  store_index_ ^= 1U;
  std::vector<std::uint8_t>& store = store_[store_index_];
  store.assign(packet.data, packet.data + packet.caplen);
  retained_ = packet;
  retained_->data = store.data();
}

void MergeLane::put_back(std::span<const Packet> packets) {
  assert(empty());
  buffered_.assign(packets.begin(), packets.end());
  next_ = 0;
}

std::optional<std::uint16_t>& MergeLane::number_of(std::uint16_t local) {
  if (local >= numbers_.size()) numbers_.resize(std::size_t{local} + 1);
  return numbers_[local];
}

InterfaceInfo MergeLane::interface(std::uint16_t local) const {
  const std::vector<InterfaceInfo>& known = source_->interfaces();
  return local < known.size() ? known[local] : InterfaceInfo{};
}

}  // namespace synfin
