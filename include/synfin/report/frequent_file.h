/// \file
/// FrequentFile: --save-threshold: the addresses that were connected most of the time, in a file
/// that --filter-file takes. Tested in tests/unit/report/frequent_file_test.cc.
#pragma once

#include <string>
#include <utility>

#include "synfin/base/output_file.h"
#include "synfin/base/result.h"
#include "synfin/enrich/annotator.h"
#include "synfin/report/frequent_addresses.h"
#include "synfin/track/event.h"

namespace synfin {

/// Used by one thread at a time.
class FrequentFile {
 public:
  /// Opens "frequent_ips_80pct_20260301-143016.txt" in the current folder, now: later, rights may
  /// have been given up.
  static Result<FrequentFile> open(double percent, std::size_t max_addresses);

  /// Counts the remote ends of a final record that proves a connection; of any other its time.
  void add(const ConnectionRecord& record, Annotator& annotator);

  /// Writes the file and ends it. Gives its name.
  Result<std::string> write();

 private:
  FrequentFile(double percent, std::size_t max_addresses, std::string path, OutputFile file)
      : percent_(percent),
        path_(std::move(path)),
        file_(std::move(file)),
        addresses_(max_addresses) {}

  double percent_;
  std::string path_;
  OutputFile file_;
  FrequentAddresses addresses_;
};

}  // namespace synfin
