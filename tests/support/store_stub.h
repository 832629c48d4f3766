/// \file
/// StoreStub: answers statements by HTTP on loopback as a ClickHouse server whose tables exist, and
/// refuses insertions that are too large.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "store/schema.h"
#include "support/silent_server.h"
#include "synfin/base/descriptor.h"

namespace synfin::test {

class StoreStub {
 public:
  /// Insertions of more than `most` bytes get the status and the text of `refusal`. `stored` is the
  /// answer to every query for the number of rows or batches.
  struct Behaviour {
    std::size_t most = 0;
    int status = 413;
    std::string refusal = "Request Entity Too Large";
    std::string stored = "0";
  };

  explicit StoreStub(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}
  ~StoreStub() {
    ended_ = true;
    shutdown(server_.listener(), SHUT_RDWR);
    thread_.join();
  }
  StoreStub(const StoreStub&) = delete;
  StoreStub& operator=(const StoreStub&) = delete;

  std::string url() const {
    return "clickhouse://127.0.0.1:" + std::to_string(server_.port()) + "/s";
  }
  /// The bytes of the insertions that were accepted, and how many were refused.
  std::vector<std::size_t> accepted() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }
  int refused() const { return refused_; }

 private:
  void serve() {
    while (!ended_) {
      const Descriptor peer(accept(server_.listener(), nullptr, nullptr));
      if (peer.get() >= 0) answer(peer.get());
    }
  }

  void answer(int peer) {
    std::string request;
    std::size_t body = 0, size = 0;
    char buffer[4096];
    while (body == 0 || request.size() < body + size) {
      const ssize_t got = recv(peer, buffer, sizeof buffer, 0);
      if (got <= 0) return;
      request.append(buffer, static_cast<std::size_t>(got));
      const std::size_t end = request.find("\r\n\r\n");
      if (body != 0 || end == request.npos) continue;
      body = end + 4;
      const std::size_t length = request.find("Content-Length: ");
      if (length < end) size = std::strtoull(request.c_str() + length + 16, nullptr, 10);
    }
    send_answer(
        peer, request.find("query=INSERT") < body ? insertion(size) : query(request.substr(body)));
  }

  struct Answer {
    int status = 200;
    std::string text;
  };

  Answer query(const std::string& statement) const {
    if (statement.find("schema_version") != statement.npos)
      return {200, std::to_string(kSchemaVersion) + "\t\n"};
    if (statement.find("system.settings") != statement.npos) return {200, ""};
    const bool running = statement.find("system.processes") != statement.npos;
    return {200, running ? "0\n" : behaviour_.stored + "\n"};
  }

  Answer insertion(std::size_t size) {
    if (size > behaviour_.most) {
      ++refused_;
      return {behaviour_.status, behaviour_.refusal};
    }
    const std::lock_guard lock(mutex_);
    accepted_.push_back(size);
    return {};
  }

  static void send_answer(int peer, const Answer& answer) {
    const std::string text =
        "HTTP/1.1 " + std::to_string(answer.status) +
        " x\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.text.size()) +
        "\r\n\r\n" + answer.text;
    (void)send(peer, text.data(), text.size(), MSG_NOSIGNAL);
  }

  Behaviour behaviour_;
  SilentServer server_;
  std::atomic<bool> ended_{false};
  std::atomic<int> refused_{0};
  mutable std::mutex mutex_;
  std::vector<std::size_t> accepted_;
  std::thread thread_{[this] { serve(); }};
};

}  // namespace synfin::test
