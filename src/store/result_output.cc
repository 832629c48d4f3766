// See result_output.h.
#include "store/result_output.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace synfin {

ReportFormat ResultOutput::report_format() const {
  if (!format.empty()) return parse_report_format(format).value_or(ReportFormat::Text);
  return path == "-" ? ReportFormat::Text : report_format_of(path);
}

RenderOptions ResultOutput::render_options() const {
  RenderOptions render;
  winsize size{};
  const bool terminal = path == "-" && isatty(STDOUT_FILENO) == 1;
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) render.width = size.ws_col;
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists
  const char* const no_color = std::getenv("NO_COLOR");
  render.color = terminal && (no_color == nullptr || *no_color == '\0');
  render.unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  // NOLINTEND(concurrency-mt-unsafe)
  render.zone = utc ? Zone::Utc : Zone::Local;
  return render;
}

}  // namespace synfin
