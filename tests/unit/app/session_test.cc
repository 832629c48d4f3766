// A whole run: an exception or a request ends it, outputs are finished all the same, and a capture
// may come from standard input.
#include "app/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "support/fake_sink.h"
#include "support/packet_builder.h"
#include "support/ticking_source.h"
#include "synfin/base/diagnostics.h"

namespace synfin::test {
namespace {

const std::string kCaptures = SYNFIN_SOURCE_DIR "/pcaps/";

Bytes one_syn() {
  return Ethernet{} / Ipv4{.src = "192.0.2.1", .dst = "198.51.100.7"} /
         Tcp{.sport = 40000, .dport = 80, .seq = 1000, .syn = true};
}

Options quiet_options() {
  Options options;
  options.read = {"test"};
  options.view = ViewKind::None;
  options.quiet = true;
  options.enrichment.no_geoip = true;
  options.live.user = "root";  // keep the privileges of the user who runs the tests
  options.sandbox = SandboxMode::Off;
  return options;
}

SessionInput input_of(std::unique_ptr<PacketSource> source) {
  SessionInput input;
  input.source = std::move(source);
  input.names = {"test"};
  return input;
}

/// Repeats a SYN until it is interrupted, or throws after a number of batches.
class EndlessSource final : public TickingSource {
 public:
  explicit EndlessSource(int batches_until_throw = -1)
      : TickingSource(one_syn(), 1'000'000'000), left_(batches_until_throw) {}
  std::size_t next_batch(std::span<Packet> out) override {
    if (left_ >= 0 && left_-- == 0) throw std::runtime_error("the reader failed");
    return TickingSource::next_batch(out);
  }
  bool ended() const override { return interrupted_; }
  void interrupt() noexcept override { interrupted_ = true; }

 private:
  int left_;
  std::atomic<bool> interrupted_{false};
};

/// How a sink was finished. It outlives the sink, which ends with the run.
struct Finish {
  bool finished = false;
  std::vector<std::string> damage;
};

class FinishingSink : public FakeSink {
 public:
  explicit FinishingSink(Finish& seen) : seen_(seen) {}
  Status finish(const CaptureInfo& info) override {
    seen_ = {.finished = true, .damage = info.damage};
    return Ok{};
  }

 private:
  Finish& seen_;
};

TEST(Session, AnExceptionEndsTheRunWithItsSentenceAndOutputsAreFinished) {
  for (const unsigned threads : {1u, 2u}) {
    Options options = quiet_options();
    options.threads = threads;
    auto session = Session::open(options, input_of(std::make_unique<EndlessSource>(50)));
    ASSERT_TRUE(session) << session.error().message;
    Finish seen;
    (*session)->dispatcher().add(std::make_unique<FinishingSink>(seen));
    const RunResult result = (*session)->run();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.complaints, std::vector<std::string>{"the reader failed"});
    EXPECT_TRUE(seen.finished);
    EXPECT_EQ(seen.damage, std::vector<std::string>{"the reader failed"});
  }
}

TEST(Session, ARequestEndsTheRun) {
  const Options options = quiet_options();
  auto session = Session::open(options, input_of(std::make_unique<EndlessSource>()));
  ASSERT_TRUE(session) << session.error().message;
  Finish seen;
  (*session)->dispatcher().add(std::make_unique<FinishingSink>(seen));
  std::thread other([&] { (*session)->end_request().request(); });
  const RunResult result = (*session)->run();
  other.join();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(seen.finished);
  EXPECT_TRUE(seen.damage.empty());
}

TEST(Session, ASecondSignalWithinASecondIsTheSameRequest) {
  const Options options = quiet_options();
  auto session = Session::open(options, input_of(std::make_unique<EndlessSource>()));
  ASSERT_TRUE(session) << session.error().message;
  Finish seen;
  (*session)->dispatcher().add(std::make_unique<FinishingSink>(seen));
  // As timeout(1) does, once the run has installed its handlers.
  struct sigaction before {};
  sigaction(SIGTERM, nullptr, &before);
  std::thread other([&] {
    for (struct sigaction now = before; now.sa_handler == before.sa_handler;) {
      std::this_thread::yield();
      sigaction(SIGTERM, nullptr, &now);
    }
    kill(getpid(), SIGTERM);
    kill(getpid(), SIGTERM);
  });
  const RunResult result = (*session)->run();
  other.join();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(seen.finished);
  kill(getpid(), SIGTERM);  // belongs to the same request
  sigaction(SIGTERM, &before, nullptr);
}

/// Makes a file standard input for the life of this object.
class StandardInput {
 public:
  explicit StandardInput(int descriptor) : saved_(dup(STDIN_FILENO)) {
    dup2(descriptor, STDIN_FILENO);
    close(descriptor);
  }
  ~StandardInput() {
    dup2(saved_, STDIN_FILENO);
    close(saved_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  int saved_;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string log_of(const std::string& capture) {
  Options options = quiet_options();
  options.read = {capture};
  options.log =
      (std::filesystem::temp_directory_path() / ("synfin-stdin-" + std::to_string(getpid())))
          .string();
  options.log_format = LogFormat::Json;
  EXPECT_EQ(run(options).exit_code, 0);
  (void)open_diagnostics({});  // other tests of this process read what is logged
  const std::string log = text_of(options.log);
  std::filesystem::remove(options.log);
  return log;
}

TEST(Session, ACaptureFromStandardInputGivesTheSameLog) {
  const std::string path = kCaptures + "sample.pcap";
  const std::string expected = log_of(path);
  ASSERT_FALSE(expected.empty());
  {
    const StandardInput file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(log_of("-"), expected);
  }
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const StandardInput pipe(ends[0]);
  const std::string bytes = text_of(path);
  std::thread writer([&] {
    std::size_t done = 0;
    while (done < bytes.size()) {  // in pieces, so that packets are cut in two
      const ssize_t n =
          write(ends[1], bytes.data() + done, std::min<std::size_t>(1000, bytes.size() - done));
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    close(ends[1]);
  });
  EXPECT_EQ(log_of("-"), expected);
  writer.join();
}

}  // namespace
}  // namespace synfin::test
