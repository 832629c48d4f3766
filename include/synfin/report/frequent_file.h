/// \file
/// FrequentFile: --save-threshold, the remote addresses that were connected for most of the
/// capture, as a file that --filter-file reads. Tested in tests/unit/report/frequent_file_test.cc.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "synfin/base/output_file.h"
#include "synfin/enrich/event_sink.h"
#include "synfin/report/frequent_addresses.h"

namespace synfin {

class FrequentFile final : public EventSink {
 public:
  /// Creates "frequent_ips_80pct_20260301-143016.txt" in the current folder. Called early, because
  /// the privileges to create it may be dropped later.
  /// The part of the file's name in front of its date.
  static std::string path_begin(double percent);

  static Result<std::unique_ptr<FrequentFile>> open(double percent, std::size_t max_addresses);

  const std::string& path() const { return file_.path(); }

  std::string_view name() const override { return "file of frequent addresses"; }
  EventMask wanted() const override { return EventMask::only(EventKind::Record); }
  /// Counts the remote ends of each final record that proves a connection.
  void on_events(std::span<const AnnotatedEvent> events) override;
  /// Writes and closes the file, and logs its name.
  Status finish(const CaptureInfo& capture) override;

 private:
  FrequentFile(double percent, std::size_t max_addresses, OutputFile file)
      : percent_(percent), file_(std::move(file)), addresses_(max_addresses) {}

  void add(const ConnectionRecord& record, const Annotations& about);

  double percent_;
  OutputFile file_;
  FrequentAddresses addresses_;
};

}  // namespace synfin
