// See run_outputs.h.
#include "app/run_outputs.h"

#include <langinfo.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/input_file.h"
#include "synfin/base/special_purpose.h"
#include "synfin/inventory/inventory_sink.h"
#include "synfin/inventory/inventory_tables.h"
#include "synfin/log/log_sinks.h"
#include "synfin/view/event_lines_sink.h"
#include "synfin/view/frequent_file.h"

namespace synfin {
namespace {

/// The time between two prints of a live view, without --every.
constexpr Duration kPrintInterval = std::chrono::seconds{10};

bool locale_is_utf8() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread exists that changes the locale
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

TextStyle style_of(const Options& options) {
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): never set here
  return {.color = !options.no_color && (no_color == nullptr || *no_color == '\0'),
          .unicode = locale_is_utf8(),
          .width = options.width,
          .zone = options.utc ? Zone::Utc : Zone::Local,
          .line_buffered = options.line_buffered,
          .whole = options.verbose};
}

/// True if the run takes longer than reading the databases: live traffic, a pipe, much input, or a
/// run that waits for names.
bool takes_long(const Options& options) {
  if (options.enrichment.resolve_names || options.read.empty()) return true;
  constexpr std::uintmax_t kMaxShortBytes = std::uintmax_t{16} << 20;
  std::uintmax_t bytes = 0;
  for (const std::string& path : options.read) {
    struct stat about {};
    if (!input_status(path, about) || !S_ISREG(about.st_mode)) return true;
    bytes += static_cast<std::uintmax_t>(about.st_size);
  }
  return bytes > kMaxShortBytes;
}

/// Live views that count events use the screen by default; all others only with --screen.
Result<bool> uses_screen(const Options& options) {
  const ViewKind view = options.effective_view();
  const bool terminal = view != ViewKind::None && isatty(STDOUT_FILENO) == 1;
  if (options.screen && !terminal)
    return Error{"--screen needs a terminal as standard output, and a view", ErrorKind::Usage};
  const bool by_default = options.read.empty() && view != ViewKind::Events && !options.every;
  return terminal && (options.screen || by_default);
}

/// The interval at which the view is printed. Unset on the screen, and if it grows line by line.
std::optional<Duration> print_interval(const Options& options, bool on_screen) {
  const ViewKind view = options.effective_view();
  const bool by_line = view == ViewKind::Events || view == ViewKind::Netstat;
  if (on_screen || by_line || view == ViewKind::None) return std::nullopt;
  if (options.every) return options.every;
  return options.read.empty() ? std::optional(kPrintInterval) : std::nullopt;
}

/// The views to count beside the one that is printed: all for the screen, the timelines for a
/// report or for --save-threshold. A run for speed (no view) leaves out the timelines.
std::vector<ViewKind> views_beside(const Options& options, bool on_screen) {
  std::vector<ViewKind> kinds;
  for (std::size_t i = 0; on_screen && i < kViewKinds; ++i)
    kinds.push_back(static_cast<ViewKind>(i));
  const bool has_view = options.effective_view() != ViewKind::None || options.time_unit;
  if ((!options.report.empty() && has_view) || options.save_threshold >= 0)
    kinds.push_back(ViewKind::Timeline);
  if (!options.report.empty() && options.enrichment.process && options.read.empty())
    kinds.push_back(ViewKind::Processes);
  return kinds;
}

template <typename Sink>
Status add(RunOutputs& outputs, Result<std::unique_ptr<Sink>> sink) {
  if (!sink) return sink.error();
  outputs.dispatcher.add(std::move(*sink));
  return Ok{};
}

/// Adds the inventory before the event log, which closes after the last change.
Status add_inventory(RunOutputs& outputs, const Options& options,
                     const std::vector<std::string>& sources, PacketThreadChannel& channel,
                     std::shared_ptr<ChangeListener> listener) {
  const bool viewed = outputs.on_screen || options.effective_view() == ViewKind::Inventory;
  if (options.inventory.state.empty() && !viewed) return Ok{};
  auto sink = InventorySink::open(
      options.inventory,
      {.book = outputs.annotator.book(),
       .ports = outputs.annotator.ports(),
       .gauges = channel.gauges,
       .sources = sources,
       .live = options.read.empty(),
       .processes = options.read.empty() && options.enrichment.process,
       .is_local =
           [&annotator = outputs.annotator](const Address& address) {
             return annotator.is_local(address).value_or(is_special_purpose(address));
           },
       .listener = std::move(listener),
       .neighbors = options.enrichment.local_nets.empty() ? nullptr : &channel.neighbors.emplace(),
       .on_link = options.enrichment.local_nets});
  if (!sink) return sink.error();
  outputs.inventory = outputs.dispatcher.add(std::move(*sink));
  return Ok{};
}

Status add_event_log(RunOutputs& outputs, const std::string& path) {
  auto sink = EventLogSink::open(path);
  if (!sink) return sink.error();
  EventLogSink* const log = outputs.dispatcher.add(std::move(*sink));
  if (outputs.inventory != nullptr)
    outputs.inventory->set_take_line([log](auto... line) { log->add_line(line...); });
  return Ok{};
}

Status add_files(RunOutputs& outputs, const Options& options) {
  Status status = Ok{};
  if (!options.log.empty()) {
    status = add(outputs, ConnectionLogSink::open({.path = options.log,
                                                   .format = options.log_format,
                                                   .rotation = options.live.rotation,
                                                   .line_buffered = options.line_buffered}));
  }
  return status && !options.events.empty() ? add_event_log(outputs, options.events) : status;
}

Status add_store(RunOutputs& outputs, const Options& options, PacketThreadChannel& channel) {
  if (options.store.url.empty()) return Ok{};
  const bool live = options.read.empty();
  auto sink = open_store_sink(
      options.store,
      {.live = live, .gauges = channel.gauges, .snapshot = live ? &channel.stored : nullptr});
  if (!sink) return sink.error();
  outputs.store = sink->get();
  outputs.dispatcher.add(std::move(*sink));
  if (outputs.inventory != nullptr) {
    outputs.inventory->set_take_change(
        [store = outputs.store](const Change& change) { store->add_change(change); });
  }
  return Ok{};
}

RequestedColumns requested_columns(const Options& options) {
  const EnrichmentOptions& e = options.enrichment;
  return {.names = e.resolve_names,
          .processes = e.process || e.cmdline,
          .command_lines = e.cmdline,
          .geo = !e.geoip.empty()};
}

Status add_view_sink(RunOutputs& outputs, const Options& options, PacketScope scope,
                     const std::vector<std::string>& sources, PacketThreadChannel& channel) {
  ViewSinkOptions view{.kind = options.effective_view(),
                       .beside = views_beside(options, outputs.on_screen),
                       .every = print_interval(options, outputs.on_screen),
                       .on_screen = outputs.on_screen,
                       .each = options.each,
                       .requested = requested_columns(options),
                       .max_hosts = options.max_hosts,
                       .ports = options.ports,
                       .dest = options.dest,
                       .time_unit = options.time_unit,
                       .local_nets = options.enrichment.local_nets,
                       .style = outputs.style,
                       .live = options.read.empty(),
                       .interfaces = {},
                       .filter = options.filter,
                       .scope = scope,
                       .cmdline = options.enrichment.cmdline,
                       .show = options.filters.show};
  if (!ViewSink::prints(view.kind) && view.beside.empty()) return Ok{};
  if (view.live) view.interfaces = sources;
  auto sink =
      ViewSink::open(view, outputs.annotator, outputs.dispatcher.filter(), channel.snapshot);
  if (!sink) return sink.error();
  outputs.views = outputs.dispatcher.add(std::move(*sink));
  if (outputs.inventory != nullptr) outputs.views->set_inventory(outputs.inventory->inventory());
  return Ok{};
}

/// The CaptureInfo of a capture that still continues.
CaptureInfo capture_so_far(const std::vector<std::string>& sources, const std::string& filter,
                           const Gauges& gauges) {
  CaptureInfo info;
  info.sources = sources;
  info.filter = filter;
  info.so_far = true;
  info.open = gauges.open.load(std::memory_order_relaxed);
  info.ledger.received = gauges.packets.load(std::memory_order_relaxed);
  return info;
}

Status add_report(RunOutputs& outputs, const Options& options,
                  const std::vector<std::string>& sources, PacketThreadChannel& channel) {
  ReportSinkOptions report;
  report.max_hosts = options.max_hosts;
  report.path = options.report;
  report.format = options.report_format.value_or(report_format_of(options.report));
  report.prints = options.effective_view() == ViewKind::Summary;
  report.every = print_interval(options, outputs.on_screen);
  report.rewrite = options.every;
  report.live = options.read.empty();
  report.shared = outputs.on_screen;
  report.two_threads = !report.live && !report.shared && options.threads > 1;
  report.style = outputs.style;
  if (report.path.empty() && !report.prints && !report.shared) return Ok{};
  auto sink = ReportSink::open(report, outputs.annotator.ports(), outputs.annotator.book(),
                               [sources, filter = options.filter, &gauges = channel.gauges] {
                                 return capture_so_far(sources, filter, gauges);
                               });
  if (!sink) return sink.error();
  outputs.report = outputs.dispatcher.add(std::move(*sink));
  if (outputs.views != nullptr) {
    outputs.report->add_tables([views = outputs.views](const RenderOptions& render) {
      return views->report_tables(render);
    });
  }
  if (outputs.inventory != nullptr) {
    outputs.report->add_tables([inventory = outputs.inventory](const RenderOptions& render) {
      return inventory->report_tables(render);
    });
  }
  return Ok{};
}

/// Finds and opens databases.
void open_databases(RunOutputs& outputs, const Options& options) {
  for (const std::string& sentence : outputs.annotator.missing()) log(LogLevel::Warning, sentence);
  const bool has_lines = options.effective_view() == ViewKind::Events;
  const bool annotates = outputs.report != nullptr || outputs.views != nullptr ||
                         outputs.inventory != nullptr || has_lines;
  if (annotates || !options.log.empty() || !options.store.url.empty())
    outputs.annotator.open_databases(outputs.on_screen || takes_long(options));
}

}  // namespace

