// See transfers.h.
#include "synfin/net/transfers.h"

// The checks of types of curl.h call functions by name.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <exception>
#include <map>
#include <new>

#include "net/mail_replies.h"
#include "synfin/net/loaded_library.h"

namespace synfin {
namespace {

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
  const std::string& failure() const { return library_.failure(); }

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

  LoadedLibrary library_{
      "libcurl.so.4",
      "libcurl cannot be loaded, so nothing is sent; please install the package libcurl4"};
};

CurlLibrary::CurlLibrary() {
  library_.find(global_init, "curl_global_init");
  library_.find(easy_init, "curl_easy_init");
  library_.find(easy_setopt, "curl_easy_setopt");
  library_.find(easy_getinfo, "curl_easy_getinfo");
  library_.find(easy_strerror, "curl_easy_strerror");
  library_.find(easy_cleanup, "curl_easy_cleanup");
  library_.find(multi_init, "curl_multi_init");
  library_.find(multi_add_handle, "curl_multi_add_handle");
  library_.find(multi_remove_handle, "curl_multi_remove_handle");
  library_.find(multi_perform, "curl_multi_perform");
  library_.find(multi_poll, "curl_multi_poll");
  library_.find(multi_info_read, "curl_multi_info_read");
  library_.find(multi_cleanup, "curl_multi_cleanup");
  library_.find(slist_append, "curl_slist_append");
  library_.find(slist_free_all, "curl_slist_free_all");
  if (library_.failure().empty()) global_init(CURL_GLOBAL_DEFAULT);
}

const CurlLibrary& curl() { return CurlLibrary::get(); }

struct CurlList {
  void operator()(curl_slist* list) const { curl().slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, CurlList>;

void append(List& list, const std::string& text) {
  curl_slist* const longer = curl().slist_append(list.get(), text.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  (void)list.release();
  list.reset(longer);
}

/// Options of a transfer, which fails as a whole if one of them does.
class TransferOptions {
 public:
  explicit TransferOptions(CURL* easy) : easy_(easy) {}
  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = curl().easy_setopt(easy_, option, value);
    if (code_ == CURLE_OK) code_ = code;
  }
  /// The same for an option that an older libcurl may lack.
  template <typename Value>
  void set_if_known(CURLoption option, Value value) {
    (void)curl().easy_setopt(easy_, option, value);
  }
  CURLcode code() const { return code_; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

struct Transfer {
  std::size_t key = 0;
  TransferRequest request;
  CURL* easy = nullptr;
  std::size_t sent = 0;
  std::string received;
  MailReplies replies;
  std::exception_ptr exception;  ///< of a callback, through which none may pass
  List headers, recipients;
};

/// Calls `take` with the bytes that a callback gets. Returns what the callback returns: the number
/// of bytes, or 0, which ends the transfer.
template <typename Take>
std::size_t take_bytes(Transfer& transfer, std::string_view bytes, const Take& take) {
  try {
    return take(bytes) ? bytes.size() : 0;
  } catch (...) {
    transfer.exception = std::current_exception();
    return 0;
  }
}

bool take_answer(Transfer& transfer, std::string_view bytes) {
  if (transfer.request.take) {
    long status = 0;
    curl().easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200) return transfer.request.take(bytes);
  }
  std::string& received = transfer.received;
  const std::size_t most = transfer.request.max_answer;
  received.append(bytes.substr(0, most - std::min(most, received.size())));
  return true;
}

std::size_t on_answer(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return take_bytes(transfer, {bytes, size * count},
                    [&](std::string_view some) { return take_answer(transfer, some); });
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  return take_bytes(transfer, {bytes, size * count}, [&](std::string_view some) {
    if (transfer.request.take_header) transfer.request.take_header(some);
    if (transfer.request.mail) transfer.replies.on_reply(some);
    return true;
  });
}

/// Receives what libcurl sends to a mail server. A server that never answers QUIT would delay all
/// transfers for two minutes.
int on_command(CURL* easy, curl_infotype kind, char* bytes, std::size_t size, void* user) {
  constexpr long kLastSeconds = 1;
  if (kind != CURLINFO_HEADER_OUT) return 0;
  auto& transfer = *static_cast<Transfer*>(user);
  (void)take_bytes(transfer, {bytes, size}, [&](std::string_view command) {
    transfer.replies.on_command(command);
    return true;
  });
  if (std::string_view(bytes, size).starts_with("QUIT"))
    curl().easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, kLastSeconds);
  return 0;
}

std::size_t on_request(char* room, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t some = std::min(size * count, transfer.request.body.size() - transfer.sent);
  transfer.request.body.copy(room, some, transfer.sent);
  transfer.sent += some;
  return some;
}

long milliseconds(Duration d) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

void set_common(TransferOptions& options, Transfer& transfer) {
  const TransferRequest& request = transfer.request;
  options.set(CURLOPT_PRIVATE, &transfer);
  options.set(CURLOPT_NOSIGNAL, 1L);
  // Else the end of a transfer waits for its thread that resolves a name.
  options.set_if_known(CURLOPT_QUICK_EXIT, 1L);
  options.set(CURLOPT_TIMEOUT_MS, milliseconds(request.timeout));
  if (request.stalled > Duration{}) {
    options.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    options.set(CURLOPT_LOW_SPEED_TIME, std::max(1L, milliseconds(request.stalled) / 1000));
    options.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request.stalled));
  }
  if (!request.uses_proxy || !request.url.starts_with("https:")) options.set(CURLOPT_PROXY, "");
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!request.ca.empty()) {
    // Its address stays valid: the transfer owns it.
    curl_blob certificates{const_cast<char*>(request.ca.data()), request.ca.size(),
                           CURL_BLOB_NOCOPY};
    options.set(CURLOPT_CAINFO_BLOB, &certificates);
    options.set(CURLOPT_CAPATH, nullptr);
  }
  options.set(CURLOPT_WRITEFUNCTION, on_answer);
  options.set(CURLOPT_WRITEDATA, &transfer);
  options.set(CURLOPT_HEADERFUNCTION, on_header);
  options.set(CURLOPT_HEADERDATA, &transfer);
}

