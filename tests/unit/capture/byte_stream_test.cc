#include "capture/byte_stream.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

/// A pipe whose reading end is opened by path, as process substitution does it.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~Pipe() {
    close(ends_[0]);
    close_writer();
  }
  std::string path() const { return "/dev/fd/" + std::to_string(ends_[0]); }
  void write(const std::string& text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{};
};

std::unique_ptr<FileStream> opened(const std::string& path) {
  auto stream = FileStream::open(path);
  EXPECT_TRUE(stream.ok()) << stream.error().message;
  return std::move(*stream);
}

std::string refusal(const std::string& path) {
  auto stream = FileStream::open(path);
  EXPECT_FALSE(stream.ok());
  if (stream.ok()) return "";
  EXPECT_EQ(stream.error().kind, ErrorKind::Work);
  return stream.error().message;
}

std::string read_some(ByteStream& stream, std::size_t most = 100) {
  std::vector<std::uint8_t> into(most);
  const ReadResult got = stream.read(into);
  EXPECT_EQ(got.state == ReadState::Data, got.size > 0);
  return {into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.size)};
}

TEST(FileStream, ReadsAFileToItsEnd) {
  const Folder folder;
  const auto stream = opened(folder.file("f", "hello, world"));
  EXPECT_TRUE(stream->regular());
  EXPECT_EQ(stream->total(), 12U);
  EXPECT_EQ(read_some(*stream, 5), "hello");
  EXPECT_EQ(stream->consumed(), 5U);
  EXPECT_EQ(read_some(*stream), ", world");
  EXPECT_EQ(read_some(*stream), "");
  EXPECT_EQ(stream->failure(), "");
  EXPECT_EQ(stream->consumed(), 12U);
}

TEST(FileStream, ReportsWhatIsWrongWithAPath) {
  const Folder folder;
  EXPECT_EQ(refusal(folder.path("none")), folder.path("none") + ": no such file");
  EXPECT_EQ(refusal(folder.path()), folder.path() + ": is a folder, not a capture file");
  EXPECT_EQ(refusal(folder.file("f", "x") + "/g"),
            folder.path("f/g") + ": cannot be opened: Not a directory");
}

TEST(FileStream, ReportsMissingPermission) {
  const Folder folder;
  const std::string path = folder.file("f", "x");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const uid_t user = geteuid();
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);  // root may read everything
  EXPECT_EQ(refusal(path), path + ": no permission to read it");
  ASSERT_EQ(seteuid(user), 0);
}

TEST(FileStream, ReportsAFailedRead) {
  auto stream = FileStream::open("/proc/self/mem");  // its first page is never mapped
  if (!stream.ok()) GTEST_SKIP() << stream.error().message;
  EXPECT_EQ(read_some(**stream), "");
  EXPECT_EQ((*stream)->failure(), "reading fails at byte 0: Input/output error");
}

TEST(FileStream, APipeReturnsWhatHasArrived) {
  Pipe pipe;
  const auto stream = opened(pipe.path());
  EXPECT_FALSE(stream->regular());
  EXPECT_EQ(stream->total(), 0U);
  pipe.write("some");
  EXPECT_EQ(read_some(*stream), "some");
  pipe.write("more");
  EXPECT_EQ(read_some(*stream), "more");
  pipe.close_writer();
  EXPECT_EQ(read_some(*stream), "");
  EXPECT_EQ(stream->failure(), "");
}

TEST(FileStream, InterruptEndsAWait) {
  Pipe pipe;
  const auto stream = opened(pipe.path());
  std::thread waker([&] { stream->interrupt(); });
  std::array<std::uint8_t, 10> into{};
  ReadState state = ReadState::Pause;
  while (state == ReadState::Pause) state = stream->read(into).state;  // would wait for ever
  EXPECT_EQ(state, ReadState::End);
  EXPECT_EQ(stream->failure(), "");
  waker.join();
  pipe.write("late");
  EXPECT_EQ(stream->read(into).state, ReadState::End);
}

TEST(FileStream, ASignalIsAPause) {
  Pipe pipe;
  const auto stream = opened(pipe.path());
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  sigaction(SIGALRM, &action, &before);
  ualarm(2000, 2000);  // repeatedly, because the first may come before the wait
  std::array<std::uint8_t, 10> into{};
  EXPECT_EQ(stream->read(into).state, ReadState::Pause);
  ualarm(0, 0);
  sigaction(SIGALRM, &before, nullptr);
  pipe.write("on");
  EXPECT_EQ(read_some(*stream), "on");
}

TEST(FileStream, APipeThatBringsNothingPauses) {
  Pipe pipe;
  const auto stream = opened(pipe.path());
  std::array<std::uint8_t, 10> into{};
  EXPECT_EQ(stream->read(into).state, ReadState::Pause);  // would wait for ever
  pipe.write("on");
  EXPECT_EQ(read_some(*stream), "on");
}

TEST(InputName, IsThePathOrStandardInput) {
  EXPECT_EQ(input_name("a/-"), "a/-");
  EXPECT_EQ(input_name("-"), "standard input");
}

}  // namespace
}  // namespace synfin::test
