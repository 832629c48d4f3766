/// \file
/// BpfFilter: a pcap-filter(7) expression, compiled by libpcap, run on packets wherever they come
/// from.
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

namespace synfin {

struct BpfFilterOptions {
  /// The netmask that "ip broadcast" needs, in network byte order; not known by default, and then
  /// that is an error.
  std::uint32_t netmask = 0xFFFFFFFF;
  bool optimize = true;
};

/// One expression, one program for each link type, compiled when the type first appears.
///
/// An expression that libpcap cannot compile for a link type ("ether host" on raw IP) asks for what
/// such packets do not have, so none of them match; rejections() then says so. To refuse such a run
/// instead, ask compile() for the interfaces that a source names once it is open. Not thread-safe.
/// keep() allocates only when a link type appears for the first time.
class BpfFilter {
 public:
  /// Fails (ErrorKind::Usage) when the expression compiles for no usual link type, with libpcap's
  /// reason. An empty expression lets everything pass. Host names in it are looked up now, which
  /// may wait for DNS.
  static Result<BpfFilter> create(const std::string& expression,
                                  const BpfFilterOptions& options = {});

  ~BpfFilter();
  BpfFilter(BpfFilter&&) noexcept;
  BpfFilter& operator=(BpfFilter&&) noexcept;

  /// Compiles for `linktype` (a LINKTYPE_ number). Fails (ErrorKind::Usage) where the expression
  /// does not fit it.
  Status compile(std::uint16_t linktype);

  bool matches(const Packet& packet);

  /// Moves the packets that match to the front, in order, and returns how many.
  std::size_t keep(std::span<Packet> packets);

  /// One sentence for each link type (of the first sixteen) seen that the expression does not fit.
  const std::vector<std::string>& rejections() const;

  /// The program for `linktype` as `tcpdump -d` prints it, a line for each instruction.
  Result<std::string> program_text(std::uint16_t linktype);

  const std::string& expression() const;

 private:
  struct Impl;
  explicit BpfFilter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
