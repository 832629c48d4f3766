// See live_run.h.
#include "app/live_run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "app/drop_privileges.h"
#include "app/live_pipeline.h"
#include "app/outputs.h"
#include "app/signals.h"
#include "app/socket_watch.h"
#include "app/watched.h"
#include "synfin/base/diagnostics.h"
#include "synfin/capture/interface_list.h"
#include "synfin/capture/link_names.h"
#include "synfin/capture/live.h"
#include "synfin/filter/capture_scope.h"
#include "synfin/log/packet_log.h"

namespace synfin {
namespace {

constexpr std::uint32_t kWholePackets = 262'144;
constexpr auto kLookEvery = std::chrono::milliseconds{200};

RunResult failed(const Error& error) {
  return {{error.message}, error.kind == ErrorKind::Usage ? 2 : 1};
}

LiveOptions live_options(const Options& options) {
  LiveOptions live;
  live.scope = options.packets.value_or(PacketScope::Control);
  live.expression = options.filter;
  live.snap_length = options.live.snap_length;
  const bool whole =
      options.verify_checksums || (live.scope == PacketScope::All && !options.live.write.empty());
  if (live.snap_length == 0 && whole) live.snap_length = kWholePackets;
  live.buffer_kib = options.live.buffer_kib;
  live.promiscuous = !options.live.no_promiscuous;
  // A short connection's process is gone when a batch of packets is full.
  live.immediate = options.live.immediate || options.enrichment.process;
  return live;
}

std::string count(std::uint64_t n, const char* what) {
  return fmt::format("{} packet{} {}\n", n, n == 1 ? "" : "s", what);
}

/// tcpdump's three counts, and its fourth, where there is one.
void print_counts(const LiveCounters& counters, std::uint64_t ring_drops) {
  std::string text = count(counters.captured, "captured") +
                     count(counters.received, "received by filter") +
                     count(counters.dropped.kernel, "dropped by kernel");
  if (counters.dropped.interface != 0)
    text += count(counters.dropped.interface, "dropped by interface");
  if (ring_drops != 0)
    text += fmt::format("{} events not shown, because the output was slower\n", ring_drops);
  fmt::print(stderr, "{}", text);
}

void announce(const LiveCapture& live, const Options& options) {
  std::string names;
  for (const InterfaceInfo& interface : live.interfaces()) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", interface.name,
                         link_type_name(interface.link_number));
  }
  log(LogLevel::Info,
      fmt::format("listening on {}, {}", names,
                  options.packets == PacketScope::All ? "all packets" : "control packets only"));
  if (!live.kernel_filters())
    log(LogLevel::Detail, "the kernel cannot apply this filter, so synfin does");
}

/// Runs `pipeline` while this thread tells what happens and answers signals.
void run_telling(LivePipeline& pipeline, LiveCapture& live, SignalWatch& signals, Outputs& outputs,
                 const PacketLog* packets) {
  run_watched(pipeline, kLookEvery, [&] {
    for (const std::string& notice : live.take_notices()) log(LogLevel::Warning, notice);
    if (outputs.limit_reached() || (packets != nullptr && packets->limit_reached()))
      live.interrupt();
    outputs.tick();
    if (!signals.take_statistics_asked()) return;
    print_counts(live.counters(), pipeline.ring_drops());
    fmt::print(stderr, "{} connections open\n",
               outputs.gauges().open.load(std::memory_order_relaxed));
  });
}

PrivilegePlan privileges_for(const Options& options) {
  PrivilegePlan plan;
  for (const std::string& name : options.live.interfaces)
    plan.reopen_interfaces = plan.reopen_interfaces || name != "any";
  plan.see_all_processes = options.enrichment.process;
  return plan;
}

/// Null where the kernel does not tell, or the connections cannot be told apart from others.
std::unique_ptr<SocketWatch> watch_sockets(const LiveCapture& live, const Options& options,
                                           TableRequests& requests) {
  std::vector<std::string> names;
  for (const InterfaceInfo& interface : live.interfaces()) names.push_back(interface.name);
  auto here = CaptureScope::make(names, options.filter);
  if (!here) return nullptr;
  auto watch =
      SocketWatch::start(requests, [shared = std::make_shared<CaptureScope>(std::move(*here))](
                                       const FiveTuple& tuple) { return (*shared)(tuple); });
  if (watch) return std::move(*watch);
  log(LogLevel::Detail, watch.error().message);
  return nullptr;
}

