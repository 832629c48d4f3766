// See session_input.h.
#include "app/session_input.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "synfin/base/input_file.h"
#include "synfin/base/output_folder.h"
#include "synfin/capture/merged_source.h"
#include "synfin/capture/savefile.h"
#include "synfin/capture/source_paths.h"

namespace synfin {
namespace {

constexpr std::uint32_t kWholePackets = 262'144;

bool is_control_only(const PacketSource& source) {
  const auto& interfaces = source.interfaces();
  return !interfaces.empty() &&
         std::all_of(interfaces.begin(), interfaces.end(), [](const InterfaceInfo& interface) {
           return interface.scope == PacketScope::Control;
         });
}

/// Without --packets, the scope is what the captures state themselves.
PacketScope scope_of(const Options& options, const std::vector<std::string>& paths,
                     const PacketSource& source) {
  if (options.packets) return *options.packets;
  if (paths.size() == 1) return is_control_only(source) ? PacketScope::Control : PacketScope::All;
  bool any = false;
  for (const std::string& path : paths) {  // a merged source opens each capture only when needed
    if (path == "-") return PacketScope::All;
    const auto one = open_savefile(path);
    if (!one) return PacketScope::All;
    if ((*one)->interfaces().empty()) continue;  // the newest file of a rotation may be empty yet
    if (!is_control_only(**one)) return PacketScope::All;
    any = true;
  }
  return any ? PacketScope::Control : PacketScope::All;
}

bool is_same_file(const std::string& output, const std::string& capture) {
  struct stat one {
  }, other{};
  return OutputFolder::status_of(output, one) && input_status(capture, other) &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Fails if an output would overwrite a capture before it is read.
Status check_not_overwritten(const std::vector<std::string>& captures, const Options& options) {
  for (const auto& [option, file] : {std::pair{"-w", options.live.write},
                                     {"--log", options.log},
                                     {"--events", options.events},
                                     {"--log-file", options.log_file},
                                     {"--report", options.report},
                                     {"--state", options.inventory.state}}) {
    for (const std::string& capture : captures) {
      if (!file.empty() && is_same_file(file, capture)) {
        return Error{
            fmt::format("{} {} would write over the capture that is to be read", option, file),
            ErrorKind::Usage};
      }
    }
  }
  return Ok{};
}

Result<SessionInput> open_captures(const Options& options) {
  const auto paths = expand_sources(options.read);
  if (!paths) return paths.error();
  if (const Status safe = check_not_overwritten(*paths, options); !safe) return safe.error();
  SavefileOptions savefile;
  savefile.second_thread = options.threads > 1;
  auto source = open_sources(*paths, savefile);
  if (!source) return source.error();
  SessionInput input;
  input.source = std::move(*source);
  input.names = options.read;
  if (!options.filter.empty() && !options.dump_filter) {
    auto filter = BpfFilter::create(options.filter);
    if (!filter) return filter.error();
    input.filter.emplace(std::move(*filter));
    if (const Status fits = input.filter->compile_for(input.source->interfaces()); !fits)
      return fits.error();
  }
  if (!options.dump_filter) input.scope = scope_of(options, *paths, *input.source);
  return Result<SessionInput>(std::move(input));
}

LiveOptions live_options(const Options& options, PacketScope scope) {
  LiveOptions live;
  live.scope = scope;
  live.defer_filter = true;
  live.snap_length = options.live.snap_length;
  const bool whole =
      options.verify_checksums || (scope == PacketScope::All && !options.live.write.empty());
  if (live.snap_length == 0 && whole) live.snap_length = kWholePackets;
  live.buffer_kib = options.live.buffer_kib;
  live.promiscuous = !options.live.no_promiscuous;
  // When a batch of packets is full, the process of a short connection has already exited.
  live.immediate = options.live.immediate || options.enrichment.process;
  return live;
}

PacketScope live_scope(const Options& options) {
  return options.packets.value_or(PacketScope::Control);
}

Result<SessionInput> filter_interfaces(const Options& options, std::unique_ptr<LiveCapture> live) {
  SessionInput input;
  input.scope = live_scope(options);
  if (const Status filtered = live->apply_filter(options.filter); !filtered)
    return filtered.error();
  input.live = live.get();
  input.source = std::move(live);
  if (!options.filter.empty() && !options.dump_filter) {
    auto expression = LiveExpression::create(options.filter, input.live->kernel_filters());
    if (!expression) return expression.error();
    input.expression.emplace(std::move(*expression));
  }
  for (const InterfaceInfo& interface : input.live->interfaces())
    input.names.push_back(interface.name);
  return Result<SessionInput>(std::move(input));
}

}  // namespace

Result<std::unique_ptr<LiveCapture>> open_interfaces(const Options& options) {
  std::vector<std::string> interfaces = options.live.interfaces;
  if (interfaces.empty()) interfaces.emplace_back("any");
  return LiveCapture::open(interfaces, live_options(options, live_scope(options)));
}

Result<SessionInput> open_input(const Options& options, std::unique_ptr<LiveCapture> live) {
  return live ? filter_interfaces(options, std::move(live)) : open_captures(options);
}

Result<std::string> filter_program(const Options& options, SessionInput& input) {
  if (input.live != nullptr) return input.live->filter_text();
  auto filter = BpfFilter::create(options.filter);
  if (!filter) return filter.error();
  std::string program;
  for (const InterfaceInfo& interface : input.source->interfaces()) {
    const auto text = filter->program_text(interface.link_number);
    if (!text) return text.error();
    program += *text;
  }
  return program;
}

}  // namespace synfin
