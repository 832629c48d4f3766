// The helper for files through its process: what it does, what it refuses, and how it ends.
#include "synfin/sandbox/helpers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "sandbox/helper_process.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/file_helper.h"
#include "synfin/base/input_file.h"
#include "synfin/base/output_file.h"
#include "synfin/base/output_folder.h"
#include "synfin/enrich/socket_holders.h"

namespace synfin {
namespace {

namespace fs = std::filesystem;

class HelpersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "helpersXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directory(folder_ / "in");
    fs::create_directory(folder_ / "out");
    write("in/a.pcap", "packets");
    write("secret", "secret");
  }
  void TearDown() override {
    helpers_.reset();
    fs::remove_all(folder_);
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string text_of(const std::string& name) const {
    return read_input(path(name)).value_or("(missing)");
  }

  void start() {
    FileHelperRules rules;
    rules.inputs = {path("in")};
    rules.outputs = {OutputName::exact(path("out/report")),
                     OutputName::rotating(path("out/log"), false)};
    rules.output_places = {path("out/report"), path("out/log")};
    HelperPlan plan;
    plan.files = std::move(rules);
    plan.processes = true;
    auto helpers = Helpers::start(std::move(plan));
    ASSERT_TRUE(helpers.ok()) << helpers.error().message;
    helpers_ = std::move(*helpers);
  }

  fs::path folder_;
  std::unique_ptr<Helpers> helpers_;
};

TEST_F(HelpersTest, OpensConfiguredInputsOnly) {
  start();
  FileHelper& helper = *file_helper();
  const int folder = helper.open_input(path("in"));
  ASSERT_GE(folder, 0);
  close(folder);
  const int file = helper.open_input(path("in/a.pcap"));
  ASSERT_GE(file, 0);
  char bytes[7];
  EXPECT_EQ(read(file, bytes, sizeof bytes), 7);
  close(file);
  struct stat about {};
  EXPECT_TRUE(helper.input_status(path("in/a.pcap"), about));
  EXPECT_EQ(about.st_size, 7);
  EXPECT_TRUE(S_ISREG(about.st_mode));
  for (const std::string& other : {path("secret"), path("in/../secret"), path("in/.."),
                                   std::string("/etc/shadow"), path("out/log")}) {
    EXPECT_EQ(helper.open_input(other), -1) << other;
    EXPECT_EQ(errno, EPERM) << other;
  }
  mkfifo(path("in/pipe.pcap").c_str(), 0600);
  EXPECT_EQ(helper.open_input(path("in/pipe.pcap")), -1) << "a pipe would block the helper";
}

TEST_F(HelpersTest, FollowsOnlyRootsLinksInAFolderOfInputs) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  fs::create_symlink(folder_ / "secret", folder_ / "in/of-root.pcap");
  fs::create_symlink("../secret", folder_ / "in/relative.pcap");
  fs::create_symlink(folder_ / "secret", folder_ / "in/of-others.pcap");
  fs::create_symlink("a.pcap", folder_ / "in/beside.pcap");
  for (const char* name : {"in/of-others.pcap", "in/beside.pcap"})
    ASSERT_EQ(lchown(path(name).c_str(), 12345, 12345), 0);
  start();
  for (const char* name : {"in/of-root.pcap", "in/relative.pcap"}) {
    const int file = file_helper()->open_input(path(name));
    char bytes[6];
    EXPECT_EQ(read(file, bytes, sizeof bytes), 6) << name;
    close(file);
  }
  for (const char* name : {"in/of-others.pcap", "in/beside.pcap"}) {
    EXPECT_EQ(file_helper()->open_input(path(name)), -1) << name;
    EXPECT_EQ(errno, ELOOP) << name;
  }
}

TEST_F(HelpersTest, WritesConfiguredOutputsOnly) {
  start();
  FileHelper& helper = *file_helper();
  const int log = helper.open_output(path("out/log1"), FileCreation::New);
  ASSERT_GE(log, 0);
  EXPECT_EQ(::write(log, "x", 1), 1);
  close(log);
  for (const std::string& other : {path("out/other"), path("secret"), path("out/log1/../../secret"),
                                   path("out/logx"), path("in/a.pcap")}) {
    EXPECT_EQ(helper.open_output(other, FileCreation::Any), -1) << other;
    EXPECT_EQ(errno, EPERM) << other;
    EXPECT_FALSE(helper.remove_output(other)) << other;
    EXPECT_FALSE(helper.rename_output(path("out/log1"), other)) << other;
    struct stat about {};
    EXPECT_FALSE(helper.output_status(other, true, about)) << other;
  }
  write("out/log2", "yesterday");
  EXPECT_FALSE(helper.remove_output(path("out/log2"))) << "the helper did not create it";
  EXPECT_EQ(text_of("out/log2"), "yesterday");
  EXPECT_EQ(helper.open_output(path("out/.report.0123456789abcdef"), FileCreation::Any), -1)
      << "a temporary file must be new";
  EXPECT_EQ(helper.packet_socket(SOCK_RAW), -1) << "no interface is configured";
  EXPECT_EQ(errno, EPERM);
}

