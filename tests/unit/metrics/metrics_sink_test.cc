// The endpoint from outside, on loopback: what it serves, what it refuses, and its bounds.
#include "synfin/metrics/metrics_sink.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <thread>

#include "support/event_samples.h"

namespace synfin {
namespace {

class MetricsEndpoint : public testing::Test {
 protected:
  void SetUp() override {
    auto socket = open_metrics_socket({.listen = "0"});
    ASSERT_TRUE(socket) << socket.error().message;
    port_ = static_cast<std::uint16_t>(
        std::strtoul(socket->url.c_str() + socket->url.rfind(':') + 1, nullptr, 10));
    auto sink = MetricsSink::start(std::move(*socket), gauges_,
                                   {.sources = {"eth0", "bad\"name\n"}, .table_slots = 16});
    ASSERT_TRUE(sink) << sink.error().message;
    sink_ = std::move(*sink);
  }

  std::unique_ptr<Descriptor> connect_to_it() const {
    auto client = std::make_unique<Descriptor>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval wait{20, 0};
    setsockopt(client->get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    EXPECT_EQ(connect(client->get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return client;
  }

  static std::string read_all(int socket) {
    std::string all;
    std::array<char, 4096> some;
    for (ssize_t size; (size = recv(socket, some.data(), some.size(), 0)) > 0;)
      all.append(some.data(), static_cast<std::size_t>(size));
    return all;
  }

  std::string ask(const std::string& request) const {
    const auto client = connect_to_it();
    EXPECT_EQ(send(client->get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return read_all(client->get());
  }

  Gauges gauges_;
  std::unique_ptr<MetricsSink> sink_;
  std::uint16_t port_ = 0;
};

const std::string kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n";

TEST_F(MetricsEndpoint, ServesWhatWasCounted) {
  gauges_.open = 7;
  gauges_.read.store({.received = 12, .decoded = 9, .filtered = 3});
  gauges_.copies = 2;
  gauges_.store.used = true;
  gauges_.store.spool_limit = 1000;
  gauges_.store.spool_bytes = 10;
  gauges_.notifications.used = true;
  gauges_.notifications.queued = 3;
  gauges_.notifications.queue_limit = 5;
  sink_->on_plain_events(std::vector{test::event_of(EventKind::Syn)});
  const std::string text = ask(kGet + "\r\n");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
  for (const char* const line :
       {"text/plain; version=0.0.4", "\nsynfin_open_connections 7\n",
        "\nsynfin_packets_received_total 12\n", "\nsynfin_packets_total{result=\"decoded\"} 7\n",
        "\nsynfin_packets_total{result=\"copies\"} 2\n", "\nsynfin_attempts_total 1\n",
        "\nsynfin_events_total{kind=\"syn\"} 1\n",
        "\nsynfin_source_info{source=\"bad\\\"name\\\\x0a\"} 1\n",
        "\nsynfin_spool_bytes{output=\"store\"} 10\n",
        "\nsynfin_queue_items{queue=\"notifications\"} 3\n",
        "\nsynfin_queue_limit{queue=\"notifications\"} 5\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("# EOF"), std::string::npos);
  EXPECT_EQ(text.find("output=\"publish\""), std::string::npos);
  EXPECT_EQ(text.find("queue=\"store\""), std::string::npos) << "it waits on disk only";
}

TEST_F(MetricsEndpoint, ServesWhileTheFiguresChange) {
  constexpr int kEvents = 20'000;
  std::thread counting([this] {
    const std::vector<Event> events{test::event_of(EventKind::Syn)};
    for (int i = 1; i <= kEvents; ++i) {
      sink_->on_plain_events(events);
      gauges_.open = static_cast<std::uint64_t>(i);
      gauges_.read.store({.received = static_cast<std::uint64_t>(i)});
    }
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(kGet + "\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  counting.join();
  const std::string text = ask(kGet + "\r\n");
  EXPECT_NE(text.find("\nsynfin_events_total{kind=\"syn\"} 20000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nsynfin_packets_received_total 20000\n"), std::string::npos) << text;
}

TEST_F(MetricsEndpoint, ServesOpenMetricsOnRequest) {
  const std::string text =
      ask(kGet + "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n");
  EXPECT_NE(text.find("application/openmetrics-text; version=1.0.0"), std::string::npos);
  EXPECT_NE(text.find("# TYPE synfin_events counter\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST_F(MetricsEndpoint, RefusesAllElse) {
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(ask("DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
                  .starts_with("HTTP/1.1 405 "));
  const std::string huge = ask(kGet + "X: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(huge.find(" 200 "), std::string::npos) << huge.substr(0, 100);
}

TEST_F(MetricsEndpoint, AnswersWhileManyOthersAreConnected) {
  std::vector<std::unique_ptr<Descriptor>> idle;
  for (int i = 0; i < 100; ++i) idle.push_back(connect_to_it());
  EXPECT_TRUE(ask(kGet + "\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(read_all(idle.front()->get()), "");  // the oldest was closed
}

TEST_F(MetricsEndpoint, ClosesASlowConnection) {
  const auto slow = connect_to_it();
  const auto begun = std::chrono::steady_clock::now();
  timeval wait{0, 100'000};
  setsockopt(slow->get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  bool closed = false;
  while (!closed && std::chrono::steady_clock::now() - begun < std::chrono::seconds{30}) {
    char byte = 'G';
    closed = send(slow->get(), &byte, 1, MSG_NOSIGNAL) < 0;
    closed = closed || recv(slow->get(), &byte, 1, 0) == 0;
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(ask(kGet + "\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(MetricsEndpoint, EndsWithTheRun) {
  EXPECT_TRUE(sink_->finish({}));
  const Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_NE(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

}  // namespace
}  // namespace synfin
