// Rules: what they hide, their index, and the errors of bad lines.
#include "synfin/filter/filter_rules.h"

#include <chrono>

#include "support/cpu_time.h"
#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using test::SampleFolder;

LocalView firefox() {
  return {.local = {*Address::parse("192.168.1.4"), 32998},
          .remote = {*Address::parse("198.51.100.80"), 443},
          .local_name = {},
          .remote_name = "www.example.org",
          .exe = "/usr/lib/firefox/firefox",
          .cmdline = "/usr/lib/firefox/firefox -P work",
          .user = "alice",
          .pid = 4872,
          .state = "ESTABLISHED"};
}

FilterRules rules_of(const std::string& text) {
  const SampleFolder folder;
  auto rules = FilterRules::read(folder.write("rules", text), false);
  EXPECT_TRUE(rules) << rules.error().message;
  return rules ? std::move(*rules) : FilterRules{};
}

TEST(FilterRules, EveryParameterHides) {
  for (const char* text :
       {"exe: /usr/lib/firefox/firefox", "exe = /usr/lib/firefox/firefox", "user: alice",
        "pid: 4872", "cmdline: /usr/lib/firefox/firefox -P work",
        "cmdline: /usr/.*fox\ncmdline_is_re: true", "cmd_line: /usr/.*fox\ncmd_line_is_re: yes",
        "local_hosts: 192.168.1.4", "local_ports: 1, 32998", "remote_ports: 53, 80, 443, 8080",
        "remote_ips: 10.0.0.0/8, 198.51.100.0/24", "remote_hosts: 198.51.100.80",
        "states = FIN_WAIT1, ESTABLISHED", "user: alice\nremote_ports: 443  # both"}) {
    EXPECT_TRUE(rules_of("[one]\n" + std::string{text} + "\n").hides(firefox())) << text;
  }
}

TEST(FilterRules, AParameterThatDiffersDoesNotHide) {
  for (const char* text :
       {"exe: /usr/lib/firefox", "user: bob", "pid: 1", "cmdline: firefox", "local_ports: 22",
        "cmdline: fox\ncmdline_is_re: true", "cmdline: /usr/.*fox\ncmdline_is_re: false",
        "remote_ips: 10.0.0.0/8", "states: LISTEN", "user: alice\nremote_ports: 80",
        "cmdline_is_re: true"}) {
    EXPECT_FALSE(rules_of("[one]\n" + std::string{text} + "\n").hides(firefox())) << text;
  }
  EXPECT_FALSE(rules_of("[empty]\n").hides(firefox()));
  EXPECT_FALSE(rules_of("# nothing\n").hides(firefox()));
}

TEST(FilterRules, AnySectionCanHide) {
  const FilterRules rules = rules_of("[a]\nuser: bob\n\n[b]\n# a comment\nremote_ports: 443\n");
  EXPECT_TRUE(rules.hides(firefox()));
  EXPECT_TRUE(rules.needs_processes());
  EXPECT_FALSE(rules_of("[b]\nremote_ports: 443\n").needs_processes());
}

TEST(FilterRules, HostNamesNeedResolveNames) {
  const FilterRules rules = rules_of("[web]\nremote_hosts: www.example.org\n");
  EXPECT_FALSE(rules.hides(firefox()));
  ASSERT_EQ(rules.notices().size(), 1u);
  EXPECT_NE(rules.notices()[0].find("section web"), std::string::npos);
  EXPECT_NE(rules.notices()[0].find("--resolve-names"), std::string::npos);
}

TEST(FilterRules, AFileHasALimit) {
  const SampleFolder folder;
  const auto rules = FilterRules::read(folder.write("f", std::string((1 << 20) + 1, '\n')), false);
  ASSERT_FALSE(rules);
  EXPECT_NE(rules.error().message.find("line 1048577: a rules file has at most 1048576 lines"),
            std::string::npos)
      << rules.error().message;
}

