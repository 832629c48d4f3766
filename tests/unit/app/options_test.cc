// The command line: what is accepted, what it means, and that each mistake yields one sentence.
#include "app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace synfin {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Result<CommandLine> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "synfin");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string error_of(std::vector<const char*> words) {
  const auto parsed = parse(std::move(words));
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::Usage);
  EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos);
  return parsed.error().message;
}

TEST(CommandLine, TheFilterBeginsAtTheFirstWordThatIsNoOption) {
  const auto parsed = parse({"-r", "a.pcap", "tcp", "port", "80", "and", "host", "192.0.2.1"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.filter, "tcp port 80 and host 192.0.2.1");
  EXPECT_EQ(parsed->options.read, std::vector<std::string>{"a.pcap"});
}

TEST(CommandLine, TwoDashesBeginTheFilter) {
  const auto parsed = parse({"-r", "a.pcap", "--", "port", "80"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.filter, "port 80");
}

TEST(CommandLine, ReadIsRepeatable) {
  const auto parsed = parse({"-r", "a", "-r", "b", "--read", "c"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.read, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(CommandLine, UnknownOptionIsNoFilter) {
  EXPECT_THAT(error_of({"--nonsense"}), HasSubstr("--nonsense"));
}

TEST(CommandLine, WrongValuesNameTheOptionAndTheValue) {
  EXPECT_THAT(error_of({"--view", "nothing"}), HasSubstr("--view"));
  EXPECT_THAT(error_of({"--packets", "some"}), HasSubstr("'some'"));
  EXPECT_THAT(error_of({"--duration", "soon"}), HasSubstr("'soon'"));
  EXPECT_THAT(error_of({"--after", "yesterday"}), HasSubstr("'yesterday'"));
  EXPECT_THAT(error_of({"--local-net", "192.0.2.0/33"}), HasSubstr("192.0.2.0/33"));
  EXPECT_THAT(error_of({"--log-format", "xml"}), HasSubstr("'xml'"));
  EXPECT_THAT(error_of({"--max-connections", "3"}), HasSubstr("--max-connections"));
}

TEST(CommandLine, NamesHaveTheirValues) {
  const auto parsed = parse({"--resolve-names", "--dns-wait", "250ms", "--cmdline"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.enrichment.dns_wait, milliseconds{250});
  EXPECT_TRUE(parsed->options.enrichment.process);
  EXPECT_THAT(error_of({"--dns-wait", "soon"}), HasSubstr("'soon'"));
  EXPECT_THAT(error_of({"--dns-server", "localhost"}), HasSubstr("'localhost'"));
}

TEST(CommandLine, StandardOutputHasOneUser) {
  EXPECT_THAT(error_of({"--log", "-", "--report", "-"}), HasSubstr("standard output"));
  EXPECT_THAT(error_of({"--log", "-", "--view", "events"}), HasSubstr("standard output"));
  const auto parsed = parse({"--log", "-"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.effective_view(), ViewKind::None);
}

TEST(CommandLine, HelpAndVersionArePrinted) {
  EXPECT_THAT(parse({"--help"})->print, HasSubstr("Usage: synfin [OPTIONS] [--] [FILTER...]"));
  EXPECT_THAT(parse({"--version"})->print, HasSubstr("synfin "));
  EXPECT_THAT(parse({"--view", "nothing", "-h"})->print, HasSubstr("Usage"));
}

TEST(CommandLine, ValuesMayBeAttached) {
  const auto parsed = parse({"-c5", "--view=none", "-qv", "--log=-", "-ra"});
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->options.max_packets, 5u);
  EXPECT_EQ(parsed->options.view, ViewKind::None);
  EXPECT_TRUE(parsed->options.quiet && parsed->options.verbose);
  EXPECT_EQ(parsed->options.log, "-");
  EXPECT_EQ(parsed->options.read, std::vector<std::string>{"a"});
}

TEST(CommandLine, AValueIsNeededOnce) {
  EXPECT_EQ(error_of({"-r"}), "--read needs a value: FILE");
  EXPECT_EQ(error_of({"-i", ""}), "--interface needs a value: NAME");
  EXPECT_TRUE(parse({"--show", ""})) << "an empty expression shows everything";
  EXPECT_EQ(error_of({"--view", "none", "--view", "none"}), "--view may be given only once");
  EXPECT_TRUE(parse({"-v", "-v"}));
}

TEST(CommandLine, PercentagesAndCountsHaveBounds) {
  for (const char* wrong : {"150", "-1", "nan", "1e999", "5%"})
    EXPECT_THAT(error_of({"--save-threshold", wrong}), HasSubstr("from 0 to 100")) << wrong;
  EXPECT_EQ(error_of({"-c", "0"}), "-c takes a number of packets from 1 on, not '0'");
  EXPECT_EQ(error_of({"--threads", "3"}),
            "--threads takes a number of threads from 1 to 2, not '3'");
  EXPECT_EQ(error_of({"--port", "80,"}), "--port takes ports such as 80 or 80,443, not '80,'");
}

TEST(CommandLine, AReportNeedsAKnownFormat) {
  EXPECT_THAT(error_of({"-o", "report.pdf"}), HasSubstr("not 'report.pdf'"));
  EXPECT_THAT(error_of({"-o", "a/report.JPEG"}), HasSubstr("--report-format"));
  for (const char* right : {"-", "report", "report.html", "report.JSON", "a.b/report", "r.txt",
                            "r.2026", "/tmp/tmp.aBcDeFgHiJ", "report."})
    EXPECT_TRUE(parse({"-o", right})) << right;
  EXPECT_TRUE(parse({"-o", "report.pdf", "--report-format", "html"}));
}

TEST(CommandLine, BeforeMustBeLaterThanAfter) {
  EXPECT_THAT(error_of({"--after", "5", "--before", "4"}), HasSubstr("--before 4"));
  EXPECT_THAT(error_of({"--after", "5", "--before", "5"}), HasSubstr("--before 5"));
  EXPECT_TRUE(parse({"--after", "5", "--before", "6"}));
}

TEST(CommandLine, ShowSaysWhichOptionItContradicts) {
  EXPECT_THAT(error_of({"-i", "lo", "--show", "port:abc"}), HasSubstr("column 6: 'abc'"));
  EXPECT_THAT(error_of({"-i", "lo", "--show", "country:NL", "--no-country"}),
              HasSubstr("--no-country"));
  EXPECT_THAT(error_of({"-i", "lo", "--show", "asn:64500", "--no-geoip"}), HasSubstr("--no-geoip"));
  EXPECT_THAT(error_of({"-i", "lo", "--show", "name:example.org"}), HasSubstr("--resolve-names"));
  EXPECT_EQ(error_of({"-r", "conn.log", "--show", "user:bob name:example.org"}), "accepted");
  EXPECT_EQ(error_of({"-i", "lo", "--show", "user:bob country:NL", "--no-asn"}), "accepted");
  EXPECT_EQ(error_of({"-i", "lo", "--show", "name:example.org", "--resolve-names"}), "accepted");
}

TEST(CommandLine, MaxMemorySizesTheTablesThatHaveNoSizeOfTheirOwn) {
  const auto parsed = parse({"-r", "a", "--max-memory", "512M"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->options.table.max_connections, 966'656u);
  EXPECT_EQ(parsed->options.max_hosts, 20'138u);
  const auto given = parse({"-r", "a", "--max-memory", "64M", "--max-hosts", "50"});
  ASSERT_TRUE(given);
  EXPECT_EQ(given->options.max_hosts, 50u);
  EXPECT_EQ(given->options.table.max_connections, 49'152u);
  const auto defaults = parse(
      {"-r", "a", "--max-memory", "64M", "--max-hosts", "100000", "--max-connections", "1048576"});
  ASSERT_TRUE(defaults);
  EXPECT_EQ(defaults->options.max_hosts, 100'000u) << "given, although it is the default";
  EXPECT_EQ(defaults->options.table.max_connections, 1'048'576u);
  EXPECT_THAT(error_of({"--max-memory", "63M"}), HasSubstr("at least 64M"));
  EXPECT_TRUE(parse({"-r", "a", "--max-memory", "100000G"}).ok());
}

TEST(CommandLine, AFilterFileHasALimit) {
  Options options;
  options.filter_file = "/dev/zero";
  const Status read = read_filter_file(options);
  ASSERT_FALSE(read.ok());
  EXPECT_THAT(read.error().message, HasSubstr("longer than 64 KiB"));
}

}  // namespace
}  // namespace synfin
