// Diagnostics: what is written to stderr and to the log file.
#include "synfin/base/diagnostics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

class Diagnostics : public testing::Test {
 protected:
  ~Diagnostics() override { (void)open_diagnostics({}); }
  std::string on_stderr(bool quiet, bool verbose) {
    EXPECT_TRUE(open_diagnostics({.quiet = quiet, .verbose = verbose, .log_file = path_}));
    testing::internal::CaptureStderr();
    log(LogLevel::Error, "broken");
    log(LogLevel::Warning, "odd");
    log(LogLevel::Info, "fine");
    log(LogLevel::Detail, "minute");
    return testing::internal::GetCapturedStderr();
  }
  std::string log_text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  test::SampleFolder folder_;
  std::string path_ = folder_.path() + "/run.log";
};

TEST_F(Diagnostics, LevelsOnStderr) {
  EXPECT_EQ(on_stderr(false, false), "synfin: broken\nsynfin: odd\nsynfin: fine\n");
  EXPECT_EQ(on_stderr(true, false), "synfin: broken\n");
  EXPECT_EQ(on_stderr(false, true), "synfin: broken\nsynfin: odd\nsynfin: fine\nsynfin: minute\n");
}

TEST_F(Diagnostics, TheLogFileHasThemAllWithTimeAndLevel) {
  on_stderr(true, false);
  release_log_file();
  log_to_file(LogLevel::Error, "silent on stderr");
  const std::string text = log_text();
  for (const char* end : {"Z error broken\n", "Z warning odd\n", "Z info fine\n",
                          "Z debug minute\n", "Z error silent on stderr\n"}) {
    EXPECT_NE(text.find(end), std::string::npos) << end << " in " << text;
  }
  EXPECT_EQ(text[4], '-');
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Diagnostics, HoldNoPasswordOfAUrl) {
  ASSERT_TRUE(open_diagnostics({.log_file = path_}));
  release_log_file();
  testing::internal::CaptureStderr();
  log(LogLevel::Error, "cannot open 'x://user:hunter2@host/y'");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "synfin: cannot open 'x://***@host/y'\n");
  EXPECT_EQ(log_text().find("hunter2"), std::string::npos);
}

TEST_F(Diagnostics, AppendsAndEscapes) {
  on_stderr(true, false);
  release_log_file();
  const std::size_t before = log_text().size();
  ASSERT_TRUE(open_diagnostics({.quiet = true, .verbose = false, .log_file = path_}));
  release_log_file();
  log(LogLevel::Info, "evil\x1b[2J\nfake line");
  const std::string text = log_text();
  EXPECT_GT(text.size(), before);
  EXPECT_NE(text.find("evil\\x1b[2J\\x0afake line\n"), std::string::npos) << text;
}

TEST_F(Diagnostics, NothingReachesTheLogFileBeforeItIsKnownToBeNoInput) {
  std::ofstream(path_) << "an input";
  on_stderr(true, false);
  EXPECT_EQ(log_text(), "an input");
  release_log_file(false);
  log_to_file(LogLevel::Error, "it would be overwritten");
  EXPECT_EQ(log_text(), "an input");
}

TEST_F(Diagnostics, AnErrorIsWrittenWithAllThatPrecedesIt) {
  ASSERT_TRUE(open_diagnostics({.quiet = true, .verbose = false, .log_file = path_}));
  log(LogLevel::Warning, "before");
  EXPECT_EQ(log_text(), "");
  log_to_file(LogLevel::Error, "broken");
  EXPECT_LT(log_text().find(" warning before\n"), log_text().find(" error broken\n"));
}

TEST_F(Diagnostics, AFullDiskIsReportedAtTheEnd) {
  on_stderr(true, false);
  release_log_file();
  EXPECT_EQ(log_file_failure(), "");
  ASSERT_TRUE(open_diagnostics({.quiet = true, .verbose = false, .log_file = "/dev/full"}));
  log(LogLevel::Info, "held");
  EXPECT_EQ(log_file_failure(), "");
  release_log_file();
  log(LogLevel::Info, "lost, too");
  EXPECT_EQ(
      log_file_failure(),
      "cannot write the log file /dev/full: No space left on device; lines are missing in it");
}

/// A full pipe in place of stderr.
class FullPipe {
 public:
  FullPipe() : stderr_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe2(ends_, O_CLOEXEC | O_NONBLOCK), 0);
    const std::string page(4096, 'x');
    while (write(ends_[1], page.data(), page.size()) > 0) continue;
    fcntl(ends_[1], F_SETFL, 0);
    dup2(ends_[1], STDERR_FILENO);
  }
  ~FullPipe() {
    dup2(stderr_, STDERR_FILENO);
    for (const int descriptor : {stderr_, ends_[0], ends_[1]}) close(descriptor);
  }
  std::string read_some(std::size_t most = 1 << 20) {
    std::string text(most, ' ');
    const ssize_t size = read(ends_[0], text.data(), most);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }

 private:
  int stderr_;
  int ends_[2] = {-1, -1};
};

TEST_F(Diagnostics, AReaderWhoDoesNotReadDelaysNothingAndLearnsWhatIsMissing) {
  FullPipe pipe;
  log(LogLevel::Warning, "one");
  log(LogLevel::Warning, "two");
  (void)pipe.read_some();
  log(LogLevel::Warning, "three");
  log(LogLevel::Warning, "four");
  EXPECT_EQ(pipe.read_some(),
            "synfin: 2 lines were not written here, because stderr was not read\n"
            "synfin: three\nsynfin: four\n");
}

TEST_F(Diagnostics, ALongLineIsNotCutWithoutASentence) {
  FullPipe pipe;
  (void)pipe.read_some(4096);
  log(LogLevel::Warning, std::string(10'000, 'y'));
  (void)pipe.read_some();
  log(LogLevel::Warning, "next");
  EXPECT_EQ(pipe.read_some(),
            "\nsynfin: 1 line was not written here, because stderr was not read\nsynfin: next\n");
}

TEST_F(Diagnostics, ASlowReaderLosesNothing) {
  FullPipe pipe;
  std::string text;
  std::thread reader([&] {
    while (text.find("last") == text.npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
      text += pipe.read_some(16'384);
    }
  });
  for (int i = 0; i < 40; ++i) log(LogLevel::Warning, std::string(3000, 'y'));
  log(LogLevel::Warning, "last");
  reader.join();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 41);
  EXPECT_EQ(text.find("not written"), text.npos);
}

TEST_F(Diagnostics, AFileThatCannotBeWrittenIsReported) {
  const Status opened =
      open_diagnostics({.quiet = false, .verbose = false, .log_file = "/proc/no"});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("cannot write the log file /proc/no"), std::string::npos);
}

}  // namespace
}  // namespace synfin
