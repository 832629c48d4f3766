// See option_checks.h.
#include "app/option_checks.h"

#include <utility>

#include "synfin/cli/setting_effects.h"

namespace synfin {

std::vector<NamedFile> output_files(const Options& o) {
  return {{"-w", o.live.write},   {"--log", o.log},           {"--events", o.events},
          {"--report", o.report}, {"--log-file", o.log_file}, {"--state", o.inventory.state}};
}

std::string check_outputs_differ(const Options& o, const std::string& config) {
  std::vector<NamedFile> inputs{
      {"-F", o.filter_file}, {"--publish-config", o.publish.properties}, {"--config", config}};
  const auto add = [&](const char* option, const std::vector<std::string>& files) {
    for (const std::string& file : files) inputs.emplace_back(option, file);
  };
  add("--read", o.read);
  add("--filter-file", o.filters.filter_files);
  add("--rules", o.filters.rules);
  add("--geoip", o.enrichment.geoip);
  add("--expect or --watch-file", o.inventory.inputs());
  std::vector<NamedFile> outputs = output_files(o);
  for (const char* const beside : {"-wal", "-shm"}) {
    if (!o.inventory.state.empty()) outputs.emplace_back("--state", o.inventory.state + beside);
  }
  return file_conflict(outputs, inputs);
}

std::vector<std::string> options_without_effect(const OptionDraft& draft,
                                                const std::vector<OptionSetting>& settings) {
  const Options& o = draft.options;
  const ViewKind view = o.effective_view();
  // The keys of the screen switch to any view.
  const bool screen = o.screen || (o.read.empty() && view != ViewKind::Events);
  const auto other_view = [&](ViewKind kind) { return view != kind && !screen; };
  const bool by_line =
      view == ViewKind::Events || view == ViewKind::Netstat || view == ViewKind::None;
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
      {o.every && by_line && !screen && !(o.read.empty() && !o.report.empty()),
       "--every has no effect on this view, which is not printed as a whole"},
      {draft.process && !o.read.empty(),
       "--process and --cmdline have no effect on a capture: processes are known only live"},
      {o.enrichment.dns_wait && !names, "--dns-wait has no effect without --resolve-names"},
      {!o.enrichment.dns_server.empty() && !names && o.filters.rules.empty(),
       "--dns-server has no effect without --resolve-names or --rules"}};
  const bool live = o.read.empty();
  const PacketScope scope = o.packets.value_or(live ? PacketScope::Control : PacketScope::All);
  std::vector<std::string> sentences = settings_without_effect(
      settings, kLiveGroup, {.live = live, .control_only = scope == PacketScope::Control});
  if (std::string sentence = publish_without_effect(o.publish); !sentence.empty())
    sentences.push_back(std::move(sentence));
  const bool viewed = view != ViewKind::None && !other_view(ViewKind::Inventory);
  for (const auto& more :
       {options_without_state(o.inventory, viewed), options_without_store(o.store)})
    sentences.insert(sentences.end(), more.begin(), more.end());
  for (const auto& [without_effect, sentence] : cases)
    if (without_effect) sentences.emplace_back(sentence);
  return sentences;
}

}  // namespace synfin
