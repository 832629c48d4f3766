/// \file
/// Reads arbitrary text as a JSON report and compares it with itself and with an empty one, as
/// `synfin diff` does. A report does not differ from itself, and each output has its form.
#include "report/diff.h"
#include "report/diff_render.h"
#include "support/fuzz_input.h"
#include "support/output_checks.h"

using namespace synfin;
using fuzz::require;

namespace {

Diff check_diff(const DiffSide& before, const DiffSide& after) {
  Diff diff = compare(before, after, IgnoreList(), DiffScope::All);
  fuzz::check_json_lines(render_diff_json(diff));
  PortNames ports;
  RenderOptions options;
  options.zone = Zone::Utc;
  const Document document = describe_diff(diff, before, after, ports, options);
  fuzz::check_text(render_text(document, options));
  fuzz::check_text(render_markdown(document));
  fuzz::check_html(render_html(document));
  return diff;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto side = read_report(fuzz::text_of({data, size}));
  if (!side) {
    require(!side.error().message.empty(), "an error has a reason");
    return 0;
  }
  side->name = "report.json";
  require(check_diff(*side, *side).rows.empty(), "a report does not differ from itself");
  DiffSide empty;
  empty.name = "empty.json";
  empty.from_report = true;
  check_diff(empty, *side);
  check_diff(*side, empty);
  return 0;
}
