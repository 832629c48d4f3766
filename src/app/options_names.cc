// See options_names.h.
#include "synfin/app/options_names.h"

#include <CLI/CLI.hpp>

namespace synfin {

void add_name_options(CLI::App& app, NameSettings& settings) {
  const auto group = app.add_option_group("Who is that");
  group
      ->add_option("--geoip", settings.geoip,
                   "countries and networks from PATH, a database (MMDB, or CSV of DB-IP) or a "
                   "folder of them; repeatable (default: where they usually lie)")
      ->type_name("PATH")
      ->allow_extra_args(false);
  group->add_flag("--no-geoip", settings.no_geoip, "no country and network lookups");
  group->add_flag("--no-country", settings.no_country, "no countries");
  group->add_flag("--no-asn", settings.no_asn, "no networks");
}

}  // namespace synfin
