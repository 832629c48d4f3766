// DnsClient's thread: a c-ares channel, its sockets, and the queue to the caller. See dns_client.h.
#include "synfin/enrich/dns_client.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "enrich/dns_reply.h"
#include "enrich/request_queue.h"
#include "enrich/resolver_file.h"
#include "synfin/base/exception_text.h"
#include "synfin/base/thread.h"

namespace synfin {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds kNamelessTtl{600}, kFailedTtl{60};

std::span<const unsigned char> bytes_of(const unsigned char* bytes, int size) {
  return {bytes, static_cast<std::size_t>(size)};
}

/// Questions that were not sent yet: urgent ones first, the others at a limited rate.
class QuestionQueue {
 public:
  explicit QuestionQueue(const DnsOptions& options)
      : max_background_(options.background_queue), per_second_(options.background_per_second) {}

  /// Returns false if the queue of background questions is full.
  bool add(const DnsQuestion& question) {
    if (!question.urgent && background_.size() >= max_background_) return false;
    (question.urgent ? urgent_ : background_).push_back(question);
    return true;
  }
  /// Permits more background questions, by the time since the last call.
  void refill(Clock::time_point now) {
    const std::chrono::duration<double> since = now - refilled_;
    refilled_ = now;
    allowance_ =
        std::min(std::max(1.0, per_second_ / 10.0), allowance_ + since.count() * per_second_);
  }
  /// Returns false if no question may be sent now.
  bool take(DnsQuestion& question) {
    const bool urgent = !urgent_.empty();
    if (!urgent && (background_.empty() || allowance_ < 1)) return false;
    std::deque<DnsQuestion>& queue = urgent ? urgent_ : background_;
    if (!urgent) allowance_ -= 1;
    question = std::move(queue.front());
    queue.pop_front();
    return true;
  }
  bool has_background() const { return !background_.empty(); }

 private:
  const std::size_t max_background_;
  const double per_second_;
  std::deque<DnsQuestion> urgent_, background_;
  double allowance_ = 1;  ///< how many background questions may be sent now
  Clock::time_point refilled_ = Clock::now();
};

}  // namespace

/// All members except `queue_`, `wake_` and `stop_` belong to the thread.
class DnsClient::Loop {
 public:
  explicit Loop(const DnsOptions& options) : options_(options) {}
  ~Loop();

  Status start();
  void ask(std::span<const DnsQuestion> questions);
  void take(std::vector<DnsAnswer>& answers) { queue_.take(answers); }
  bool wait(Clock::time_point deadline) { return queue_.wait(deadline); }

 private:
  /// An address or host whose queries are in flight. c-ares holds the only pointer to it.
  struct PendingQuery {
    Loop* loop;
    DnsAnswer answer;
    bool asked_v6 = false;  ///< the AAAA query of a host is in flight, or done
  };

  Status open_channel();
  void run();
  bool change_servers();
  void sort_questions();
  void send_queries();
  void poll_sockets();
  void wake() const;
  void confirm(std::unique_ptr<PendingQuery> query);
  void on_reply(std::unique_ptr<PendingQuery> query);

  using Bytes = std::span<const unsigned char>;
  using Take = void (Loop::*)(std::unique_ptr<PendingQuery> query, int status, Bytes reply);
  void take_pointer(std::unique_ptr<PendingQuery> query, int status, Bytes reply);
  void take_host(std::unique_ptr<PendingQuery> query, int status, Bytes reply);
  void take_forward(std::unique_ptr<PendingQuery> query, int status, Bytes reply);

  /// What c-ares calls with a reply. No exception may pass through its functions, so run() throws
  /// it again.
  template <Take take>
  static void on_bytes(void* argument, int status, int /*timeouts*/, unsigned char* bytes,
                       int size) {
    std::unique_ptr<PendingQuery> query(static_cast<PendingQuery*>(argument));
    Loop& loop = *query->loop;
    try {
      if (status == ARES_ENOMEM) throw std::bad_alloc();
      (loop.*take)(std::move(query), status, bytes_of(bytes, size));
    } catch (...) {
      loop.exception_.store(std::current_exception());
    }
  }

  const DnsOptions options_;
  ares_channel channel_ = nullptr;
  int wake_ = -1;
  std::thread thread_;
  std::atomic<bool> stop_{false};
  RequestQueue<DnsQuestion, DnsAnswer> queue_;

  ResolverFile resolver_file_{kResolverFile};
  std::string new_servers_;
  QuestionQueue questions_{options_};
  std::size_t in_flight_ = 0;
  std::vector<DnsAnswer> finished_;
  FirstException exception_;
};

