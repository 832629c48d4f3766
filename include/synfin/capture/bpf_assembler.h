/// \file
/// BpfAssembler: builds classic BPF programs for which pcap-filter(7) has no expression.
///
/// Spec: S. McCanne and V. Jacobson, "The BSD Packet Filter" (1993); Linux's
/// Documentation/networking/filter.rst. Tested in tests/unit/capture/bpf_assembler_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "synfin/base/packet.h"

namespace synfin {

/// One instruction, in the layout of libpcap and the kernel.
struct BpfInstruction {
  std::uint16_t code = 0;
  std::uint8_t jump_true = 0;
  std::uint8_t jump_false = 0;
  std::uint32_t k = 0;

  friend bool operator==(const BpfInstruction&, const BpfInstruction&) = default;
};
using BpfProgram = std::vector<BpfInstruction>;

/// The program as `tcpdump -d` prints it, one line per instruction.
std::string bpf_text(const BpfProgram& program);

/// Runs `program` on a packet's captured bytes. REQUIRES: every path through it ends in a return.
bool bpf_passes(const BpfProgram& program, const Packet& packet);

/// Emits instructions in order. Jumps lead forward, to labels that are bound later. A conditional
/// jump can skip at most 255 instructions; assemble() inserts an unconditional jump for a label
/// that is further away.
class BpfAssembler {
 public:
  using Label = std::size_t;
  /// The instruction after the jump.
  static constexpr Label kNext = 0;

  enum class Size : std::uint16_t { Word = 0x00, Half = 0x08, Byte = 0x10 };
  enum class Test : std::uint16_t { Equal = 0x10, Greater = 0x20, AtLeast = 0x30, AnyBit = 0x40 };

  Label label();
  /// Makes `label` denote the next instruction. REQUIRES: called once for each label that is used.
  void bind(Label label);

  /// A ← the packet's bytes at `offset`. A packet that ends before them is rejected.
  void load(Size size, std::uint32_t offset) { emit(0x20 | code(size), offset); }
  /// A ← the packet's bytes at X + `offset`.
  void load_at_x(Size size, std::uint32_t offset) { emit(0x40 | code(size), offset); }
  void load_memory(std::uint32_t cell) { emit(0x60, cell); }
  void store_memory(std::uint32_t cell) { emit(0x02, cell); }
  void set_a(std::uint32_t k) { emit(0x00, k); }
  void set_x(std::uint32_t k) { emit(0x01, k); }
  void x_to_a() { emit(0x87, 0); }
  void a_to_x() { emit(0x07, 0); }
  void add(std::uint32_t k) { emit(0x04, k); }
  void add_x() { emit(0x0C, 0); }
  void bit_and(std::uint32_t k) { emit(0x54, k); }
  void shift_left(std::uint32_t k) { emit(0x64, k); }
  /// Returns: passes the first `k` bytes of the packet, or rejects it if `k` is 0.
  void ret(std::uint32_t k) { emit(0x06, k); }
  void jump(Label to);
  void jump_if(Test test, std::uint32_t k, Label yes, Label no = kNext);

  /// Appends a complete program. REQUIRES: its jumps stay within it.
  void append(const BpfProgram& program);

  /// REQUIRES: every label that a jump uses is bound, and not before the jump.
  BpfProgram assemble() const;

 private:
  /// An instruction before assembly. For a jump, `yes` and `no` are its targets; assemble()
  /// computes the distances.
  struct Item {
    BpfInstruction instruction;
    bool is_jump = false;
    Label yes = kNext;
    Label no = kNext;
  };
  struct Layout;

  static std::uint16_t code(Size size) { return static_cast<std::uint16_t>(size); }
  void emit(int code, std::uint32_t k) {
    items_.push_back({{static_cast<std::uint16_t>(code), 0, 0, k}});
  }

  std::vector<Item> items_;
  std::vector<std::size_t> targets_{0};  ///< by label: the index of the item that it denotes
};

}  // namespace synfin
