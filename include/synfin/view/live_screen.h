/// \file
/// LiveScreen: supplies the screen with a run's data: views, summary, gauges and the host's
/// sockets.
///
/// It runs on the screen's thread and shares views, report and annotator with the thread that
/// delivers events. It holds their mutex only while it selects one window of rows. Tested by
/// tests/live/screen.py.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "synfin/base/capture_info.h"
#include "synfin/base/gauges.h"
#include "synfin/report/report_sink.h"
#include "synfin/view/screen.h"
#include "synfin/view/screen_model.h"
#include "synfin/view/view_sink.h"

namespace synfin {

/// The objects that the screen reads. All must outlive it.
struct LiveScreenParts {
  ViewSink& views;     ///< used with `mutex`
  ReportSink& report;  ///< used with `mutex`
  const Gauges& gauges;
  std::mutex& mutex;                  ///< held while events are delivered
  std::function<void()> request_end;  ///< called if a key requests the end of the run
  std::function<void(const std::exception_ptr&)> on_exception;  ///< the screen's thread has failed
  bool live = false;  ///< header times are wall-clock times
};

class LiveScreen final : public ScreenModel {
 public:
  LiveScreen(LiveScreenParts parts, CaptureInfo capture);

  /// Takes the terminal and starts the screen's thread.
  Status start(const ScreenOptions& options);
  /// Restores the terminal. Further calls do nothing.
  void stop();
  bool quit_requested() const { return screen_ && screen_->quit_requested(); }

  /// Shows a sentence in the foot line. Any thread may call it.
  void show_notice(std::string_view sentence);
  /// The input has ended, and a person browses what was counted. `capture` describes all of it. Any
  /// thread may call it.
  void set_ended(CaptureInfo capture);

  ScreenHeader header() override;
  ViewPage page(ViewKind kind, const ViewRequest& request) override;
  std::span<const std::string_view> orders(ViewKind kind) override;
  Document summary(const ViewRequest& request) override;
  Document details(const RowTarget& subject, const ViewRequest& request) override;
  std::string write_report() override;
  std::string take_notice() override;
  void quit() override { parts_.request_end(); }
  void on_exception(const std::exception_ptr& exception) override {
    parts_.on_exception(exception);
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// A page that was expensive to make, shown again until `until`.
  struct CachedPage {
    ListKey list;
    std::size_t first = 0, count = 0;
    ViewPage page;
    Clock::time_point until{};

    bool answers(ViewKind wanted, const ViewRequest& request) const;
  };
  struct Measurement {
    Clock::time_point at{};
    std::uint64_t packets = 0;
    std::uint64_t connections = 0;
  };

  void measure(std::uint64_t connections);
  CaptureInfo captured() const;

  LiveScreenParts parts_;
  CaptureInfo capture_;  ///< with figures if ended_
  Measurement measured_;
  ScreenHeader header_;
  CachedPage cached_page_;
  std::optional<Document> summary_;
  Clock::time_point summarized_{};
  std::mutex notice_mutex_;
  std::string notice_;
  std::atomic<bool> ended_{false};
  std::unique_ptr<Screen> screen_;
};

}  // namespace synfin
