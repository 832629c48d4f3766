// Prints a table of options for tools/options, one line per option with these fields between tabs:
// group, names, value, repeatable (0 or 1), completion, choices (between blanks), help.
//     option_list [path]     the options of a run, or those of `synfin path`
#include <cstdio>
#include <string>
#include <string_view>

#include "app/option_table.h"
#include "synfin/path/path_command.h"

namespace {

void print(const std::vector<synfin::OptionRow>& table) {
  constexpr const char* kCompletions[] = {"none", "file", "interface", "user", "words"};
  for (const synfin::OptionRow& row : table) {
    std::string choices;
    for (const std::string& choice : row.value.choices)
      choices += (choices.empty() ? "" : " ") + choice;
    std::printf("%s\t%s\t%s\t%d\t%s\t%s\t%s\n", std::string(row.group).c_str(),
                std::string(row.names).c_str(), row.value.word.c_str(), row.value.repeatable,
                kCompletions[static_cast<int>(row.value.completion)], choices.c_str(),
                row.help_sentence().c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  synfin::OptionDraft draft;
  synfin::PathQuery path;
  const bool is_path = argc > 1 && std::string_view(argv[1]) == "path";
  print(is_path ? synfin::path_query_rows(path) : synfin::option_table(draft));
}
