// See session.h.
#include "app/session.h"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "app/live_pipeline.h"
#include "app/pipeline.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/standard_output.h"
#include "synfin/base/thread.h"
#include "synfin/base/wall_clock.h"
#include "synfin/capture/link_names.h"
#include "synfin/filter/capture_scope.h"
#include "synfin/filter/run_watched.h"
#include "synfin/log/record_pipeline.h"
#include "synfin/metrics/metrics_sink.h"

namespace synfin {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds{200};
constexpr auto kBrowseInterval = std::chrono::milliseconds{50};

void log_listening(const LiveCapture& live, PacketScope scope) {
  log(LogLevel::Info,
      fmt::format("listening on {}, {}", with_link_types(live.interfaces()),
                  scope == PacketScope::All ? "all packets" : "control packets only"));
  if (!live.kernel_filters())
    log(LogLevel::Detail, "the kernel cannot apply this filter, so synfin does");
}

/// True if standard output is the only output, so that a run without its reader is of no use.
bool only_prints(const Options& o) {
  const std::string files = o.live.write + o.log + o.events + o.report;  // one of them may be "-"
  return (files == "-" || (files.empty() && o.view != ViewKind::None)) && o.save_threshold < 0 &&
         o.inventory.state.empty() && o.store.url.empty() && o.publish.url.empty() &&
         o.metrics.listen.empty();
}

/// Null if the kernel does not list its sockets, or if it is unknown which of them are captured.
std::unique_ptr<SocketWatch> watch_sockets(const SessionInput& input, const std::string& filter,
                                           std::shared_ptr<SocketMonitor> sockets,
                                           TableRequests& requests) {
  auto scope = CaptureScope::make(input.names, filter);
  if (!scope) return nullptr;
  auto watch = SocketWatch::start(std::move(sockets), requests,
                                  [shared = std::make_shared<CaptureScope>(std::move(*scope))](
                                      const FiveTuple& tuple) { return (*shared)(tuple); });
  if (watch) return std::move(*watch);
  log(LogLevel::Detail, watch.error().message);
  return nullptr;
}

}  // namespace

Session::Session(const Options& options, SessionInput input, RunServices services)
    : options_(options),
      input_(std::move(input)),
      services_(std::move(services)),
      end_(input_.input()) {
  set_thread_exception_handler([this](const std::exception_ptr& exception) { fail(exception); });
}

Session::~Session() { set_thread_exception_handler({}); }

/// Ends the run because of an exception on some thread.
void Session::fail(const std::exception_ptr& exception) {
  failure_.exception.store(exception);
  end_.request();
}

Result<std::unique_ptr<Session>> Session::open(const Options& options, SessionInput input,
                                               RunServices services) {
  std::unique_ptr<Session> session(new Session(options, std::move(input), std::move(services)));
  auto outputs = open_outputs(options, session->input_.scope, session->input_.names,
                              session->channel_, session->services_.notifier);
  if (!outputs) return outputs.error();
  session->outputs_ = std::move(*outputs);
  Status status = session->open_exports();
  if (status) status = session->open_packet_log();
  if (status) {
    status = session->outputs_->annotator.start_process_lookup(
        std::move(session->services_.socket_events));
  }
  if (!status) return status.error();
  warn_if_not_reopenable(options);
  session->make_pipeline();
  return Result<std::unique_ptr<Session>>(std::move(session));
}

Status Session::open_exports() {
  if (services_.publisher) {
    outputs_->dispatcher.add(std::make_unique<PublishSink>(
        std::move(services_.publisher), channel_.gauges.publish, input_.live != nullptr));
  }
  if (!services_.metrics.descriptor) return Ok{};
  auto sink = MetricsSink::start(std::move(services_.metrics), channel_.gauges,
                                 {.sources = input_.names,
                                  .table_slots = options_.table.max_connections,
                                  .live = input_.live != nullptr});
  if (!sink) return sink.error();
  outputs_->dispatcher.add(std::move(*sink));
  return Ok{};
}

Status Session::open_packet_log() {
  if (options_.live.write.empty()) return Ok{};
  auto opened = PacketLog::open(options_.live.write, options_.live.rotation,
                                packet_log_section(options_.filter, input_.scope), *input_.source);
  if (!opened) return opened.error();
  outputs_->packets = std::move(*opened);
  return Ok{};
}

