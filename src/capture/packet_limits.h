/// \file
/// How large a captured packet may claim to be before the claim is damage.
#pragma once

#include <cstdint>

namespace synfin {

/// libpcap's MAXIMUM_SNAPLEN: no capture tool writes more for a network's packets (four times the
/// largest IP packet, and half of Linux's BIG TCP). A larger claim is a damaged length, and
/// believing it would swallow the records behind it.
inline constexpr std::uint32_t kMaxCaplen = 262'144;

/// The same for savefiles of `linktype`: USB and D-Bus messages are larger, as libpcap knows too.
constexpr std::uint32_t max_caplen(std::uint16_t linktype) {
  switch (linktype) {
    case 189:  // USB_LINUX
    case 220:  // USB_LINUX_MMAPPED
    case 231:  // DBUS
    case 249:  // USBPCAP
    case 266:  // USB_DARWIN
      return 128U << 20;
    case 279:  // EBHSCR
      return 8U << 20;
    default:
      return kMaxCaplen;
  }
}

/// How many interfaces a run can tell apart: as many as Packet::interface holds.
inline constexpr std::size_t kMaxInterfaces = 65'536;

}  // namespace synfin
