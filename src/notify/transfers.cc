// See transfers.h.
#include "notify/transfers.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "notify/message_text.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxAnswer = 2000;

struct CurlList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, CurlList>;

void append(List& list, const std::string& text) {
  if (curl_slist* longer = curl_slist_append(list.get(), text.c_str())) {
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
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(seconds.count()));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!channel.ca_file.empty()) {
    // Its address stays valid: the channel outlives the transfer.
    curl_blob certificates{const_cast<char*>(channel.ca.data()), channel.ca.size(),
                           CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &certificates);
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
}

void set_http(CURL* easy, Transfer& transfer) {
  for (const std::string& header : transfer.outgoing.headers) append(transfer.headers, header);
  append(transfer.headers, "Expect:");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                   transfer.channel->plain_http ? "http,https" : "https");
  curl_easy_setopt(easy, CURLOPT_URL, transfer.outgoing.url.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "synfin/" SYNFIN_VERSION);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(transfer.outgoing.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.outgoing.body.c_str());
}

void set_mail(CURL* easy, Transfer& transfer) {
  const Channel& c = *transfer.channel;
  const bool v6 = c.server.find(':') != c.server.npos && c.server[0] != '[';
  const std::string url =
      fmt::format("{}://{}{}{}:{}", c.tls == MailSecurity::Tls ? "smtps" : "smtp", v6 ? "[" : "",
                  c.server, v6 ? "]" : "", c.port);
  for (const std::string& to : c.to) append(transfer.recipients, "<" + to + ">");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(
      easy, CURLOPT_USE_SSL,
      static_cast<long>(c.tls == MailSecurity::None ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  if (!c.user.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, c.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, c.password.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + c.from + ">").c_str());
  curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, transfer.recipients.get());
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_request);
  curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
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
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  Answer answer;
  if (transfer.channel->kind != ChannelKind::Email && code == CURLE_OK) {
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
    answer = judge_http(status, std::chrono::seconds{std::clamp<curl_off_t>(seconds, 0, 86'400)},
                        std::move(transfer.received));
  } else {
    answer.delivered = code == CURLE_OK;
    answer.sentence = code == CURLE_OK ? fmt::format("SMTP {}", status)
                      : status != 0 && transfer.channel->kind == ChannelKind::Email
                          ? fmt::format("{} (SMTP {})", curl_easy_strerror(code), status)
                          : curl_easy_strerror(code);
  }
  answer.body = without_secrets(plain(answer.body, 200), *transfer.channel);
  return answer;
}

}  // namespace

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
    while (CURLMsg* const message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;
      auto transfer = std::move(running.at(easy));
      running.erase(easy);
      finished.push_back({transfer->key, answer_of(easy, code, *transfer)});
      curl_multi_remove_handle(multi, easy);
      curl_easy_cleanup(easy);
    }
  }
};

Transfers::Transfers() : impl_(std::make_unique<Impl>()) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  impl_->multi = curl_multi_init();
}

Transfers::~Transfers() {
  for (const auto& [easy, transfer] : impl_->running) {
    curl_multi_remove_handle(impl_->multi, easy);
    curl_easy_cleanup(easy);
  }
  curl_multi_cleanup(impl_->multi);
}

void Transfers::start(std::size_t key, const Channel& channel, Outgoing outgoing) {
  auto transfer = std::make_unique<Transfer>();
  transfer->key = key;
  transfer->channel = &channel;
  transfer->outgoing = std::move(outgoing);
  CURL* const easy = curl_easy_init();
  if (easy == nullptr) {
    Answer failed;
    failed.sentence = "out of memory";
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
  curl_multi_add_handle(impl_->multi, easy);
}

bool Transfers::active() const { return !impl_->running.empty(); }

void Transfers::wait(int descriptor, Duration most) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  curl_waitfd extra{descriptor, CURL_WAIT_POLLIN, 0};
  int running = 0;
  curl_multi_perform(impl_->multi, &running);
  impl_->collect();
  if (!impl_->finished.empty()) return;
  curl_multi_poll(impl_->multi, descriptor < 0 ? nullptr : &extra, descriptor < 0 ? 0 : 1,
                  static_cast<int>(std::clamp<std::int64_t>(ms, 0, 60'000)), nullptr);
  curl_multi_perform(impl_->multi, &running);
  impl_->collect();
}

std::vector<Transfers::Finished> Transfers::take_finished() {
  return std::exchange(impl_->finished, {});
}

}  // namespace synfin
