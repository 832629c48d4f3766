/// \file
/// OptionGroup: options under one heading of --help, each said at once with the word for its value.
/// Tested in tests/unit/app/options_test.cc.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

namespace synfin {

/// What options are read into must outlive the parsing.
class OptionGroup {
 public:
  OptionGroup(CLI::App& app, std::string title) : group_(app.add_option_group(std::move(title))) {}

  /// `word` is what --help calls the value: "FILE".
  template <typename Target>
  CLI::Option* value(std::string names, Target& target, std::string help, std::string word) {
    return group_->add_option(std::move(names), target, std::move(help))
        ->type_name(std::move(word));
  }
  /// May be given again and again, with one value each time.
  CLI::Option* values(std::string names, std::vector<std::string>& target, std::string help,
                      std::string word) {
    return value(std::move(names), target, std::move(help), std::move(word))
        ->allow_extra_args(false);
  }
  CLI::Option* flag(std::string names, bool& target, std::string help) {
    return group_->add_flag(std::move(names), target, std::move(help));
  }

  CLI::App* operator->() { return group_; }

 private:
  CLI::App* group_;
};

}  // namespace synfin
