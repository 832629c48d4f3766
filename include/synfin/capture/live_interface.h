/// \file
/// LiveInterface: one interface's capture by libpcap, which outlives the interface.
/// Tested in tests/live/.
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
  std::string expression;         ///< pcap-filter(7), empty without one
  std::uint32_t snap_length = 0;  ///< 0: see default_snap_length()
  std::uint32_t buffer_kib = 8192;
  bool promiscuous = true;
  bool immediate = false;
};

/// Headers are all that is looked at: enough for eight of them, one inside another.
inline constexpr std::uint32_t kHeaderSnapLength = 512;

/// Where the bytes of one batch are kept: libpcap gives its own back to the kernel before the batch
/// is used.
class PacketArena {
 public:
  explicit PacketArena(std::size_t size)
      : bytes_(std::make_unique<std::uint8_t[]>(size)), size_(size) {}

  void clear() { used_ = 0; }
  std::size_t room() const { return size_ - used_; }
  /// REQUIRES: size <= room().
  const std::uint8_t* keep(const std::uint8_t* bytes, std::uint32_t size);

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
    Down,  ///< there, but switched off: libpcap goes on when it is back
    Gone,  ///< not there: to be opened again
  };

  /// Opens `name`. An interface that is down is opened when it comes up; until then it is Gone and
  /// its link is not known.
  static Result<std::unique_ptr<LiveInterface>> open(const std::string& name,
                                                     const LiveOptions& options,
                                                     std::uint16_t number);
  ~LiveInterface();

  const std::string& name() const { return name_; }
  const InterfaceInfo& info() const { return info_; }
  State state() const { return state_; }
  std::uint16_t number() const { return number_; }

  /// What poll() can wait on; -1 while the interface is gone.
  int descriptor() const;

  /// Fills `out` from the front with what has arrived, bytes in `arena`; never waits.
  std::size_t read(std::span<Packet> out, PacketArena& arena);

  /// Looks whether the interface is up, down or gone, and opens it again when it is back.
  void poll();
  /// How many times it has been lost, as itself or as its capture.
  unsigned losses() const { return losses_; }

  struct Counts {
    std::uint64_t received = 0;
    DropCounters dropped;
  };
  /// Asks the kernel.
  const Counts& counts();

  bool kernel_filters() const { return kernel_filters_; }
  const BpfProgram& filter() const { return filter_; }

 private:
  LiveInterface(std::string name, const LiveOptions& options, std::uint16_t number);

  Status activate();
  Status configure(pcap* handle);
  Status set_filter();
  Status install(const BpfProgram& program);
  bool filter_is_in_kernel() const;
  Result<BpfProgram> compile_expression() const;
  State look() const;
  void lose();
  void close();

  std::string name_;
  const LiveOptions& options_;
  std::uint16_t number_;
  InterfaceInfo info_;
  pcap* handle_ = nullptr;
  State state_ = State::Gone;
  bool not_up_ = false;  ///< why it could not be opened
  BpfProgram filter_;
  bool kernel_filters_ = true;
  unsigned index_ = 0;  ///< the kernel's number of it: a new one of the same name is another
  unsigned losses_ = 0;
  std::uint64_t taken_ = 0;  ///< packets, from this handle
  Counts counts_;
  /// The last 32-bit values read, to widen them.
  struct {
    std::uint32_t received = 0, kernel = 0, interface = 0;
  } seen_;
};

}  // namespace synfin
