/// \file
/// FileService: what the helper process for files does, and for which files.
/// Tested in tests/unit/sandbox/helpers_test.cc and file_service_test.cc.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/message.h"
#include "synfin/base/output_folder.h"
#include "synfin/sandbox/helpers.h"

namespace synfin {

/// Not thread-safe. Runs with the rights of the helper process, and checks each request against the
/// rules of the run. It opens the input folders when it is made.
class FileService {
 public:
  explicit FileService(FileHelperRules rules);

  /// Answers a valid request. A descriptor in `opened` is for the reply; the caller closes it.
  HelperReply answer(const HelperRequest& request, int& opened);

 private:
  using Folder = std::shared_ptr<const OutputFolder>;

  int open_input(const std::string& path) const;
  bool is_output(const std::string& path) const;
  Folder folder_of(const std::string& path);
  int open_output(const std::string& path, FileCreation creation);
  void set_owner(const std::optional<std::string>& old, int descriptor,
                 const OutputFolder& folder) const;
  int output_status(const std::string& path, bool follow, FileStatus& status);
  int rename_output(const std::string& from, const std::string& to);
  int remove_output(const std::string& path);
  uid_t owner() const;
  bool created(const std::string& path) const;

  static constexpr std::size_t kMaxCreated = 256;
  static constexpr std::size_t kMaxFolders = 64;

  FileHelperRules rules_;
  std::map<std::string, std::shared_ptr<const Descriptor>> input_folders_;
  std::map<std::string, Folder> output_folders_;
  std::deque<std::string> created_;  ///< the latest files that this service created
};

}  // namespace synfin
