// See show_input.h.
#include "synfin/filter/show_input.h"

namespace synfin {

std::string show_contradiction(const ShowExpression& show, const EnrichmentOptions& options) {
  if (show.uses(ShowKey::Country) && (options.no_geoip || options.no_country))
    return "--show with country: needs the countries that --no-country or --no-geoip turns off";
  if (show.uses(ShowKey::Asn) && (options.no_geoip || options.no_asn))
    return "--show with asn: needs the networks that --no-asn or --no-geoip turns off";
  if (options.live && show.uses(ShowKey::Name) && (options.no_names || !options.resolve_names))
    return "--show with name: needs --resolve-names";
  return {};
}

Status check_show_on_capture(const ShowExpression& show) {
  if (show.needs_processes()) {
    return Error{
        "--show with process:, pid:, user: or unit: needs live traffic or a log, because captures "
        "hold no processes",
        ErrorKind::Usage};
  }
  if (show.uses(ShowKey::Name)) {
    return Error{
        "--show with name: needs live traffic or a log with names, because a capture is read "
        "before DNS answers: write a log with --resolve-names and read that",
        ErrorKind::Usage};
  }
  return Ok{};
}

Status check_show_on_log(const ShowExpression& show) {
  if (!show.uses(ShowKey::Unit)) return Ok{};
  return Error{"--show with unit: needs live traffic, because logs hold no units",
               ErrorKind::Usage};
}

}  // namespace synfin