RunOutputs::RunOutputs(const Options& options, std::unique_ptr<ConnectionFilter> filter)
    : annotator(options.enrichment),
      dispatcher(annotator, std::move(filter), options.enrichment.process),
      style(style_of(options)) {}

Result<std::unique_ptr<RunOutputs>> open_outputs(const Options& options, PacketScope scope,
                                                 const std::vector<std::string>& sources,
                                                 PacketThreadChannel& channel,
                                                 std::shared_ptr<ChangeListener> listener) {
  const auto on_screen = uses_screen(options);
  if (!on_screen) return on_screen.error();
  auto filter = ConnectionFilter::make(options.filters, options.enrichment);
  if (!filter) return filter.error();
  auto outputs = std::make_unique<RunOutputs>(options, std::move(*filter));
  outputs->on_screen = *on_screen;
  if (!options.filters.show.empty()) outputs->dispatcher.set_show(options.filters.show);
  if (options.every && !options.read.empty()) outputs->dispatcher.deliver_single_events();
  Status status = add_inventory(*outputs, options, sources, channel, std::move(listener));
  if (status) status = add_files(*outputs, options);
  if (status) status = add_store(*outputs, options, channel);
  if (status && options.effective_view() == ViewKind::Events && !outputs->on_screen) {
    const bool filtered = outputs->dispatcher.filter() != nullptr || !options.filters.show.empty();
    status = add(*outputs,
                 EventLinesSink::open(
                     outputs->style,
                     {.shown = !options.quiet, .live = options.read.empty(), .filtered = filtered},
                     channel.gauges));
  }
  if (status) status = add_view_sink(*outputs, options, scope, sources, channel);
  if (status && options.save_threshold >= 0)
    status = add(*outputs, FrequentFile::open(options.save_threshold, *outputs->views));
  if (status) status = add_report(*outputs, options, sources, channel);
  if (status) status = outputs->annotator.start_name_lookup();
  if (!status) return status.error();
  if (const ConnectionFilter* shown = outputs->dispatcher.filter(); shown != nullptr) {
    for (const std::string& notice : shown->notices()) log(LogLevel::Warning, notice);
  }
  open_databases(*outputs, options);
  return Result<std::unique_ptr<RunOutputs>>(std::move(outputs));
}

}  // namespace synfin
