// Runs assembled programs in libpcap's interpreter: short and long jumps, and the printed form.
#include "synfin/capture/bpf_assembler.h"

#include <gtest/gtest.h>
#include <pcap.h>

#include <array>

namespace synfin {
namespace {

using Size = BpfAssembler::Size;
using Jump = BpfAssembler::Test;

unsigned run(const BpfProgram& program, const std::vector<std::uint8_t>& bytes) {
  std::vector<bpf_insn> code;
  for (const BpfInstruction& i : program) code.push_back({i.code, i.jump_true, i.jump_false, i.k});
  EXPECT_TRUE(bpf_validate(code.data(), static_cast<int>(code.size())));
  const auto size = static_cast<u_int>(bytes.size());
  return bpf_filter(code.data(), bytes.data(), size, size);
}

/// Returns 7 if the first byte is `k`, otherwise 9, after `padding` instructions without effect.
BpfProgram first_byte_is(std::uint32_t k, int padding) {
  BpfAssembler code;
  const auto yes = code.label(), no = code.label();
  code.load(Size::Byte, 0);
  code.jump_if(Jump::Equal, k, yes, no);
  for (int i = 0; i < padding; ++i) code.add(1);
  code.bind(yes);
  code.ret(7);
  for (int i = 0; i < padding; ++i) code.add(1);
  code.bind(no);
  code.ret(9);
  return code.assemble();
}

TEST(BpfAssembler, JumpsReachTheirLabelsNearAndFar) {
  for (const int padding : {0, 1, 100, 126, 127, 128, 254, 255, 256, 1000}) {
    EXPECT_EQ(run(first_byte_is(5, padding), {5}), 7u) << padding;
    EXPECT_EQ(run(first_byte_is(5, padding), {6}), 9u) << padding;
  }
}

TEST(BpfAssembler, ShortJumpsTakeOneInstruction) {
  EXPECT_EQ(first_byte_is(5, 0).size(), 4u);
  EXPECT_EQ(first_byte_is(5, 100).size(), 204u);
  EXPECT_EQ(first_byte_is(5, 300).size(), 606u);  // both labels need a long jump
}

TEST(BpfAssembler, LoadsComputesAndStores) {
  BpfAssembler code;
  const auto yes = code.label();
  code.load(Size::Byte, 0);  // a header length in words
  code.bit_and(0x0F);
  code.shift_left(2);
  code.store_memory(3);
  code.a_to_x();
  code.load_at_x(Size::Half, 1);
  code.jump_if(Jump::Equal, 0x0102, yes);
  code.load_memory(3);
  code.add_x();
  code.jump_if(Jump::AtLeast, 1000, yes);
  code.ret(0);
  code.bind(yes);
  code.ret(1);
  EXPECT_EQ(run(code.assemble(), {0xF1, 0, 0, 0, 0, 1, 2}), 1u);
  EXPECT_EQ(run(code.assemble(), {0xF1, 0, 0, 0, 0, 1, 3}), 0u);
  EXPECT_EQ(run(code.assemble(), {0xF1, 0, 0, 0, 0, 1}), 0u) << "a packet that ends early";
}

TEST(BpfAssembler, AnAppendedProgramKeepsItsJumps) {
  BpfAssembler code;
  const auto rest = code.label();
  code.load(Size::Byte, 0);
  code.jump_if(Jump::Equal, 1, rest);
  code.ret(0);
  code.bind(rest);
  const BpfProgram inner = first_byte_is(1, 300);
  code.append(inner);
  EXPECT_EQ(run(code.assemble(), {1}), 7u);
  EXPECT_EQ(run(code.assemble(), {2}), 0u);
}

TEST(BpfAssembler, PrintsLikeTcpdump) {
  EXPECT_EQ(bpf_text(first_byte_is(5, 0)),
            "(000) ldb      [0]\n"
            "(001) jeq      #0x5             jt 2\tjf 3\n"
            "(002) ret      #7\n"
            "(003) ret      #9\n");
}

}  // namespace
}  // namespace synfin