Status DnsClient::Loop::open_channel() {
  ares_options options{};
  options.timeout = static_cast<int>(options_.timeout.count());
  options.tries = options_.tries;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
  int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status == ARES_SUCCESS) status = ares_init_options(&channel_, &options, mask);
  if (status == ARES_SUCCESS && !options_.server.empty()) {
    status = ares_set_servers_ports_csv(channel_, options_.server.c_str());
  }
  if (status == ARES_SUCCESS) return Ok{};
  return Error{fmt::format("cannot resolve names: {}", ares_strerror(status))};
}

Status DnsClient::Loop::start() {
  if (Status opened = open_channel(); !opened) return opened;
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) return Error{"cannot resolve names: no file descriptor is left"};
  thread_ = start_thread(ThreadRole::Names, [this] { queue_.serve([this] { run(); }); });
  return Ok{};
}

DnsClient::Loop::~Loop() {
  stop_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
  if (channel_) ares_destroy(channel_);
  if (wake_ >= 0) close(wake_);
  ares_library_cleanup();
}

void DnsClient::Loop::wake() const {
  const std::uint64_t one = 1;
  if (wake_ >= 0 && write(wake_, &one, sizeof one) < 0)
    return;  // the counter is full: the thread is awake
}

void DnsClient::Loop::ask(std::span<const DnsQuestion> questions) {
  queue_.ask(questions);
  wake();
}

void DnsClient::Loop::run() {
  while (!stop_) {
    sort_questions();
    send_queries();
    queue_.answer(finished_);
    poll_sockets();
    exception_.rethrow();
    queue_.answer(finished_);
  }
}

void DnsClient::Loop::sort_questions() {
  for (const DnsQuestion& question : queue_.collect()) {
    if (questions_.add(question)) continue;
    finished_.push_back(
        {.question = question, .kind = DnsAnswer::Kind::NotSent, .name = {}, .ttl = seconds{1}});
  }
  questions_.refill(Clock::now());
}

/// Asks the servers of a new network. c-ares changes them only while no query waits for a reply,
/// so this returns false, and no other may be sent, until then.
bool DnsClient::Loop::change_servers() {
  if (!options_.server.empty()) return true;
  std::string changed = resolver_file_.changed(Clock::now());
  if (!changed.empty()) new_servers_ = std::move(changed);
  if (new_servers_.empty()) return true;
  if (in_flight_ > 0) return false;
  if (ares_set_servers_ports_csv(channel_, new_servers_.c_str()) == ARES_ENOMEM)
    throw std::bad_alloc();
  new_servers_.clear();
  return true;
}

void DnsClient::Loop::send_queries() {
  if (!change_servers()) return;
  DnsQuestion question;
  while (in_flight_ < options_.in_flight && questions_.take(question)) {
    ++in_flight_;
    auto query = std::make_unique<PendingQuery>();
    query->loop = this;
    query->answer.question = question;
    if (!question.host.empty()) {
      ares_query(channel_, question.host.c_str(), ns_c_in, ns_t_a, on_bytes<&Loop::take_host>,
                 query.release());
      continue;
    }
    ares_query(channel_, reverse_name(question.address).c_str(), ns_c_in, ns_t_ptr,
               on_bytes<&Loop::take_pointer>, query.release());
  }
}

