// Options from a configuration file: their precedence, and that each mistake names file, line and
// key.
#include "synfin/cli/option_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/options.h"

namespace synfin {
namespace {

using testing::HasSubstr;

Result<CommandLine> parse(const std::string& text, std::vector<const char*> words = {}) {
  words.insert(words.begin(), "synfin");
  return parse_command_line(static_cast<int>(words.size()), words.data(),
                            [&](const std::string&) -> Result<ConfigFile> {
                              auto entries = parse_config(text, "a.conf");
                              if (!entries) return entries.error();
                              ConfigFile file;
                              file.path = "a.conf";
                              file.entries = std::move(*entries);
                              return Result<ConfigFile>(std::move(file));
                            });
}

std::string error_of(const std::string& text) {
  const auto parsed = parse(text);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::Usage);
  return parsed.error().message;
}

TEST(ConfigOptions, AllKindsOfValues) {
  const auto parsed = parse(
      "[input]\nfilter = tcp port 80\nc = 5\n[live]\ninterface = eth0\ninterface = eth1\n"
      "[view]\nview = clients\nport = 80,443\n[output]\nutc = yes\nquiet = off\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Options& o = parsed->options;
  EXPECT_EQ(o.filter, "tcp port 80");
  EXPECT_EQ(o.max_packets, 5U);
  EXPECT_EQ(o.live.interfaces, (std::vector<std::string>{"eth0", "eth1"}));
  EXPECT_EQ(o.view, ViewKind::Clients);
  EXPECT_EQ(o.ports, (std::vector<std::uint16_t>{80, 443}));
  EXPECT_TRUE(o.utc);
  EXPECT_FALSE(o.quiet);
}

TEST(ConfigOptions, ASizeInTheFileCountsAsGiven) {
  const auto parsed = parse("[limits]\nmax-memory = 64M\nmax-hosts = 100000\n");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->options.max_hosts, 100'000u);
  EXPECT_EQ(parsed->options.table.max_connections, 49'152u);
}

TEST(ConfigOptions, TheCommandLineWins) {
  const std::string text = "view = none\nutc = true\ninterface = eth0\nfilter = port 1\n";
  const auto parsed = parse(text, {"-r", "a.pcap", "--view", "events", "--utc=false", "port", "2"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->options.view, ViewKind::Events);
  EXPECT_FALSE(parsed->options.utc);
  EXPECT_TRUE(parsed->options.live.interfaces.empty()) << "-r excludes the file's interface";
  EXPECT_EQ(parsed->options.filter, "port 2");
  const auto scrolls = parse("scroll = true\n", {"--view", "clients"});
  ASSERT_TRUE(scrolls) << scrolls.error().message;
  EXPECT_EQ(scrolls->options.view, ViewKind::Clients);
}

TEST(ConfigOptions, MistakesNameFileLineAndKey) {
  EXPECT_EQ(error_of("\n[view]\nveiw = none\n"),
            "a.conf:3: unknown key 'veiw' in [view]; did you mean view?");
  EXPECT_EQ(error_of("[view]\ninterface = eth0\n"),
            "a.conf:2: the key interface belongs into [live], not into [view]");
  EXPECT_THAT(error_of("utc = maybe\n"), HasSubstr("a.conf:1: utc takes true or false"));
  EXPECT_THAT(error_of("\nview = vents\n"), HasSubstr("a.conf:2: --view takes"));
  EXPECT_THAT(error_of("view = none\nview = events\n"),
              HasSubstr("a.conf:2: view may be given only once, and line 1 has it"));
  EXPECT_EQ(error_of("filter = port 1\n[input]\nfilter = port 2\n"),
            "a.conf:3: filter may be given only once, and line 1 has it");
  EXPECT_THAT(error_of("config = b.conf\n"), HasSubstr("unknown key 'config'"));
  EXPECT_THAT(error_of("password = hunter2\n"), Not(HasSubstr("hunter2")));
}

TEST(ConfigOptions, ContradictionsNameTheLinesOfTheFile) {
  EXPECT_EQ(
      error_of("[output]\nlog = /tmp/a\nutc = true\nevents = /tmp/a\nlog-format = csv\n"),
      "a.conf:2 and 4: --log and --events both write to /tmp/a; give one of them another file");
  EXPECT_THAT(error_of("read = a.pcap\ninterface = eth0\n"),
              HasSubstr("a.conf:1 and 2: -r and -i exclude each other"));
  EXPECT_THAT(error_of("show = port:abc\n"), HasSubstr("a.conf:1: --show"));
  EXPECT_THAT(error_of("max-memory = 1M\n"), HasSubstr("a.conf:1: --max-memory is at least"));
  const auto mixed = parse("log = /tmp/a\n", {"--events", "/tmp/a"});
  ASSERT_FALSE(mixed);
  EXPECT_THAT(mixed.error().message, HasSubstr("a.conf:1: --log and --events"));
  const auto words = parse("utc = true\n", {"--log", "/tmp/a", "--events", "/tmp/a"});
  ASSERT_FALSE(words);
  EXPECT_THAT(words.error().message, testing::StartsWith("--log and --events"));
}

TEST(ConfigOptions, MistakesRepeatNoPassword) {
  for (const char* line :
       {"publish = kafka://user:hunter2@h/t", "publish = kafka://user:hunter2/t",
        "metrics = user:hunter2@h:80", "store = clickhouse://user:hunter2@h",
        "store = clickhouse://user:hunter2/x", "store clickhouse://user:hunter2@h/x"}) {
    EXPECT_NE(error_of(line), "accepted") << line;
    EXPECT_THAT(error_of(line), Not(HasSubstr("hunter2")));
  }
}

TEST(ConfigOptions, SettingsAreAConfigurationFile) {
  const std::string text =
      "[live]\ninterface = eth0\n\n[output]\nevents = \" x\"\nutc = true\n\n"
      "# the filter expression\n[input]\nfilter = port 1\n";
  const auto first = parse(text);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->settings, text);
}

TEST(ParseCommand, FindsWordsBetweenOptions) {
  std::string value;
  bool is_set = false;
  const std::vector<OptionRow> table = {
      {.group = "G", .names = "-o,--out", .help = "h", .value = text("FILE", value)},
      {.group = "G", .names = "--flag", .help = "h", .value = flag(is_set)}};
  const char* const line[] = {"diff", "a", "-o", "x", "-", "--flag", "--", "-b"};
  const auto words = parse_command("synfin diff", table, 8, line);
  ASSERT_TRUE(words.ok());
  EXPECT_EQ(*words, (std::vector<std::string>{"a", "-", "-b"}));
  EXPECT_EQ(value, "x");
  EXPECT_TRUE(is_set);
  const char* const wrong[] = {"diff", "a", "--flg"};
  EXPECT_EQ(parse_command("synfin diff", table, 3, wrong).error().message,
            "unknown option --flg; did you mean --flag? (synfin diff --help lists all)");
  const char* const letter[] = {"diff", "-f"};
  EXPECT_THAT(parse_command("synfin diff", table, 2, letter).error().message,
              HasSubstr("-f; did you mean --flag?"));
  const char* const strange[] = {"diff", "--watermelon", "a"};
  EXPECT_EQ(parse_command("synfin diff", table, 3, strange).error().message,
            "unknown option --watermelon (synfin diff --help lists all)");
}

TEST(ParseCommand, NamesTheActionsOfACommand) {
  const auto answer = [](const char* given) {
    return answer_no_action("synfin config", {"check", "import"}, given, "");
  };
  EXPECT_EQ(answer("imprt").error().message,
            "synfin config takes check or import, not 'imprt'; did you mean import? (synfin config "
            "--help explains)");
  EXPECT_THAT(answer("").error().message, HasSubstr("needs a word: check or import"));
  EXPECT_EQ(answer("").error().kind, ErrorKind::Usage);
  EXPECT_EQ(*answer("--help"), 0);
}

TEST(ConfigOptions, EverySectionHasOneGroup) {
  EXPECT_EQ((OptionRow{.group = "Names, countries", .names = "-x,--y", .help = "", .value = {}})
                .section(),
            "names");
  EXPECT_EQ((OptionRow{.group = "View", .names = "-F", .help = "", .value = {}}).key(), "F");
}

}  // namespace
}  // namespace synfin
