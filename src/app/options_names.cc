// See options_names.h.
#include "app/options_names.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/option_group.h"
#include "app/options.h"
#include "synfin/enrich/dns_client.h"

namespace synfin {

namespace {

void add_hiding_options(CLI::App& app, FilterOptions& filters) {
  OptionGroup group(app, "What to hide");
  group.flag("--ignore-loopback", filters.ignore_loopback,
             "connections over the loopback addresses");
  group.flag("--filter-local", filters.filter_local,
             "connections with private, loopback, link-local and reserved addresses");
  group.values("--filter-file", filters.filter_files,
               "connections with the addresses and CIDRs in FILE; repeatable", "FILE");
  group.value("--show", filters.show_text,
              "only connections that match EXPR: port:443 host:10.0.0.0/8 -state:half_open "
              "process:nginx 'some text'; the screen's / takes the same",
              "EXPR");
  group.values("--rules", filters.rules,
               "what the sections of FILE describe, as netstat-monitor's filters; repeatable",
               "FILE");
}

}  // namespace

void add_name_options(CLI::App& app, EnrichmentOptions& settings, FilterOptions& filters) {
  add_hiding_options(app, filters);
  OptionGroup group(app, "Who is that");
  group.values("--geoip", settings.geoip,
               "countries and networks from PATH, a database (MMDB, or CSV of DB-IP) or a "
               "folder of them; repeatable (default: where they usually lie)",
               "PATH");
  group.flag("--no-geoip", settings.no_geoip, "no country and network lookups");
  group.flag("--no-country", settings.no_country, "no countries");
  group.flag("--no-asn", settings.no_asn, "no networks");
  group.flag("--process", settings.process,
             "live: which process and user own the connections of this host");
  group.flag("--cmdline", settings.cmdline, "the same with command lines, which may hold secrets");
  group.flag("-n", settings.no_names, "no reverse names (the default: a passive tool asks nobody)");
  group.flag("--resolve-names", settings.resolve_names, "ask DNS for names of addresses");
  group.value("--dns-server", settings.dns_server,
              "ask this server, not the system's (with --resolve-names)", "ADDR[:PORT]");
  group.value("--dns-wait", settings.dns_wait_text,
              "how long a report waits for names at the end (default: 3s)", "TIME");
}

std::string set_name_values(EnrichmentOptions& settings) {
  settings.process = settings.process || settings.cmdline;
  if (!settings.dns_server.empty() && !is_dns_server(settings.dns_server)) {
    return fmt::format(
        "--dns-server takes an address such as 192.0.2.53, 192.0.2.53:5353 or "
        "[2001:db8::53]:5353, not '{}'",
        settings.dns_server);
  }
  if (!settings.dns_wait_text.empty()) {
    const auto wait = parse_duration(settings.dns_wait_text);
    if (!wait) {
      return fmt::format("--dns-wait takes a time span such as 500ms or 3s, not '{}'",
                         settings.dns_wait_text);
    }
    settings.dns_wait = *wait;
  }
  return {};
}

}  // namespace synfin
