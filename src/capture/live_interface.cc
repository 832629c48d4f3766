// See live_interface.h.
#include "synfin/capture/live_interface.h"

#include <fmt/format.h>
#include <net/if.h>
#include <pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture/classic_pcap.h"
#include "capture/compile_filter.h"
#include "capture/filter_hint.h"
#include "synfin/capture/control_filter.h"
#include "synfin/capture/interface_list.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

/// The time for which the kernel may collect packets before it delivers them, in milliseconds.
constexpr int kTimeoutMs = 100;

// Filters of one instruction: the bytes of a packet to keep.
constexpr BpfInstruction kPassNothing = {BPF_RET | BPF_K, 0, 0, 0};
constexpr BpfInstruction kPassEverything = {BPF_RET | BPF_K, 0, 0, 0xFFFFFFFF};

std::string pcap_reason(int status, pcap_t* handle) {
  const std::string more = pcap_geterr(handle);
  return more.empty() ? pcap_statustostr(status) : more;
}

Error cannot_open(const std::string& name, int status, pcap_t* handle) {
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return {capture_permission_help(name)};
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return {fmt::format("cannot open {}: no such interface (synfin -D lists them)", name)};
    default:
      return {fmt::format("cannot capture on {}: {}", name, pcap_reason(status, handle))};
  }
}

/// Adds the increase of a 32-bit counter since `last` to `total`, even if the counter wrapped.
void widen(std::uint32_t now, std::uint32_t& last, std::uint64_t& total) {
  total += static_cast<std::uint32_t>(now - last);
  last = now;
}

Timestamp time_of(const pcap_pkthdr& header) {
  return timestamp_from_ns(std::int64_t{header.ts.tv_sec} * 1'000'000'000 + header.ts.tv_usec);
}

/// The arguments of libpcap's callback.
struct Batch {
  pcap_t* handle;
  std::span<Packet> out;
  PacketArena& arena;
  const InterfaceInfo& info;
  std::uint16_t number;
  std::size_t count = 0;
};

void take_packet(u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
  Batch& batch = *reinterpret_cast<Batch*>(user);
  const std::uint32_t size = std::min<std::uint32_t>(header->caplen, batch.info.snap_length);
  batch.out[batch.count++] = {
      time_of(*header), batch.arena.store(bytes, size), size, header->len, batch.info.link,
      batch.number};
  if (batch.arena.available() < batch.info.snap_length) pcap_breakloop(batch.handle);
}

}  // namespace

const std::uint8_t* PacketArena::store(const std::uint8_t* bytes, std::uint32_t size) {
  std::uint8_t* place = bytes_.get() + used_;
  std::memcpy(place, bytes, size);
  used_ += size;
  return place;
}

LiveInterface::LiveInterface(std::string name, const LiveOptions& options, std::uint16_t number)
    : name_(std::move(name)), options_(options), number_(number) {
  info_.name = name_;
  info_.link = LinkType::Ethernet;  // until libpcap reports the actual one
  info_.link_number = 1;
  info_.snap_length = options.snap_length != 0 ? options.snap_length : kHeaderSnapLength;
}

LiveInterface::~LiveInterface() { close(); }

Result<std::unique_ptr<LiveInterface>> LiveInterface::open(const std::string& name,
                                                           const LiveOptions& options,
                                                           std::uint16_t number) {
  std::unique_ptr<LiveInterface> interface(new LiveInterface(name, options, number));
  bpf_u_int32 net = 0, mask = 0;
  char error[PCAP_ERRBUF_SIZE] = "";
  if (pcap_lookupnet(name.c_str(), &net, &mask, error) == 0) interface->filter_.netmask = mask;
  if (const Status status = interface->activate(); !status && !interface->not_up_)
    return status.error();
  return Result<std::unique_ptr<LiveInterface>>(std::move(interface));
}

Status LiveInterface::configure(pcap* handle) {
  pcap_set_snaplen(handle, static_cast<int>(info_.snap_length));
  pcap_set_promisc(handle, options_.promiscuous && name_ != "any" ? 1 : 0);
  pcap_set_timeout(handle, kTimeoutMs);
  pcap_set_immediate_mode(handle, options_.immediate ? 1 : 0);
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  const std::uint64_t bytes = std::uint64_t{options_.buffer_kib} * 1024;
  pcap_set_buffer_size(handle, static_cast<int>(std::min<std::uint64_t>(bytes, 0x7FFFFFFF)));
  const int status = pcap_activate(handle);
  not_up_ = status == PCAP_ERROR_IFACE_NOT_UP;
  if (status < 0) return cannot_open(name_, status, handle);
  if (name_ == "any") pcap_set_datalink(handle, DLT_LINUX_SLL2);
  return Ok{};
}

Status LiveInterface::activate() {
  char error[PCAP_ERRBUF_SIZE] = "";
  handle_ = pcap_create(name_.c_str(), error);
  if (handle_ == nullptr) return Error{fmt::format("cannot capture on {}: {}", name_, error)};
  if (Status status = configure(handle_); !status) {
    close();
    return status;
  }
  index_ = if_nametoindex(name_.c_str());
  info_.link_number = link_type_of_dlt(pcap_datalink(handle_));
  info_.link = link_type_of(info_.link_number);
  last_ = {};
  if (pcap_setnonblock(handle_, 1, error) != 0) {
    close();
    return Error{fmt::format("cannot capture on {}: {}", name_, error)};
  }
  Status status = install({kPassNothing});
  if (status && !options_.defer_filter) status = apply_filter();
  if (!status) {
    close();
    return status;
  }
  state_ = query_state();
  return Ok{};
}

