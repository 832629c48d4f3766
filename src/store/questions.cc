// The subcommands that query a store. See synfin/store/questions.h.
#include "synfin/store/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "store/answer_output.h"
#include "store/inventory_answers.h"
#include "store/question.h"
#include "store/report_answers.h"
#include "store/sensor_answers.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/cli/option_parser.h"
#include "synfin/enrich/address_book.h"
#include "synfin/inventory/inventory_command.h"
#include "synfin/report/diff_command.h"
#include "synfin/report/document.h"
#include "synfin/sandbox/privileges.h"

namespace synfin {
namespace {

constexpr std::string_view kFoot =
    "\nExit status: 0 done; 1 the server refused or did not answer; 2 the command line was\n"
    "wrong. More: man synfin-report.\n";

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

/// A note about what a report from a store lacks.
Table limits_table() {
  return {.key = "store",
          .title = "Store",
          .note =
              "percentiles of handshake times are within 1.1 %; idle timers, ports that run out "
              "and shifts of handshake times are not computed, because they need single "
              "connections instead of the sums that a store keeps",
          .columns = {},
          .rows = {}};
}

/// Standard output may be a file that others write, too. root gives up its rights before the first
/// write, and could then replace no file.
Result<OutputFile> open_output(const AnswerOutput& output) {
  return OutputFile::open(output.path, output.path == "-" || running_as_root()
                                           ? OutputMode::Truncate
                                           : OutputMode::Replace);
}

Result<int> run_report(int argc, const char* const* argv) {
  ReportCommand command;
  const std::vector<OptionRow> rows = report_rows(command);
  const auto words = parse_command("synfin report", rows, argc, argv);
  if (!words) return words.error();
  if (command.question.help)
    return print_text(help_text(rows,
                                "Usage: synfin report --from URL [OPTIONS]\n\n"
                                "Prints the report of what a store holds.\n",
                                kFoot));
  if (command.question.from.empty() || !words->empty())
    return usage("usage: synfin report --from URL [OPTIONS]");
  if (command.output.format.empty() && command.output.path != "-") {
    if (const std::string wrong = check_report_name(command.output.path); !wrong.empty())
      return usage(wrong);
  }
  const auto scope = Scope::of(command.question);
  if (!scope) return scope.error();
  auto asker = Asker::open(command.question, {.path = command.output.path});
  if (!asker) return asker.error();
  auto file = open_output(command.output);
  if (!file) return file.error();
  auto answers = ask_for_report(*asker, *scope);
  if (!answers) return answers.error();
  command.output.utc = command.question.utc;
  RenderOptions render = command.output.render_options();
  const std::vector<Table> more{sensors_table(answers->sensors), limits_table()};
  render.more = &more;
  AddressBook book{GeoIpOptions{}};
  for (auto& [address, about] : answers->about) book.learn(address, std::move(about));
  render.book = &book;
  PortNames ports;
  file->buffer() += render_report(
      command.output.report_format(), answers->capture,
      [&](std::size_t n) { return first_rows(answers->data, n); }, ports, render);
  file->commit();
  if (const Status written = file->close(); !written) return written.error();
  return 0;
}

/// A file that is replaced after the queries.
AnswerFile answer_file(const std::string& path) {
  return {.path = path, .is_opened_later = path != "-"};
}

/// "2026-03-01..2026-03-02", with either time left out.
Result<Scope> scope_between(const QuestionOptions& question, const std::string& range) {
  const std::size_t dots = range.find("..");
  if (dots == range.npos) {
    return usage(fmt::format(
        "with --from, synfin diff compares ranges of time such as 2026-03-01..2026-03-02, not '{}'",
        range));
  }
  QuestionOptions part = question;
  part.since_text = range.substr(0, dots);
  part.until_text = range.substr(dots + 2);
  return Scope::of(part);
}

Result<std::string> json_report(Asker& asker, const QuestionOptions& question,
                                const std::string& range) {
  const auto scope = scope_between(question, range);
  if (!scope) return scope.error();
  const auto answers = ask_for_report(asker, *scope);
  if (!answers) return answers.error();
  PortNames ports;
  return render_report(ReportFormat::Json, answers->capture,
                       [&](std::size_t n) { return first_rows(answers->data, n); }, ports, {});
}

/// The options of `synfin diff` and those of a question, of which the ranges replace the times.
std::vector<OptionRow> diff_question_rows(QuestionOptions& question, DiffQuery& query) {
  std::vector<OptionRow> rows = diff_rows(query);
  for (OptionRow& row : question_rows(question)) {
    const auto has_name = [&](const OptionRow& other) { return other.name() == row.name(); };
    const bool is_time = row.name() == "--since" || row.name() == "--until";
    if (!is_time && std::none_of(rows.begin(), rows.end(), has_name))
      rows.push_back(std::move(row));
  }
  return rows;
}

Result<int> run_diff(int argc, const char* const* argv) {
  QuestionOptions question;
  DiffQuery query;
  const std::vector<OptionRow> rows = diff_question_rows(question, query);
  const auto words = parse_command("synfin diff", rows, argc, argv);
  if (!words) return words.error();
  if (query.help)
    return print_text(help_text(rows,
                                "Usage: synfin diff --from URL [OPTIONS] BEFORE AFTER\n\n"
                                "Prints what differs between two ranges of time of a store, such "
                                "as\n2026-03-01..2026-03-02.\n",
                                "\nMore: man synfin-diff.\n"));
  if (words->size() != 2)
    return usage("usage: synfin diff --from URL [OPTIONS] SINCE..UNTIL SINCE..UNTIL");
  query.before = (*words)[0];
  query.after = (*words)[1];
  question.utc = query.utc;
  question.sandbox = query.sandbox;
  for (const std::string& range : *words) {
    if (const auto scope = scope_between(question, range); !scope) return scope.error();
  }
  std::optional<Asker> asker;
  return run_diff_query(
      query,
      {.confine = [&](const DiffQuery&) -> Status {
         auto opened = Asker::open(question, answer_file(query.output));
         if (!opened) return opened.error();
         asker.emplace(std::move(*opened));
         return Ok{};
       },
       .read = {},
       .report = [&](const std::string& range) { return json_report(*asker, question, range); }});
}

/// The options of `synfin inventory` without --state, and those of a question.
std::vector<OptionRow> inventory_question_rows(QuestionOptions& question, InventoryQuery& query) {
  std::vector<OptionRow> rows = inventory_query_rows(query);
  std::erase_if(rows, [](const OptionRow& row) { return row.name() == "--state"; });
  for (OptionRow& row : question_rows(question)) {
    const auto has_name = [&](const OptionRow& other) { return other.name() == row.name(); };
    if (std::none_of(rows.begin(), rows.end(), has_name)) rows.push_back(std::move(row));
  }
  return rows;
}

Result<int> run_inventory(int argc, const char* const* argv) {
  QuestionOptions question;
  InventoryQuery query;
  const std::vector<OptionRow> rows = inventory_question_rows(question, query);
  const auto words = parse_command("synfin inventory", rows, argc, argv);
  if (!words) return words.error();
  if (query.help)
    return print_text(help_text(rows,
                                "Usage: synfin inventory --from URL [OPTIONS] [HOST|CIDR]\n\n"
                                "Prints which hosts and ports the sensors of a store saw.\n",
                                "\nMore: man synfin-inventory.\n"));
  question.utc = query.utc;
  question.ports = query.ports;
  const auto scope = Scope::of(question);
  if (!scope) return scope.error();
  auto asker = Asker::open(question, answer_file(query.output));
  if (!asker) return asker.error();
  const Status done = run_inventory_query(
      std::move(query), *words,
      {.load = [&](Inventory& inventory) { return ask_for_ports(*asker, *scope, inventory); },
       .changes =
           [&](std::optional<Timestamp> since) { return ask_for_changes(*asker, *scope, since); }});
  if (!done) return done.error();
  return 0;
}

bool asks_store(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc, [](std::string_view word) {
    return word == "--from" || word.starts_with("--from=");
  });
}

}  // namespace

std::vector<OptionRow> report_option_rows() {
  static ReportCommand command;
  return report_rows(command);
}

std::optional<Result<int>> run_question(int argc, const char* const* argv) {
  const std::string_view command = argv[0];
  if (command == "report") return run_report(argc, argv);
  if (command == "inventory" && asks_store(argc, argv)) return run_inventory(argc, argv);
  if (command == "diff" && asks_store(argc, argv)) return run_diff(argc, argv);
  return std::nullopt;
}

}  // namespace synfin
