// See control_filter.h.
//
// Register X holds the size of the headers between the link header and the one being read. Loads
// are at X + the size of the link header + a fixed offset.
#include "synfin/capture/control_filter.h"

#include <initializer_list>

#include "synfin/base/link_type.h"
#include "synfin/base/protocol_numbers.h"

namespace synfin {
namespace {

using Label = BpfAssembler::Label;
using Size = BpfAssembler::Size;
using Test = BpfAssembler::Test;

constexpr Label kNext = BpfAssembler::kNext;
constexpr std::uint16_t kReturn = 0x06;
constexpr std::uint32_t kWholePacket = 262'144;
constexpr std::uint32_t kControlBits = 0x07;  // FIN, SYN, RST in the flags byte
constexpr std::uint32_t kMaxTags = 3;
constexpr int kMaxExtensions = 6;

/// IP protocols that may carry TCP and that user space decodes.
constexpr std::initializer_list<std::uint32_t> kCarriers = {
    kProtocolIpv4,    kProtocolIpv6, kProtocolGre,     kProtocolAuthentication,
    kProtocolEtherIp, kProtocolMpls, kProtocolEthernet};

class ControlFilter {
 public:
  explicit ControlFilter(const ControlFilterOptions& options) : options_(options) {}

  BpfProgram make() {
    if (link() == LinkType::Raw) {
      raw();
    } else if (header() != 0) {
      ether_types();
    } else {
      return options_.expression.empty() ? BpfProgram{{kReturn, 0, 0, kWholePacket}}
                                         : options_.expression;
    }
    ipv4();
    ipv6();
    udp();
    flags();
    returns();
    return code_.assemble();
  }

 private:
  LinkType link() const { return LinkType{options_.linktype}; }

  /// The size of the link header; 0 for raw and unknown links.
  std::uint32_t header() const {
    switch (link()) {
      case LinkType::Ethernet:
        return 14;
      case LinkType::LinuxSll:
        return 16;
      case LinkType::LinuxSll2:
        return 20;
      default:
        return 0;
    }
  }

  /// The offset of the field that names the next protocol.
  std::uint32_t type_offset() const { return link() == LinkType::LinuxSll2 ? 0 : header() - 2; }

  void load(Size size, std::uint32_t offset) { code_.load_at_x(size, header() + offset); }

  void jump_if_any(std::initializer_list<std::uint32_t> values, Label to) {
    for (const std::uint32_t value : values) code_.jump_if(Test::Equal, value, to);
  }

  void raw() {
    code_.set_x(0);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x40, ipv4_);
    code_.jump_if(Test::Equal, 0x60, ipv6_, other_);
  }

  /// Reads the frame's type, and again after each of at most kMaxTags tags.
  void ether_types() {
    for (std::uint32_t tag = 0; tag <= kMaxTags; ++tag) {
      const Label next = code_.label();
      code_.load(Size::Half, tag == 0 ? type_offset() : header() + 4 * tag - 2);
      code_.set_x(4 * tag);
      if (tag == 0 && is_cooked()) {
        cooked_ip();
      } else {
        jump_if_any({kEtherIpv4}, ipv4_);
        jump_if_any({kEtherIpv6}, ipv6_);
      }
      jump_if_any({kEtherVlan, kEtherProviderVlan, kEtherQinQ}, tag < kMaxTags ? next : undecided_);
      rare_types();
      code_.bind(next);
    }
  }

  bool is_cooked() const { return link() == LinkType::LinuxSll || link() == LinkType::LinuxSll2; }