Result<BpfProgram> LiveInterface::compile_expression() {
  if (options_.expression.empty()) return BpfProgram{};
  bpf_program compiled{};
  if (compile_filter(handle_, compiled, options_.expression, true, filter_.netmask) != 0) {
    return Error{fmt::format("the filter \"{}\" cannot be used on {}: {}", options_.expression,
                             name_, filter_reason(options_.expression, pcap_geterr(handle_))),
                 ErrorKind::Usage};
  }
  BpfProgram program;
  for (u_int i = 0; i < compiled.bf_len; ++i) {
    const bpf_insn& in = compiled.bf_insns[i];
    program.push_back({in.code, in.jt, in.jf, in.k});
  }
  pcap_freecode(&compiled);
  return program;
}

Status LiveInterface::apply_filter() {
  if (handle_ == nullptr) return Ok{};
  const Counts before = counts_;
  counts();
  counts_ = before;
  return set_filter();
}

/// Installs the control filter with the expression if the kernel can run both. Otherwise it
/// installs the control filter alone, and user space evaluates the expression.
Status LiveInterface::set_filter() {
  const auto expression = compile_expression();
  if (!expression) return expression.error();
  if (options_.scope == PacketScope::All && expression->empty()) return install({kPassEverything});
  ControlFilterOptions control;
  control.linktype = info_.link_number;
  control.all_packets = options_.scope == PacketScope::All;
  control.expression = *expression;
  filter_.program = make_control_filter(control);
  filter_.in_kernel = true;
  if (kernel_can_run(filter_.program, info_.link_number)) {
    if (Status status = install(filter_.program); !status) return status;
    if (filter_is_in_kernel()) return Ok{};
  }
  filter_.in_kernel = expression->empty();
  control.expression.clear();
  filter_.program = make_control_filter(control);
  return install(filter_.program);
}

Status LiveInterface::install(const BpfProgram& program) {
  std::vector<bpf_insn> instructions;
  for (const BpfInstruction& i : program)
    instructions.push_back({i.code, i.jump_true, i.jump_false, i.k});
  bpf_program code{static_cast<u_int>(instructions.size()), instructions.data()};
  if (pcap_setfilter(handle_, &code) < 0) {
    return Error{fmt::format("cannot set the filter on {}: {}", name_, pcap_geterr(handle_))};
  }
  return Ok{};
}

/// libpcap runs a filter in user space, without a notice, if the kernel refuses it.
bool LiveInterface::filter_is_in_kernel() const {
  socklen_t instructions = 0;
  return getsockopt(pcap_fileno(handle_), SOL_SOCKET, SO_GET_FILTER, nullptr, &instructions) == 0 &&
         instructions == filter_.program.size();
}

int LiveInterface::descriptor() const {
  return handle_ != nullptr ? pcap_get_selectable_fd(handle_) : -1;
}

std::size_t LiveInterface::read(std::span<Packet> out, PacketArena& arena) {
  if (handle_ == nullptr || out.empty() || arena.available() < info_.snap_length) return 0;
  Batch batch{handle_, out, arena, info_, number_};
  const int status = pcap_dispatch(handle_, static_cast<int>(out.size()), take_packet,
                                   reinterpret_cast<u_char*>(&batch));
  last_.taken += batch.count;
  if (status == PCAP_ERROR) lose();
  return batch.count;
}

LiveInterface::State LiveInterface::query_state() const {
  if (handle_ == nullptr) return State::Gone;
  if (name_ == "any") return State::Up;
  const unsigned index = if_nametoindex(name_.c_str());
  if (index == 0 || index != index_) return index_ == 0 ? State::Up : State::Gone;
  ifreq request{};
  name_.copy(request.ifr_name, sizeof request.ifr_name - 1);
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool known = socket >= 0 && ioctl(socket, SIOCGIFFLAGS, &request) == 0;
  if (socket >= 0) ::close(socket);
  return known && (request.ifr_flags & IFF_UP) == 0 ? State::Down : State::Up;
}

void LiveInterface::check_state() {
  if (handle_ != nullptr) state_ = query_state();
  if (state_ != State::Gone) return;
  if (handle_ != nullptr) lose();
  if (if_nametoindex(name_.c_str()) != 0 && !activate()) close();
}

/// Closes the capture. Packets that libpcap still holds are lost, because it delivers none after
/// the interface disappeared; they count as dropped by the kernel.
void LiveInterface::lose() {
  const bool loopback = name_ == "lo";  // libpcap delivers only one of its two copies of a packet
  counts();
  const std::uint64_t delivered = std::uint64_t{last_.received} - last_.kernel;
  if (!loopback && delivered > last_.taken) counts_.dropped.kernel += delivered - last_.taken;
  ++losses_;
  close();
}

const LiveInterface::Counts& LiveInterface::counts() {
  pcap_stat stat{};
  if (handle_ != nullptr && pcap_stats(handle_, &stat) == 0) {
    widen(stat.ps_recv, last_.received, counts_.received);
    widen(stat.ps_drop, last_.kernel, counts_.dropped.kernel);
    widen(stat.ps_ifdrop, last_.interface, counts_.dropped.interface);
  }
  return counts_;
}

void LiveInterface::close() {
  if (handle_ != nullptr) pcap_close(handle_);
  handle_ = nullptr;
  state_ = State::Gone;
}

}  // namespace synfin
