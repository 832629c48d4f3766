/// \file
/// TickingSource: a source that repeats one packet.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "synfin/capture/packet_source.h"

namespace synfin::test {

/// Returns the same packet `count` times, a second apart, in batches of three.
class TickingSource : public PacketSource {
 public:
  TickingSource(std::vector<std::uint8_t> bytes, int count)
      : bytes_(std::move(bytes)), left_(count) {}

  std::size_t next_batch(std::span<Packet> out) override {
    std::size_t size = 0;
    for (; size < 3 && size < out.size() && left_ > 0; ++size, --left_, ++at_) {
      out[size] = Packet{};
      out[size].time = timestamp_from_ns((1000 + at_) * 1'000'000'000);
      out[size].data = bytes_.data();
      out[size].caplen = out[size].wirelen = static_cast<std::uint32_t>(bytes_.size());
      out[size].link = LinkType::Ethernet;
    }
    return size;
  }
  bool ended() const override { return left_ == 0; }
  const std::string& damage() const override { return none_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  Progress progress() const override { return {0, 1}; }

 private:
  std::vector<std::uint8_t> bytes_;
  int left_;
  std::int64_t at_ = 0;
  std::string none_;
  std::vector<InterfaceInfo> interfaces_{{"", LinkType::Ethernet, 1, 0}};
};

}  // namespace synfin::test
