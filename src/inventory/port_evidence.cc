// See port_evidence.h.
#include "synfin/inventory/port_evidence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "synfin/base/mix.h"

namespace synfin {
namespace {

/// The same in each run, because the state file keeps it. Whoever chooses addresses that collide
/// makes a count too small, and gains nothing else.
std::uint32_t hash_of(const Address& client) {
  const std::uint64_t mixed =
      mix64(client.high() ^ 0x9E3779B97F4A7C15, client.low() ^ 0xD1B54A32D192ED03);
  return static_cast<std::uint32_t>(mixed >> 32);
}

constexpr double kSteps = 2048;

}  // namespace

void PortEvidence::add_client(const Address& client) {
  const std::uint32_t hash = hash_of(client);
  if (clients_ == 0) {
    first_ = hash;
    clients_ = 1;
    return;
  }
  if (hash == first_) return;
  if (!sketch_) {
    sketch_ = std::make_unique<Sketch>();
    sketch_->hashes = {first_, hash};
    clients_ = 2;
    return;
  }
  if (clients_ > kExact) {
    add_to_registers(hash);
    return;
  }
  auto& hashes = sketch_->hashes;
  if (std::find(hashes.begin(), hashes.begin() + clients_, hash) != hashes.begin() + clients_)
    return;
  if (clients_ < kExact) {
    hashes[clients_++] = hash;
    return;
  }
  const auto exact = hashes;
  sketch_->registers = {};
  for (const std::uint32_t known : exact) add_to_registers(known);
  clients_ = kExact + 1;
  add_to_registers(hash);
}

void PortEvidence::add_to_registers(std::uint32_t hash) {
  std::uint8_t& place = sketch_->registers[hash % kRegisters];
  const auto rank = static_cast<std::uint8_t>(std::countl_zero((hash >> 6) << 6 | 1u) + 1);
  if (rank <= place) return;
  place = rank;
  if (clients_ > kExact) estimate();
}

/// The count never decreases, although an estimate may.
void PortEvidence::estimate() {
  constexpr double kRegistersSquared = 64.0 * 64.0, kAlpha = 0.709;
  double sum = 0;
  int empty = 0;
  for (const std::uint8_t place : sketch_->registers) {
    sum += std::ldexp(1.0, -int{place});
    empty += place == 0;
  }
  double count = kAlpha * kRegistersSquared / sum;
  if (count < 2.5 * kRegisters && empty > 0)
    count = kRegisters * std::log(double{kRegisters} / empty);
  clients_ = std::max(clients_, static_cast<std::uint32_t>(count));
}

void PortEvidence::add_answer(Duration synack_rtt) {
  const double us = std::max(std::chrono::duration<double, std::micro>(synack_rtt).count(), 0.0);
  answers_[next_answer_] =
      static_cast<std::uint16_t>(std::min(std::log2(us + 1) * kSteps, 65535.0));
  next_answer_ = static_cast<std::uint8_t>((next_answer_ + 1) % kAnswers);
  answers_known_ = std::min<std::uint8_t>(answers_known_ + 1, kAnswers);
}

Duration PortEvidence::median_answer() const {
  if (answers_known_ == 0) return kNoDuration;
  auto sorted = answers_;
  const auto middle = sorted.begin() + (answers_known_ - 1) / 2;  // the nearest rank, as in reports
  std::nth_element(sorted.begin(), middle, sorted.begin() + answers_known_);
  const double us = std::exp2(*middle / kSteps) - 1;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::micro>(us));
}

void PortEvidence::pack(std::string& bytes) const {
  bytes += static_cast<char>(answers_known_);
  bytes.append(reinterpret_cast<const char*>(answers_.data()), answers_known_ * 2u);
  bytes.append(reinterpret_cast<const char*>(&first_), sizeof first_);
  if (!sketch_) return;
  const std::size_t used = clients_ > kExact ? sizeof(Sketch) : clients_ * sizeof(std::uint32_t);
  bytes.append(reinterpret_cast<const char*>(sketch_.get()), used);
}

PortEvidence PortEvidence::unpack(std::string_view bytes, std::uint32_t clients) {
  PortEvidence evidence;
  if (bytes.empty()) return evidence;
  const auto known = static_cast<std::size_t>(static_cast<unsigned char>(bytes[0]));
  const std::size_t head = 1 + known * 2 + sizeof evidence.first_;
  if (known > kAnswers || bytes.size() < head) return evidence;
  std::memcpy(evidence.answers_.data(), bytes.data() + 1, known * 2);
  std::memcpy(&evidence.first_, bytes.data() + 1 + known * 2, sizeof evidence.first_);
  evidence.answers_known_ = static_cast<std::uint8_t>(known);
  evidence.next_answer_ = static_cast<std::uint8_t>(known % kAnswers);
  const std::string_view rest = bytes.substr(head);
  const std::size_t needed = clients <= 1 ? 0 : clients > kExact ? sizeof(Sketch) : clients * 4;
  if (rest.size() != needed) return evidence;
  evidence.clients_ = clients;
  if (needed == 0) return evidence;
  evidence.sketch_ = std::make_unique<Sketch>();
  std::memcpy(evidence.sketch_.get(), rest.data(), rest.size());
  return evidence;
}

}  // namespace synfin
