// What the helpers of a run may do, derived from its options.
#include "app/confinement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "synfin/report/report_sink.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

bool permits(const Options& options, const std::string& path) {
  const auto names = output_names(options);
  return std::any_of(names.begin(), names.end(),
                     [&](const OutputName& name) { return name.matches(path); });
}

TEST(OutputNames, AreThoseOfTheOptions) {
  Options options;
  options.log = "/x/conn.log";
  options.events = "-";
  options.report = "/x.y/report.csv";
  options.save_threshold = 2.5;
  for (const char* good : {"/x/conn.log", "/x.y/report.csv", "/x.y/report.csv/clients.csv",
                           "frequent_ips_2.5pct_20260301-143016.txt"})
    EXPECT_TRUE(permits(options, good)) << good;
  for (const char* bad : {"/x/conn.log1", "/x/conn", "-", "", "/x.y/report-clients.csv",
                          "/x.y/report.csv/a/b.csv", "/x.y/report"})
    EXPECT_FALSE(permits(options, bad)) << bad;
  options.live.rotation.max_bytes = 1000;
  EXPECT_TRUE(permits(options, "/x/conn.log1"));
  EXPECT_FALSE(permits(options, "/x.y/report.csv1")) << "only -w and --log rotate";
}

TEST(OutputNames, ContainAllNamesThatRotationUses) {
  for (const char* pattern : {"/x/flows", "/x/%Y/flows-%H%M%S.gz", "/x/%F_%T"}) {
    for (const unsigned files : {0U, 3U}) {
      for (const std::uint64_t bytes : {0U, 1000U}) {
        for (const std::time_t seconds : {0, 60}) {
          Options options;
          options.log = pattern;
          options.live.rotation = {bytes, seconds, files};
          if (!options.live.rotation.any()) continue;
          FileNames names(pattern, options.live.rotation);
          std::string name = names.first(1'800'000'000);
          EXPECT_TRUE(permits(options, name)) << name;
          EXPECT_TRUE(permits(options, name + ".1")) << name;
          if (bytes != 0) name = names.next_by_size();
          if (seconds != 0) name = names.next_by_time(1'800'000'060);
          EXPECT_TRUE(permits(options, name)) << name;
        }
      }
    }
  }
}

TEST(Reopening, AFolderThatDependsOnTheTimeIsNoReasonForAWarning) {
  Options options;
  options.read = {"a.pcap"};
  options.live.rotation.seconds = 3600;
  options.log = testing::TempDir() + "%Y/conn";
  testing::internal::CaptureStderr();
  warn_if_not_reopenable(options);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(HelperPlan, OfARunWithoutRights) {
  Options options;
  options.enrichment.process = true;
  options.live.interfaces = {"lo"};
  options.live.user = "root";  // if this is root, it keeps its rights
  const auto plan = helper_plan(options);
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->processes);
  if (running_as_root()) {
    EXPECT_FALSE(plan->files);
  }
  options.read = {"capture"};
  EXPECT_FALSE(helper_plan(options)->processes);
}

TEST(HelperPlan, OfRoot) {
  if (!running_as_root()) GTEST_SKIP() << "not root";
  Options options;
  options.live.user = "nobody";
  options.report = "-";
  EXPECT_FALSE(helper_plan(options)->files) << "there is nothing to do";
  options.live.interfaces = {"lo"};
  options.log = "log";
  auto plan = helper_plan(options);
  ASSERT_TRUE(plan.ok() && plan->files);
  EXPECT_TRUE(plan->files->packet_sockets);
  EXPECT_TRUE(plan->files->owner) << "the user is named";
  EXPECT_TRUE(plan->files->removable.empty()) << "logs of earlier runs stay";
  options.live.interfaces = {"any"};
  options.live.rotation.max_bytes = 1000;
  options.report = "report.csv";
  plan = helper_plan(options);
  ASSERT_TRUE(plan.ok() && plan->files);
  EXPECT_FALSE(plan->files->packet_sockets) << "this one never disappears";
  EXPECT_TRUE(plan->files->owner);
  EXPECT_EQ(plan->files->removable, csv_report_files("report.csv", ReportFormat::Csv));
  options.read = {"folder", "-"};
  options.filter_file = "expression";
  options.enrichment.geoip = {"db.mmdb"};
  plan = helper_plan(options);
  EXPECT_EQ(plan->files->inputs,
            (std::vector<std::string>{"folder", "db.mmdb", "db.mmdb.attribution", "expression"}));
  options.live.user = "no-such-user";
  EXPECT_FALSE(helper_plan(options).ok());
}

}  // namespace
}  // namespace synfin
