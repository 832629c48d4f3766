// Words about the run: what goes to stderr and what into the log file.
#include "synfin/app/run_words.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

class RunWords : public testing::Test {
 protected:
  ~RunWords() override { (void)open_run_words({}); }
  std::string on_stderr(bool quiet, bool verbose) {
    EXPECT_TRUE(open_run_words({.quiet = quiet, .verbose = verbose, .log_file = path_}));
    testing::internal::CaptureStderr();
    say(WordLevel::Error, "broken");
    say(WordLevel::Warning, "odd");
    say(WordLevel::Info, "fine");
    say(WordLevel::Detail, "minute");
    return testing::internal::GetCapturedStderr();
  }
  std::string log() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  test::SampleFolder folder_;
  std::string path_ = folder_.path() + "/run.log";
};

TEST_F(RunWords, LevelsOnStderr) {
  EXPECT_EQ(on_stderr(false, false), "synfin: broken\nsynfin: odd\nsynfin: fine\n");
  EXPECT_EQ(on_stderr(true, false), "synfin: broken\n");
  EXPECT_EQ(on_stderr(false, true), "synfin: broken\nsynfin: odd\nsynfin: fine\nsynfin: minute\n");
}

TEST_F(RunWords, TheLogFileHasThemAllWithTimeAndLevel) {
  on_stderr(true, false);
  note(WordLevel::Error, "silent on stderr");
  const std::string text = log();
  for (const char* end : {"Z error broken\n", "Z warning odd\n", "Z info fine\n",
                          "Z debug minute\n", "Z error silent on stderr\n"}) {
    EXPECT_NE(text.find(end), std::string::npos) << end << " in " << text;
  }
  EXPECT_EQ(text[4], '-');
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(RunWords, AppendsAndEscapes) {
  on_stderr(true, false);
  const std::size_t before = log().size();
  ASSERT_TRUE(open_run_words({.quiet = true, .verbose = false, .log_file = path_}));
  say(WordLevel::Info, "evil\x1b[2J\nfake line");
  const std::string text = log();
  EXPECT_GT(text.size(), before);
  EXPECT_NE(text.find("evil\\x1b[2J\\x0afake line\n"), std::string::npos) << text;
}

TEST_F(RunWords, AFileThatCannotBeWrittenIsSaid) {
  const Status opened = open_run_words({.quiet = false, .verbose = false, .log_file = "/proc/no"});
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("cannot write the log file /proc/no"), std::string::npos);
}

}  // namespace
}  // namespace synfin
