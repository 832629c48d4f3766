// Which command line asks which question. See synfin/store/questions.h.
#include "synfin/store/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "store/answer_output.h"
#include "store/question.h"
#include "store/report_answers.h"
#include "synfin/base/output_file.h"
#include "synfin/cli/option_parser.h"
#include "synfin/report/document.h"

namespace synfin {
namespace {

constexpr std::string_view kFoot =
    "\nExit status: 0 done; 1 the server refused or did not answer; 2 the command line was\n"
    "wrong. More: man synfin-store.\n";

Error usage(std::string message) { return {std::move(message), ErrorKind::Usage}; }

struct ReportCommand {
  QuestionOptions question;
  AnswerOutput output;
};

std::vector<OptionRow> report_rows(ReportCommand& c) {
  std::vector<OptionRow> rows = question_rows(c.question);
  constexpr std::string_view group = "Output";
  rows.push_back({group, "-o,--report", "write to FILE (default: standard output)",
                  text("FILE", c.output.path, Completion::File)});
  rows.push_back(
      {group, "--report-format", "{} (default: by the name of the output, else text)",
       choice<std::string>(
           "FORMAT", c.output.format,
           {{"text", "text"}, {"json", "json"}, {"csv", "csv"}, {"html", "html"}, {"md", "md"}})});
  return rows;
}

/// What a report from a store lacks.
Table limits_table() {
  return {.key = "store",
          .title = "Store",
          .note =
              "percentiles of handshake times are estimates by t-digests; idle timers, ports "
              "that run out and shifts of handshake times are not computed",
          .columns = {},
          .rows = {}};
}

Status write(const AnswerOutput& output, std::string text) {
  // Standard output may be a file that others write, too.
  auto file = OutputFile::open(output.path,
                               output.path == "-" ? OutputMode::Truncate : OutputMode::Replace);
  if (!file) return file.error();
  file->buffer() += text;
  file->commit();
  return file->close();
}

Result<int> run_report(int argc, const char* const* argv) {
  ReportCommand command;
  const std::vector<OptionRow> rows = report_rows(command);
  const auto words = parse_command(rows, argc, argv);
  if (!words) return words.error();
  if (command.question.help) {
    fmt::print("{}", help_text(rows,
                               "Usage: synfin report --from URL [OPTIONS]\n\n"
                               "Prints the report of what a store holds.\n",
                               kFoot));
    return 0;
  }
  if (command.question.from.empty() || !words->empty())
    return usage("usage: synfin report --from URL [OPTIONS]");
  if (command.output.format.empty() && command.output.path != "-") {
    if (const std::string wrong = check_report_name(command.output.path); !wrong.empty())
      return usage(wrong);
  }
  const auto scope = Scope::of(command.question);
  if (!scope) return scope.error();
  auto asker = Asker::open(command.question);
  if (!asker) return asker.error();
  auto answers = ask_for_report(*asker, *scope);
  if (!answers) return answers.error();
  command.output.utc = command.question.utc;
  RenderOptions render = command.output.render_options();
  const std::vector<Table> more{limits_table()};
  render.more = &more;
  PortNames ports;
  const Status written =
      write(command.output,
            render_report(
                command.output.report_format(), answers->capture,
                [&](std::size_t n) { return first_rows(answers->data, n); }, ports, render));
  if (!written) return written.error();
  return 0;
}

bool asks_store(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view word) {
    return word == "--from" || word.starts_with("--from=");
  });
}

}  // namespace

std::optional<Result<int>> run_question(int argc, const char* const* argv) {
  const std::string_view command = argv[0];
  if (command == "report") return run_report(argc, argv);
  if (!asks_store(argc, argv)) return std::nullopt;
  return std::nullopt;
}

}  // namespace synfin