TEST_F(HelpersTest, ReplacesAReport) {
  start();
  write("out/report", "old");
  chmod(path("out/report").c_str(), 0640);
  auto file = OutputFile::open(path("out/report"), OutputMode::Replace);
  ASSERT_TRUE(file.ok()) << file.error().message;
  file->buffer() = "new";
  EXPECT_TRUE(file->flush()) << file->failure();
  EXPECT_TRUE(file->is_in_place());
  EXPECT_TRUE(file->close().ok());
  EXPECT_EQ(text_of("out/report"), "new");
  struct stat about {};
  ASSERT_EQ(stat(path("out/report").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0640u) << "it keeps its mode";
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "out"), {}), 1);
}

TEST_F(HelpersTest, AFifoOfAnotherUserHoldsUpNobody) {
  start();
  ASSERT_EQ(mkfifo(path("out/log7").c_str(), 0666), 0);
  auto& helper = *file_helper();
  EXPECT_EQ(helper.open_output(path("out/log7"), FileCreation::Any), -1);
  EXPECT_EQ(errno, ENXIO);
  const auto file = OutputFile::open(path("out/log7"));
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message.find("a FIFO that nobody reads"), std::string::npos);
  const int reader = open(path("out/log7").c_str(), O_RDONLY | O_NONBLOCK);
  const int writer = helper.open_output(path("out/log7"), FileCreation::Any);
  EXPECT_GE(writer, 0);
  EXPECT_EQ(fcntl(writer, F_GETFL) & O_NONBLOCK, 0);
  close(writer);
  close(reader);
}

TEST_F(HelpersTest, RootWritesToNoFileThatAnotherUserHasPutIntoACommonFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  start();
  write("out/log8", "of another user");
  ASSERT_EQ(chown(path("out/log8").c_str(), 12345, 12345), 0);
  auto& helper = *file_helper();
  close(helper.open_output(path("out/log8"), FileCreation::Any));
  EXPECT_NE(errno, EOWNERDEAD) << "only root may write to this folder";
  chmod(path("out").c_str(), 01777);
  EXPECT_EQ(helper.open_output(path("out/log8"), FileCreation::Any), -1);
  EXPECT_EQ(errno, EOWNERDEAD);
  ASSERT_EQ(chown(path("out").c_str(), 12345, 12345), 0);
  const int opened = helper.open_output(path("out/log8"), FileCreation::Any);
  EXPECT_GE(opened, 0) << "the owner of the folder may read everything in it";
  close(opened);
}

