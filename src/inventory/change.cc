// See change.h.
#include "synfin/inventory/change.h"

#include <array>

namespace synfin {

std::string_view to_string(ChangeKind kind) {
  constexpr std::array<std::string_view, kChangeKinds> kNames = {
      "new_host",    "new_port", "closed",      "reopened",      "silent",
      "unreachable", "gone",     "new_process", "first_contact", "moved"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(PortState state) {
  constexpr std::array<std::string_view, kPortStates> kNames = {
      "unknown", "provisional", "open", "closed", "silent", "unreachable", "gone"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace synfin