void set_http(TransferOptions& options, Transfer& transfer) {
  for (const std::string& header : transfer.request.headers) append(transfer.headers, header);
  append(transfer.headers, "Expect:");
  options.set(CURLOPT_PROTOCOLS_STR, transfer.request.plain_http ? "http,https" : "https");
  options.set(CURLOPT_URL, transfer.request.url.c_str());
  options.set(CURLOPT_USERAGENT, "synfin/" SYNFIN_VERSION);
  options.set(CURLOPT_HTTPHEADER, transfer.headers.get());
  const TransferRequest& request = transfer.request;
  options.set(CURLOPT_FRESH_CONNECT, request.idempotent ? 0L : 1L);
  options.set(CURLOPT_FORBID_REUSE, request.idempotent ? 0L : 1L);
  const std::string_view body = request.body.empty() ? request.borrowed_body : request.body;
  options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  options.set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
}

void set_mail(TransferOptions& options, Transfer& transfer) {
  const TransferRequest& request = transfer.request;
  for (const std::string& to : request.mail->to) append(transfer.recipients, "<" + to + ">");
  options.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  options.set(CURLOPT_URL, request.url.c_str());
  options.set(CURLOPT_USE_SSL,
              static_cast<long>(request.mail->needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!request.user.empty()) {
    options.set(CURLOPT_USERNAME, request.user.c_str());
    options.set(CURLOPT_PASSWORD, request.password.c_str());
  }
  // RFC 5321 §4.5.3.2.6; libcurl would wait for two minutes.
  options.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, 600L);
  options.set(CURLOPT_FORBID_REUSE, 1L);  // so that QUIT belongs to the transfer
  options.set(CURLOPT_DEBUGFUNCTION, on_command);
  options.set(CURLOPT_DEBUGDATA, &transfer);
  options.set(CURLOPT_VERBOSE, 1L);
  options.set(CURLOPT_MAIL_FROM, ("<" + request.mail->from + ">").c_str());
  options.set(CURLOPT_MAIL_RCPT, transfer.recipients.get());
  options.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  options.set(CURLOPT_READFUNCTION, on_request);
  options.set(CURLOPT_READDATA, &transfer);
  options.set(CURLOPT_UPLOAD, 1L);
}

