#include "capture/libpcap_file.h"

#include <fmt/format.h>
#include <pcap.h>

#include <cassert>
#include <cstdio>
#include <utility>

#include "capture/byte_stream.h"
#include "capture/classic_pcap.h"
#include "capture/pcap_handle.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

class LibpcapFile final : public PacketSource {
 public:
  LibpcapFile(std::string name, PcapHandle pcap) : name_(std::move(name)), pcap_(std::move(pcap)) {
    const std::uint16_t number = link_type_of_dlt(pcap_datalink(pcap_.get()));
    interfaces_.push_back(
        {"", link_type_of(number), number, static_cast<std::uint32_t>(pcap_snapshot(pcap_.get()))});
  }

  std::size_t next_batch(std::span<Packet> out) override {
    assert(!out.empty());
    if (ended_) return 0;
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int status = pcap_next_ex(pcap_.get(), &header, &bytes);
    ended_ = status != 1;
    if (status == PCAP_ERROR) damage_ = fmt::format("{}: {}", name_, pcap_geterr(pcap_.get()));
    if (ended_) return 0;
    out[0] = {time(*header), bytes, header->caplen, header->len, interfaces_[0].link, 0};
    return 1;
  }

  bool ended() const override { return ended_; }
  const std::string& damage() const override { return damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  Progress progress() const override { return {}; }

 private:
  Timestamp time(const pcap_pkthdr& header) const {
    const bool classic = pcap_major_version(pcap_.get()) != 1;
    const std::int64_t seconds = classic ? static_cast<std::uint32_t>(header.ts.tv_sec)
                                         : static_cast<std::int64_t>(header.ts.tv_sec);
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(seconds, 1'000'000'000, &ns)) {
      return seconds > 0 ? Timestamp::max() : Timestamp::min();
    }
    return saturating_add(timestamp_from_ns(ns), Duration(header.ts.tv_usec));
  }

  std::string name_;
  PcapHandle pcap_;
  std::vector<InterfaceInfo> interfaces_;
  std::string damage_;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<PacketSource>> open_with_libpcap(const std::string& path) {
  char error[PCAP_ERRBUF_SIZE] = "";
  PcapHandle pcap(
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error));
  const std::string name = input_name(path);
  if (pcap == nullptr) return Error{fmt::format("{}: {}", name, error)};
  return Result<std::unique_ptr<PacketSource>>(
      std::make_unique<LibpcapFile>(name, std::move(pcap)));
}

}  // namespace synfin
