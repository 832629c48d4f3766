/// \file
/// A DNS server on loopback that answers late, never, wrongly or with hostile text.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace synfin::test {

struct DnsReply {
  int code = 0;                          ///< RCODE; 3 is "no such name"
  std::vector<std::string> labels{};     ///< the labels of a PTR's name, as bytes
  std::vector<std::string> addresses{};  ///< for A and AAAA, in network order
  std::uint32_t ttl = 300;
};

/// Answers queries of type PTR, A and AAAA with the result of `answer`; sends nothing if it is
/// empty.
class DnsStub {
 public:
  using Answer = std::function<std::optional<DnsReply>(const std::string& name, int type)>;

  explicit DnsStub(Answer answer, std::chrono::milliseconds delay = {})
      : answer_(std::move(answer)), delay_(delay) {
    socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int size = 8 << 20;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    socklen_t length = sizeof at;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &length);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~DnsStub() {
    stop_ = true;
    thread_.join();
    close(socket_);
  }
  DnsStub(const DnsStub&) = delete;
  DnsStub& operator=(const DnsStub&) = delete;

  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  int questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  /// Waits until `count` questions have arrived, for up to 20 s.
  void wait_for_questions(int count) const {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds{20}, [&] { return questions_ >= count; });
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Due {
    Clock::time_point at;
    sockaddr_in to;
    std::string packet;
  };

  void serve() {
    while (!stop_) {
      pollfd in{socket_, POLLIN, 0};
      const bool waiting = !due_.empty();
      if (poll(&in, 1, waiting ? 1 : 20) > 0) receive();
      while (!due_.empty() && due_.front().at <= Clock::now()) {
        const Due& d = due_.front();
        sendto(socket_, d.packet.data(), d.packet.size(), 0,
               reinterpret_cast<const sockaddr*>(&d.to), sizeof d.to);
        due_.pop_front();
      }
    }
  }

  void receive() {
    char bytes[1500];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t got = recvfrom(socket_, bytes, sizeof bytes, MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 17) return;
    {
      const std::lock_guard lock(mutex_);
      ++questions_;
    }
    arrived_.notify_all();
    const std::string query(bytes, static_cast<std::size_t>(got));
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto n = static_cast<std::size_t>(query[at]);
      name += query.substr(at + 1, n) + ".";
      at += n + 1;
    }
    const int type =
        static_cast<unsigned char>(query[at + 1]) << 8 | static_cast<unsigned char>(query[at + 2]);
    const auto reply = answer_(name, type);
    if (reply) due_.push_back({Clock::now() + delay_, from, packet(query, at + 5, type, *reply)});
  }

  static std::string number(std::uint32_t n, int bytes) {
    std::string text;
    while (bytes-- > 0) text += static_cast<char>(n >> (8 * bytes));
    return text;
  }

  static std::string packet(const std::string& query, std::size_t end, int type,
                            const DnsReply& reply) {
    std::vector<std::string> data = reply.addresses;
    if (!reply.labels.empty()) {
      std::string name;
      for (const std::string& label : reply.labels) {
        name += static_cast<char>(label.size()) + label;
      }
      data.push_back(name + '\0');
    }
    std::string out = query.substr(0, 2) + "\x81" + static_cast<char>(0x80 | reply.code);
    out += number(1, 2) + number(static_cast<std::uint32_t>(data.size()), 2) + number(0, 4);
    out += query.substr(12, end - 12);
    for (const std::string& d : data) {
      out += "\xc0\x0c" + number(static_cast<std::uint32_t>(type), 2) + number(1, 2);
      out += number(reply.ttl, 4) + number(static_cast<std::uint32_t>(d.size()), 2) + d;
    }
    return out;
  }

  Answer answer_;
  std::chrono::milliseconds delay_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::deque<Due> due_;
  mutable std::mutex mutex_;  ///< guards questions_
  mutable std::condition_variable arrived_;
  int questions_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace synfin::test
