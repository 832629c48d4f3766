// Prints the table of options for tools/options, one line per option with these fields between
// tabs: group, names, value, repeatable (0 or 1), completion, choices (between blanks), help.
#include <cstdio>
#include <string>

#include "app/option_table.h"

int main() {
  constexpr const char* kCompletions[] = {"none", "file", "interface", "user", "words"};
  synfin::OptionDraft draft;
  for (const synfin::OptionRow& row : synfin::option_table(draft)) {
    std::string choices;
    for (const std::string& choice : row.value.choices)
      choices += (choices.empty() ? "" : " ") + choice;
    std::printf("%s\t%s\t%s\t%d\t%s\t%s\t%s\n", std::string(row.group).c_str(),
                std::string(row.names).c_str(), row.value.word.c_str(), row.value.repeatable,
                kCompletions[static_cast<int>(row.value.completion)], choices.c_str(),
                row.help_sentence().c_str());
  }
}
