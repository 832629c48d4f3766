// See bpf_assembler.h.
#include "synfin/capture/bpf_assembler.h"

#include <pcap.h>

#include <cassert>
#include <cstddef>

namespace synfin {
namespace {

constexpr std::uint16_t kJump = 0x05;
constexpr std::size_t kMaxSkip = 255;

}  // namespace

std::string bpf_text(const BpfProgram& program) {
  std::string lines;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const bpf_insn instruction{program[i].code, program[i].jump_true, program[i].jump_false,
                               program[i].k};
    lines += bpf_image(&instruction, static_cast<int>(i));
    lines += '\n';
  }
  return lines;
}

bool bpf_passes(const BpfProgram& program, const Packet& packet) {
  static_assert(sizeof(BpfInstruction) == sizeof(bpf_insn));
  static_assert(offsetof(BpfInstruction, k) == offsetof(bpf_insn, k));
  const auto* code = reinterpret_cast<const bpf_insn*>(program.data());
  return bpf_filter(code, packet.data, packet.wirelen, packet.caplen) != 0;
}

BpfAssembler::Label BpfAssembler::label() {
  targets_.push_back(0);
  return targets_.size() - 1;
}

void BpfAssembler::bind(Label label) { targets_[label] = items_.size(); }

void BpfAssembler::jump(Label to) { items_.push_back({{kJump, 0, 0, 0}, true, to, kNext}); }

void BpfAssembler::jump_if(Test test, std::uint32_t k, Label yes, Label no) {
  const auto code = static_cast<std::uint16_t>(0x05 | static_cast<std::uint16_t>(test));
  items_.push_back({{code, 0, 0, k}, true, yes, no});
}

void BpfAssembler::append(const BpfProgram& program) {
  for (const BpfInstruction& instruction : program) items_.push_back({instruction});
}

/// The position of each item after the insertion of long jumps, and the jumps that need them.
struct BpfAssembler::Layout {
  explicit Layout(const BpfAssembler& a)
      : assembler(a),
        begin(a.items_.size() + 1, 0),
        far_yes(a.items_.size(), false),
        far_no(a.items_.size(), false) {
    do place();
    while (stretch());
  }

  std::size_t target(Label label, std::size_t item) const {
    return label == kNext ? begin[item + 1] : begin[assembler.targets_[label]];
  }

  void place() {
    for (std::size_t i = 0; i < far_yes.size(); ++i)
      begin[i + 1] = begin[i] + 1 + (far_yes[i] ? 1 : 0) + (far_no[i] ? 1 : 0);
  }

  /// Marks the jumps whose target is too far away. Returns true if there were any, because
  /// positions then change.
  bool stretch() {
    bool changed = false;
    for (std::size_t i = 0; i < far_yes.size(); ++i) {
      const Item& item = assembler.items_[i];
      if (!item.is_jump || item.instruction.code == kJump) continue;
      changed |= mark(far_yes, i, item.yes);
      changed |= mark(far_no, i, item.no);
    }
    return changed;
  }

  bool mark(std::vector<bool>& far, std::size_t i, Label label) const {
    if (far[i] || target(label, i) - begin[i] - 1 <= kMaxSkip) return false;
    far[i] = true;
    return true;
  }

  void write(std::size_t i, BpfProgram& out) const {
    const Item& item = assembler.items_[i];
    BpfInstruction instruction = item.instruction;
    if (!item.is_jump) return out.push_back(instruction);
    const std::size_t yes = target(item.yes, i), no = target(item.no, i), next = begin[i] + 1;
    assert(yes >= next && no >= next);
    if (instruction.code == kJump) {
      instruction.k = static_cast<std::uint32_t>(yes - next);
      return out.push_back(instruction);
    }
    const std::size_t long_no = next + (far_yes[i] ? 1 : 0);
    instruction.jump_true = static_cast<std::uint8_t>(far_yes[i] ? 0 : yes - next);
    instruction.jump_false = static_cast<std::uint8_t>((far_no[i] ? long_no : no) - next);
    out.push_back(instruction);
    if (far_yes[i]) out.push_back({kJump, 0, 0, static_cast<std::uint32_t>(yes - out.size() - 1)});
    if (far_no[i]) out.push_back({kJump, 0, 0, static_cast<std::uint32_t>(no - out.size() - 1)});
  }

  const BpfAssembler& assembler;
  std::vector<std::size_t> begin;
  std::vector<bool> far_yes;
  std::vector<bool> far_no;
};

BpfProgram BpfAssembler::assemble() const {
  const Layout layout(*this);
  BpfProgram program;
  for (std::size_t i = 0; i < items_.size(); ++i) layout.write(i, program);
  return program;
}

}  // namespace synfin
