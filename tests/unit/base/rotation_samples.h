/// \file
/// A folder, a frame and a clock, for the tests of RotatingOutput.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "synfin/base/rotating_output.h"

namespace synfin::rotation_test {

namespace fs = std::filesystem;

/// A temporary folder.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "synfin-rotate-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

inline std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline RotatingOutput::Frame frame() {
  return {.begin = [](std::string& out) { out += "<"; },
          .end = [](std::string& out) { out += ">"; }};
}

/// The clock of the tests.
inline std::time_t now = 0;

inline RotatingOutput open_rotating(const std::string& path, RotationRules rules) {
  now = 1'000'000;
  auto output = RotatingOutput::open(
      path, rules, frame(), [] { return now; }, [] { return now; });
  EXPECT_TRUE(output.ok());
  return std::move(*output);
}

inline void write_text(RotatingOutput& output, const std::string& text) {
  output.buffer() += text;
  output.commit();
}

inline std::string all_content(const Folder& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder / "")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string text;
  for (const std::string& file : files) text += content(file);
  return text;
}

}  // namespace synfin::rotation_test
