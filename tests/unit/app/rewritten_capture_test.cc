// -w beside -r: what is written reads back to the same connections, and never over what is read.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "app/run.h"
#include "synfin/base/diagnostics.h"

namespace synfin {
namespace {

const std::string kCaptures = SYNFIN_SOURCE_DIR "/pcaps/";

/// A temporary folder that is removed with the test.
class RewrittenCapture : public testing::Test {
 protected:
  RewrittenCapture() {
    std::string name = (std::filesystem::temp_directory_path() / "synfin-XXXXXX").string();
    folder_ = std::string(mkdtemp(name.data())) + "/";
  }
  ~RewrittenCapture() override {
    std::filesystem::remove_all(folder_);
    (void)open_diagnostics({});  // other tests of this process read what is logged
  }

  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static Options reading(std::vector<std::string> captures) {
    Options options;
    options.read = std::move(captures);
    options.view = ViewKind::None;
    options.quiet = true;
    options.enrichment.no_geoip = true;
    options.live.user = "root";  // keep the privileges of the user who runs the tests
    options.sandbox = SandboxMode::Off;
    return options;
  }

  /// The connections of a capture, a line of JSON each.
  std::string log_of(Options options) {
    options.log = folder_ + "log";
    options.log_format = LogFormat::Json;
    EXPECT_EQ(run(options).exit_code, 0);
    return text_of(options.log);
  }

  std::string folder_;
};

TEST_F(RewrittenCapture, ReadsBackToTheSameConnections) {
  for (const char* name : {"sample.pcap", "mixed-links.pcapng", "nanosecond.pcap", "vxlan.pcap"}) {
    for (const unsigned threads : {1u, 3u}) {
      Options first = reading({kCaptures + name});
      first.threads = threads;
      first.live.write = folder_ + "again.pcapng";
      const std::string log = log_of(first);
      EXPECT_FALSE(log.empty()) << name;
      EXPECT_EQ(log, log_of(reading({first.live.write}))) << name;
    }
  }
}

TEST_F(RewrittenCapture, OfControlPacketsSaysSo) {
  Options first = reading({kCaptures + "sample.pcap"});
  first.packets = PacketScope::Control;
  first.live.write = folder_ + "control.pcapng";
  const std::string log = log_of(first);
  EXPECT_EQ(log, log_of(reading({first.live.write})));
  EXPECT_LT(std::filesystem::file_size(first.live.write),
            std::filesystem::file_size(first.read[0]));
}

TEST_F(RewrittenCapture, HoldsOnlyWhatTheFilterPasses) {
  Options all = reading({kCaptures + "sample.pcap"});
  all.filter = "port 443";
  all.live.write = folder_ + "some.pcapng";
  const std::string log = log_of(all);
  EXPECT_EQ(log, log_of(reading({all.live.write})));
}

TEST_F(RewrittenCapture, NeverReplacesWhatIsRead) {
  const std::string copy = folder_ + "copy.pcap";
  std::filesystem::copy_file(kCaptures + "sample.pcap", copy);
  std::filesystem::create_symlink(copy, folder_ + "link");
  const std::string before = text_of(copy);
  for (std::string Options::*output : {&Options::log, &Options::events, &Options::report}) {
    Options options = reading({copy});
    options.*output = folder_ + "link";
    EXPECT_EQ(run(options).exit_code, 2);
  }
  Options options = reading({copy});
  options.live.write = copy;
  const RunResult result = run(options);
  EXPECT_EQ(result.exit_code, 2);
  ASSERT_EQ(result.complaints.size(), 1u);
  EXPECT_EQ(result.complaints[0], "-w " + copy + " would write over the input that is to be read");
  EXPECT_EQ(text_of(copy), before);
}

}  // namespace
}  // namespace synfin
