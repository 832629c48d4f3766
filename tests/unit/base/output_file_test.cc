// OutputFile on real descriptors: files, full disks, closed pipes, links, terminals.
#include "synfin/base/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include "support/file_size_limit.h"

namespace synfin {
namespace {

using test::FileSizeLimit;

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "synfin-output-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    old_sigpipe_ = signal(SIGPIPE, SIG_IGN);
  }
  void TearDown() override {
    signal(SIGPIPE, old_sigpipe_);
    const std::string command = "rm -r '" + folder_ + "'";
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  static std::string content(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }

  std::string folder_;
  sighandler_t old_sigpipe_ = SIG_DFL;
};

OutputFile opened(const std::string& path, OutputMode mode = OutputMode::Truncate) {
  Result<OutputFile> file = OutputFile::open(path, mode);
  EXPECT_TRUE(file.ok()) << file.error().message;
  return std::move(*file);
}

TEST_F(OutputFileTest, WritesOnClose) {
  OutputFile file = opened(path("log"));
  file.buffer() += "one\n";
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(content(path("log")), "") << "small pieces are buffered";
  file.buffer() += "two\n";
  EXPECT_TRUE(file.close().ok());
  EXPECT_EQ(content(path("log")), "one\ntwo\n");
  EXPECT_EQ(file.written(), 8u);
  EXPECT_EQ(file.lost_bytes(), 0u);
  EXPECT_TRUE(file.close().ok()) << "a second close does nothing";
}

TEST_F(OutputFileTest, CommitWritesPastTheThreshold) {
  OutputFile file = opened(path("log"));
  file.buffer().append(256 * 1024, 'x');
  EXPECT_TRUE(file.commit());
  EXPECT_TRUE(file.buffer().empty());
  EXPECT_EQ(content(path("log")).size(), 256u * 1024);
}

TEST_F(OutputFileTest, LineBufferedWritesEveryCommit) {
  OutputFile file = opened(path("log"));
  file.set_line_buffered(true);
  file.buffer() += "now\n";
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(content(path("log")), "now\n");
}

void write_file(const std::string& path, const std::string& text) {
  OutputFile file = opened(path);
  file.buffer() += text;
  file.commit();
}

TEST_F(OutputFileTest, DestructorFlushesWhatWasCommitted) {
  write_file(path("log"), "kept");
  EXPECT_EQ(content(path("log")), "kept");
}

TEST_F(OutputFileTest, ARunThatNeverStartsEmptiesNothing) {
  write_file(path("log"), "yesterday");
  { opened(path("log")).buffer() += "a header"; }
  EXPECT_EQ(content(path("log")), "yesterday");
  OutputFile started = opened(path("log"));
  EXPECT_TRUE(started.close().ok());
  EXPECT_EQ(content(path("log")), "") << "a run without results has an empty log";
}

TEST_F(OutputFileTest, ARunThatNeverStartsCreatesNothing) {
  for (const OutputMode mode : {OutputMode::Truncate, OutputMode::Append, OutputMode::Replace}) {
    { OutputFile file = opened(path("log"), mode); }
    EXPECT_FALSE(std::filesystem::exists(path("log")));
  }
  OutputFile written = opened(path("log"));
  ASSERT_TRUE(written.close());
  EXPECT_TRUE(std::filesystem::exists(path("log"))) << "an empty output is one, too";
}

TEST_F(OutputFileTest, ReplaceLeavesTheOldFileUntilTheNewOneIsWhole) {
  write_file(path("report"), "old");
  auto file = OutputFile::open(path("report"), OutputMode::Replace);
  ASSERT_TRUE(file.ok());
  file->buffer().assign(500'000, 'x');
  EXPECT_TRUE(file->commit());
  EXPECT_EQ(content(path("report")), "old");
  std::ifstream reader(path("report"));
  EXPECT_TRUE(file->flush());
  EXPECT_EQ(content(path("report")).size(), 500'000u);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), "old");
  EXPECT_TRUE(file->is_in_place());
  file->rewind();
  file->buffer() += "new";
  EXPECT_TRUE(file->close().ok());
  EXPECT_EQ(content(path("report")), "new");
  EXPECT_EQ(files(), 1u) << "no temporary file is left";
}

TEST_F(OutputFileTest, ReplaceThatFailsKeepsTheOldFile) {
  write_file(path("report"), "old");
  auto file = OutputFile::open(path("report"), OutputMode::Replace);
  ASSERT_TRUE(file.ok());
  file->buffer().assign(500'000, 'x');
  {
    const FileSizeLimit full(100'000);
    EXPECT_FALSE(file->close().ok());
  }
  EXPECT_EQ(content(path("report")), "old");
}

TEST_F(OutputFileTest, ReplaceOfAPipeWritesToIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  auto file = OutputFile::open("/dev/fd/" + std::to_string(ends[1]), OutputMode::Replace);
  ASSERT_TRUE(file.ok());
  file->buffer() += "report";
  EXPECT_TRUE(file->close().ok());
  std::array<char, 16> bytes{};
  EXPECT_EQ(read(ends[0], bytes.data(), bytes.size()), 6);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(OutputFileTest, AnOutputThatKeepsUnwrittenTextContinuesWhenTheDiskIsFreed) {
  OutputFile file = opened(path("log"));
  file.keep_unwritten();
  const std::string line = std::string(99, 'x') + '\n';
  const auto append = [&](int lines) {
    for (int i = 0; i < lines; ++i) {
      file.buffer() += line;
      file.commit();
    }
    return file.flush();
  };
  {
    const FileSizeLimit full(1'050);
    EXPECT_FALSE(append(20));
    EXPECT_FALSE(append(20));
    EXPECT_NE(file.failure(), "");
    EXPECT_FALSE(file.retry());
  }
  EXPECT_TRUE(file.retry());
  EXPECT_EQ(file.failure(), "");
  EXPECT_TRUE(append(1));
  EXPECT_TRUE(file.close().ok());
  EXPECT_EQ(content(path("log")).size(), 4'100u);
  EXPECT_EQ(file.lost_bytes(), 0u);
}

TEST_F(OutputFileTest, WhatIsLostOnAFullDiskIsCountedInWholeLines) {
  OutputFile file = opened(path("log"));
  file.keep_unwritten();
  const std::string line = std::string(99, 'x') + '\n';
  const FileSizeLimit full(1'050);
  for (int i = 0; i < 20'000; ++i) {
    file.buffer() += line;
    file.commit();
  }
  EXPECT_LE(file.buffer().size(), 1'100'000u) << "memory stays bounded";
  EXPECT_FALSE(file.close().ok());
  EXPECT_EQ(content(path("log")).size(), 1'000u);
  EXPECT_EQ(file.lost_bytes(), 2'000'000u - 1'000u);
}

TEST_F(OutputFileTest, TruncatesAndIsReadableByItsOwnerOnly) {
  const mode_t before = umask(0);
  write_file(path("log"), "a longer text");
  umask(before);
  struct stat status {};
  ASSERT_EQ(stat(path("log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  write_file(path("log"), "short");
  EXPECT_EQ(content(path("log")), "short");
}

TEST_F(OutputFileTest, MovingMovesTheBuffer) {
  OutputFile first = opened(path("log"));
  first.buffer() += "a";
  OutputFile second = std::move(first);
  second.buffer() += "b";
  OutputFile third = opened(path("other"));
  third.buffer() += "other";
  third.commit();
  third = std::move(second);
  EXPECT_EQ(content(path("other")), "other") << "the old file is finished first";
  EXPECT_TRUE(third.close().ok());
  EXPECT_EQ(content(path("log")), "ab");
}

TEST_F(OutputFileTest, RootFollowsNoSymbolicLink) {
  if (geteuid() != 0) GTEST_SKIP() << "only root refuses links";
  { std::ofstream(path("target")) << "precious"; }
  ASSERT_EQ(symlink(path("target").c_str(), path("link").c_str()), 0);
  const Result<OutputFile> file = OutputFile::open(path("link"));
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message,
            "cannot write " + path("link") +
                ": its path contains a symbolic link, which root does not follow");
  EXPECT_EQ(content(path("target")), "precious");
}

TEST_F(OutputFileTest, RootFollowsNoLinkedFolderAndNoHardLink) {
  if (geteuid() != 0) GTEST_SKIP() << "only root refuses links";
  { std::ofstream(path("target")) << "precious"; }
  ASSERT_EQ(symlink(folder_.c_str(), path("folder").c_str()), 0);
  EXPECT_FALSE(OutputFile::open(path("folder/log")).ok());
  ASSERT_EQ(link(path("target").c_str(), path("second").c_str()), 0);
  const Result<OutputFile> file = OutputFile::open(path("second"));
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message.find("hard links"), std::string::npos);
  EXPECT_EQ(content(path("target")), "precious");
}

TEST_F(OutputFileTest, OwnDescriptorsAreNoLinks) {
  const int fd = open(path("log").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  write_file("/dev/fd/" + std::to_string(fd), "through");
  close(fd);
  EXPECT_EQ(content(path("log")), "through");
}

TEST_F(OutputFileTest, OpenFailsWithASentence) {
  EXPECT_EQ(OutputFile::open(path("no/such")).error().message,
            "cannot write " + path("no/such") + ": No such file or directory");
  EXPECT_EQ(OutputFile::open(folder_).error().message,
            "cannot write " + folder_ + ": Is a directory");
  EXPECT_EQ(OutputFile::open("/nonexistent/\x1b[2J").error().message,
            "cannot write /nonexistent/\x1b[2J: No such file or directory")
      << "whoever prints it escapes it";
}

TEST_F(OutputFileTest, AFullDiskFailsOnceAndCountsTheLoss) {
  OutputFile file = opened("/dev/full");
  file.set_line_buffered(true);
  file.buffer() += "0123456789";
  EXPECT_FALSE(file.commit());
  EXPECT_EQ(file.failure(), "cannot write /dev/full: No space left on device");
  EXPECT_EQ(file.lost_bytes(), 10u);
  file.set_line_buffered(false);
  file.buffer() += "more";
  EXPECT_FALSE(file.commit());
  EXPECT_TRUE(file.buffer().empty()) << "memory stays bounded";
  EXPECT_EQ(file.lost_bytes(), 14u);
  EXPECT_EQ(file.written(), 0u);
  const Status status = file.close();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "cannot write /dev/full: No space left on device");
}

TEST_F(OutputFileTest, AClosedPipeIsAnErrorSentence) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  OutputFile file = opened("/dev/fd/" + std::to_string(ends[1]));
  close(ends[1]);
  close(ends[0]);
  file.buffer() += "unheard";
  EXPECT_FALSE(file.flush());
  EXPECT_EQ(file.error().kind, ErrorKind::ReaderGone);
  EXPECT_NE(file.failure().find(": its reader has closed the pipe"), std::string::npos)
      << file.failure();
  EXPECT_EQ(file.lost_bytes(), 7u);
}

/// Replaces stdout by another descriptor during its lifetime.
class StdoutIs {
 public:
  explicit StdoutIs(int descriptor) : saved_(dup(STDOUT_FILENO)) {
    dup2(descriptor, STDOUT_FILENO);
    close(descriptor);
  }
  ~StdoutIs() {
    dup2(saved_, STDOUT_FILENO);
    close(saved_);
  }
  StdoutIs(const StdoutIs&) = delete;
  StdoutIs& operator=(const StdoutIs&) = delete;

 private:
  int saved_;
};

TEST_F(OutputFileTest, ANonBlockingPipeGetsEverything) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  ASSERT_EQ(fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK), 0);
  std::size_t read_bytes = 0;
  std::thread reader([&] {
    std::array<char, 4096> block{};
    for (ssize_t n = 0; (n = read(ends[0], block.data(), block.size())) > 0;) {
      read_bytes += static_cast<std::size_t>(n);
    }
  });
  bool whole = false;
  {
    const StdoutIs instead(ends[1]);
    OutputFile file = opened("-");
    file.buffer().assign(3'000'000, 'x');
    whole = file.flush() && file.close().ok();
  }
  reader.join();
  close(ends[0]);
  EXPECT_TRUE(whole);
  EXPECT_EQ(read_bytes, 3'000'000u);
}

TEST_F(OutputFileTest, StandardOutputIsFlushedAndLeftOpen) {
  const int fd = open(path("stdout").c_str(), O_WRONLY | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  bool closed = false;
  bool still_open = false;
  {
    const StdoutIs instead(fd);
    OutputFile file = opened("-");
    file.buffer() += "result\n";
    closed = file.close().ok();
    still_open = fcntl(STDOUT_FILENO, F_GETFD) != -1;
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(still_open);
  EXPECT_EQ(content(path("stdout")), "result\n");
}

TEST_F(OutputFileTest, ATerminalSeesEveryCommit) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    GTEST_SKIP() << "no pseudo terminal here";
  }
  OutputFile file = opened(ptsname(master));
  EXPECT_TRUE(file.is_terminal());
  file.buffer() += "line";
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(file.written(), 4u);
  EXPECT_TRUE(file.close().ok());
  close(master);
}

TEST_F(OutputFileTest, AFileIsNoTerminal) { EXPECT_FALSE(opened(path("log")).is_terminal()); }

}  // namespace
}  // namespace synfin
