// See url.h.
#include "store/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "synfin/base/address.h"
#include "synfin/cli/option_row.h"

namespace synfin {
namespace {

constexpr std::uint16_t kHttpPort = 8123, kHttpsPort = 8443;

/// The sentence does not repeat the address, in which somebody may have written a password.
Error wrong(std::string_view why) {
  return {
      fmt::format("the address of a store is clickhouse://HOST[,HOST…][:PORT]/DATABASE: {}", why),
      ErrorKind::Usage};
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes one host from the front of `text`; empty if there is none.
std::string take_host(std::string_view& text) {
  std::string_view host;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return {};
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    return Address::parse(host) ? std::string(host) : std::string();
  }
  const std::size_t end = std::min(text.find_first_of(",:"), text.size());
  host = text.substr(0, end);
  text.remove_prefix(end);
  const bool valid = std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.';
  });
  return valid ? std::string(host) : std::string();
}

/// Takes all hosts and their ports.
Status take_hosts(std::string_view rest, StoreUrl& url) {
  std::size_t without_port = 0;  ///< the first host that waits for one
  for (bool more = true; more;) {
    StoreHost& host = url.hosts.emplace_back();
    host.name = take_host(rest);
    if (host.name.empty()) return wrong("a host is a name, an address or [IPV6]");
    if (rest.starts_with(':')) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      std::uint64_t port = 0;
      if (!parse_number(std::string(rest.substr(1, end - 1)), 1, 65'535, port))
        return wrong("a port is a number up to 65535");
      rest.remove_prefix(end);
      for (; without_port < url.hosts.size(); ++without_port)
        url.hosts[without_port].port = static_cast<std::uint16_t>(port);
    }
    more = rest.starts_with(',');
    if (more) rest.remove_prefix(1);
  }
  if (!rest.empty()) return wrong("hosts are separated by commas");
  for (; without_port < url.hosts.size(); ++without_port)
    url.hosts[without_port].port = url.tls ? kHttpsPort : kHttpPort;
  return Ok{};
}

bool is_loopback_host(const StoreHost& host) {
  const auto address = Address::parse(host.name);
  if (!address) return host.name == "localhost";
  return address->is_v4() ? address->v4() >> 24 == 127 : *address == Address::from_halves(0, 1);
}

}  // namespace

bool is_plain_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string StoreHost::text() const {
  const bool v6 = name.find(':') != name.npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", name, v6 ? "]" : "", port);
}

std::string StoreUrl::endpoint(std::size_t host) const {
  return fmt::format("{}://{}/", tls ? "https" : "http", hosts[host].text());
}

bool StoreUrl::is_loopback() const {
  return std::all_of(hosts.begin(), hosts.end(), is_loopback_host);
}

Result<StoreUrl> parse_store_url(std::string_view text) {
  StoreUrl url;
  std::string_view rest = text;
  const std::size_t scheme = rest.find("://");
  url.tls = rest.substr(0, std::min(scheme, rest.size())) == "clickhouses";
  if (scheme == rest.npos || (!url.tls && rest.substr(0, scheme) != "clickhouse"))
    return wrong("it begins with clickhouse:// or clickhouses://");
  rest.remove_prefix(scheme + 3);
  const std::size_t slash = rest.find('/');
  if (slash == rest.npos) return wrong("the name of a database is missing");
  url.database = rest.substr(slash + 1);
  if (!is_plain_name(url.database))
    return wrong("the name of a database has letters, digits and underscores");
  rest = rest.substr(0, slash);
  if (rest.find('@') != rest.npos) {
    return Error{
        "every user of this host can see the address of the store, so it must not hold user and "
        "password: write them into [clickhouse] of the configuration file",
        ErrorKind::Usage};
  }
  if (const Status hosts = take_hosts(rest, url); !hosts) return hosts.error();
  return Result<StoreUrl>(std::move(url));
}

}  // namespace synfin
