// See client.h.
#include "store/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{16} << 20;
constexpr std::size_t kMaxComplaint = 300;
constexpr long kContentTooLarge = 413;
/// MEMORY_LIMIT_EXCEEDED of ClickHouse.
constexpr std::string_view kOutOfMemory = "Code: 241";
/// How long the end of a query that was cancelled waits for the server.
constexpr Duration kMaxKilling = std::chrono::seconds{3};

void put_escaped(std::string& url, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '_' || c == '-' || c == '.';
    if (plain) {
      url += c;
      continue;
    }
    url += '%';
    url += kHex[static_cast<unsigned char>(c) >> 4];
    url += kHex[static_cast<unsigned char>(c) & 15];
  }
}

void put_parameter(std::string& url, std::string_view name, std::string_view value) {
  url += url.back() == '/' ? '?' : '&';
  url += name;
  url += '=';
  put_escaped(url, value);
}

/// The number after `name` in a progress header. Servers write numbers as texts.
std::uint64_t number_in(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == text.npos) return 0;
  const std::size_t digit = text.find_first_of("0123456789", at + name.size());
  std::uint64_t number = 0;
  if (digit != text.npos) std::from_chars(text.data() + digit, text.data() + text.size(), number);
  return number;
}

std::string unescaped(std::string_view field) {
  std::string out;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] != '\\' || i + 1 == field.size()) {
      out += field[i];
      continue;
    }
    const char c = field[++i];
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
  }
  return out;
}

/// The first line of what the server said, or its status.
std::string complaint(const TransferAnswer& answer) {
  const std::string status = fmt::format("HTTP {}", answer.status);
  if (answer.status >= 300 && answer.status < 400)
    return status + ", a redirect, which synfin does not follow";
  const std::string_view body = answer.body;
  if (body.empty()) return status;
  return std::string(clip_utf8(body.substr(0, body.find('\n')), kMaxComplaint));
}

}  // namespace

StoreClient::StoreClient(StoreUrl url, StoreCredentials credentials, StoreLimits limits)
    : url_(std::move(url)), credentials_(std::move(credentials)), limits_(std::move(limits)) {
  for (std::size_t i = 0; i < url_.hosts.size(); ++i) hosts_.push_back(i);
}

std::string StoreClient::host_text() const { return url_.hosts[host_].text(); }

void StoreClient::use_hosts(std::vector<std::size_t> hosts) {
  hosts_ = std::move(hosts);
  if (std::find(hosts_.begin(), hosts_.end(), host_) == hosts_.end()) host_ = hosts_[0];
}

void StoreClient::skip_host() {
  const auto at = std::find(hosts_.begin(), hosts_.end(), host_);
  host_ = at == hosts_.end() || at + 1 == hosts_.end() ? hosts_[0] : *(at + 1);
}

TransferRequest StoreClient::request(std::string_view body, const QueryOptions& options,
                                     std::string_view statement) const {
  TransferRequest request;
  request.url = url_.endpoint(host_);
  put_parameter(request.url, "database", url_.database);
  if (!options.query_id.empty()) put_parameter(request.url, "query_id", options.query_id);
  for (const auto& [name, value] : options.settings) put_parameter(request.url, name, value);
  if (!statement.empty()) put_parameter(request.url, "query", statement);
  if (!credentials_.user.empty())
    request.headers.push_back("X-ClickHouse-User: " + credentials_.user);
  if (!credentials_.password.empty())
    request.headers.push_back("X-ClickHouse-Key: " + credentials_.password);
  request.headers.emplace_back("Content-Type: application/octet-stream");
  request.borrowed_body = body;
  request.timeout = limits_.longest;
  request.stalled = limits_.stalled;
  request.ca = credentials_.ca;
  request.plain_http = !url_.tls;
  request.idempotent = options.idempotent;
  request.max_answer = kMaxAnswer;
  request.take = options.take;
  if (options.progress) {
    request.take_header = [progress = options.progress](std::string_view line) {
      if (!line.starts_with("X-ClickHouse-Progress:")) return;
      progress({.read_rows = number_in(line, "\"read_rows\""),
                .total_rows = number_in(line, "\"total_rows")});
    };
  }
  return request;
}

bool StoreClient::is_cancelled(const QueryOptions& options) const {
  return (options.cancelled && options.cancelled()) || (limits_.cancelled && limits_.cancelled());
}

/// Tries each host once while none can be reached.
TransferAnswer StoreClient::send(std::string_view body, const QueryOptions& options,
                                 std::string_view statement) {
  const bool may_repeat = options.idempotent && !options.take;
  TransferAnswer answer;
  for (std::size_t attempt = 0; attempt < hosts_.size(); ++attempt) {
    answer =
        transfers_.run(request(body, options, statement), [&] { return is_cancelled(options); });
    const bool lost =
        !answer.failure.empty() && answer.status == 0 && (may_repeat || !answer.connected);
    if (!lost || is_cancelled(options)) break;
    if (attempt + 1 < hosts_.size()) skip_host();
  }
  answered_ = answer.failure.empty();
  return answer;
}

StoreFailure StoreClient::failure_of(const TransferAnswer& answer) const {
  StoreFailure failure;
  if (answer.failure.empty() && answer.status == 200) return failure;
  failure.uncertain = answer.connected && answer.status != kContentTooLarge;
  failure.refused = answer.failure.empty();
  failure.too_large =
      answer.status == kContentTooLarge || std::string_view(answer.body).starts_with(kOutOfMemory);
  failure.sentence = failure.refused
                         ? fmt::format("{} refuses: {}", host_text(), complaint(answer))
                         : fmt::format("{} does not answer: {}", host_text(), answer.failure);
  return failure;
}

void StoreClient::end_on_server(const std::string& query_id) {
  const Sql kill = sql("KILL QUERY WHERE query_id = {}", quoted(query_id));
  TransferRequest ending = request(kill.view(), {}, "");
  ending.timeout = kMaxKilling;
  (void)transfers_.run(std::move(ending));
}

Result<std::string> StoreClient::query(const Sql& statement, const QueryOptions& options) {
  TransferAnswer answer = send(statement.view(), options, "");
  if (options.cancelled && options.cancelled()) {
    if (!options.query_id.empty()) end_on_server(options.query_id);
    return Error{"the query was cancelled"};
  }
  const StoreFailure failure = failure_of(answer);
  if (!failure.sentence.empty()) return Error{failure.sentence};
  return std::move(answer.body);
}

Status StoreClient::execute(const Sql& statement, const QueryOptions& options) {
  const auto answer = query(statement, options);
  if (!answer) return answer.error();
  return Ok{};
}

StoreFailure StoreClient::insert(const Sql& statement, std::string_view body,
                                 const QueryOptions& options) {
  QueryOptions all = options;
  all.idempotent = false;
  all.settings.emplace_back("decompress", "1");
  // The blocks have no checksum: the spool verifies its files, and TCP or TLS what is sent.
  all.settings.emplace_back("http_native_compression_disable_checksumming_on_decompress", "1");
  return failure_of(send(body, all, statement.view()));
}

std::vector<std::vector<std::string>> StoreClient::parse_rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    auto& row = rows.emplace_back();
    for (std::size_t tab = 0; tab != line.npos;) {
      tab = line.find('\t');
      row.push_back(unescaped(line.substr(0, tab)));
      if (tab != line.npos) line.remove_prefix(tab + 1);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return rows;
}

}  // namespace synfin
