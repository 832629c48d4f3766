// Options that depend on each other: outputs that are one file, and options without effect.
#include "app/option_checks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

namespace fs = std::filesystem;

class OutputsDiffer : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "synfin-outputs-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

TEST_F(OutputsDiffer, OneNewNameTwice) {
  Options o;
  o.log = path("x");
  o.report = path("./x");
  EXPECT_EQ(check_outputs_differ(o),
            "--log and --report both write to " + path("./x") + "; give one of them another file");
  o.report = path("y");
  EXPECT_EQ(check_outputs_differ(o), "");
  o.log = o.report = "-";
  EXPECT_EQ(check_outputs_differ(o), "") << "options.cc reports this one";
}

TEST_F(OutputsDiffer, OneFileWithTwoNames) {
  std::ofstream(path("a")).put('a');
  fs::create_symlink(path("a"), path("b"));
  Options o;
  o.live.write = path("a");
  o.events = path("b");
  EXPECT_NE(check_outputs_differ(o), "");
}

TEST_F(OutputsDiffer, FromInputs) {
  std::ofstream(path("a")).put('a');
  Options o;
  o.filters.rules = {path("b"), path("a")};
  o.report = path("./a");
  EXPECT_EQ(check_outputs_differ(o),
            "--report " + path("./a") + " would write over the file of --rules");
  o.report.clear();
  o.read = {path("a")};
  o.log_file = path("a");
  EXPECT_NE(check_outputs_differ(o), "");
  o.log_file = "-";
  o.read = {"-"};
  EXPECT_EQ(check_outputs_differ(o), "");
}

TEST_F(OutputsDiffer, FromFilesThatAreReadOnce) {
  std::ofstream(path("a")).put('a');
  Options o;
  o.log = path("a");
  EXPECT_NE(check_outputs_differ(o, path("a")), "") << "the configuration file";
  EXPECT_EQ(check_outputs_differ(o, path("b")), "");
  o.filter_file = path("a");
  EXPECT_NE(check_outputs_differ(o), "");
  o.filter_file.clear();
  o.publish.properties = path("a");
  EXPECT_NE(check_outputs_differ(o), "");
  o.publish.properties.clear();
  o.inventory.state = path("s");
  o.log = path("s-wal");
  EXPECT_NE(check_outputs_differ(o), "") << "SQLite's own files";
}

TEST_F(OutputsDiffer, DevicesMayRepeat) {
  Options o;
  o.log = o.events = o.report = "/dev/null";
  EXPECT_EQ(check_outputs_differ(o), "");
}

TEST(OptionsWithoutEffect, AreNamed) {
  OptionDraft draft;
  Options& o = draft.options;
  o.read = {"a.pcap"};
  EXPECT_TRUE(options_without_effect(draft).empty());
  draft.log_format = LogFormat::Json;
  o.report_format = ReportFormat::Json;
  o.ports = {80};
  o.dest = "a";
  o.each = true;
  o.time_unit = Duration{1};
  draft.process = true;
  o.enrichment.dns_wait = Duration{1};
  o.enrichment.dns_server = "192.0.2.1";
  EXPECT_EQ(options_without_effect(draft).size(), 9u);
  o.view = ViewKind::None;
  o.every = Duration{1};
  EXPECT_EQ(options_without_effect(draft).size(), 10u);
}

TEST(OptionsWithoutEffect, OptionsOfLiveCaptureNeedOne) {
  const char* const read[] = {"synfin", "-r", "a.pcap", "-s", "100", "--immediate"};
  const auto line = parse_command_line(6, read);
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->options.notices,
            (std::vector<std::string>{
                "--snapshot-length has no effect with -r, because nothing is captured",
                "--immediate has no effect with -r, because nothing is captured"}));
  const char* const live[] = {"synfin", "-s", "100", "--immediate"};
  EXPECT_TRUE(parse_command_line(4, live)->options.notices.empty());
}

TEST(OptionsWithoutEffect, TimeOutsOfSilenceNeedAllPackets) {
  const char* const live[] = {"synfin", "--idle-timeout", "60s", "--half-closed-timeout", "60s"};
  EXPECT_EQ(parse_command_line(5, live)->options.notices.size(), 2u);
  const char* const control[] = {"synfin", "-r", "a", "--packets", "control", live[1], live[2]};
  EXPECT_EQ(parse_command_line(7, control)->options.notices,
            std::vector<std::string>{"--idle-timeout has no effect with control packets only, "
                                     "because their silence proves nothing; see --packets"});
  const char* const all[] = {"synfin", "--packets", "all", live[1], live[2]};
  EXPECT_TRUE(parse_command_line(5, all)->options.notices.empty());
  const char* const read[] = {"synfin", "-r", "a", live[1], live[2]};
  EXPECT_TRUE(parse_command_line(5, read)->options.notices.empty());
}

TEST(OptionsWithoutEffect, AFileHasOptionsForOtherRuns) {
  const char* const read[] = {"synfin", "-r", "a.pcap"};
  const auto line = parse_command_line(3, read, [](const std::string&) {
    ConfigFile file;
    file.entries.push_back({.section = "live", .key = "immediate", .value = "true", .line = 1});
    return Result<ConfigFile>(std::move(file));
  });
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_TRUE(line->options.notices.empty());
}

TEST(OptionsWithoutEffect, AnIntervalReplacesTheReportOfLiveTraffic) {
  OptionDraft draft;
  Options& o = draft.options;
  o.view = ViewKind::None;
  o.every = Duration{1};
  o.report = "report.html";
  EXPECT_TRUE(options_without_effect(draft).empty());
  o.read = {"a.pcap"};
  EXPECT_EQ(options_without_effect(draft).size(), 1u);
}

TEST(OptionsWithoutEffect, TheirOptionGivesThemOne) {
  OptionDraft draft;
  Options& o = draft.options;
  draft.log_format = LogFormat::Json;
  o.report_format = ReportFormat::Json;
  o.log = "log";
  o.report = "report";
  o.time_unit = Duration{1};
  o.ports = {80};
  o.view = ViewKind::Clients;
  draft.process = true;
  o.enrichment.resolve_names = true;
  o.enrichment.dns_wait = Duration{1};
  EXPECT_TRUE(options_without_effect(draft).empty());
  o.read = {"a.pcap"};
  draft.process = false;
  o.view = ViewKind::Summary;
  o.screen = true;
  EXPECT_TRUE(options_without_effect(draft).empty()) << "the screen can show the clients";
}

}  // namespace
}  // namespace synfin
