/// \file
/// Reads arbitrary text as a rules file. The text behind the first line that begins with "%%" is
/// matched with the rules; without names, processes and states, a section matches by addresses
/// only.
#include "support/fuzz_input.h"
#include "synfin/filter/filter_rules.h"

using namespace synfin;
using fuzz::require;

namespace {

LocalView view_of(std::string_view text) {
  LocalView view;
  view.local = {Address::from_v4(0xC0000201), 40000};
  view.remote = {Address::from_v4(0xC6336402), 443};
  std::string_view* const fields[] = {&view.exe,        &view.cmdline,     &view.user,
                                      &view.local_name, &view.remote_name, &view.state};
  for (std::string_view* field : fields) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    *field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  view.pid = static_cast<std::uint32_t>(text.size());
  return view;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  const std::string_view text = fuzz::text_of({data, size});
  const std::size_t end = std::min(text.find("%%"), size);
  const fuzz::MemoryFile file({data, end});
  for (const bool resolve : {false, true}) {
    const auto rules = FilterRules::read(file.path(), resolve);
    const auto again = FilterRules::read(file.path(), resolve);
    require(rules.ok() == again.ok(), "a file is right or wrong each time");
    if (!rules) {
      require(rules.error().kind == ErrorKind::Usage, "a wrong rules file is a wrong usage");
      require(rules.error().message.starts_with(file.path()), "the sentence names the file");
      continue;
    }
    const LocalView view = view_of(text.substr(std::min(end + 2, size)));
    require(rules->hides(view) == again->hides(view), "equal rules hide the same");
    require(rules->host_names() == again->host_names(), "equal rules name the same hosts");
    if (!rules->needs_processes()) {
      LocalView other = view;
      other.exe = other.cmdline = {};
      require(rules->hides(other) == rules->hides(view), "no rule reads the process");
    }
  }
  return 0;
}
