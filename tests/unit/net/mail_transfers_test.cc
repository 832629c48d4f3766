// Mails to a server on loopback that answers as a test wants it to.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "support/silent_server.h"
#include "synfin/net/transfers.h"

namespace synfin::test {
namespace {

/// One session at a time. `reply` gets each line that the client sends, and returns what the server
/// sends, or nothing. REQUIRES: `reply` is safe to call from another thread.
class MailServer {
 public:
  using Reply = std::function<std::string(const std::string& line)>;

  explicit MailServer(Reply reply) : reply_(std::move(reply)), thread_([this] { work(); }) {}
  ~MailServer() {
    ends_ = true;
    thread_.join();
  }

  TransferRequest mail(std::vector<std::string> to) const {
    TransferRequest request;
    request.url = fmt::format("smtp://127.0.0.1:{}", silent_.port());
    request.body = "Subject: test\r\n\r\ntext\r\n";
    request.mail = {.from = "synfin@example.net", .to = std::move(to), .needs_tls = false};
    return request;
  }

 private:
  bool is_readable(int fd) const {
    pollfd input{fd, POLLIN, 0};
    while (!ends_)
      if (poll(&input, 1, 20) > 0) return true;
    return false;
  }
  static void say(const Descriptor& connection, const std::string& text) {
    (void)!write(connection.get(), text.data(), text.size());
  }
  void work() {
    while (is_readable(silent_.listener()))
      serve(Descriptor(accept(silent_.listener(), nullptr, nullptr)));
  }
  void serve(const Descriptor& connection) {
    say(connection, "220 ready\r\n");
    std::string text;
    while (is_readable(connection.get())) {
      std::array<char, 1000> some{};
      const ssize_t count = read(connection.get(), some.data(), some.size());
      if (count <= 0) return;
      text.append(some.data(), static_cast<std::size_t>(count));
      for (std::size_t end = 0; (end = text.find("\r\n")) != text.npos; text.erase(0, end + 2))
        say(connection, reply_(text.substr(0, end)));
    }
  }

  SilentServer silent_;
  Reply reply_;
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

/// The replies of a server that accepts everything.
std::string accepts(const std::string& line) {
  if (line == "DATA") return "354 go on\r\n";
  if (line == "QUIT") return "221 bye\r\n";
  const bool is_command = line == "." || line.starts_with("EHLO") || line.starts_with("MAIL") ||
                          line.starts_with("RCPT");
  return is_command ? "250 ok\r\n" : "";
}

TEST(MailTransfers, AMailIsDelivered) {
  const MailServer server(accepts);
  Transfers transfers;
  const TransferAnswer answer = transfers.run(server.mail({"a@example.net"}));
  EXPECT_EQ(answer.failure, "");
  EXPECT_EQ(answer.status, 250);
}

TEST(MailTransfers, ARecipientThatIsRefusedKeepsNoOtherFromTheMail) {
  const MailServer server([](const std::string& line) {
    return line.starts_with("RCPT TO:<gone") ? "550 no such user\r\n" : accepts(line);
  });
  Transfers transfers;
  const TransferAnswer some = transfers.run(server.mail({"gone@example.net", "a@example.net"}));
  EXPECT_EQ(some.failure, "");
  EXPECT_THAT(some.refusals.recipients,
              testing::ElementsAre("<gone@example.net>: 550 no such user"));
  const TransferAnswer none = transfers.run(server.mail({"gone@example.net"}));
  EXPECT_NE(none.failure, "");
  EXPECT_EQ(none.status, 550);
  EXPECT_EQ(none.refusals.count, 1u);
}

TEST(MailTransfers, AMailWhoseContentIsRefusedHasTheReasonOfTheServer) {
  const MailServer server(
      [](const std::string& line) { return line == "." ? "554 5.7.1 spam\r\n" : accepts(line); });
  Transfers transfers;
  const TransferAnswer answer = transfers.run(server.mail({"a@example.net"}));
  EXPECT_NE(answer.failure, "");
  EXPECT_EQ(answer.status, 554);
  EXPECT_EQ(answer.refusals.other, "554 5.7.1 spam");
  EXPECT_TRUE(answer.refusals.data);
}

TEST(MailTransfers, AServerThatNeverAnswersQuitDelaysTheEndByASecond) {
  const MailServer server([](const std::string& line) {
    if (line == "QUIT") return std::string();
    return line.starts_with("RCPT TO:<gone") ? "550 gone\r\n" : accepts(line);
  });
  const auto begin = std::chrono::steady_clock::now();
  {
    Transfers transfers;
    EXPECT_EQ(transfers.run(server.mail({"a@example.net"})).failure, "");
    EXPECT_NE(transfers.run(server.mail({"gone@example.net"})).failure, "");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10});
}

}  // namespace
}  // namespace synfin::test
