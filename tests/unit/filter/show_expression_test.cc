#include "synfin/filter/show_expression.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "synfin/filter/netstat_state.h"

namespace synfin {
namespace {

ConnectionRecord refused_record() {
  ConnectionRecord r;
  r.tuple = {{Address::parse("192.0.2.7").value(), 51234},
             {Address::parse("2001:db8::1").value(), 443}};
  r.state = ConnState::REJ;
  r.outcome = Outcome::Refused;
  return r;
}

Annotations known_ends() {
  Annotations about;
  about.orig = {.name = "client.example.org",
                .country = "NL",
                .as_org = "Example Carrier",
                .user = "alice",
                .exe = "/usr/bin/curl",
                .cmdline = "curl https://secret.example",
                .asn = 64500,
                .pid = 4711,
                .local = {}};
  about.resp = {.name = "www.example.com",
                .country = "DE",
                .as_org = "Other Net",
                .user = "www-data",
                .exe = "/usr/sbin/nginx (deleted)",
                .asn = 64501,
                .pid = 80,
                .local = {}};
  about.port_name = "https";
  return about;
}

bool matches(std::string_view text) {
  const auto expression = ShowExpression::parse(text);
  if (!expression) ADD_FAILURE() << text << ": " << expression.error().message;
  return expression && expression->matches(refused_record(), known_ends());
}

std::string error_of(std::string_view text) {
  const auto expression = ShowExpression::parse(text);
  if (expression) return "no error";
  EXPECT_EQ(expression.error().kind, ErrorKind::Usage);
  return expression.error().message;
}

TEST(ShowExpression, MatchesARecord) {
  for (const std::string_view text : {"",
                                      "  ",
                                      "port:443",
                                      "port:51234",
                                      "PORT:443",
                                      "port:https",
                                      "port:80,443",
                                      "port:400-500",
                                      "host:192.0.2.0/24",
                                      "host:2001:db8::/32",
                                      "host:2001:db8::1",
                                      "orig:192.0.2.7",
                                      "resp:2001:db8::1",
                                      "host:example.com",
                                      "host:www.example.com",
                                      "name:example.org",
                                      "name:CLIENT.*",
                                      "orig:client.*.org",
                                      "host:192.0.*",
                                      "orig:*.7",
                                      "resp:2001:db8:*",
                                      "resp:2001:DB8:*:1",
                                      "host:*",
                                      "state:REJ",
                                      "state:refused",
                                      "state:close",
                                      "outcome:refused",
                                      "outcome:open,refused",
                                      "process:curl",
                                      "process:nginx",
                                      "process:/usr/sbin/nginx",
                                      "process:/usr/*",
                                      "pid:4711",
                                      "user:alice",
                                      "user:www-*",
                                      "country:nl",
                                      "country:*",
                                      "country:FR,DE",
                                      "asn:64500",
                                      "asn:AS64501",
                                      "asn:carrier",
                                      "asn:other*",
                                      "proto:tcp",
                                      "port:443 user:alice",
                                      "port:443 and user:alice",
                                      "-port:80",
                                      "not port:80",
                                      "not not port:443",
                                      "not -port:443",
                                      "-port:80,8080",
                                      "-state:half-open",
                                      "-unit:nginx",
                                      "192.0.2.7:51234",
                                      "[2001:db8::1]:443",
                                      "secret",
                                      "NGINX",
                                      "'example carrier'",
                                      "\"Example Carrier\" port:443",
                                      "process:'curl'",
                                      "-nothing",
                                      "rej",
                                      "AS64500",
                                      "4711"}) {
    EXPECT_TRUE(matches(text)) << text;
  }
}

TEST(ShowExpression, RejectsARecord) {
  for (const std::string_view text : {"port:80",
                                      "port:444-500",
                                      "port:http",
                                      "host:192.0.3.0/24",
                                      "orig:2001:db8::1",
                                      "resp:192.0.2.7",
                                      "resp:192.0.*",
                                      "host:192.168.*",
                                      "host:2001:db9:*",
                                      "host:ample.com",
                                      "host:example",
                                      "name:client",
                                      "state:s1",
                                      "state:established",
                                      "outcome:open",
                                      "process:url",
                                      "process:bin",
                                      "pid:1",
                                      "user:ali",
                                      "country:fr",
                                      "asn:6450",
                                      "asn:nobody",
                                      "unit:*",
                                      "proto:udp",
                                      "port:443 user:bob",
                                      "-port:443",
                                      "-port:80,443",
                                      "not outcome:refused",
                                      "-host:192.0.2.7",
                                      "nothing",
                                      "\"port:443\"",
                                      "192.0.2.8",
                                      "-curl",
                                      "example  carrier xyz",
                                      "and"}) {
    EXPECT_FALSE(matches(text)) << text;
  }
}

TEST(ShowExpression, KeepsAddressesAndTimesAsText) {
  for (const std::string_view text : {"2001:db8::1", "fe80::1", "dead:beef::", "12:30:16",
                                      "192.0.2.7:443", "[::1]:80", "::", ":x"}) {
    const auto expression = ShowExpression::parse(text);
    ASSERT_TRUE(expression) << text << ": " << expression.error().message;
    EXPECT_TRUE(expression->uses(ShowKey::Text)) << text;
  }
}

struct WrongText {
  std::string_view text;
  std::string_view error;
};

TEST(ShowExpression, ErrorsPointAtTheWord) {
  for (const auto& [text, error] : std::vector<WrongText>{
           {"prot:443", "column 1: there is no key 'prot'; did you mean 'port'?"},
           {"port:80 -stat:s0", "column 10: there is no key 'stat'; did you mean 'state'?"},
           {"port:80 outcome:refusd",
            "column 17: 'refusd' is not an outcome; did you mean 'refused'?"},
           {"state:s1,half-opn", "column 10: 'half-opn' is not a state; did you mean 'half_open'?"},
           {"proto:icmp", "column 7: 'icmp' is not a protocol (tcp, udp)"},
           {"port:", "column 6: a value is missing, such as in port:443"},
           {"port:80,", "column 9: a value is missing, such as in port:443"},
           {"port:''", "column 6: a value is missing, such as in port:443"},
           {"country:Holland", "column 9: 'holland' is not a country's two letters, such as NL"},
           {"country:uk", "column 9: 'uk' is not a country; did you mean 'gb'?"},
           {"country:qq", "column 9: 'qq' is not a country's code in ISO 3166"},
           {"port:abc", "column 6: 'abc' is not the name of a service (https) or a port (443)"},
           {"port:80,postgrsql",
            "column 9: 'postgrsql' is not the name of a service; did you mean 'postgresql'?"},
           {"state:estab", "column 7: 'estab' is not a state; did you mean 'established'?"},
           {"pid:x", "column 5: 'x' is not a process number"},
           {"asn:AS99999999999", "column 5: '99999999999' is not an AS number (0 to 4294967295)"},
           {"\"open", "column 1: this quote is not closed"},
           {"user:'a'b", "column 9: a blank or a comma must follow the quote"},
           {"''", "column 1: there is nothing between the quotes"},
           {"port:80 not", "column 9: a term must follow this word"},
           {"port:80 and", "column 9: a term must follow this word"},
           {"port:80 or port:443",
            "column 9: all terms must match; for alternatives write port:80,443"},
           // Columns count characters, not bytes.
           {"\xc3\xa4\xc3\xb6 prot:1", "column 4: there is no key 'prot'; did you mean 'port'?"},
       }) {
    EXPECT_EQ(error_of(text), error) << text;
  }
  for (const std::string_view text :
       {"port:70000", "port:9-8", "port:1-", "port:44e", "port:-1", "port:0", "port:-"}) {
    EXPECT_EQ(error_of(text).find("column 6: '"), 0u) << error_of(text);
  }
  for (const std::string_view text : {"host:10.0.0.0/33", "host:10.0.0", "resp:2001:::1"}) {
    EXPECT_EQ(error_of(text).find("column 6: '"), 0u) << error_of(text);
  }
  EXPECT_NE(error_of("http://www.example.org").find("quote the word"), std::string::npos);
}

TEST(ShowExpression, ErrorsAreSafeToPrint) {
  for (const std::string& text :
       {std::string{"port:\x1b[31m"}, std::string{"outcome:\xff\xfe"}, std::string{"port:a\0b", 8},
        std::string{"state:\x07" + std::string(500, 'x')}}) {
    const auto expression = ShowExpression::parse(text);
    const std::string message = expression ? "" : expression.error().message;
    for (const char c : message) EXPECT_TRUE(c >= ' ' && c < '\x7f') << message;
  }
}

TEST(ShowExpression, HasBounds) {
  EXPECT_NE(error_of(std::string(ShowExpression::kMaxLength + 1, 'x')).find("4096"),
            std::string::npos);
  std::string terms, values = "port:1";
  for (std::size_t i = 0; i <= ShowExpression::kMaxTerms; ++i) terms += "a ";
  for (std::size_t i = 0; i <= ShowExpression::kMaxValues; ++i) values += ",1";
  EXPECT_NE(error_of(terms).find("too many terms"), std::string::npos);
  EXPECT_NE(error_of(values).find("too many values"), std::string::npos);
}

/// A pattern that would take exponential time if each '*' were tried at each place.
TEST(ShowExpression, MatchesHostilePatternsInBoundedTime) {
  std::string pattern = "name:";
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  const auto expression = ShowExpression::parse(pattern + "b");
  ASSERT_TRUE(expression);
  const std::string name(4000, 'a');
  ShowSubject subject;
  subject.orig.name = name;
  EXPECT_FALSE(expression->matches(subject));
}

TEST(ShowExpression, MatchesRowsOfViews) {
  ShowSubject row;
  row.resp.address = Address::parse("192.0.2.1");
  row.states = {"ESTABLISHED 2, TIME_WAIT 1", "open", {}, {}};
  row.outcomes = "open 2, half-open 1";
  row.orig.unit = "nginx.service";
  row.proto = "udp";
  row.text = "192.0.2.1 80 http";
  const auto row_matches = [&](std::string_view text) {
    return ShowExpression::parse(text).value().matches(row);
  };
  EXPECT_TRUE(row_matches("state:time_wait outcome:half_open unit:nginx proto:udp 80"));
  EXPECT_TRUE(row_matches("unit:nginx.service resp:192.0.2.1 -orig:192.0.2.1"));
  EXPECT_FALSE(row_matches("state:syn_sent"));
  EXPECT_FALSE(row_matches("port:0-65535"));
  EXPECT_FALSE(row_matches("8080"));
}

TEST(ShowExpression, SaysWhatItNeeds) {
  EXPECT_TRUE(ShowExpression::parse("port:1 -user:bob").value().needs_processes());
  EXPECT_FALSE(ShowExpression::parse("port:1 bob").value().needs_processes());
  EXPECT_TRUE(ShowExpression::parse(" ").value().empty());
}

TEST(NetstatState, NamesBothEnds) {
  ConnectionRecord r;
  r.state = ConnState::S2;
  EXPECT_EQ(netstat_state(r, true), "FIN_WAIT2");
  EXPECT_EQ(netstat_state(r, false), "CLOSE_WAIT");
  r.state = ConnState::SHR;  // a FIN of the responder, without a handshake
  r.resp.packets = 1;
  EXPECT_EQ(netstat_state(r, true), "SYN_RECV");
  r.orig.packets = 1;
  EXPECT_EQ(netstat_state(r, true), "CLOSE_WAIT");
  r.state = ConnState::SF;
  r.closed_by = Side::Resp;
  EXPECT_EQ(netstat_state(r, true), "CLOSE");
  EXPECT_EQ(netstat_state(r, false), "TIME_WAIT");
}

}  // namespace
}  // namespace synfin
