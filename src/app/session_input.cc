// See session_input.h.
#include "app/session_input.h"

#include <fmt/format.h>

#include <utility>

#include "app/confinement.h"
#include "app/option_checks.h"
#include "synfin/base/diagnostics.h"
#include "synfin/capture/byte_input.h"
#include "synfin/capture/merged_source.h"
#include "synfin/capture/savefile.h"
#include "synfin/capture/source_paths.h"
#include "synfin/filter/show_input.h"

namespace synfin {
namespace {

constexpr std::uint32_t kWholePackets = 262'144;

/// Fails if an output would overwrite an input before it is read.
Status check_outputs(const std::vector<std::string>& inputs, const Options& options) {
  const Status kept = check_not_overwritten(inputs, output_files(options), output_names(options));
  if (!kept) release_log_file(false);
  return kept;
}

/// REQUIRES: `source` reads connection logs.
Result<SessionInput> use_records(const Options& options, std::unique_ptr<RecordSource> source) {
  if (!options.live.write.empty())
    return Error{"-w writes packets, and a connection log has none", ErrorKind::Usage};
  const std::pair<bool, std::string_view> about_packets[] = {
      {options.verify_checksums, "--verify-checksums"},
      {options.packets.has_value(), "--packets"},
      {options.table.copies_across_sources, "--dedup"},
      {options.table.context_key, "--context-key"}};
  for (const auto& [given, option] : about_packets) {
    if (given)
      log(LogLevel::Warning,
          fmt::format("{} has no effect on a connection log, which has no packets", option));
  }
  if (Status fits = check_show_on_log(options.filters.show); !fits) return fits.error();
  SessionInput input;
  input.records = std::move(source);
  input.names = options.read;
  return Result<SessionInput>(std::move(input));
}

RecordSourceOptions record_options(const Options& options) {
  return {.limits = {options.max_packets, options.duration, options.after, options.before},
          .filter = options.filter,
          .second_thread = options.threads > 1};
}

Result<SessionInput> open_logs(const Options& options, const std::vector<std::string>& logs) {
  if (const Status safe = check_outputs(logs, options); !safe) return safe.error();
  auto source = RecordSource::open(logs, record_options(options));
  if (!source) return source.error();
  return use_records(options, std::move(*source));
}

Result<SessionInput> use_packets(const Options& options, const std::vector<std::string>& paths,
                                 std::unique_ptr<PacketSource> source) {
  if (Status fits = check_show_on_capture(options.filters.show); !fits) return fits.error();
  SessionInput input;
  input.source = std::move(source);
  input.names = options.read;
  if (!options.filter.empty() && !options.dump_filter) {
    auto filter = BpfFilter::create(options.filter);
    if (!filter) return filter.error();
    input.filter.emplace(std::move(*filter));
    if (const Status fits = input.filter->compile_for(input.source->interfaces()); !fits)
      return fits.error();
  }
  if (!options.dump_filter)
    input.scope = options.packets ? *options.packets : stated_scope(paths, *input.source);
  return Result<SessionInput>(std::move(input));
}

/// Standard input can be read only once, so that its first bytes decide what it is.
Result<SessionInput> open_standard_input(const Options& options, const SavefileOptions& savefile) {
  auto bytes = ByteInput::open("-", savefile);
  if (!bytes) return bytes.error();
  if (!options.dump_filter) {
    auto records = RecordSource::open(*bytes, record_options(options));
    if (!records) return records.error();
    if (*records) return use_records(options, std::move(*records));
  }
  auto source = open_savefile(std::move(*bytes), savefile);
  if (!source) return source.error();
  return use_packets(options, options.read, std::move(*source));
}

Result<SessionInput> open_files(const Options& options) {
  SavefileOptions savefile;
  savefile.second_thread = options.threads > 1;
  if (options.read == std::vector<std::string>{"-"}) return open_standard_input(options, savefile);
  if (!options.dump_filter) {
    const auto logs = find_connection_logs(options.read);
    if (!logs) return logs.error();
    if (!logs->empty()) return open_logs(options, *logs);
  }
  const auto paths = expand_sources(options.read);
  if (!paths) return paths.error();
  if (const Status safe = check_outputs(*paths, options); !safe) return safe.error();
  auto source = open_sources(*paths, savefile);
  if (!source) return source.error();
  return use_packets(options, *paths, std::move(*source));
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
  return live ? filter_interfaces(options, std::move(live)) : open_files(options);
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
