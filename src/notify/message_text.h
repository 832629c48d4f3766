/// \file
/// The parts of a message as harmless text, which the renderers arrange.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "notify/channel.h"
#include "notify/message.h"

namespace synfin {

/// Without control and invisible characters, and at most `max` bytes long.
std::string plain(std::string_view text, std::size_t max = 1000);

/// The beginning of a harmless text, without a character that is cut.
std::string clipped(const std::string& text, std::size_t max);

/// "[office] New host 192.0.2.1 with 2 open ports".
std::string full_title(const Message& message, const Channel& channel);

struct LabelledText {
  std::string label, text;
};
/// The facts, then time and id.
std::vector<LabelledText> labelled_facts(const Message& message);

/// The first lines whose sizes, with `each` more bytes per line, add up to `budget` at most, and a
/// sentence about the others.
std::vector<std::string> lines_within(const Message& message, std::size_t budget,
                                      std::size_t each = 1);

}  // namespace synfin
