/// \file
/// The small databases of geoip/test, and temporary folders.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "synfin/enrich/geo_database.h"

namespace synfin::test {

inline std::string sample_database(const std::string& name) {
  return std::string{SYNFIN_SOURCE_DIR} + "/geoip/test/" + name;
}

inline Address place(std::string_view text) { return Address::parse(text).value(); }

/// "NL 64496 Example Home Networks", without unknown parts.
inline std::string text_of(const GeoInfo& info) {
  std::string text{info.country.view()};
  if (info.asn != 0) text += (text.empty() ? "" : " ") + std::to_string(info.asn);
  if (!info.as_org.empty()) text += " " + std::string{info.as_org};
  return text;
}

inline std::string look_up_text(GeoDatabase& database, std::string_view address) {
  GeoInfo info;
  database.look_up(place(address), info);
  return text_of(info);
}

/// A temporary folder that is removed with this object.
class SampleFolder {
 public:
  SampleFolder() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    path_ = std::filesystem::path(testing::TempDir()) /
            ("synfin-" + std::string{info->test_suite_name()} + "-" + info->name());
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~SampleFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  SampleFolder(const SampleFolder&) = delete;
  SampleFolder& operator=(const SampleFolder&) = delete;

  std::string path() const { return path_.string(); }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }
  std::string copy(const std::string& sample, const std::string& name) const {
    std::filesystem::copy_file(sample_database(sample), path_ / name,
                               std::filesystem::copy_options::overwrite_existing);
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace synfin::test
