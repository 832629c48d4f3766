// The options about names, countries, processes and filtering: what each sets, and which values are
// errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/options.h"

namespace synfin {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// Parses `words` into `settings` and `filters`; returns the error, or an empty string.
std::string parse(std::vector<std::string> words, EnrichmentOptions& settings,
                  FilterOptions& filters) {
  std::vector<const char*> argv = {"synfin"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  const auto parsed = parse_command_line(static_cast<int>(argv.size()), argv.data());
  if (!parsed) return parsed.error().message;
  settings = parsed->options.enrichment;
  filters = parsed->options.filters;
  return {};
}

TEST(NameOptions, AreStored) {
  EnrichmentOptions s;
  FilterOptions f;
  EXPECT_EQ(parse({"--geoip", "a", "--geoip", "b", "--filter-file", "f", "--rules", "r",
                   "--ignore-loopback", "--filter-local", "--resolve-names", "--dns-server",
                   "[2001:db8::53]:5353", "--dns-wait", "250ms"},
                  s, f),
            "");
  EXPECT_THAT(s.geoip, ElementsAre("a", "b"));
  EXPECT_THAT(f.filter_files, ElementsAre("f"));
  EXPECT_THAT(f.rules, ElementsAre("r"));
  EXPECT_TRUE(f.ignore_loopback && f.filter_local && s.resolve_names);
  EXPECT_EQ(s.dns_wait, milliseconds{250});
  EXPECT_FALSE(s.process);
}

TEST(NameOptions, CommandLinesImplyProcesses) {
  EnrichmentOptions s;
  FilterOptions f;
  EXPECT_EQ(parse({"--cmdline"}, s, f), "");
  EXPECT_TRUE(s.process);
}

TEST(NameOptions, CountriesAndNetworksAreIndependent) {
  const struct {
    std::vector<std::string> words;
    bool country, network;
  } cases[] = {{{}, true, true},
               {{"--no-country"}, false, true},
               {{"--no-asn"}, true, false},
               {{"--no-geoip"}, false, false},
               {{"--no-country", "--no-asn"}, false, false}};
  for (const auto& c : cases) {
    EnrichmentOptions s;
    FilterOptions f;
    EXPECT_EQ(parse(c.words, s, f), "");
    EXPECT_EQ(s.geoip_options().kinds.country, c.country);
    EXPECT_EQ(s.geoip_options().kinds.network, c.network);
  }
}

TEST(NameOptions, WrongTextsAreNamedWithTheirOption) {
  const std::vector<std::string> wrong[] = {
      {"--dns-server", "example.com"},
      {"--dns-server", "192.0.2.53:0"},
      {"--dns-server", "192.0.2.53:99999"},
      {"--dns-server", "[192.0.2.53]:53"},
      {"--dns-wait", "soon"},
  };
  for (const auto& words : wrong) {
    EnrichmentOptions s;
    FilterOptions f;
    EXPECT_THAT(parse(words, s, f), HasSubstr(words[0])) << words[1];
  }
  EnrichmentOptions s;
  FilterOptions f;
  EXPECT_EQ(parse({"--dns-server", "192.0.2.53"}, s, f), "");
  EXPECT_EQ(parse({"--dns-wait", "0"}, s, f), "");
  EXPECT_EQ(s.dns_wait, milliseconds{0});
}

}  // namespace
}  // namespace synfin
