// See diff_command.h.
#include "synfin/report/diff_command.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "report/diff_render.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/cli/file_conflict.h"
#include "synfin/cli/option_parser.h"
#include "synfin/report/render.h"

namespace synfin {
namespace {

constexpr std::string_view kCommand = "synfin diff";
constexpr std::string_view kHead =
    "Prints what differs between two reports (JSON), captures or connection logs.\n\n"
    "Usage: synfin diff [OPTIONS] BEFORE AFTER\n"
    "       synfin diff --from URL [OPTIONS] SINCE..UNTIL SINCE..UNTIL\n\n"
    "Lists pairs of originator and service that are new, gone, failing, working\n"
    "again, slower, or fail for another cause; hosts and services that are new or\n"
    "gone; and volume that the time span does not explain. Differences that chance\n"
    "explains are not listed. --from URL --help lists the options for a store.\n"
    "Exit status: 0 no difference; 1 error or damage; 2 wrong command line; 3 differences;\n"
    "4 no difference is certain, because a report does not list all pairs.\n";
constexpr std::string_view kFoot = "\nMore: man synfin-diff.\n";
constexpr std::size_t kMaxIgnore = std::size_t{16} << 20;
/// A report of 1000 rows in each table has some hundred kilobytes.
constexpr std::size_t kMaxReport = std::size_t{256} << 20;
constexpr int kDifferences = 3, kUndecided = 4;

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

Error unreadable(const std::string& path) {
  return {fmt::format("cannot read {}: {}", path, errno_text())};
}

/// Options may be before, between and after the two inputs.
Status parse(int argc, const char* const* argv, DiffQuery& query) {
  const std::vector<OptionRow> table = diff_rows(query);
  const auto parsed = parse_command(kCommand, table, argc, argv);
  if (!parsed) return parsed.error();
  const std::vector<std::string>& words = *parsed;
  if (query.help) return Ok{};
  if (words.size() != 2)
    return wrong_command(kCommand, "synfin diff compares two inputs: synfin diff BEFORE AFTER");
  if (words[0] == "-" || words[1] == "-")
    return usage("synfin diff reads files, not standard input");
  query.before = words[0];
  query.after = words[1];
  return Ok{};
}

/// Fails if the name of the output is that of a format that synfin diff does not write.
Status check_output_name(const DiffQuery& query) {
  if (!query.format.empty() || check_report_name(query.output).empty()) return Ok{};
  return usage(
      fmt::format("-o writes .txt, .json, .html and .md files, not '{}'; --format chooses the "
                  "format of other names",
                  query.output));
}

ReportFormat format_of(const DiffQuery& query) {
  if (!query.format.empty()) return parse_report_format(query.format).value_or(ReportFormat::Text);
  return query.output == "-" ? ReportFormat::Text : report_format_of(query.output);
}

Result<DiffSide> side_of(const std::string& report, const std::string& name) {
  auto side = read_report(report);
  if (!side) return Error{fmt::format("{}: {}", name, side.error().message)};
  side->name = name;
  return side;
}

/// Appends to `damages` what of the input could not be read.
Result<DiffSide> read_side(const std::string& path, const DiffRun& run,
                           std::vector<std::string>& damages) {
  if (run.report) {
    const auto report = run.report(path);
    if (!report) return report.error();
    return side_of(*report, path);
  }
  constexpr std::size_t kHeadSize = 256;
  struct stat about {};
  if (!input_status(path, about)) return unreadable(path);
  if (S_ISREG(about.st_mode)) {
    const auto head = read_input(path, kHeadSize);
    if (!head) return unreadable(path);
    if (is_report(*head)) {
      const auto text = read_whole_input(path, kMaxReport);
      if (!text) return unreadable(path);
      return side_of(*text, path);
    }
  }
  DiffSide side;
  side.name = path;
  auto read = run.read(path, std::make_unique<DiffSink>(side));
  if (!read) return read.error();
  for (std::string& damage : *read) damages.push_back(std::move(damage));
  return Result<DiffSide>(std::move(side));
}

RenderOptions render_options(const DiffQuery& query) {
  RenderOptions render;
  winsize size{};
  const bool terminal = query.output == "-" && isatty(STDOUT_FILENO) == 1;
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) render.width = size.ws_col;
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists
  const char* const no_color = std::getenv("NO_COLOR");
  render.color = terminal && (no_color == nullptr || *no_color == '\0');
  render.unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  // NOLINTEND(concurrency-mt-unsafe)
  render.zone = query.utc ? Zone::Utc : Zone::Local;
  return render;
}

std::string rendered(ReportFormat format, const Diff& diff, const Document& document,
                     const RenderOptions& render) {
  switch (format) {
    case ReportFormat::Json:
      return render_diff_json(diff);
    case ReportFormat::Html:
      return render_html(document);
    case ReportFormat::Markdown:
      return render_markdown(document);
    default:
      return render_text(document, render);
  }
}

Result<IgnoreList> read_ignore_list(const std::string& path) {
  if (path.empty()) return IgnoreList();
  const auto text = read_whole_input(path, kMaxIgnore);
  if (!text) return unreadable(path);
  auto list = IgnoreList::parse(*text);
  if (!list) return Error{fmt::format("{}: {}", path, list.error().message)};
  return list;
}

}  // namespace

