// See control_filter.h.
//
// X is how far tags and other headers push IP behind its usual place, then behind its own header;
// loads are at X + the link header's size + a fixed offset.
#include "synfin/capture/control_filter.h"

#include <initializer_list>

namespace synfin {
namespace {

using Label = BpfAssembler::Label;
using Size = BpfAssembler::Size;
using Test = BpfAssembler::Test;

constexpr Label kNext = BpfAssembler::kNext;
constexpr std::uint16_t kReturn = 0x06;
constexpr std::uint32_t kWhole = 262'144;
constexpr std::uint32_t kControlBits = 0x07;  // FIN, SYN, RST in the flags byte
constexpr std::uint32_t kMaxTags = 3;
constexpr int kMaxExtensions = 6;

enum Link : std::uint16_t { kEthernet = 1, kRaw = 101, kSll = 113, kSll2 = 276 };
enum Protocol : std::uint32_t {
  kIcmp = 1,
  kIpv4InIp = 4,
  kTcp = 6,
  kUdp = 17,
  kIpv6InIp = 41,
  kRouting = 43,
  kFragment = 44,
  kGre = 47,
  kAuthentication = 51,
  kIcmp6 = 58,
  kDestinationOptions = 60,
  kMobility = 135,
  kMplsInIp = 137,
  kHip = 139,
  kShim6 = 140,
};
enum EtherType : std::uint32_t {
  kIpv4 = 0x0800,
  kVlan = 0x8100,
  kIpv6 = 0x86DD,
  kPppoe = 0x8864,
  kProviderVlan = 0x88A8,
  kQinQ = 0x9100,
};

class ControlFilter {
 public:
  explicit ControlFilter(const ControlFilterOptions& options)
      : options_(options), header_(header_size(options.linktype)) {}

  BpfProgram make() {
    if (options_.linktype == kRaw) {
      raw();
    } else if (header_ != 0) {
      ether_types();
    } else {
      return options_.expression.empty() ? BpfProgram{{kReturn, 0, 0, kWhole}}
                                         : options_.expression;
    }
    ipv4();
    ipv6();
    udp();
    flags();
    endings();
    return code_.assemble();
  }

 private:
  static std::uint32_t header_size(std::uint16_t linktype) {
    switch (linktype) {
      case kEthernet:
        return 14;
      case kSll:
        return 16;
      case kSll2:
        return 20;
      default:
        return 0;
    }
  }

  /// Where the header says what follows.
  std::uint32_t type_offset() const { return options_.linktype == kSll2 ? 0 : header_ - 2; }

  void load(Size size, std::uint32_t offset) { code_.load_at_x(size, header_ + offset); }

  void jump_where(std::initializer_list<std::uint32_t> values, Label to) {
    for (const std::uint32_t value : values) code_.jump_if(Test::Equal, value, to);
  }

  void raw() {
    code_.set_x(0);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x40, ipv4_);
    code_.jump_if(Test::Equal, 0x60, ipv6_, other_);
  }

  /// The frame's type, and again behind each tag, of which kMaxTags may follow one another.
  void ether_types() {
    for (std::uint32_t tag = 0; tag <= kMaxTags; ++tag) {
      const Label next = code_.label();
      code_.load(Size::Half, tag == 0 ? type_offset() : header_ + 4 * tag - 2);
      code_.set_x(4 * tag);
      if (tag == 0 && is_cooked()) {
        cooked_ip();
      } else {
        jump_where({kIpv4}, ipv4_);
        jump_where({kIpv6}, ipv6_);
      }
      jump_where({kVlan, kProviderVlan, kQinQ}, tag < kMaxTags ? next : look_);
      rare_types();
      code_.bind(next);
    }
  }

  bool is_cooked() const { return options_.linktype == kSll || options_.linktype == kSll2; }

  /// Linux names the innermost type in a cooked header, and may leave a tag before the packet (see
  /// decode/link.cc): what is not IP as it says is looked at by the program.
  void cooked_ip() {
    const Label v4 = code_.label(), v6 = code_.label(), neither = code_.label();
    code_.jump_if(Test::Equal, kIpv4, v4);
    code_.jump_if(Test::Equal, kIpv6, v6, neither);
    code_.bind(v4);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x40, ipv4_, look_);
    code_.bind(v6);
    load(Size::Byte, 0);
    code_.bit_and(0xF0);
    code_.jump_if(Test::Equal, 0x60, ipv6_, look_);
    code_.bind(neither);
  }

  /// Everything else that can carry IP is rare enough to be looked at by the program.
  void rare_types() {
    const Label other_type = code_.label();
    constexpr std::uint32_t kIpOverPpp = 0x0021, kIpv6OverPpp = 0x0057, kSnap = 0xAAAA,
                            kIpOverLlc = 0x0606;
    code_.jump_if(Test::Equal, kPppoe, kNext, other_type);
    load(Size::Half, 6);
    code_.jump_if(Test::Equal, kIpOverPpp, pppoe4_);
    code_.jump_if(Test::Equal, kIpv6OverPpp, pppoe6_, look_);
    code_.bind(other_type);
    // MPLS, backbone and fabric tags, PPP, VN-Tag, Ethernet over Ethernet.
    jump_where({0x8847, 0x8848, 0x88E7, 0x8903, 0x880B, 0x8926, 0x6558}, look_);
    code_.jump_if(Test::Greater, 1500, other_);
    load(Size::Half, 0);
    jump_where({kSnap, kIpOverLlc}, look_);
    code_.jump(other_);
  }

