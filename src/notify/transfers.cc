// See transfers.h.
#include "notify/transfers.h"

// The checks of types of curl.h call functions by name.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#include <dlfcn.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "notify/message_text.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxAnswer = 2000;

/// libcurl, loaded only by what sends messages. It brings some thirty other libraries, which would
/// double the time of each start, and the process that parses packets should not have their code.
class CurlLibrary {
 public:
  /// Loads libcurl at the first call.
  static const CurlLibrary& get() {
    static const CurlLibrary library;
    return library;
  }

  /// Why it could not be loaded, as a sentence without a full stop; empty if it was. Its functions
  /// must then not be called.
  const std::string& failure() const { return failure_; }

  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

 private:
  CurlLibrary();

  template <typename Function>
  void find(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(dlsym(library_, name));
    if (function == nullptr && failure_.empty())
      failure_ = std::string("libcurl.so.4 has no function ") + name;
  }

  void* library_ = nullptr;
  std::string failure_;
};

CurlLibrary::CurlLibrary() : library_(dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL)) {
  if (library_ == nullptr) {
    failure_ = "libcurl cannot be loaded, so nothing is sent; please install the package libcurl4";
    return;
  }
  find(global_init, "curl_global_init");
  find(easy_init, "curl_easy_init");
  find(easy_setopt, "curl_easy_setopt");
  find(easy_getinfo, "curl_easy_getinfo");
  find(easy_strerror, "curl_easy_strerror");
  find(easy_cleanup, "curl_easy_cleanup");
  find(multi_init, "curl_multi_init");
  find(multi_add_handle, "curl_multi_add_handle");
  find(multi_remove_handle, "curl_multi_remove_handle");
  find(multi_perform, "curl_multi_perform");
  find(multi_poll, "curl_multi_poll");
  find(multi_info_read, "curl_multi_info_read");
  find(multi_cleanup, "curl_multi_cleanup");
  find(slist_append, "curl_slist_append");
  find(slist_free_all, "curl_slist_free_all");
  if (failure_.empty()) global_init(CURL_GLOBAL_DEFAULT);
}

const CurlLibrary& curl() { return CurlLibrary::get(); }

struct CurlList {
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, CurlList>;

void append(List& list, const std::string& text) {
  if (curl_slist* longer = curl().slist_append(list.get(), text.c_str())) {
    (void)list.release();
    list.reset(longer);
  }
}

struct Transfer {
  std::size_t key = 0;
  const Channel* channel = nullptr;
  Outgoing outgoing;
  std::size_t sent = 0;
  std::string received;
  List headers, recipients;
};

std::size_t on_answer(char* bytes, std::size_t size, std::size_t count, void* user) {
  std::string& received = static_cast<Transfer*>(user)->received;
  received.append(bytes,
                  std::min(size * count, kMaxAnswer - std::min(kMaxAnswer, received.size())));
  return size * count;
}

std::size_t on_request(char* room, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t some = std::min(size * count, transfer.outgoing.body.size() - transfer.sent);
  transfer.outgoing.body.copy(room, some, transfer.sent);
  transfer.sent += some;
  return some;
}

void set_common(CURL* easy, Transfer& transfer) {
  const Channel& channel = *transfer.channel;
  const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(channel.timeout);
  curl().easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl().easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl().easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(seconds.count()));
  curl().easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl().easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl().easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl().easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!channel.ca_file.empty()) {
    // Its address stays valid: the channel outlives the transfer.
    curl_blob certificates{const_cast<char*>(channel.ca.data()), channel.ca.size(),
                           CURL_BLOB_NOCOPY};
    curl().easy_setopt(easy, CURLOPT_CAINFO_BLOB, &certificates);
    curl().easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl().easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  curl().easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

void set_http(CURL* easy, Transfer& transfer) {
  for (const std::string& header : transfer.outgoing.headers) append(transfer.headers, header);
  append(transfer.headers, "Expect:");
  curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                     transfer.channel->plain_http ? "http,https" : "https");
  curl().easy_setopt(easy, CURLOPT_URL, transfer.outgoing.url.c_str());
  curl().easy_setopt(easy, CURLOPT_USERAGENT, "synfin/" SYNFIN_VERSION);
  curl().easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl().easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer.outgoing.body.size()));
  curl().easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.outgoing.body.c_str());
}

void set_mail(CURL* easy, Transfer& transfer) {
  const Channel& c = *transfer.channel;
  const bool v6 = c.server.find(':') != c.server.npos && c.server[0] != '[';
  const std::string url =
      fmt::format("{}://{}{}{}:{}", c.tls == MailSecurity::Tls ? "smtps" : "smtp", v6 ? "[" : "",
                  c.server, v6 ? "]" : "", c.port);
  for (const std::string& to : c.to) append(transfer.recipients, "<" + to + ">");
  curl().easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl().easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl().easy_setopt(
      easy, CURLOPT_USE_SSL,
      static_cast<long>(c.tls == MailSecurity::None ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!c.user.empty()) {
    curl().easy_setopt(easy, CURLOPT_USERNAME, c.user.c_str());
    curl().easy_setopt(easy, CURLOPT_PASSWORD, c.password.c_str());
  }
  curl().easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + c.from + ">").c_str());
  curl().easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer.recipients.get());
  curl().easy_setopt(easy, CURLOPT_READFUNCTION, on_request);
  curl().easy_setopt(easy, CURLOPT_READDATA, &transfer);
  curl().easy_setopt(easy, CURLOPT_UPLOAD, 1L);
}

