// See run.h.
#include "app/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/drop_privileges.h"
#include "app/live_run.h"
#include "app/outputs.h"
#include "app/pipeline.h"
#include "app/signals.h"
#include "app/watched.h"
#include "synfin/base/diagnostics.h"
#include "synfin/capture/bpf_filter.h"
#include "synfin/capture/merged_source.h"
#include "synfin/capture/savefile.h"
#include "synfin/capture/source_paths.h"
#include "synfin/log/packet_log.h"
#include "synfin/view/progress_line.h"

namespace synfin {
namespace {

constexpr auto kProgressEvery = std::chrono::milliseconds{250};

RunResult failed(const Error& error) {
  return {{error.message}, error.kind == ErrorKind::Usage ? 2 : 1};
}

Result<std::unique_ptr<PacketSource>> open_captures(const std::vector<std::string>& paths,
                                                    const Options& options) {
  SavefileOptions savefile;
  savefile.second_thread = options.threads > 1;
  return open_sources(paths, savefile);
}

bool is_control_only(const PacketSource& source) {
  const auto& interfaces = source.interfaces();
  return !interfaces.empty() &&
         std::all_of(interfaces.begin(), interfaces.end(), [](const InterfaceInfo& interface) {
           return interface.scope == PacketScope::Control;
         });
}

/// By what the captures say of themselves, where nobody has said it.
PacketScope scope_of(const Options& options, const std::vector<std::string>& paths,
                     const PacketSource& source) {
  if (options.packets) return *options.packets;
  if (paths.size() == 1) return is_control_only(source) ? PacketScope::Control : PacketScope::All;
  bool any = false;
  for (const std::string& path : paths) {  // of several, each is opened when its turn comes
    if (path == "-") return PacketScope::All;
    const auto one = open_savefile(path);
    if (!one) return PacketScope::All;
    if ((*one)->interfaces().empty())
      continue;  // the newest file of a rotation may hold nothing yet
    if (!is_control_only(**one)) return PacketScope::All;
    any = true;
  }
  return any ? PacketScope::Control : PacketScope::All;
}

/// The option and file by which a capture would be written over before it is read, or nothing.
std::string overwritten(const std::vector<std::string>& captures, const Options& options) {
  for (const auto& [option, file] : {std::pair{"-w", options.live.write},
                                     {"--log", options.log},
                                     {"--events", options.events},
                                     {"--report", options.report}}) {
    for (const std::string& capture : captures) {
      std::error_code unknown;
      if (!file.empty() && std::filesystem::equivalent(file, capture, unknown))
        return fmt::format("{} {} would write over the capture that is to be read", option, file);
    }
  }
  return {};
}

/// Runs `pipeline` while this thread shows progress and answers SIGUSR1.
void run_with_progress(Pipeline& pipeline, const Gauges& gauges, SignalWatch& signals,
                       const Options& options) {
  ProgressLine progress(!options.quiet && !options.screen &&
                        options.effective_view() != ViewKind::Events);
  run_watched(pipeline, kProgressEvery, [&] {
    const std::uint64_t packets = gauges.packets.load(std::memory_order_relaxed);
    progress.update({gauges.bytes_read.load(std::memory_order_relaxed),
                     gauges.bytes_total.load(std::memory_order_relaxed)},
                    packets);
    if (signals.take_statistics_asked()) fmt::print(stderr, "synfin: {} packets so far\n", packets);
  });
}

RunResult print_filter(const Options& options, PacketSource& source) {
  auto filter = BpfFilter::create(options.filter);
  if (!filter) return failed(filter.error());
  for (const InterfaceInfo& interface : source.interfaces()) {
    const auto text = filter->program_text(interface.link_number);
    if (!text) return failed(text.error());
    fmt::print("{}", *text);
  }
  return {};
}

/// tcpdump's three counts.
void print_counts(const CaptureInfo& info) {
  fmt::print(stderr,
             "{} packets captured\n{} packets received by filter\n{} packets dropped by kernel\n",
             info.ledger.received - info.ledger.filtered, info.ledger.received,
             info.ledger.dropped_kernel);
}

}  // namespace

RunResult run(const Options& options) {
  const Status words = open_diagnostics(
      {.quiet = options.quiet, .verbose = options.verbose, .log_file = options.log_file});
  if (!words) return failed(words.error());
  if (options.live.list_interfaces) return print_interfaces();
  if (options.read.empty()) return run_live(options);
  RunResult result;
  const auto paths = expand_sources(options.read);
  if (!paths) return failed(paths.error());
  if (const std::string wrong = overwritten(*paths, options); !wrong.empty())
    return failed({wrong, ErrorKind::Usage});
  auto source = open_captures(*paths, options);
  if (!source) return failed(source.error());
  if (options.dump_filter) return print_filter(options, **source);

  std::optional<BpfFilter> filter;
  if (!options.filter.empty()) {
    auto compiled = BpfFilter::create(options.filter);
    if (!compiled) return failed(compiled.error());
    filter.emplace(std::move(*compiled));
    for (const InterfaceInfo& interface : (*source)->interfaces()) {
      if (const Status fits = filter->compile(interface.link_number); !fits)
        return failed(fits.error());
    }
  }
  auto outputs = Outputs::open(options);
  if (!outputs) return failed(outputs.error());

  const PacketScope scope = scope_of(options, *paths, **source);
  std::unique_ptr<PacketLog> packets;
  if (!options.live.write.empty()) {
    auto opened = PacketLog::open(options.live.write, options.live.rotation,
                                  about_packets(options.filter, scope), **source);
    if (!opened) return failed(opened.error());
    packets = std::move(*opened);
  }
  PrivilegePlan plan;
  plan.open_files_later = paths->size() > 1;
  if (const Status given_up = drop_privileges(plan, options, **outputs, packets.get()); !given_up)
    return failed(given_up.error());
  std::optional<Pipeline> pipeline;
  pipeline.emplace(options, scope, **source, filter ? &*filter : nullptr, **outputs);
  pipeline->write_packets(packets.get());
  CaptureInfo info;
  {
    SignalWatch signals(**source);
    CaptureInfo known = pipeline->capture_info();
    if (const Status shown = (*outputs)->start_screen(std::move(known)); !shown)
      return failed(shown.error());
    run_with_progress(*pipeline, (*outputs)->gauges(), signals, options);
    (*outputs)->browse([&] { return signals.finish_asked(); });
    info = pipeline->capture_info();
    pipeline.reset();  // memory for the report, which is dear where it is fresh
    result.complaints = (*source)->damages();
    info.damage = result.complaints;
    for (std::string& failure : (*outputs)->finish(info))
      result.complaints.push_back(std::move(failure));
    if (packets != nullptr) {
      if (const Status closed = packets->finish(); !closed)
        result.complaints.push_back(closed.error().message);
    }
    if (!options.quiet && (signals.finish_asked() || options.verbose)) print_counts(info);
  }
  result.exit_code = result.complaints.empty() ? 0 : 1;
  return result;
}

}  // namespace synfin
