/// \file
/// Limits on the captured length of a packet; a larger value is damage.
#pragma once

#include <cstdint>

namespace synfin {

/// libpcap's MAXIMUM_SNAPLEN, four times the largest IPv4 packet: no capture program writes more
/// for network packets. A larger length is damage, and a reader that trusted it would skip the
/// records that follow.
inline constexpr std::uint32_t kMaxCaplen = 262'144;

/// The limit for savefiles of `linktype`, as in libpcap: USB and D-Bus messages may be larger.
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

/// The number of interfaces that Packet::interface can distinguish.
inline constexpr std::size_t kMaxInterfaces = 65'536;

}  // namespace synfin
