// See bpf_filter.h.
#include "synfin/capture/bpf_filter.h"

#include <fmt/format.h>
#include <pcap.h>

#include <algorithm>
#include <new>
#include <unordered_map>
#include <utility>

#include "capture/compile_filter.h"
#include "capture/filter_hint.h"
#include "capture/packet_limits.h"
#include "capture/pcap_handle.h"
#include "synfin/base/link_type.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

/// create() compiles the expression for these in turn. Most expressions compile for the first one;
/// "wlan" and "ppp" need a later one.
constexpr LinkType kCommonLinks[] = {LinkType::Ethernet, LinkType::Raw,       LinkType::LinuxSll,
                                     LinkType::Radiotap, LinkType::Ieee80211, LinkType::Ppp,
                                     LinkType::PppEther, LinkType::Null,      LinkType::LinuxSll2,
                                     LinkType::Pflog};

/// A compiled program; empty if compilation failed.
class Program {
 public:
  Program() = default;
  ~Program() { pcap_freecode(&code_); }
  Program(Program&& other) noexcept : code_(std::exchange(other.code_, {})) {}
  Program& operator=(Program&& other) noexcept {
    std::swap(code_, other.code_);
    return *this;
  }

  /// Returns an empty string on success, otherwise libpcap's reason. Throws if memory runs out,
  /// which says nothing about the expression.
  std::string compile(std::uint16_t linktype, const std::string& expression,
                      const BpfFilterOptions& options) {
    const PcapHandle dead(pcap_open_dead(dlt_of_link_type(linktype), kMaxCaplen));
    if (dead == nullptr) throw std::bad_alloc();
    if (compile_filter(dead.get(), code_, expression, options.optimize, options.netmask) == 0)
      return "";
    const std::string reason = pcap_geterr(dead.get());
    // What libpcap quotes are words of the expression.
    const std::string own_words = reason.substr(0, reason.find_first_of("\"'"));
    for (const char* lack : {"out of memory", "Cannot allocate memory", "malloc"}) {
      if (own_words.find(lack) != std::string::npos) throw std::bad_alloc();
    }
    return reason.empty() ? "it does not compile" : reason;
  }

  bool matches(const Packet& packet) const {
    return code_.bf_insns != nullptr &&
           bpf_filter(code_.bf_insns, packet.data, packet.wirelen, packet.caplen) != 0;
  }

  std::string text() const {
    std::string lines;
    for (u_int i = 0; i < code_.bf_len; ++i) {
      lines += bpf_image(code_.bf_insns + i, static_cast<int>(i));
      lines += '\n';
    }
    return lines;
  }

 private:
  bpf_program code_{};
};

struct LinkProgram {
  std::uint16_t linktype;
  Program program;
  std::string reason;  ///< why compilation failed; empty if it did not
  bool seen = false;   ///< a packet had this link type
};

/// Bounds the sentences, because a hostile file can name all 65 536 link types.
constexpr std::size_t kMaxRejections = 16;

}  // namespace

struct BpfFilter::Impl {
  std::string expression;
  BpfFilterOptions options;
  std::unordered_map<std::uint16_t, std::unique_ptr<LinkProgram>> programs;
  std::vector<std::string> rejections;
  const LinkProgram* last = nullptr;  ///< the previous packet's; most captures have one link type

  Error error(const std::string& reason) const {
    return {fmt::format("the filter \"{}\" cannot be used: {}", expression,
                        filter_reason(expression, reason)),
            ErrorKind::Usage};
  }

  LinkProgram& program_for(std::uint16_t linktype) {
    std::unique_ptr<LinkProgram>& known = programs[linktype];
    if (known == nullptr) {
      known = std::make_unique<LinkProgram>();
      known->linktype = linktype;
      known->reason = known->program.compile(linktype, expression, options);
    }
    return *known;
  }

  /// The program for a packet's link type.
  const LinkProgram& select(std::uint16_t linktype) {
    if (last != nullptr && last->linktype == linktype) [[likely]]
      return *last;
    LinkProgram& found = program_for(linktype);
    if (!std::exchange(found.seen, true)) record_rejection(found);
    last = &found;
    return found;
  }

  void record_rejection(const LinkProgram& fresh) {
    if (fresh.reason.empty() || rejections.size() >= kMaxRejections) return;
    rejections.push_back(
        fmt::format("the filter \"{}\" cannot be applied to packets of link type {} ({}), so none "
                    "of them match",
                    expression, link_type_name(fresh.linktype), fresh.reason));
  }
};

BpfFilter::BpfFilter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BpfFilter::~BpfFilter() = default;
BpfFilter::BpfFilter(BpfFilter&&) noexcept = default;
BpfFilter& BpfFilter::operator=(BpfFilter&&) noexcept = default;

Result<BpfFilter> BpfFilter::create(const std::string& expression,
                                    const BpfFilterOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->expression = expression;
  impl->options = options;
  std::string first_reason;
  for (const LinkType link : kCommonLinks) {
    const std::string reason =
        Program().compile(static_cast<std::uint16_t>(link), expression, options);
    if (reason.empty()) return BpfFilter(std::move(impl));
    if (first_reason.empty()) first_reason = reason;
    // Another link type would only repeat the DNS query.
    if (reason.find("unknown host") != std::string::npos) break;
  }
  return impl->error(first_reason);
}

Status BpfFilter::compile(std::uint16_t linktype) {
  const std::string& reason = impl_->program_for(linktype).reason;
  if (reason.empty()) return Ok{};
  return impl_->error(fmt::format("{} (link type {})", reason, link_type_name(linktype)));
}

Status BpfFilter::compile_for(std::span<const InterfaceInfo> interfaces) {
  Status first = Ok{};
  for (const InterfaceInfo& interface : interfaces) {
    Status status = compile(interface.link_number);
    if (status) return Ok{};
    if (first) first = std::move(status);
  }
  return first;
}

bool BpfFilter::matches(const Packet& packet) {
  return impl_->select(static_cast<std::uint16_t>(packet.link)).program.matches(packet);
}

std::size_t BpfFilter::keep(std::span<Packet> packets) {
  const auto kept = std::remove_if(packets.begin(), packets.end(),
                                   [this](const Packet& packet) { return !matches(packet); });
  return static_cast<std::size_t>(kept - packets.begin());
}

const std::vector<std::string>& BpfFilter::rejections() const { return impl_->rejections; }

Result<std::string> BpfFilter::program_text(std::uint16_t linktype) {
  if (Status status = compile(linktype); !status) return status.error();
  return impl_->program_for(linktype).program.text();
}

const std::string& BpfFilter::expression() const { return impl_->expression; }

}  // namespace synfin
