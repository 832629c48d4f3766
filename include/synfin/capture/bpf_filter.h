/// \file
/// BpfFilter: a pcap-filter(7) expression, compiled by libpcap, for packets of any source.
///
/// Tested in tests/unit/capture/bpf_filter_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/packet.h"
#include "synfin/base/result.h"
#include "synfin/capture/packet_source.h"

namespace synfin {

struct BpfFilterOptions {
  /// The netmask that "ip broadcast" needs, in network byte order. By default it is unknown, and
  /// expressions that need it are an error.
  std::uint32_t netmask = 0xFFFFFFFF;
  bool optimize = true;
};

/// One expression with one program for each link type, compiled when the type first appears.
///
/// If libpcap cannot compile the expression for a link type ("ether host" on raw IP), no packet of
/// that type matches, and rejections() reports it. Not thread-safe. keep() allocates only if a link
/// type appears for the first time.
class BpfFilter {
 public:
  /// Fails (ErrorKind::Usage) with libpcap's reason if the expression compiles for no common link
  /// type. An empty expression matches every packet. Host names in the expression are resolved now,
  /// which may wait for DNS.
  static Result<BpfFilter> create(const std::string& expression,
                                  const BpfFilterOptions& options = {});

  ~BpfFilter();
  BpfFilter(BpfFilter&&) noexcept;
  BpfFilter& operator=(BpfFilter&&) noexcept;

  /// Compiles for `linktype` (a LINKTYPE_ number). Fails (ErrorKind::Usage) if the expression does
  /// not apply to it.
  Status compile(std::uint16_t linktype);

  /// Compiles for the link types of `interfaces`. Fails (ErrorKind::Usage) if the expression
  /// applies to none of them; otherwise rejections() reports those to which it does not apply.
  Status compile_for(std::span<const InterfaceInfo> interfaces);

  bool matches(const Packet& packet);

  /// Moves the matching packets to the front, in order, and returns their number.
  std::size_t keep(std::span<Packet> packets);

  /// One sentence for each of the first sixteen link types to which the expression does not apply.
  const std::vector<std::string>& rejections() const;

  /// The program for `linktype` as `tcpdump -d` prints it, one line per instruction.
  Result<std::string> program_text(std::uint16_t linktype);

  const std::string& expression() const;

 private:
  struct Impl;
  explicit BpfFilter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