TEST_F(HelpersTest, RemovesANewFileToWhichNothingWasWritten) {
  start();
  {
    auto file = OutputFile::open(path("out/report"));
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(fs::exists(folder_ / "out/report"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/report"));
}

TEST_F(HelpersTest, RootRefusesLinks) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  fs::create_symlink(folder_ / "secret", folder_ / "out/report");
  fs::create_hard_link(folder_ / "secret", folder_ / "out/log1");
  start();
  EXPECT_EQ(file_helper()->open_output(path("out/report"), FileCreation::Any), -1);
  EXPECT_EQ(errno, ELOOP);
  EXPECT_EQ(file_helper()->open_output(path("out/log1"), FileCreation::Any), -1);
  EXPECT_EQ(errno, EMLINK);
  EXPECT_EQ(text_of("secret"), "secret");
}

TEST_F(HelpersTest, RootRefusesALinkedFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  fs::rename(folder_ / "out", folder_ / "real");
  fs::create_directory_symlink(folder_ / "real", folder_ / "out");
  start();
  EXPECT_EQ(file_helper()->open_output_folder(path("out/log")), -1);
  EXPECT_EQ(errno, ELOOP);
}

TEST_F(HelpersTest, FindsTheHolderOfASocket) {
  start();
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  struct stat about {};
  ASSERT_EQ(fstat(socket, &about), 0);
  SocketHolders holders;
  EXPECT_EQ(holders.holder_of(about.st_ino, getpid()), getpid());
  EXPECT_EQ(read_process_image(getpid()).exe, fs::read_symlink("/proc/self/exe").string());
  close(socket);
}

TEST_F(HelpersTest, TheRunContinuesIfAHelperEnds) {
  start();
  for (const pid_t process : helpers_->processes()) kill(process, SIGKILL);
  ASSERT_TRUE(open_diagnostics({}).ok());
  testing::internal::CaptureStderr();
  auto file = OutputFile::open(path("out/report"));
  ASSERT_TRUE(file.ok()) << "this user may create it";
  file->buffer() = "text";
  EXPECT_TRUE(file->close().ok());
  EXPECT_EQ(text_of("out/report"), "text");
  EXPECT_NE(read_process_image(getpid()).exe, "");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("the helper process for files has ended"), said.npos) << said;
}

/// The parent dies without a word.
TEST_F(HelpersTest, HelpersEndWithTheRun) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t run = fork();
  if (run == 0) {
    start();
    for (const pid_t process : helpers_->processes())
      (void)!::write(ends[1], &process, sizeof process);
    kill(getpid(), SIGKILL);
  }
  waitpid(run, nullptr, 0);
  for (int i = 0; i < 2; ++i) {
    pid_t process = 0;
    ASSERT_EQ(read(ends[0], &process, sizeof process), static_cast<ssize_t>(sizeof process));
    const auto alive = [&] {
      const std::string status =
          read_input("/proc/" + std::to_string(process) + "/stat").value_or("");
      return !status.empty() && status.find(") Z ") == status.npos;
    };
    for (int tries = 0; tries < 200 && alive(); ++tries) usleep(10'000);
    EXPECT_FALSE(alive()) << process;
  }
  close(ends[0]);
  close(ends[1]);
}

/// A helper for files that answers every request with success.
HelperDuty duty_of_files() {
  HelperDuty duty;
  duty.name = "the helper of the test";
  duty.syscalls = HelperSyscalls::Files;
  duty.make_answer = [] {
    return [](const HelperRequest& request, int&) {
      HelperReply reply;
      reply.question = request.question;
      return reply;
    };
  };
  return duty;
}

/// A parser under an attacker's control sends what it likes.
TEST(HelperProcess, EndsAtTheFirstInvalidRequest) {
  auto process = HelperProcess::start(duty_of_files());
  ASSERT_TRUE(process.ok());
  HelperRequest request;
  request.question = Question::RemoveOutput;
  request.texts[0].set("/x");
  EXPECT_TRUE((*process)->ask(request));
  request.texts[0].size = 0;
  const auto refused = (*process)->ask(request);
  ASSERT_TRUE(refused) << "the client does not send it";
  EXPECT_EQ(refused->error, static_cast<std::uint32_t>(EINVAL));
}

TEST(HelperProcess, EndsAtAQuestionOfTheOtherHelper) {
  auto process = HelperProcess::start(duty_of_files());
  ASSERT_TRUE(process.ok());
  HelperRequest request;
  request.question = Question::SocketHolder;
  request.inode = 1;
  ASSERT_TRUE(open_diagnostics({}).ok());
  testing::internal::CaptureStderr();
  EXPECT_FALSE((*process)->ask(request));
  EXPECT_FALSE((*process)->alive());
  testing::internal::GetCapturedStderr();
}

TEST(HelperProcess, OneThatIsStoppedIsGivenUp) {
  HelperDuty duty = duty_of_files();
  duty.answer_timeout = std::chrono::milliseconds{200};
  auto process = HelperProcess::start(duty);
  ASSERT_TRUE(process.ok());
  const pid_t helper = (*process)->process();
  HelperRequest request;
  request.question = Question::RemoveOutput;
  request.texts[0].set("/x");
  ASSERT_TRUE((*process)->ask(request));
  kill(helper, SIGSTOP);
  ASSERT_TRUE(open_diagnostics({}).ok());
  testing::internal::CaptureStderr();
  EXPECT_FALSE((*process)->ask(request));
  EXPECT_FALSE((*process)->alive());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "synfin: the helper of the test does not answer, so the run continues with the rights "
            "of its user alone\n");
  process->reset();  // does not wait
  EXPECT_EQ(waitpid(helper, nullptr, WNOHANG), 0);
  kill(helper, SIGKILL);
  EXPECT_EQ(waitpid(helper, nullptr, 0), helper);
}

/// A helper under an attacker's control answers what it likes.
TEST(HelperProcess, AnInvalidAnswerEndsTheTrust) {
  HelperDuty duty;
  duty.name = "the helper of the test";
  duty.make_answer = [] {
    return [](const HelperRequest& request, int&) {
      HelperReply reply;
      reply.question = request.question;
      reply.texts[0].size = 1'000'000;
      return reply;
    };
  };
  auto process = HelperProcess::start(duty);
  ASSERT_TRUE(process.ok());
  HelperRequest request;
  request.question = Question::RemoveOutput;
  request.texts[0].set("/x");
  ASSERT_TRUE(open_diagnostics({}).ok());
  testing::internal::CaptureStderr();
  EXPECT_FALSE((*process)->ask(request));
  EXPECT_FALSE((*process)->ask(request));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said,
            "synfin: the helper of the test has ended, so the run continues with the rights of its "
            "user alone\n");
}

}  // namespace
}  // namespace synfin