TEST(FilterRules, AnErrorNamesTheLine) {
  const SampleFolder folder;
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"user: alice\n", "line 1: a parameter before the first [section]"},
      {"[a]\n\nuser alice\n",
       "line 3: 'user alice' is neither a [section] nor a parameter such as"},
      {"[a\n", "line 1: a section is [name]"},
      {"[a]\ncolour: red\n", "line 2: 'colour' is not a parameter of a filter (exe, cmdline, "},
      {"[a]\nremote_port: 80\n",
       "line 2: 'remote_port' is not a parameter of a filter; did you mean remote_ports?"},
      {"[a]\nremote_ports: 80, x\n", "line 2: 'x' is not a port"},
      {"[a]\nremote_ports: 65536\n", "line 2: '65536' is not a port"},
      {"[a]\nremote_ips: 10.0.0.0/33\n", "line 2: '10.0.0.0/33' is not an address or CIDR block"},
      {"[a]\npid: me\n", "line 2: 'me' is not a process number"},
      {"[a]\nexe:\n", "line 2: exe has no value"},
      {"[a]\ncmdline: (\ncmdline_is_re: 1\n", "line 1: the cmdline of section a is not"},
      {"[a]\ncmdline_is_re: perhaps\n", "line 2: cmdline_is_re is true or false"}};
  for (const auto& one : cases) {
    const std::string path = folder.write("bad", one.text);
    const auto rules = FilterRules::read(path, false);
    ASSERT_FALSE(rules) << one.text;
    EXPECT_EQ(rules.error().kind, ErrorKind::Usage);
    EXPECT_NE(rules.error().message.find(path + ", " + one.message), std::string::npos)
        << rules.error().message;
  }
  EXPECT_FALSE(FilterRules::read("/nonexistent/rules", false));
}

TEST(FilterRules, AnExpressionTakesLinearTime) {
  const FilterRules rules = rules_of("[a]\ncmdline: (a+)+b\ncmdline_is_re: true\n");
  const std::string arguments(60'000, 'a');
  LocalView view = firefox();
  view.cmdline = arguments;
  EXPECT_FALSE(rules.hides(view));
}

TEST(FilterRules, AnUnknownStateIsAnError) {
  const SampleFolder folder;
  const auto rules =
      FilterRules::read(folder.write("bad", "[a]\nstates: LISTEN, ESTABLISHD\n"), false);
  ASSERT_FALSE(rules);
  EXPECT_NE(rules.error().message.find("line 2: 'ESTABLISHD' is not a state of a connection: "
                                       "ESTABLISHED, SYN_SENT"),
            std::string::npos)
      << rules.error().message;
}

TEST(FilterRules, ManySectionsAreIndexed) {
  constexpr int kSections = 200'000;
  std::string text;
  for (int i = 0; i < kSections; ++i) {
    text += "[s" + std::to_string(i) + "]\nuser: alice\n";
    switch (i % 4) {
      case 0:
        text += "exe: /opt/" + std::to_string(i) + "\n";
        break;
      case 1:
        text += "remote_ips: 203." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255) +
                ".0/24\n";
        break;
      case 2:
        text += "pid: " + std::to_string(100'000 + i) + "\n";
        break;
      default:
        text += "remote_hosts: h" + std::to_string(i) + ".example\n";
    }
  }
  const SampleFolder folder;
  const auto rules = FilterRules::read(folder.write("many", text), true);
  ASSERT_TRUE(rules);
  LocalView view = firefox();
  const auto begin = test::cpu_time();
  for (int i = 0; i < 10'000; ++i) ASSERT_FALSE(rules->hides(view));
  EXPECT_LT(test::cpu_time() - begin, std::chrono::seconds{2}) << "a scan would take minutes";
  view.pid = 100'002;
  EXPECT_TRUE(rules->hides(view));
  view = firefox();
  view.exe = "/opt/199996";
  EXPECT_TRUE(rules->hides(view));
  view = firefox();
  view.remote.address = *Address::parse("203.0.5.9");
  EXPECT_TRUE(rules->hides(view));
  view.user = "bob";
  EXPECT_FALSE(rules->hides(view)) << "a candidate must match entirely";
  view = firefox();
  view.remote_name = "h7.example";
  EXPECT_TRUE(rules->hides(view));
}

}  // namespace
}  // namespace synfin