CURLcode set_options(Transfer& transfer) {
  TransferOptions options(transfer.easy);
  set_common(options, transfer);
  if (transfer.request.mail) {
    set_mail(options, transfer);
  } else {
    set_http(options, transfer);
  }
  return options.code();
}

/// Waits as Transfers::wait() if nothing can be sent.
void wait_for_input(int descriptor, Duration most) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  pollfd input{descriptor, POLLIN, 0};
  (void)poll(&input, 1, static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000)));
}

TransferAnswer answer_of(CURL* easy, CURLcode code, Transfer& transfer) {
  TransferAnswer answer;
  curl().easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  if (code != CURLE_OK) answer.failure = curl().easy_strerror(code);
  answer.connected = code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST;
  curl_off_t seconds = 0;
  curl().easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  answer.retry_after = std::chrono::seconds{std::clamp<curl_off_t>(seconds, 0, 86'400)};
  answer.cut = transfer.received.size() >= transfer.request.max_answer;
  answer.body = std::move(transfer.received);
  answer.refusals = transfer.replies.refusals();
  return answer;
}

}  // namespace

Status load_curl() {
  if (curl().failure().empty()) return Ok{};
  return Error{curl().failure()};
}

struct Transfers::Impl {
  CURLM* multi = nullptr;
  std::map<CURL*, std::unique_ptr<Transfer>> running;
  std::vector<Finished> finished;

  void end_all() {
    for (const auto& [easy, transfer] : running) {
      curl().multi_remove_handle(multi, easy);
      curl().easy_cleanup(easy);
    }
    running.clear();
  }

  void collect() {
    int left = 0;
    while (CURLMsg* const message = curl().multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      end(message->easy_handle, message->data.result);
    }
  }

  void end(CURL* easy, CURLcode code) {
    const auto transfer = std::move(running.at(easy));
    running.erase(easy);
    curl().multi_remove_handle(multi, easy);
    TransferAnswer answer = answer_of(easy, code, *transfer);
    curl().easy_cleanup(easy);
    if (transfer->exception) std::rethrow_exception(transfer->exception);
    finished.push_back({transfer->key, std::move(answer)});
  }
};

Transfers::Transfers() : impl_(std::make_unique<Impl>()) {
  if (!curl().failure().empty()) return;  // start() reports it
  impl_->multi = curl().multi_init();
  if (impl_->multi == nullptr) throw std::bad_alloc();
}

Transfers::Transfers(Transfers&&) noexcept = default;

Transfers::~Transfers() {
  if (impl_ == nullptr) return;
  impl_->end_all();
  if (impl_->multi != nullptr) curl().multi_cleanup(impl_->multi);
}

void Transfers::start(std::size_t key, TransferRequest request) {
  auto transfer = std::make_unique<Transfer>();
  transfer->key = key;
  transfer->request = std::move(request);
  CURL* const easy = impl_->multi != nullptr ? curl().easy_init() : nullptr;
  if (easy == nullptr) {
    TransferAnswer failed;
    failed.failure = curl().failure().empty() ? "out of memory" : curl().failure();
    impl_->finished.push_back({key, std::move(failed)});
    return;
  }
  transfer->easy = easy;
  Transfer& started = *(impl_->running[easy] = std::move(transfer));
  if (CURLcode code = set_options(started); code != CURLE_OK) return impl_->end(easy, code);
  if (curl().multi_add_handle(impl_->multi, easy) != CURLM_OK)
    impl_->end(easy, CURLE_OUT_OF_MEMORY);
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

TransferAnswer Transfers::run(TransferRequest request, const std::function<bool()>& cancelled) {
  start(0, std::move(request));
  for (;;) {
    wait(-1, std::chrono::milliseconds{200});
    if (!impl_->finished.empty()) return std::move(take_finished()[0].answer);
    if (!cancelled || !cancelled()) continue;
    impl_->end_all();
    TransferAnswer answer;
    answer.failure = "the request was cancelled";
    answer.connected = true;
    return answer;
  }
}

}  // namespace synfin