/// Waits for packets, a time-out or wake(), then lets c-ares process them.
void DnsClient::Loop::poll_sockets() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wants = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
  std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> fds{};
  nfds_t n = 0;
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    const int events = (ARES_GETSOCK_READABLE(wants, i) ? POLLIN : 0) |
                       (ARES_GETSOCK_WRITABLE(wants, i) ? POLLOUT : 0);
    if (events == 0) continue;
    fds[n++] = {sockets[static_cast<std::size_t>(i)], static_cast<short>(events), 0};
  }
  fds[n] = {wake_, POLLIN, 0};
  timeval max_wait{questions_.has_background() ? 0 : 1, 50'000}, storage{};
  const timeval* until = ares_timeout(channel_, &max_wait, &storage);
  const auto ms = static_cast<int>(until->tv_sec * 1000 + until->tv_usec / 1000 + 1);
  if (poll(fds.data(), n + 1, ms) < 0) return;
  std::uint64_t wakes = 0;
  if ((fds[n].revents & POLLIN) != 0 && read(wake_, &wakes, sizeof wakes) < 0) return;
  for (nfds_t i = 0; i < n; ++i) {
    const bool in = (fds[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool out = (fds[i].revents & POLLOUT) != 0;
    if (in || out) {
      ares_process_fd(channel_, in ? fds[i].fd : ARES_SOCKET_BAD,
                      out ? fds[i].fd : ARES_SOCKET_BAD);
    }
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

void DnsClient::Loop::take_pointer(std::unique_ptr<PendingQuery> query, int status, Bytes reply) {
  DnsAnswer& answer = query->answer;
  if (status == ARES_SUCCESS) {
    if (auto pointer = pointer_of(reply)) {
      answer.kind = DnsAnswer::Kind::Name;
      answer.name = std::move(pointer->name);
      answer.ttl = pointer->ttl;
      return confirm(std::move(query));
    }
  }
  const bool nameless = status == ARES_ENOTFOUND || status == ARES_ENODATA;
  answer.kind = nameless ? DnsAnswer::Kind::Nameless : DnsAnswer::Kind::Failed;
  answer.ttl = nameless ? kNamelessTtl : kFailedTtl;
  on_reply(std::move(query));
}

void DnsClient::Loop::confirm(std::unique_ptr<PendingQuery> query) {
  const bool v4 = query->answer.question.address.is_v4();
  const std::string name = query->answer.name;
  ares_query(channel_, name.c_str(), ns_c_in, v4 ? ns_t_a : ns_t_aaaa,
             on_bytes<&Loop::take_forward>, query.release());
}

void DnsClient::Loop::take_forward(std::unique_ptr<PendingQuery> query, int status, Bytes reply) {
  DnsAnswer& answer = query->answer;
  if (status == ARES_SUCCESS) answer.confirmed = holds_address(reply, answer.question.address);
  on_reply(std::move(query));
}

/// Called for the A reply, then for the AAAA reply. One of them is enough.
void DnsClient::Loop::take_host(std::unique_ptr<PendingQuery> query, int status, Bytes reply) {
  DnsAnswer& answer = query->answer;
  if (status == ARES_SUCCESS) {
    const AddressRecords found = addresses_of(reply, !query->asked_v6);
    answer.ttl = answer.addresses.empty() ? found.ttl : std::min(answer.ttl, found.ttl);
    answer.addresses.insert(answer.addresses.end(), found.addresses.begin(), found.addresses.end());
  }
  const bool nameless = status == ARES_ENOTFOUND || status == ARES_ENODATA;
  if (!answer.addresses.empty()) {
    answer.kind = DnsAnswer::Kind::Name;
  } else {
    answer.kind = nameless ? DnsAnswer::Kind::Nameless : DnsAnswer::Kind::Failed;
    answer.ttl = nameless ? kNamelessTtl : kFailedTtl;
  }
  if (std::exchange(query->asked_v6, true) || status == ARES_EDESTRUCTION)
    return on_reply(std::move(query));
  const std::string host = answer.question.host;
  ares_query(channel_, host.c_str(), ns_c_in, ns_t_aaaa, on_bytes<&Loop::take_host>,
             query.release());
}

void DnsClient::Loop::on_reply(std::unique_ptr<PendingQuery> query) {
  --in_flight_;
  finished_.push_back(std::move(query->answer));
}

DnsClient::DnsClient(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
DnsClient::~DnsClient() = default;

Result<std::unique_ptr<DnsClient>> DnsClient::start(const DnsOptions& options) {
  auto loop = std::make_unique<Loop>(options);
  if (const Status started = loop->start(); !started) return started.error();
  return std::unique_ptr<DnsClient>(new DnsClient(std::move(loop)));
}

void DnsClient::ask(std::span<const DnsQuestion> questions) { loop_->ask(questions); }
void DnsClient::take(std::vector<DnsAnswer>& answers) { loop_->take(answers); }
bool DnsClient::wait(Clock::time_point deadline) { return loop_->wait(deadline); }

std::uint16_t dns_server_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && (text.find(':') == colon || text.front() == '[');
  unsigned port = 0;
  if (has_port) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return port < 65536 ? static_cast<std::uint16_t>(port) : 0;
}

bool is_dns_server(std::string_view text) {
  const auto is_port = [](std::string_view port) {
    unsigned n = 0;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), n);
    return parsed.ec == std::errc{} && parsed.ptr == port.data() + port.size() && n > 0 &&
           n < 65536;
  };
  if (Address::parse(text)) return true;
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || !is_port(text.substr(colon + 1))) return false;
  std::string_view address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
    address = address.substr(1, address.size() - 2);
    const auto v6 = Address::parse(address);
    return v6 && !v6->is_v4();
  }
  const auto v4 = Address::parse(address);
  return v4 && v4->is_v4();
}

}  // namespace synfin
