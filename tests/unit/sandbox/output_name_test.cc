// The names that an output may have.
#include "synfin/sandbox/output_name.h"

#include <gtest/gtest.h>

#include <fstream>

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

TEST(OutputName, AnExactNameIsOnlyItself) {
  const OutputName name = OutputName::exact("/x/log");
  EXPECT_TRUE(name.matches("/x/log"));
  for (const char* other : {"/x/log1", "/x/lo", "/x/../x/log", "x/log", ""})
    EXPECT_FALSE(name.matches(other)) << other;
}

TEST(OutputName, RotationBySizeAddsNumbers) {
  const OutputName name = OutputName::rotating("/x/log%d", false);
  for (const char* good : {"/x/log%d", "/x/log%d1", "/x/log%d0007", "/x/log%d12.3"})
    EXPECT_TRUE(name.matches(good)) << good;
  for (const char* bad : {"/x/log1", "/x/log%dx", "/x/log%d/1", "/x/log%d..", "/x/log%d1/../y"})
    EXPECT_FALSE(name.matches(bad)) << bad;
}

TEST(OutputName, RotationByTimeFillsTheConversions) {
  const OutputName name = OutputName::rotating("/x/%Y/log-%H%%.gz", true);
  for (const char* good : {"/x/2026/log-14%.gz", "/x/2026/log-14%.gz2", "/x/2026/log-14%.gz.1"})
    EXPECT_TRUE(name.matches(good)) << good;
  for (const char* bad : {"/x/2026/log-%.gz", "/x/../log-14%.gz", "/x/a/b/log-14%.gz",
                          "/x/2026/log-14%.gz/etc", "/x/2026/log-1/4%.gz"})
    EXPECT_FALSE(name.matches(bad)) << bad;
  EXPECT_TRUE(OutputName::rotating("/x/%B", true).matches("/x/March"));
  EXPECT_TRUE(OutputName::rotating("/x/%B", true).matches("/x/March1")) << "a ring's number";
  EXPECT_FALSE(OutputName::rotating("/x/%B", true).matches("/x/Marches"));
  EXPECT_TRUE(OutputName::rotating("/x/%^a.pcap", true).matches("/x/MON.pcap"));
  EXPECT_FALSE(OutputName::rotating("/x/%a.pcap", true).matches("/x/keys.pcap"));
  EXPECT_TRUE(OutputName::rotating("/x/%I%p", true).matches("/x/02PM"));
  EXPECT_TRUE(OutputName::rotating("/x/%H%Z.log", true).matches("/x/14CEST.log"));
  EXPECT_TRUE(OutputName::rotating("/x/%H%Z.log", true).matches("/x/14+0330.log"));
  EXPECT_FALSE(OutputName::rotating("/x/%Z.log", true).matches("/x/syslog.1.log"));
  EXPECT_TRUE(OutputName::rotating("/x/%Ey", true).matches("/x/26"));
  EXPECT_FALSE(OutputName::rotating("/x/%Ey", true).matches("/x/keys"));
  EXPECT_FALSE(OutputName::rotating("/x/%F.log", true).matches("/x/dpkg.log"));
  EXPECT_TRUE(OutputName::rotating("/x/%F_%T.log", true).matches("/x/2026-03-01_14:30:16.log"));
  EXPECT_FALSE(OutputName::rotating("/x/%Y%m/log", true).matches("/x/../log"));
  EXPECT_FALSE(OutputName::rotating("/x/.%b/log", true).matches("/x/../log"));
  EXPECT_TRUE(OutputName::rotating("../x/%Y/log", true).matches("../x/2026/log"));
  const OutputName plain = OutputName::rotating("log", true);
  EXPECT_TRUE(plain.matches("log-20260301-143016"));
  EXPECT_TRUE(plain.matches("log-20260301-143016.1"));
  EXPECT_FALSE(plain.matches("log.old"));
}

TEST(OutputName, AWordStaysInItsFolder) {
  const OutputName name = OutputName::with_word("/x/report-", ".csv");
  EXPECT_TRUE(name.matches("/x/report-clients.csv"));
  for (const char* bad : {"/x/report-.csv", "/x/report-a/b.csv", "/x/report-...csv"})
    EXPECT_FALSE(name.matches(bad)) << bad;
}

TEST(OutputName, TemporaryNamesNameTheFileThatTheyReplace) {
  EXPECT_EQ(replaced_by("/x/.log.0123456789abcdef"), "/x/log");
  EXPECT_EQ(replaced_by(".a.b.0123456789abcdef"), "a.b");
  for (const char* other : {"/x/log.0123456789abcdef", "/x/.log.0123456789abcdeg", "/x/.log.0123",
                            "/x/..0123456789abcdef", ""})
    EXPECT_FALSE(replaced_by(other)) << other;
}

TEST(CheckKept, FindsInputsThatAnOutputWouldOverwrite) {
  const test::SampleFolder folder;
  const std::string base = folder.path() + "/cap";
  for (const char* const ending : {"", "1", "x"}) std::ofstream(base + ending) << "packets";
  const auto ring = OutputName::rotating(base, false);
  const auto result = [&](const std::string& input, const std::string& output,
                          const std::vector<OutputName>& names) {
    const Status kept = check_not_overwritten({input}, {{"-w", output}}, names);
    return kept ? std::string() : kept.error().message;
  };
  EXPECT_EQ(result(base + "1", base, {}), "");
  EXPECT_NE(result(base, base, {}), "") << "the same file";
  EXPECT_NE(result(base + "1", base, {ring}), "") << "a later file of the ring";
  EXPECT_NE(
      result(folder.path() + "/../" + folder.path().substr(folder.path().rfind('/') + 1) + "/cap1",
             base, {ring}),
      "")
      << "by another path";
  EXPECT_EQ(result(base + "x", base, {ring}), "");
  EXPECT_EQ(result(base + "1", "-", {ring}), "");
}

}  // namespace
}  // namespace synfin