  /// Linux writes the innermost type into a cooked header, but may leave a tag before the packet
  /// (see skip_hidden_tag in decode/). So a packet whose version is not that of the type is left to
  /// user space.
  void cooked_ip() {
    const Label v4 = code_.label(), v6 = code_.label(), neither = code_.label();
    code_.jump_if(Test::Equal, kEtherIpv4, v4);
    code_.jump_if(Test::Equal, kEtherIpv6, v6, neither);
    code_.bind(v4);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x40, ipv4_, undecided_);
    code_.bind(v6);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x60, ipv6_, undecided_);
    code_.bind(neither);
  }

  /// Every other type that can carry IP is rare and is left to user space.
  void rare_types() {
    const Label other_type = code_.label();
    constexpr std::uint32_t kIpOverPpp = 0x0021, kIpv6OverPpp = 0x0057, kSnap = 0xAAAA,
                            kIpOverLlc = 0x0606;
    code_.jump_if(Test::Equal, kEtherPppoe, kNext, other_type);
    load(Size::Half, 6);
    code_.jump_if(Test::Equal, kIpOverPpp, pppoe4_);
    code_.jump_if(Test::Equal, kIpv6OverPpp, pppoe6_, undecided_);
    code_.bind(other_type);
    jump_if_any(
        {kEtherMpls, kEtherMplsUpstream, kEtherProviderBackbone, kEtherFabricPath, kEtherPpp,
         kEtherVnTag, kEtherTransparentBridging, kEtherRawFrameRelay, kEtherTrill, kEtherNsh,
         kEtherBroadcomTag, kEtherRealtekTag, kEtherMacsec, kEtherCiscoMetadata, kEtherHsr,
         kEtherETag, kEtherCiscoTTag, kEtherQinQ2, kEtherMarvellTag},
        undecided_);
    code_.jump_if(Test::Greater, kMaxFrameLength, other_);
    load(Size::Half, 0);
    jump_if_any({kSnap, kIpOverLlc}, undecided_);
    code_.jump(other_);
  }

  void skip_pppoe(Label here) {
    code_.bind(here);
    code_.x_to_a();
    code_.add(8);
    code_.a_to_x();
  }

  void ipv4() {
    skip_pppoe(pppoe4_);
    code_.bind(ipv4_);
    constexpr std::uint32_t kOffset = 0x1FFF;
    load(Size::Half, 6);
    code_.jump_if(Test::AnyBit, kOffset, other_);
    load(Size::Byte, 9);
    code_.store_memory(0);
    load(Size::Byte, 0);
    code_.bit_and(0x0F);
    code_.shift_left(2);
    code_.add_x();
    code_.a_to_x();
    code_.load_memory(0);
    jump_if_any({kProtocolTcp}, tcp_);
    jump_if_any({kProtocolUdp}, udp_);
    jump_if_any(kCarriers, undecided_);
    code_.jump_if(Test::Equal, kProtocolIcmp, kNext, other_);
    icmp4();
  }

  /// ICMP errors about TCP: unreachable (except "fragmentation needed"), time exceeded, parameter
  /// problem.
  void icmp4() {
    const Label unreachable = code_.label(), about_tcp = code_.label();
    constexpr std::uint32_t kIcmpHeader = 8, kFragmentationNeeded = 4;
    load(Size::Byte, 0);
    code_.jump_if(Test::Equal, 3, unreachable);
    code_.jump_if(Test::Equal, 11, about_tcp);
    code_.jump_if(Test::Equal, 12, about_tcp, other_);
    code_.bind(unreachable);
    load(Size::Byte, 1);
    code_.jump_if(Test::Equal, kFragmentationNeeded, other_);
    code_.bind(about_tcp);
    load(Size::Byte, kIcmpHeader + 9);
    code_.jump_if(Test::Equal, kProtocolTcp, undecided_, other_);
  }

  void ipv6() {
    skip_pppoe(pppoe6_);
    code_.bind(ipv6_);
    load(Size::Byte, 6);
    code_.store_memory(0);
    code_.x_to_a();
    code_.add(40);
    code_.a_to_x();
    for (int i = 0; i < kMaxExtensions; ++i) extension();
    code_.jump(undecided_);  // longer chains are left to user space
    icmp6();
  }

  /// M[0] is the type of the header at X. Jumps to its handler, or advances X and M[0] past it.
  void extension() {
    const Label plain = code_.label(), fragment = code_.label(), counted = code_.label();
    code_.load_memory(0);
    jump_if_any({kProtocolTcp}, tcp_);
    jump_if_any({kProtocolUdp}, udp_);
    jump_if_any({kProtocolIcmp6}, icmp6_);
    jump_if_any(kCarriers, undecided_);
    jump_if_any({kProtocolFragment}, fragment);
    jump_if_any({kProtocolHopByHop, kProtocolRouting, kProtocolDestinationOptions,
                 kProtocolMobility, kProtocolHip, kProtocolShim6},
                plain);
    code_.jump(other_);
    code_.bind(plain);
    load(Size::Byte, 0);
    code_.store_memory(0);
    load(Size::Byte, 1);
    code_.shift_left(3);
    code_.jump(counted);
    code_.bind(fragment);
    constexpr std::uint32_t kOffset = 0xFFF8;
    load(Size::Half, 2);
    code_.jump_if(Test::AnyBit, kOffset, other_);
    load(Size::Byte, 0);
    code_.store_memory(0);
    code_.set_a(0);
    code_.bind(counted);
    code_.add(8);
    code_.add_x();
    code_.a_to_x();
  }

  /// ICMPv6 errors about TCP or an extension header that may precede TCP: unreachable, time
  /// exceeded, parameter problem.
  void icmp6() {
    const Label quote = code_.label();
    constexpr std::uint32_t kIcmpHeader = 8;
    code_.bind(icmp6_);
    load(Size::Byte, 0);
    jump_if_any({1, 3}, quote);
    code_.jump_if(Test::Equal, 4, quote, other_);
    code_.bind(quote);
    load(Size::Byte, kIcmpHeader + 6);
    jump_if_any({kProtocolTcp, kProtocolHopByHop, kProtocolRouting, kProtocolFragment,
                 kProtocolAuthentication, kProtocolDestinationOptions},
                undecided_);
    jump_if_any({kProtocolMobility, kProtocolHip, kProtocolShim6}, undecided_);
    code_.jump(other_);
  }

  /// Passes datagrams to or from the ports of tunnels, and those that contain a Teredo address,
  /// because Teredo between two peers uses any port.
  void udp() {
    constexpr std::uint32_t kTeredoPrefix = 0x20010000;
    code_.bind(udp_);
    load(Size::Half, 2);
    jump_if_any({kPortGtpU, kPortTeredo, kPortVxlan, kPortVxlanGpe, kPortGeneve, kPortVxlanLinux,
                 kPortL2tp, kPortLisp, kPortGre, kPortCapwap, kPortGue, kPortMpls, kPortTzsp},
                undecided_);
    load(Size::Half, 0);
    jump_if_any({kPortGtpU, kPortTeredo, kPortL2tp, kPortCapwap}, undecided_);
    if (options_.all_packets) return code_.jump(other_);
    load(Size::Word, 8 + 8);
    code_.jump_if(Test::Equal, kTeredoPrefix, undecided_);
    load(Size::Word, 8 + 24);
    code_.jump_if(Test::Equal, kTeredoPrefix, undecided_, other_);
  }

  void flags() {
    code_.bind(tcp_);
    if (options_.all_packets) return code_.jump(expression_);
    load(Size::Byte, 13);
    code_.jump_if(Test::AnyBit, kControlBits, expression_, other_);
  }

  void returns() {
    code_.bind(undecided_);
    code_.ret(kWholePacket);
    code_.bind(other_);
    if (!options_.all_packets) code_.ret(0);
    code_.bind(expression_);
    options_.expression.empty() ? code_.ret(kWholePacket) : code_.append(options_.expression);
  }

  const ControlFilterOptions& options_;
  BpfAssembler code_;
  Label ipv4_ = code_.label();
  Label ipv6_ = code_.label();
  Label pppoe4_ = code_.label();
  Label pppoe6_ = code_.label();
  Label icmp6_ = code_.label();
  Label udp_ = code_.label();
  Label tcp_ = code_.label();
  Label undecided_ = code_.label();   ///< passes: user space decodes it
  Label other_ = code_.label();       ///< neither opens nor closes a connection
  Label expression_ = code_.label();  ///< the user's expression decides
};

