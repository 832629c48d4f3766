// See file_conflict.h.
#include "synfin/cli/file_conflict.h"

#include <fmt/format.h>

#include "synfin/base/output_file.h"

namespace synfin {
namespace {

bool is_file(const NamedFile& named) { return !named.second.empty() && named.second != "-"; }

}  // namespace

std::string file_conflict(const std::vector<NamedFile>& outputs,
                          const std::vector<NamedFile>& inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [option, file] = outputs[i];
    if (!is_file(outputs[i])) continue;
    for (const NamedFile& input : inputs) {
      if (is_file(input) && same_file(file, input.second))
        return fmt::format("{} {} would write over the file of {}", option, file, input.first);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (is_file(outputs[j]) && same_file(outputs[j].second, file))
        return fmt::format("{} and {} both write to {}; give one of them another file",
                           outputs[j].first, option, file);
    }
  }
  return {};
}

}  // namespace synfin
