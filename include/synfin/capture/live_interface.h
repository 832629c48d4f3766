/// \file
/// LiveInterface: a capture on one interface with libpcap. It resumes when an interface that was
/// lost is back. Tested in tests/live/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "synfin/base/packet_scope.h"
#include "synfin/base/result.h"
#include "synfin/capture/bpf_assembler.h"
#include "synfin/capture/packet_source.h"

struct pcap;  // libpcap's pcap_t

namespace synfin {

struct LiveOptions {
  PacketScope scope = PacketScope::Control;
  std::string expression;         ///< pcap-filter(7); empty if there is none
  std::uint32_t snap_length = 0;  ///< 0: kHeaderSnapLength
  std::uint32_t buffer_kib = 8192;
  bool promiscuous = true;
  bool immediate = false;
  /// Opening installs a filter that passes nothing, so that the expression is not compiled with
  /// privileges; apply_filter() begins the capture.
  bool defer_filter = false;
};

/// Enough bytes for the headers of eight nested packets; the decoder reads no payload.
inline constexpr std::uint32_t kHeaderSnapLength = 512;

/// Stores the bytes of one batch, because libpcap returns its own buffers to the kernel before the
/// batch is used.
class PacketArena {
 public:
  explicit PacketArena(std::size_t size)
      : bytes_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}

  void clear() { used_ = 0; }
  std::size_t available() const { return size_ - used_; }
  /// Copies `size` bytes and returns the copy. REQUIRES: size <= available().
  const std::uint8_t* store(const std::uint8_t* bytes, std::uint32_t size);

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_;
  std::size_t used_ = 0;
};

/// Not thread-safe.
class LiveInterface {
 public:
  enum class State : unsigned char {
    Up,
    Down,  ///< exists but is switched off; libpcap resumes by itself
    Gone,  ///< does not exist; check_state() opens it again
  };

  /// Opens `name`. An interface that is down is opened as soon as it comes up; until then its state
  /// is Gone, and its link type is unknown. `options` must outlive the interface.
  static Result<std::unique_ptr<LiveInterface>> open(const std::string& name,
                                                     const LiveOptions& options,
                                                     std::uint16_t number);
  ~LiveInterface();

  /// Compiles and installs the filter of the options, if the interface is open. Packets that
  /// arrived before do not count.
  Status apply_filter();

  const std::string& name() const { return name_; }
  const InterfaceInfo& info() const { return info_; }
  State state() const { return state_; }
  std::uint16_t number() const { return number_; }

  /// A descriptor for poll(2); -1 while the interface is Gone.
  int descriptor() const;

  /// Fills `out` from the front with the packets that have arrived, whose bytes `arena` stores, and
  /// returns their number. Never waits.
  std::size_t read(std::span<Packet> out, PacketArena& arena);

  /// Updates state() and reopens an interface that is back.
  void check_state();
  /// The number of times that the interface disappeared or its capture failed.
  unsigned losses() const { return losses_; }

  struct Counts {
    std::uint64_t received = 0;
    DropCounters dropped;
  };
  /// Queries the kernel's counters and returns the totals.
  const Counts& counts();

  bool kernel_filters() const { return filter_.in_kernel; }
  const BpfProgram& filter() const { return filter_.program; }

 private:
  LiveInterface(std::string name, const LiveOptions& options, std::uint16_t number);

  Status activate();
  Status configure(pcap* handle);
  Status set_filter();
  Status install(const BpfProgram& program);
  bool filter_is_in_kernel() const;
  Result<BpfProgram> compile_expression();
  State query_state() const;
  void lose();
  void close();

  std::string name_;
  const LiveOptions& options_;
  std::uint16_t number_;
  InterfaceInfo info_;
  pcap* handle_ = nullptr;
  State state_ = State::Gone;
  bool not_up_ = false;  ///< opening failed because the interface is down
  struct Filter {
    BpfProgram program;
    bool in_kernel = true;
    /// For expressions with "broadcast"; the sandbox permits no socket to query it again.
    std::uint32_t netmask = 0xFFFFFFFF;
  };
  Filter filter_;
  unsigned index_ = 0;  ///< the kernel's number; a new interface of the same name has another one
  unsigned losses_ = 0;
  Counts counts_;
  /// Counters of the current handle: those of the kernel at the last query, 32 bits wide, from
  /// which widen() computes 64-bit totals, and the packets read.
  struct {
    std::uint32_t received = 0, kernel = 0, interface = 0;
    std::uint64_t taken = 0;
  } last_;
};

}  // namespace synfin
