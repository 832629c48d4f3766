// See say.h.
#include "synfin/app/say.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "synfin/base/escape.h"

namespace synfin {

void say(std::string_view sentence) {
  std::string text;
  append_plain(text, sentence);
  fmt::print(stderr, "synfin: {}\n", text);
}

}  // namespace synfin