// Parts of an instruction's code.
constexpr unsigned kClass = 0x07, kMode = 0xE0;
constexpr unsigned kLoad = 0x00, kLoadX = 0x01;
constexpr unsigned kAbsolute = 0x20, kIndirect = 0x40, kHeaderLength = 0xA0;
constexpr unsigned kJumpAlways = 0x05;

bool reads_packet(const BpfInstruction& i) {
  const unsigned mode = i.code & kMode, kind = i.code & kClass;
  return (kind == kLoad && (mode == kAbsolute || mode == kIndirect)) ||
         (kind == kLoadX && mode == kHeaderLength);
}

/// A socket delivers packets of cooked captures without the header that libpcap adds. The kernel
/// provides some of its fields under the same offsets.
bool socket_provides(std::uint32_t offset, std::uint16_t linktype) {
  if (static_cast<std::int32_t>(offset) < 0)
    return true;  // metadata that the kernel keeps beside a packet
  if (LinkType{linktype} == LinkType::LinuxSll) return offset >= 16 || offset == 0 || offset == 14;
  return offset >= 20 || offset == 0 || offset == 4 || offset == 8 || offset == 10;
}

}  // namespace

BpfProgram make_undecided_filter(std::uint16_t linktype) {
  ControlFilterOptions options;
  options.linktype = linktype;
  options.expression = {{kReturn, 0, 0, 0}};
  return make_control_filter(options);
}

BpfProgram make_control_filter(const ControlFilterOptions& options) {
  return ControlFilter(options).make();
}

bool kernel_can_run(const BpfProgram& program, std::uint16_t linktype) {
  constexpr std::size_t kMaxInstructions = 4096;
  if (program.size() > kMaxInstructions) return false;
  const bool cooked =
      LinkType{linktype} == LinkType::LinuxSll || LinkType{linktype} == LinkType::LinuxSll2;
  for (const BpfInstruction& i : program) {
    if (i.code == kJumpAlways && i.k >= program.size()) return false;  // backward: `protochain`
    if (cooked && reads_packet(i) && !socket_provides(i.k, linktype)) return false;
  }
  return true;
}

}  // namespace synfin
