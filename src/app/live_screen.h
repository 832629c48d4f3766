/// \file
/// LiveScreen: what the screen shows of a run: views, summary, gauges, the host's sockets.
///
/// It runs on the screen's thread, and takes turns with the output thread by the outputs' mutex,
/// for as long as one window of rows takes to select. Tested by tests/live/screen.py.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/gauges.h"
#include "app/options.h"
#include "app/snapshot_reader.h"
#include "synfin/base/capture_info.h"
#include "synfin/enrich/annotator.h"
#include "synfin/report/summary.h"
#include "synfin/view/host_sockets.h"
#include "synfin/view/screen.h"
#include "synfin/view/screen_model.h"

namespace synfin {

/// What it shows, all of which outlives it. Views, lookup, summary and annotator are used with
/// `mutex`.
struct LiveScreenParts {
  const Options& options;
  ViewSet& views;
  Lookup& lookup;
  SnapshotReader* open;        ///< null: not live
  HostSocketsReader* sockets;  ///< null: not live
  const Summary& summary;
  Annotator& annotator;
  const Gauges& gauges;
  std::mutex& mutex;
  std::function<std::string()> write_report;  ///< called with the mutex
};

class LiveScreen : public ScreenModel {
 public:
  LiveScreen(const LiveScreenParts& parts, CaptureInfo capture);

  /// Takes the terminal.
  Status start(const ScreenOptions& options);
  /// Gives it back.
  void stop();
  bool quit_asked() const { return screen_ && screen_->quit_asked(); }

  /// A sentence for the foot line. Any thread may say it.
  void tell(std::string_view sentence);
  /// The input has ended, and is browsed.
  void set_ended() { ended_ = true; }
  /// The capture as far as it is known while it goes on. REQUIRES: the mutex.
  CaptureInfo so_far() const;

  ScreenHeader header() override;
  ViewPage page(ViewKind kind, const ViewRequest& request) override;
  std::span<const std::string_view> orders(ViewKind kind) override;
  Document summary(const ViewRequest& request) override;
  Document details(const Subject& subject, const ViewRequest& request) override;
  std::string write_report() override;
  std::string take_notice() override;
  void quit() override;

 private:
  using Clock = std::chrono::steady_clock;

  /// A page that has cost much, to be shown again until it has been worth it.
  struct Kept {
    ViewKind kind = ViewKind::None;
    std::size_t first = 0, count = 0, order = 0, group = 0, width = 0;
    bool each = false;
    std::string filter;
    ViewPage page;
    Clock::time_point until{};

    bool serves(ViewKind wanted, const ViewRequest& request) const;
  };

  void measure(std::uint64_t begun);
  ViewPage make_page(ViewKind kind, const ViewRequest& request);

  LiveScreenParts parts_;
  CaptureInfo capture_;
  bool live_;
  Clock::time_point measured_{};
  std::uint64_t packets_ = 0;
  std::uint64_t begun_ = 0;
  ScreenHeader header_;
  Kept kept_;
  std::optional<Document> summary_;
  Clock::time_point summarized_{};
  std::mutex notice_mutex_;
  std::string notice_;
  std::atomic<bool> ended_{false};
  std::unique_ptr<Screen> screen_;
};

}  // namespace synfin
