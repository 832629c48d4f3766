/// \file
/// RotatingOutput: an output file that is succeeded by others, by size (-C), by time (-G), and when
/// somebody asks for it (SIGHUP). Every finished file is whole.
///
/// Names and counts are tcpdump's. Tested in tests/unit/base/rotating_output_test.cc.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "synfin/base/output_file.h"
#include "synfin/base/result.h"

namespace synfin {

struct RotationRules {
  std::uint64_t max_bytes = 0;  ///< -C; 0 = any size
  std::time_t seconds = 0;      ///< -G; 0 = for ever
  unsigned max_files = 0;       ///< -W; 0 = as many as come

  bool any() const { return max_bytes != 0 || seconds != 0; }
};

/// Which file comes next: "flows", "flows1", "flows2" by size (with -W 10 "flows0" to "flows9",
/// over and over), a strftime(3) pattern filled in by time.
class FileNames {
 public:
  FileNames(std::string pattern, RotationRules rules)
      : pattern_(std::move(pattern)), rules_(rules) {}

  std::string first(std::time_t now);
  std::string next_by_size();
  /// Empty when -W allows no further one.
  std::string next_by_time(std::time_t now);

 private:
  std::string numbered() const;

  std::string pattern_;
  RotationRules rules_;
  std::string filled_;  ///< the pattern with its time
  unsigned by_size_ = 0;
  unsigned by_time_ = 0;
};

/// Not thread-safe.
class RotatingOutput {
 public:
  /// What stands in each file before the first piece and after the last.
  struct Frame {
    std::function<void(std::string&)> begin;
    std::function<void(std::string&)> end;
  };

  /// "-" is stdout, which is neither rotated nor opened again.
  static Result<RotatingOutput> open(const std::string& path, RotationRules rules, Frame frame);

  /// Append one piece here, then commit().
  std::string& buffer() { return file_.buffer(); }
  /// Ends a piece, and the file where it is time.
  void commit();
  void flush();
  /// Ends the file and begins it again under the same name, for logrotate. Goes on with it where
  /// nobody has moved it away.
  void reopen();
  /// Ends the file. Fails with what went wrong since the start, if anything did.
  Status close();

  void set_line_buffered(bool on);
  /// Lets a user own the file, so that it can be read after privileges are given up.
  void give_to(unsigned uid, unsigned gid) { file_.give_to(uid, gid); }

  /// A sentence about a write that has failed, once; empty otherwise.
  std::string take_failure();
  /// True once -G has filled as many files as -W allows: the run is to end.
  bool limit_reached() const { return limit_reached_; }
  const std::string& path() const { return path_; }
  bool is_regular() const { return path_ != "-"; }

 private:
  RotatingOutput(std::string path, RotationRules rules, Frame frame, OutputFile file);

  void begin_file();
  void succeed(const std::string& name);
  void end_file();

  std::string path_;
  RotationRules rules_;
  Frame frame_;
  FileNames names_;
  OutputFile file_;
  std::string name_;  ///< of the current file
  std::time_t since_ = 0;
  std::string failure_;     ///< the first, of whichever file
  std::uint64_t lost_ = 0;  ///< bytes, in files that are closed
  bool told_ = false;
  bool open_failed_ = false;
  bool limit_reached_ = false;
  bool line_buffered_ = false;
};

}  // namespace synfin
