// Prints the tables of options for tools/options, one line per option with these fields between
// tabs: subcommand (empty for a run), group, names, value, repeatable (0 or 1), completion, choices
// (between blanks), help.
#include <cstdio>
#include <string>
#include <vector>

#include "app/option_table.h"
#include "synfin/notify/commands.h"
#include "synfin/path/path_command.h"
#include "synfin/store/query_commands.h"
#include "synfin/store/store.h"

namespace {

void print(const char* command, const std::vector<synfin::OptionRow>& table) {
  constexpr const char* kCompletions[] = {"none", "file", "interface", "user", "words"};
  for (const synfin::OptionRow& row : table) {
    std::string choices;
    for (const std::string& choice : row.value.choices)
      choices += (choices.empty() ? "" : " ") + choice;
    std::printf("%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", command, std::string(row.group).c_str(),
                std::string(row.names).c_str(), row.value.word.c_str(), row.value.repeatable,
                kCompletions[static_cast<int>(row.value.completion)], choices.c_str(),
                row.help_sentence().c_str());
  }
}

}  // namespace

int main() {
  synfin::OptionDraft draft;
  print("", synfin::option_table(draft));
  print("diff", synfin::diff_option_rows());
  print("report", synfin::report_option_rows());
  print("connections", synfin::connections_option_rows());
  print("inventory", synfin::inventory_option_rows());
  synfin::NotifyTestQuery test;
  print("notify test", synfin::notify_test_rows(test));
  print("config check", synfin::option_table(draft));
  synfin::ImportQuery imported;
  print("config import", synfin::config_import_rows(imported));
  synfin::StoreInitQuery init;
  print("store init", synfin::store_init_rows(init));
  print("store import", synfin::option_table(draft));
  synfin::PathQuery path;
  print("path", synfin::path_query_rows(path));
}