std::vector<OptionRow> diff_rows(DiffQuery& q) {
  constexpr std::string_view group = "Options";
  return {
      {group, "--format",
       "{} (default: by the name of the output, else text); json is one object per line",
       choice<std::string>("FORMAT", q.format,
                           {{"text", "text"}, {"json", "json"}, {"html", "html"}, {"md", "md"}})},
      {group, "-o,--output", "write to FILE", text("FILE", q.output, Completion::File)},
      {group, "--ignore", "leave out the addresses, CIDRs and pairs that FILE lists",
       text("FILE", q.ignore, Completion::File)},
      {group, "--all", "list every pair that only one input has, however rarely it is used",
       flag(q.all)},
      {group, "--sandbox", "limit system calls and files: {} (default: auto)",
       choice<std::string>("MODE", q.sandbox,
                           {{"auto", "auto"}, {"strict", "strict"}, {"off", "off"}})},
      {group, "--utc", "print times in UTC instead of local time", flag(q.utc)},
      {group, "-h,--help", "print this help and exit", flag(q.help)},
  };
}

Result<int> run_diff_command(int argc, const char* const* argv, const DiffRun& run) {
  DiffQuery query;
  if (const Status parsed = parse(argc, argv, query); !parsed) return parsed.error();
  if (query.help) return print_text(help_text(diff_rows(query), kHead, kFoot));
  return run_diff_query(query, run);
}

Result<int> run_diff_query(const DiffQuery& query, const DiffRun& run) {
  if (const Status named = check_output_name(query); !named) return named.error();
  const ReportFormat format = format_of(query);
  if (format == ReportFormat::Csv)
    return usage("synfin diff writes text, JSON, HTML or Markdown: choose one with --format");
  const std::string conflict =
      file_conflict({{"--output", query.output}},
                    {{"BEFORE", query.before}, {"AFTER", query.after}, {"--ignore", query.ignore}});
  if (!conflict.empty()) return usage(conflict);
  if (const Status confined = run.confine(query); !confined) return confined.error();
  const auto ignore = read_ignore_list(query.ignore);
  if (!ignore) return ignore.error();
  // Standard output may be a file that others write, too.
  auto file = OutputFile::open(query.output,
                               query.output == "-" ? OutputMode::Truncate : OutputMode::Replace);
  if (!file) return file.error();
  std::vector<std::string> damages;
  auto before = read_side(query.before, run, damages);
  if (!before) return before.error();
  auto after = read_side(query.after, run, damages);
  if (!after) return after.error();
  const Diff diff =
      compare(*before, *after, *ignore, query.all ? DiffScope::All : DiffScope::Proven);
  PortNames ports;
  const RenderOptions render = render_options(query);
  RenderOptions layout = render;
  if (format != ReportFormat::Text) layout.width = 0;
  file->buffer() +=
      rendered(format, diff, describe_diff(diff, *before, *after, ports, layout), render);
  file->commit();
  if (const Status closed = file->close(); !closed) return closed.error();
  for (const std::string& damage : damages) log(LogLevel::Warning, damage);
  if (!damages.empty()) return Error{"an input is damaged; what was readable is compared"};
  if (!diff.rows.empty()) return kDifferences;
  return diff.undecided != 0 ? kUndecided : 0;
}

}  // namespace synfin
