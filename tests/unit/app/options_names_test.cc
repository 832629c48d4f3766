// The options that say who is who: what each sets, and which texts are wrong.
#include "app/options_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace synfin {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

/// What is wrong with `words`; empty: they were taken into `settings`.
std::string parse(std::vector<std::string> words, EnrichmentOptions& settings,
                  FilterOptions& filters) {
  CLI::App app;
  add_name_options(app, settings, filters);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return set_name_values(settings);
}

TEST(NameOptions, AreTakenOver) {
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

TEST(NameOptions, CountriesAndNetworksAreSwitchedApart) {
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