std::string gap_text(const CaptureGap& gap) {
  if (gap.to == Timestamp::max())
    return fmt::format("{} saw nothing since {}", gap.interface, format_rfc3339(gap.from));
  return fmt::format("{} saw nothing from {} to {}", gap.interface, format_rfc3339(gap.from),
                     format_rfc3339(gap.to));
}

CaptureInfo capture_info(const LivePipeline& pipeline, const LiveCapture& live,
                         const Options& options, PacketScope scope) {
  CaptureInfo info;
  std::set<std::string> links;
  for (const InterfaceInfo& interface : live.interfaces()) {
    info.sources.push_back(interface.name);
    links.insert(link_type_name(interface.link_number));
  }
  info.link_types.assign(links.begin(), links.end());
  info.scope = scope;
  info.filter = options.filter;
  if (pipeline.gate().any()) {
    info.first_packet = pipeline.gate().first();
    info.last_packet = pipeline.gate().last();
  }
  for (const CaptureGap& gap : live.gaps()) info.gaps.push_back(gap_text(gap));
  info.ledger = pipeline.ledger();
  info.out_of_window = pipeline.table_counters().out_of_window;
  info.forged_rst = pipeline.table_counters().forged_rst;
  return info;
}

}  // namespace

RunResult print_interfaces() {
  const auto listings = list_interfaces();
  if (!listings) return failed(listings.error());
  fmt::print("{}", format_interfaces(*listings));
  return {};
}

RunResult run_live(const Options& options) {
  std::vector<std::string> names = options.live.interfaces;
  if (names.empty()) names.emplace_back("any");
  auto live = LiveCapture::open(names, live_options(options));
  if (!live) return failed(live.error());
  if (options.dump_filter) {
    fmt::print("{}", (*live)->filter_text());
    return {};
  }
  std::optional<LiveExpression> expression;
  if (!options.filter.empty()) {
    auto compiled = LiveExpression::create(options.filter, (*live)->kernel_filters());
    if (!compiled) return failed(compiled.error());
    expression.emplace(std::move(*compiled));
  }
  Options here = options;  // by name what was given by number, or not at all
  here.live.interfaces.clear();
  for (const InterfaceInfo& interface : (*live)->interfaces())
    here.live.interfaces.push_back(interface.name);
  auto outputs = Outputs::open(here);
  if (!outputs) return failed(outputs.error());
  const PacketScope scope = options.packets.value_or(PacketScope::Control);
  std::unique_ptr<PacketLog> packets;
  if (!options.live.write.empty()) {
    auto opened = PacketLog::open(options.live.write, options.live.rotation,
                                  about_packets(options.filter, scope), **live);
    if (!opened) return failed(opened.error());
    packets = std::move(*opened);
  }
  (*outputs)->open_processes();
  const Status dropped =
      drop_privileges(privileges_for(options), options, **outputs, packets.get());
  if (!dropped) return failed(dropped.error());
  if (const Status started = (*outputs)->start_processes(); !started)
    return failed(started.error());

  RunResult result;
  LivePipeline pipeline(options, scope, **live, expression ? &*expression : nullptr, **outputs);
  pipeline.write_packets(packets.get());
  TableRequests requests;
  const auto sockets = watch_sockets(**live, options, requests);
  if (sockets != nullptr) pipeline.ask_sockets(&requests);
  SignalWatch signals(**live);
  announce(**live, options);
  const Status shown = (*outputs)->start_screen(capture_info(pipeline, **live, options, scope));
  if (!shown) return failed(shown.error());
  run_telling(pipeline, **live, signals, **outputs, packets.get());
  (*live)->finish();
  const CaptureInfo info = capture_info(pipeline, **live, options, scope);
  result.complaints = (*outputs)->finish(info);
  if (packets != nullptr) {
    if (const Status closed = packets->finish(); !closed)
      result.complaints.push_back(closed.error().message);
  }
  if (!options.quiet) print_counts((*live)->counters(), pipeline.ring_drops());
  result.exit_code = result.complaints.empty() ? 0 : 1;
  return result;
}

}  // namespace synfin
