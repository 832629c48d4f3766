/// \file
/// FrequentFile: --save-threshold, the remote addresses that were connected for most of the
/// capture, as a file that --filter-file reads. Tested in tests/unit/view/frequent_file_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "synfin/base/output_file.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/view/timeline_view.h"

namespace synfin {

class ViewSink;

/// Counts nothing itself: the addresses and their shares are those of the timeline, which the
/// report prints.
class FrequentFile final : public EventSink {
 public:
  using ReadShares = std::function<AddressShares()>;

  /// The part of the file's name in front of its date.
  static std::string path_begin(double percent);

  /// Creates "frequent_ips_80pct_20260301-143016.txt" in the current folder before the input is
  /// read, so that a folder that cannot be written is reported early. `views` must count the
  /// timeline and outlive the last call.
  static Result<std::unique_ptr<FrequentFile>> open(double percent, ViewSink& views);
  static Result<std::unique_ptr<FrequentFile>> open(double percent, ReadShares read);

  const std::string& path() const { return file_.path(); }

  std::string_view name() const override { return "file of frequent addresses"; }
  EventMask wanted() const override { return {}; }
  EventDelivery delivery() const override { return EventDelivery::Plain; }
  void on_events(std::span<const AnnotatedEvent> /*events*/) override {}
  /// Writes and closes the file, and logs its name.
  Status finish(const CaptureInfo& capture) override;

 private:
  FrequentFile(double percent, ReadShares read, OutputFile file)
      : percent_(percent), read_(std::move(read)), file_(std::move(file)) {}

  double percent_;
  ReadShares read_;
  OutputFile file_;
};

}  // namespace synfin