void Session::make_pipeline() {
  if (input_.records) {
    pipeline_ = std::make_unique<RecordPipeline>(
        RecordPipelineOptions{input_.names, options_.filter, options_.threads}, *input_.records,
        outputs_->dispatcher, outputs_->annotator.book(), outputs_->annotator.logged_processes(),
        channel_.gauges);
    return;
  }
  PipelineOptions pipeline;
  pipeline.reader = {
      .scope = input_.scope,
      .limits = {options_.max_packets, options_.duration, options_.after, options_.before},
      .verify_checksums = options_.verify_checksums,
      .filter = input_.filter ? &*input_.filter : nullptr,
      .expression = input_.expression ? &*input_.expression : nullptr,
      .neighbors = channel_.neighbors ? &*channel_.neighbors : nullptr,
      .packet_log = outputs_->packets.get()};
  pipeline.table = options_.table;
  pipeline.sources = input_.names;
  pipeline.filter = options_.filter;
  pipeline.threads = options_.threads;
  if (input_.live == nullptr) {
    pipeline_ = std::make_unique<Pipeline>(std::move(pipeline), *input_.source,
                                           outputs_->dispatcher, channel_);
    return;
  }
  pipeline.complete = [counts = std::make_shared<SocketCounts>(outputs_->annotator.sockets())](
                          std::span<Event> events) { counts->complete(events); };
  pipeline_ = std::make_unique<LivePipeline>(std::move(pipeline), *input_.source,
                                             outputs_->dispatcher, channel_, options_.duration);
}

RunResult Session::run() {
  RunResult result;
  const auto guard = [&](auto&& work) {
    try {
      work();
    } catch (...) {
      failure_.exception.store(std::current_exception());
    }
  };
  SignalWatch signals(end_);
  if (input_.live != nullptr) {
    socket_watch_ =
        watch_sockets(input_, options_.filter, outputs_->annotator.sockets(), channel_.requests);
    log_listening(*input_.live, input_.scope);
  }
  if (const Status shown = start_screen(); !shown) {
    stop_screen();
    return failed(shown.error());
  }
  enter_thread_role(ThreadRole::Main);
  guard([&] { read_input(signals); });
  stop_screen();
  socket_watch_.reset();
  guard([&] { finish(result); });
  // Until a thread has ended, it may fail.
  screen_.reset();
  pipeline_.reset();
  outputs_.reset();
  if (const auto exception = failure_.exception.get()) {
    result.failed = true;
    result.complaints.push_back(exception_text(exception));
  }
  result.exit_code = result.complaints.empty() ? 0 : 1;
  return result;
}

Status Session::start_screen() {
  if (!outputs_->on_screen) return Ok{};
  screen_ = std::make_unique<LiveScreen>(
      LiveScreenParts{.views = *outputs_->views,
                      .report = *outputs_->report,
                      .gauges = channel_.gauges,
                      .mutex = outputs_->dispatcher.mutex(),
                      .request_end = [this] { end_.request(); },
                      .on_exception = [this](const std::exception_ptr& e) { fail(e); },
                      .live = input_.live != nullptr},
      pipeline_->capture_info());
  divert_diagnostics(
      [screen = screen_.get()](std::string_view sentence) { screen->show_notice(sentence); });
  return screen_->start({.tab = options_.effective_view(),
                         .each = options_.each,
                         .style = {.unicode = outputs_->style.unicode,
                                   .zone = outputs_->style.zone,
                                   .requested = outputs_->views->requested()},
                         .color = outputs_->style.color});
}

void Session::stop_screen() {
  if (!screen_) return;
  screen_->stop();
  divert_diagnostics({});
}

void Session::read_input(SignalWatch& signals) {
  {
    ProgressLine progress(input_.live == nullptr && !options_.quiet && !options_.screen &&
                          options_.effective_view() != ViewKind::Events);
    run_watched(*pipeline_, input_.input(), kPollInterval, [&] { poll(signals, progress); });
  }
  if (screen_ && input_.live == nullptr) browse();
}

