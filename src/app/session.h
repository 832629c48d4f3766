/// \file
/// Session: one run on captures or live traffic, from opened input to finished outputs.
///
///     input → PacketPipeline → EventDispatcher → sinks; the screen; the end
///
/// Tested in tests/unit/app/session_test.cc, by the golden tests and in tests/live/.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/confinement.h"
#include "app/options.h"
#include "app/packet_thread_channel.h"
#include "app/run.h"
#include "app/run_outputs.h"
#include "app/session_input.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/service_manager.h"
#include "synfin/enrich/socket_watch.h"
#include "synfin/filter/event_producer.h"
#include "synfin/view/live_screen.h"
#include "synfin/view/progress_line.h"
#include "synfin/view/signals.h"

namespace synfin {

class Session {
 public:
  /// Opens all outputs. `options` must outlive the session.
  static Result<std::unique_ptr<Session>> open(const Options& options, SessionInput input,
                                               RunServices services = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs to the end of the input, or until an end is requested. Called once. An exception on any
  /// thread ends the run early; the outputs are still finished with what was counted. They are
  /// destroyed before run() returns.
  RunResult run();

  /// Another thread ends the run early through this object.
  EndRequest& end_request() { return end_; }
  EventDispatcher& dispatcher() { return outputs_->dispatcher; }

 private:
  Session(const Options& options, SessionInput input, RunServices services);

  void fail(const std::exception_ptr& exception);
  Status open_exports();
  Status open_packet_log();
  void make_pipeline();
  Status start_screen();
  void stop_screen();
  void read_input(SignalWatch& signals);
  void poll(SignalWatch& signals, ProgressLine& progress);
  void serve_files();
  void browse();
  void finish(RunResult& result);
  void print_counts(const Ledger& ledger);

  const Options& options_;
  SessionInput input_;
  RunServices services_;
  EndRequest end_;
  PacketThreadChannel channel_;
  std::unique_ptr<RunOutputs> outputs_;
  std::unique_ptr<EventProducer> pipeline_;
  std::unique_ptr<SocketWatch> socket_watch_;  ///< live
  std::unique_ptr<LiveScreen> screen_;
  ServiceManager service_;
  struct Failure {  ///< why the run ends early
    FirstException exception;
    bool reader_gone = false;  ///< of the only output
  } failure_;
  /// The number of SIGHUPs that were handled while files or a pipe are read.
  unsigned reopened_ = reopen_requests();
};

}  // namespace synfin
