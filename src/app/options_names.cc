// See options_names.h.
#include "app/options_names.h"

#include "app/option_table.h"
#include "synfin/enrich/dns_client.h"

namespace synfin {
namespace {

OptionValue dns_server(std::string& target) {
  return {.word = "ADDR[:PORT]",
          .expects = "an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353",
          .set = [&target](const std::string& given) {
            target = given;
            return is_dns_server(given);
          }};
}

/// --show; an empty expression shows everything.
OptionValue expression(std::string& target) {
  OptionValue value = text("EXPR", target);
  value.may_be_empty = true;
  return value;
}

/// --cmdline, which implies --process.
OptionValue command_lines(EnrichmentOptions& settings) {
  OptionValue value = flag(settings.cmdline);
  value.set = [&settings](const std::string&) {
    return settings.cmdline = settings.process = true;
  };
  return value;
}

}  // namespace

std::vector<OptionRow> filtering_rows(FilterOptions& f) {
  constexpr std::string_view group = "Filtering";
  return {
      {group, "--ignore-loopback", "hide connections over loopback addresses",
       flag(f.ignore_loopback)},
      {group, "--filter-local",
       "hide connections with private, loopback, link-local and reserved addresses",
       flag(f.filter_local)},
      {group, "--filter-file",
       "hide connections with the addresses and CIDRs that FILE lists; repeatable",
       list("FILE", f.filter_files, Completion::File)},
      {group, "--show",
       "show only connections that match EXPR: port:443 host:10.0.0.0/8 -state:half_open "
       "process:nginx 'some text'; the screen's / takes the same",
       expression(f.show_text)},
      {group, "--rules",
       "hide connections that match a section of FILE, in netstat-monitor's format; repeatable",
       list("FILE", f.rules, Completion::File)},
  };
}

std::vector<OptionRow> enrichment_rows(EnrichmentOptions& s) {
  constexpr std::string_view group = "Names, countries, processes";
  return {
      {group, "--local-net",
       "treat this network as local; repeatable (default: see synfin-views(7))",
       network_list("CIDR", s.local_nets)},
      {group, "--geoip",
       "read countries and networks from PATH, a database (MMDB, CSV, text) or a folder of "
       "databases; repeatable (default: the usual folders)",
       list("PATH", s.geoip, Completion::File)},
      {group, "--no-geoip", "look up neither countries nor networks", flag(s.no_geoip)},
      {group, "--no-country", "look up no countries", flag(s.no_country)},
      {group, "--no-asn", "look up no networks", flag(s.no_asn)},
      {group, "--process", "live: show which process and user own the connections of this host",
       flag(s.process)},
      {group, "--cmdline", "the same with command lines, which may contain secrets",
       command_lines(s)},
      {group, "-n", "no host names from DNS (the default); overrides --resolve-names",
       flag(s.no_names)},
      {group, "--resolve-names", "query DNS for the names of addresses", flag(s.resolve_names)},
      {group, "--dns-server", "query this server instead of the system's",
       dns_server(s.dns_server)},
      {group, "--dns-wait",
       "how long a report waits for names at the end (default: 3s, or 1s after a signal)",
       optional_duration(s.dns_wait)},
  };
}

}  // namespace synfin
