// See path_command.h. Flow: captures → PacketSource → Decoder → Trace → compare_path() → renderer.
#include "synfin/path/path_command.h"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "path/path_confinement.h"
#include "path/render_path.h"
#include "synfin/base/diagnostics.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/base/seed.h"
#include "synfin/base/thread.h"
#include "synfin/capture/merged_source.h"
#include "synfin/capture/source_paths.h"
#include "synfin/cli/option_parser.h"
#include "synfin/decode/decoder.h"

namespace synfin {
namespace {

constexpr std::string_view kCommand = "synfin path";
constexpr std::string_view kHead =
    "Compares two captures of the same connections, made at two points of their path:\n"
    "what was lost, delayed, reset or rewritten between them.\n\n"
    "Usage: synfin path [OPTIONS] CLIENT SERVER\n\n"
    "CLIENT and SERVER are captures, or folders of captures, made beside the client\n"
    "and beside the server. Exit status: 0 nothing differs, 3 something does.\n";
constexpr std::string_view kFoot = "\nMore: man synfin-path.\n";
constexpr int kDiffers = 3;
constexpr std::size_t kBatch = 256;
constexpr std::size_t kDefaultWidth = 80;

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

/// Reads one capture. The sentences of `damages` say what of it could not be read.
Result<Trace> read_trace(const std::string& path, const PathQuery& query,
                         std::vector<std::string>& damages) {
  const auto paths = expand_sources({path});
  if (!paths) return paths.error();
  auto source = open_sources(*paths, {});
  if (!source) return source.error();
  Trace trace(query.max_packets, random_seed());
  Decoder decoder({.syn_options = true});
  std::vector<Packet> packets(kBatch);
  std::vector<Segment> segments(kBatch);
  while (!trace.full() && !(*source)->ended()) {
    const auto batch = std::span(packets).first((*source)->next_batch(packets));
    for (const Packet& packet : batch) trace.note_packet(packet.time);
    for (std::size_t i = 0, n = decoder.decode(batch, segments); i < n; ++i) {
      if (!trace.add(segments[i])) break;
    }
  }
  for (std::string& damage : (*source)->damages()) damages.push_back(std::move(damage));
  return Result<Trace>(std::move(trace));
}

RenderOptions render_options(const PathQuery& query) {
  RenderOptions render;
  winsize size{};
  const bool terminal = query.output == "-" && isatty(STDOUT_FILENO) == 1;
  const bool sized = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  render.width = sized ? size.ws_col : kDefaultWidth;
  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread exists
  const char* const no_color = std::getenv("NO_COLOR");
  render.color = terminal && (no_color == nullptr || *no_color == '\0');
  render.unicode = std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  // NOLINTEND(concurrency-mt-unsafe)
  render.zone = query.utc ? Zone::Utc : Zone::Local;
  return render;
}

std::string format_of(const PathQuery& query) {
  if (!query.format.empty()) return query.format;
  switch (report_format_of(query.output)) {
    case ReportFormat::Json:
      return "json";
    case ReportFormat::Markdown:
      return "md";
    default:
      return "text";
  }
}

std::string render(const PathQuery& query, const PathReport& report) {
  const std::string format = format_of(query);
  if (format == "json") return render_path_json(report);
  const RenderOptions options = render_options(query);
  const Document document = describe_path(report, query.rows, options);
  return format == "md" ? render_markdown(document) : render_text(document, options);
}

Status check_files(const PathQuery& query) {
  if (query.captures.size() != 2)
    return wrong_command(kCommand, "path takes two captures: synfin path CLIENT SERVER");
  if (query.captures[0] == "-" && query.captures[1] == "-")
    return usage("only one of the captures can be standard input");
  const ReportFormat named = report_format_of(query.output);
  const bool other = named == ReportFormat::Html || named == ReportFormat::Csv;
  if (query.format.empty() && (other || has_unknown_extension(query.output))) {
    return usage(fmt::format("-o {}: path writes text, json and md; choose one with --format",
                             query.output));
  }
  for (const std::string& capture : query.captures) {
    if (query.output != "-" && capture != "-" && same_file(query.output, capture))
      return usage(fmt::format("-o {} would write over a capture", query.output));
  }
  return Ok{};
}

Result<int> compare_captures(const PathQuery& query) {
  auto file = OutputFile::open(query.output,
                               query.output == "-" ? OutputMode::Truncate : OutputMode::Replace);
  if (!file) return file.error();
  std::vector<std::string> damages;
  auto client = read_trace(query.captures[kClient], query, damages);
  if (!client) return client.error();
  auto server = read_trace(query.captures[kServer], query, damages);
  if (!server) return server.error();
  PathReport report = compare_path(*client, *server, {.whole = query.whole});
  report.file = {query.captures[kClient], query.captures[kServer]};
  file->buffer() = render(query, report);
  file->commit();
  if (const Status closed = file->close(); !closed) return closed.error();
  for (const std::string& damage : damages) log(LogLevel::Warning, damage);
  if (!damages.empty()) return Error{"a capture is damaged; what was readable is compared"};
  if (!report.compared())
    return Error{"the captures have no connection in common, so no packet was compared"};
  return report.equal() ? 0 : kDiffers;
}

}  // namespace

std::vector<OptionRow> path_query_rows(PathQuery& q) {
  constexpr std::string_view group = "Options";
  return {
      {group, "--format", "{} (default: by the name of -o, else text); json is one object per line",
       choice<std::string>("FORMAT", q.format, {{"text", "text"}, {"json", "json"}, {"md", "md"}})},
      {group, "-o,--output", "write to FILE", text("FILE", q.output, Completion::File)},
      {group, "--whole", "judge all packets, as if either capture ran during all of the other one",
       flag(q.whole)},
      {group, "--rows", "connections that text and md list (default: 20)",
       number("N", q.rows, 0, 1'000'000, "rows")},
      {group, "--max-packets",
       "TCP packets of each capture that are compared, which bounds memory (default: 4000000)",
       number("N", q.max_packets, 1, 4'000'000'000, "packets")},
      {group, "--utc", "print times in UTC instead of local time", flag(q.utc)},
      {group, "-Z,--user", "root becomes USER before it reads",
       text("USER", q.user, Completion::User)},
      {group, "--sandbox", "limit system calls and files: {} (default: auto)",
       choice<SandboxMode>("MODE", q.sandbox,
                           {{"auto", SandboxMode::Auto},
                            {"strict", SandboxMode::Strict},
                            {"off", SandboxMode::Off}})},
      {group, "-h,--help", "print this help and exit", flag(q.help)},
  };
}

Result<int> run_path_command(int argc, const char* const* argv) {
  PathQuery query;
  const std::vector<OptionRow> table = path_query_rows(query);
  auto words = parse_command(kCommand, table, argc, argv);
  if (!words) return words.error();
  if (query.help) return print_text(help_text(table, kHead, kFoot));
  query.captures = std::move(*words);
  if (const Status usable = check_files(query); !usable) return usable.error();
  const Status diagnostics = open_diagnostics({});
  if (!diagnostics) return diagnostics.error();
  if (!query.user.empty() && !running_as_root())
    log(LogLevel::Warning, "-Z has no effect: only root can become another user");
  const auto helpers = confine_path_command(query);
  if (!helpers) return helpers.error();
  enter_thread_role(ThreadRole::Main);
  return compare_captures(query);
}

}  // namespace synfin