/// Waits as Transfers::wait() if nothing can be sent.
void wait_for_input(int descriptor, Duration most) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  pollfd input{descriptor, POLLIN, 0};
  (void)poll(&input, 1, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000)));
}

/// Telegram states the time in its answer: {"parameters":{"retry_after":35}}.
Duration retry_after_in(std::string_view body) {
  constexpr std::string_view kName = "\"retry_after\":";
  const std::size_t at = body.find(kName);
  if (at == body.npos) return {};
  long seconds = 0;
  const char* const begin = body.data() + at + kName.size();
  std::from_chars(begin, body.data() + body.size(), seconds);
  return std::chrono::seconds{std::clamp(seconds, 0L, 86'400L)};
}

Answer answer_of(CURL* easy, CURLcode code, Transfer& transfer) {
  long status = 0;
  curl().easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  Answer answer;
  if (transfer.channel->kind != ChannelKind::Email && code == CURLE_OK) {
    curl_off_t seconds = 0;
    curl().easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    answer = judge_http(status, std::chrono::seconds{std::clamp<curl_off_t>(seconds, 0, 86'400)},
                        std::move(transfer.received));
  } else {
    answer.delivered = code == CURLE_OK;
    answer.sentence = code == CURLE_OK ? fmt::format("SMTP {}", status)
                      : status != 0 && transfer.channel->kind == ChannelKind::Email
                          ? fmt::format("{} (SMTP {})", curl().easy_strerror(code), status)
                          : curl().easy_strerror(code);
  }
  answer.body = without_secrets(plain(answer.body, 200), *transfer.channel);
  return answer;
}

}  // namespace

Status load_curl() {
  if (curl().failure().empty()) return Ok{};
  return Error{curl().failure()};
}

Answer judge_http(long status, Duration retry_after, std::string body) {
  Answer answer;
  answer.delivered = status >= 200 && status < 300;
  answer.permanent = status == 400 || status == 413 || status == 422;
  answer.sentence = fmt::format("HTTP {}", status);
  if (status >= 300 && status < 400)
    answer.sentence += ", a redirect, which synfin does not follow";
  if (!answer.delivered)
    answer.retry_after = retry_after != Duration{} ? retry_after : retry_after_in(body);
  answer.body = std::move(body);
  return answer;
}

struct Transfers::Impl {
  CURLM* multi = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  std::vector<Finished> finished;

  void collect() {
    int left = 0;
    while (CURLMsg* const message = curl().multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;
      auto transfer = std::move(running.at(easy));
      running.erase(easy);
      finished.push_back({transfer->key, answer_of(easy, code, *transfer)});
      curl().multi_remove_handle(multi, easy);
      curl().easy_cleanup(easy);
    }
  }
};

Transfers::Transfers() : impl_(std::make_unique<Impl>()) {
  if (curl().failure().empty()) impl_->multi = curl().multi_init();
}

Transfers::~Transfers() {
  for (const auto& [easy, transfer] : impl_->running) {
    curl().multi_remove_handle(impl_->multi, easy);
    curl().easy_cleanup(easy);
  }
  if (impl_->multi != nullptr) curl().multi_cleanup(impl_->multi);
}

void Transfers::start(std::size_t key, const Channel& channel, Outgoing outgoing) {
  auto transfer = std::make_unique<Transfer>();
  transfer->key = key;
  transfer->channel = &channel;
  transfer->outgoing = std::move(outgoing);
  CURL* const easy = impl_->multi != nullptr ? curl().easy_init() : nullptr;
  if (easy == nullptr) {
    Answer failed;
    failed.sentence = curl().failure().empty() ? "out of memory" : curl().failure();
    impl_->finished.push_back({key, std::move(failed)});
    return;
  }
  set_common(easy, *transfer);
  if (channel.kind == ChannelKind::Email) {
    set_mail(easy, *transfer);
  } else {
    set_http(easy, *transfer);
  }
  impl_->running[easy] = std::move(transfer);
  curl().multi_add_handle(impl_->multi, easy);
}

bool Transfers::active() const { return !impl_->running.empty(); }

void Transfers::wait(int descriptor, Duration most) {
  if (impl_->multi == nullptr)
    return wait_for_input(descriptor, impl_->finished.empty() ? most : Duration{});
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  curl_waitfd extra{descriptor, CURL_WAIT_POLLIN, 0};
  int running = 0;
  curl().multi_perform(impl_->multi, &running);
  impl_->collect();
  if (!impl_->finished.empty()) return;
  curl().multi_poll(impl_->multi, descriptor < 0 ? nullptr : &extra, descriptor < 0 ? 0 : 1,
                    static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000)), nullptr);
  curl().multi_perform(impl_->multi, &running);
  impl_->collect();
}

std::vector<Transfers::Finished> Transfers::take_finished() {
  return std::exchange(impl_->finished, {});
}

}  // namespace synfin