/// Runs on the main thread a few times a second while the input is read.
void Session::poll(SignalWatch& signals, ProgressLine& progress) {
  if (only_prints(options_) && !standard_output_has_reader()) {
    failure_.reader_gone = true;
    fail(std::make_exception_ptr(std::runtime_error("nobody reads the only output")));
  }
  const Gauges& gauges = channel_.gauges;
  const std::uint64_t packets = gauges.packets.load(std::memory_order_relaxed);
  if (services_.notifier) services_.notifier->poll(&channel_.gauges.notifications);
  if (services_.store) services_.store->poll(channel_.gauges.store);
  if (input_.live == nullptr) {
    serve_files();
    progress.update({gauges.bytes_read.load(std::memory_order_relaxed),
                     gauges.bytes_total.load(std::memory_order_relaxed)},
                    packets);
    if (signals.take_statistics_request())
      print_to_stderr(fmt::format("synfin: {} packets so far\n", packets));
    return;
  }
  service_.update(gauges.rounds.load(std::memory_order_relaxed), ServiceManager::Clock::now());
  for (const std::string& notice : input_.live->take_notices()) {
    log(LogLevel::Warning, notice);
    if (outputs_->inventory != nullptr) outputs_->inventory->report_gap(notice);
    if (outputs_->store != nullptr) outputs_->store->add_gap(notice);
  }
  if (outputs_->dispatcher.limit_reached() ||
      (outputs_->packets && outputs_->packets->limit_reached()))
    input_.source->interrupt();
  if (signals.take_statistics_request()) {
    print_to_stderr(fmt::format("{}{} connections open\n",
                                to_text(input_.live->counters(), gauges.dropped_ring.load()),
                                gauges.open.load(std::memory_order_relaxed)));
  }
}

/// Opens files again on SIGHUP. A pipe may last for weeks, and its outputs are kept as those of a
/// live capture are.
void Session::serve_files() {
  const unsigned requests = reopen_requests();
  if (std::exchange(reopened_, requests) != requests) outputs_->dispatcher.reopen();
  if (channel_.gauges.bytes_total.load(std::memory_order_relaxed) == 0)
    outputs_->dispatcher.flush_and_report(wall_clock());
}

/// The input has ended: the screen stays until a key or a signal ends it.
void Session::browse() {
  screen_->set_ended(outputs_->dispatcher.with_hidden(pipeline_->capture_info()));
  while (!screen_->quit_requested() && !end_.requested())
    std::this_thread::sleep_for(kBrowseInterval);
}

void Session::finish(RunResult& result) {
  service_.stopping();
  if (input_.live != nullptr) input_.live->finish();
  CaptureInfo info = pipeline_->capture_info();
  pipeline_.reset();  // the report reuses its memory
  info.interrupted = end_.requested();
  result.complaints = info.damage;
  if (const auto exception = failure_.exception.get())
    info.damage.push_back(exception_text(exception));
  if (info.only_control_packets) log(LogLevel::Warning, kOnlyControlPackets);
  if (input_.filter) {
    for (const std::string& sentence : input_.filter->rejections())
      log(LogLevel::Warning, sentence);
  }
  if (input_.live != nullptr) {
    for (std::string& gap : input_.live->gap_sentences()) info.gaps.push_back(std::move(gap));
  }
  const auto note = [&](const Status& status) {
    // If nobody reads the only output, its own failure says no more.
    if (status || (failure_.reader_gone && status.error().kind == ErrorKind::ReaderGone)) return;
    result.failed = true;
    result.complaints.push_back(status.error().message);
  };
  for (Error& failure : outputs_->dispatcher.finish(info, [&] {
         if (services_.notifier) note(services_.notifier->finish());
         if (services_.store) note(services_.store->finish());
         if (outputs_->packets) note(outputs_->packets->finish());
       }))
    note(std::move(failure));
  const bool prints = input_.live != nullptr || end_.requested() || options_.verbose;
  if (prints && !options_.quiet && !input_.records) print_counts(info.ledger);
}

void Session::print_counts(const Ledger& ledger) {
  LiveCounters counters{ledger.received, 0, {ledger.dropped_kernel, ledger.dropped_interface}};
  if (input_.live != nullptr) counters = input_.live->counters();
  counters.captured = ledger.received - ledger.filtered;
  print_to_stderr(to_text(counters, ledger.dropped_ring));
}

}  // namespace synfin