  void pass_pppoe(Label here) {
    code_.bind(here);
    code_.x_to_a();
    code_.add(8);
    code_.a_to_x();
  }

  void ipv4() {
    pass_pppoe(pppoe4_);
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
    jump_where({kTcp}, tcp_);
    jump_where({kUdp}, udp_);
    jump_where({kIpv4InIp, kIpv6InIp, kGre, kAuthentication, kMplsInIp}, look_);
    code_.jump_if(Test::Equal, kIcmp, kNext, other_);
    icmp4();
  }

  /// Unreachable (but for "fragmentation needed"), time exceeded, parameter problem, about TCP.
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
    code_.jump_if(Test::Equal, kTcp, look_, other_);
  }

  void ipv6() {
    pass_pppoe(pppoe6_);
    code_.bind(ipv6_);
    load(Size::Byte, 6);
    code_.store_memory(0);
    code_.x_to_a();
    code_.add(40);
    code_.a_to_x();
    for (int i = 0; i < kMaxExtensions; ++i) extension();
    code_.jump(look_);  // longer chains are the program's business
    icmp6();
  }

  /// M[0] is the header at X. Decides, or moves X and M[0] to the next one.
  void extension() {
    const Label plain = code_.label(), fragment = code_.label(), counted = code_.label();
    code_.load_memory(0);
    jump_where({kTcp}, tcp_);
    jump_where({kUdp}, udp_);
    jump_where({kIcmp6}, icmp6_);
    jump_where({kIpv4InIp, kIpv6InIp, kGre, kAuthentication, kMplsInIp}, look_);
    jump_where({kFragment}, fragment);
    jump_where({0, kRouting, kDestinationOptions, kMobility, kHip, kShim6}, plain);
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

  /// Unreachable, time exceeded, parameter problem, about TCP or about what may hold TCP.
  void icmp6() {
    const Label quote = code_.label();
    constexpr std::uint32_t kIcmpHeader = 8;
    code_.bind(icmp6_);
    load(Size::Byte, 0);
    jump_where({1, 3}, quote);
    code_.jump_if(Test::Equal, 4, quote, other_);
    code_.bind(quote);
    load(Size::Byte, kIcmpHeader + 6);
    jump_where({kTcp, 0, kRouting, kFragment, kAuthentication, kDestinationOptions}, look_);
    jump_where({kMobility, kHip, kShim6}, look_);
    code_.jump(other_);
  }

  /// The ports of VXLAN, Geneve, GTP-U and Teredo; Teredo's peers speak from any port, so a
  /// datagram that holds one of its addresses counts too.
  void udp() {
    constexpr std::uint32_t kTeredoPrefix = 0x20010000;
    code_.bind(udp_);
    load(Size::Half, 2);
    jump_where({2152, 3544, 4789, 4790, 6081, 8472}, look_);
    load(Size::Half, 0);
    jump_where({2152, 3544}, look_);
    if (options_.all_packets) return code_.jump(other_);
    load(Size::Word, 8 + 8);
    code_.jump_if(Test::Equal, kTeredoPrefix, look_);
    load(Size::Word, 8 + 24);
    code_.jump_if(Test::Equal, kTeredoPrefix, look_, other_);
  }

  void flags() {
    code_.bind(tcp_);
    if (options_.all_packets) return code_.jump(expression_);
    load(Size::Byte, 13);
    code_.jump_if(Test::AnyBit, kControlBits, expression_, other_);
  }

  void endings() {
    code_.bind(look_);
    code_.ret(kWhole);
    code_.bind(other_);
    if (!options_.all_packets) code_.ret(0);
    code_.bind(expression_);
    options_.expression.empty() ? code_.ret(kWhole) : code_.append(options_.expression);
  }

  const ControlFilterOptions& options_;
  std::uint32_t header_;
  BpfAssembler code_;
  Label ipv4_ = code_.label();
  Label ipv6_ = code_.label();
  Label pppoe4_ = code_.label();
  Label pppoe6_ = code_.label();
  Label icmp6_ = code_.label();
  Label udp_ = code_.label();
  Label tcp_ = code_.label();
  Label look_ = code_.label();        ///< passes, for the program to look into
  Label other_ = code_.label();       ///< nothing that begins or ends a connection
  Label expression_ = code_.label();  ///< the person decides
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

/// Sockets of cooked captures hand out packets without the header that libpcap puts before them.
bool socket_knows(std::uint32_t offset, std::uint16_t linktype) {
  if (static_cast<std::int32_t>(offset) < 0) return true;  // what the kernel keeps beside a packet
  if (linktype == kSll) return offset >= 16 || offset == 0 || offset == 14;
  return offset >= 20 || offset == 0 || offset == 4 || offset == 8 || offset == 10;
}

}  // namespace

BpfProgram make_look_filter(std::uint16_t linktype) {
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
  const bool cooked = linktype == kSll || linktype == kSll2;
  for (const BpfInstruction& i : program) {
    if (i.code == kJumpAlways && i.k >= program.size()) return false;  // backward: `protochain`
    if (cooked && reads_packet(i) && !socket_knows(i.k, linktype)) return false;
  }
  return true;
}

}  // namespace synfin
