/// \file
/// The tiny databases of geoip/test and folders that tests may fill.
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

/// "NL 64496 Example Home Networks"; what is not known is left out.
inline std::string words(const GeoInfo& where) {
  std::string text{where.country.view()};
  if (where.asn != 0) text += (text.empty() ? "" : " ") + std::to_string(where.asn);
  if (!where.as_org.empty()) text += " " + std::string{where.as_org};
  return text;
}

inline std::string look(GeoDatabase& database, std::string_view address) {
  GeoInfo where;
  database.look_up(place(address), where);
  return words(where);
}

/// A folder of this test's own, gone with it.
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
