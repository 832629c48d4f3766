// See options_live.h.
#include "app/options_live.h"

#include <fmt/format.h>

#include <limits>

#include "app/option_table.h"

namespace synfin {
std::vector<OptionRow> live_rows(LiveSettings& s) {
  constexpr std::string_view group = kLiveGroup;
  return {
      {group, "-i,--interface",
       "capture on NAME, or on a number that -D prints; repeatable (default: any)",
       list("NAME", s.interfaces, Completion::Interface), "--read"},
      {group, "-D,--list-interfaces", "list the interfaces and exit", flag(s.list_interfaces)},
      {group, "-s,--snapshot-length",
       "bytes captured of each packet (default: 512, enough for the headers; whole packets for "
       "--verify-checksums, and for -w with --packets all)",
       number("BYTES", s.snap_length, 0, 262'144, "bytes")},
      {group, "-B,--buffer-size", "kernel buffer of each interface in KiB (default: 8192)",
       number("KIB", s.buffer_kib, 64, 2'000'000, "KiB")},
      {group, "-p,--no-promiscuous-mode", "capture only packets addressed to this host",
       flag(s.no_promiscuous)},
      {group, "--immediate", "deliver each packet at once, at a higher cost", flag(s.immediate)},
      {group, "-Z,--user",
       "when root: change to USER (default: the user who called sudo, else synfin, else nobody)",
       text("USER", s.user, Completion::User)},
  };
}

std::vector<OptionRow> rotation_rows(LiveSettings& s) {
  constexpr std::string_view group = "Packet files and rotation";
  RotationRules& r = s.rotation;
  return {
      {group, "-w,--write", "write the packets that are used to FILE, as pcapng",
       text("FILE", s.write, Completion::File)},
      {group, "-C",
       "start a new file of -w and --log at this size: 10 (millions of bytes), 500k, 1G",
       byte_size("SIZE", r.max_bytes)},
      {group, "-G",
       "start a new file of -w and --log after this many seconds; FILE may contain strftime(3) "
       "patterns",
       number("SECONDS", r.seconds, 1, std::numeric_limits<std::int32_t>::max(), "seconds")},
      {group, "-W", "with -C: overwrite the first file after N; with -G: exit after N files",
       number("N", r.max_files, 1, std::numeric_limits<std::uint32_t>::max(), "files")},
  };
}

std::string check_live_options(const LiveSettings& settings, const std::string& log, bool reads) {
  if (reads && !settings.interfaces.empty())
    return "-r and -i exclude each other: packets come from files or from interfaces";
  const RotationRules& rules = settings.rotation;
  if (rules.max_files != 0 && !rules.any())
    return "-W limits the number of files of -C or -G: give one of them, too";
  bool file = false;
  for (const std::string& name : {settings.write, log}) {
    if (name.empty() || name == "-") continue;
    file = true;
    const std::string fault = rules.seconds != 0 ? fault_of_time_pattern(name) : "";
    if (!fault.empty()) return fmt::format("-G: the name {} {}", name, fault);
  }
  if (rules.any() && !file)
    return "-C and -G rotate the files of -w and --log: name one of them, too";
  return {};
}

}  // namespace synfin
