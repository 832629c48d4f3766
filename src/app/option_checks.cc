// See option_checks.h.
#include "app/option_checks.h"

#include <fmt/format.h>

#include <utility>

#include "synfin/base/output_file.h"

namespace synfin {
namespace {

using NamedFile = std::pair<const char*, const std::string*>;  ///< an option and its file

/// The first input that is the file of the output, or an empty string.
std::string overwritten_input(const NamedFile& output, const Options& o) {
  const std::vector<std::string> inventory = o.inventory.inputs();
  const std::pair<const char*, const std::vector<std::string>*> inputs[] = {
      {"--read", &o.read},
      {"--filter-file", &o.filters.filter_files},
      {"--rules", &o.filters.rules},
      {"--geoip", &o.enrichment.geoip},
      {"--expect or --watch-file", &inventory}};
  for (const auto& [option, files] : inputs) {
    for (const std::string& file : *files) {
      if (same_file(*output.second, file))
        return fmt::format("{} {} would write over the file of {}", output.first, *output.second,
                           option);
    }
  }
  return {};
}

}  // namespace

std::string check_outputs_differ(const Options& o) {
  const std::vector<NamedFile> outputs{
      {"-w", &o.live.write},   {"--log", &o.log},           {"--events", &o.events},
      {"--report", &o.report}, {"--log-file", &o.log_file}, {"--state", &o.inventory.state}};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].second->empty() || *outputs[i].second == "-") continue;
    std::string wrong = overwritten_input(outputs[i], o);
    if (!wrong.empty()) return wrong;
    for (std::size_t j = 0; j < i; ++j) {
      const std::string &first = *outputs[j].second, &second = *outputs[i].second;
      if (first.empty() || first == "-") continue;
      if (same_file(first, second))
        return fmt::format("{} and {} both write to {}; give one of them another file",
                           outputs[j].first, outputs[i].first, second);
    }
  }
  return {};
}

std::vector<std::string> options_without_effect(const OptionDraft& draft) {
  const Options& o = draft.options;
  const ViewKind view = o.effective_view();
  // The keys of the screen switch to any view.
  const bool screen = o.screen || (o.read.empty() && view != ViewKind::Events);
  const auto other_view = [&](ViewKind kind) { return view != kind && !screen; };
  const bool by_line =
      view == ViewKind::Events || view == ViewKind::Netstat || view == ViewKind::None;
  const bool rewrites_report = o.read.empty() && !o.report.empty();
  const bool names = o.enrichment.resolve_names && !o.enrichment.no_names;
  const std::pair<bool, const char*> cases[] = {
      {draft.log_format && o.log.empty(), "--log-format has no effect without --log"},
      {o.report_format && o.report.empty(), "--report-format has no effect without --report"},
      {!o.ports.empty() && other_view(ViewKind::Clients),
       "--port has no effect without --view clients; a filter such as \"port 443\" or --show "
       "port:443 applies to all views"},
      {!o.dest.empty() && other_view(ViewKind::Clients),
       "--dest has no effect without --view clients"},
      {o.each && other_view(ViewKind::Endpoints), "--each has no effect without --view endpoints"},
      {o.time_unit && other_view(ViewKind::Timeline) && o.report.empty(),
       "--time-unit has no effect without --view timeline or --report"},
      {o.every && by_line && !screen && !rewrites_report,
       "--every has no effect on this view, which is not printed as a whole"},
      {draft.process && !o.read.empty(),
       "--process and --cmdline have no effect on a capture: processes are known only live"},
      {o.enrichment.dns_wait && !names, "--dns-wait has no effect without --resolve-names"},
      {!o.enrichment.dns_server.empty() && !names && o.filters.rules.empty(),
       "--dns-server has no effect without --resolve-names or --rules"}};
  std::vector<std::string> sentences = options_without_state(o.inventory);
  for (std::string& sentence : options_without_store(o.store))
    sentences.push_back(std::move(sentence));
  for (const auto& [without_effect, sentence] : cases) {
    if (without_effect) sentences.emplace_back(sentence);
  }
  return sentences;
}

}  // namespace synfin
