// See options_live.h.
#include "app/options_live.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <string_view>

#include "app/option_group.h"

namespace synfin {
namespace {

/// "10" is 10 000 000 bytes; "10k", "10M", "1G" count in powers of 1024.
bool parse_size(std::string_view text, std::uint64_t& bytes) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(parsed.ptr, static_cast<std::size_t>(text.end() - parsed.ptr));
  std::uint64_t factor = 1'000'000;
  if (unit == "k" || unit == "K") factor = 1 << 10;
  if (unit == "m" || unit == "M") factor = 1 << 20;
  if (unit == "g" || unit == "G") factor = 1 << 30;
  const bool known = unit.empty() || factor != 1'000'000;
  return parsed.ec == std::errc{} && known && number != 0 &&
         !__builtin_mul_overflow(number, factor, &bytes);
}

void add_file_options(CLI::App& app, LiveSettings& settings) {
  OptionGroup group(app, "Files that grow");
  group.value("-w,--write", settings.write, "write the packets that are used to FILE, as pcapng",
              "FILE");
  group
      ->add_option_function<std::string>(
          "-C",
          [&settings](const std::string& text) {
            if (!parse_size(text, settings.rotation.max_bytes))
              throw CLI::ValidationError(
                  "-C takes a size such as 10 (millions of bytes), 500k or 1G, not '" + text + "'");
          },
          "begin another file of -w and --log at this size: 10 (millions of bytes), 500k, 1G")
      ->type_name("SIZE");
  group
      .value("-G", settings.rotation.seconds,
             "begin another after so many seconds; FILE may hold strftime patterns", "SECONDS")
      ->check(CLI::PositiveNumber);
  group
      .value("-W", settings.rotation.max_files,
             "with -C, write over the first file after N; with -G, end after N files", "N")
      ->check(CLI::PositiveNumber);
}

}  // namespace

void add_live_options(CLI::App& app, LiveSettings& settings) {
  OptionGroup group(app, "Live capture");
  group.values("-i,--interface", settings.interfaces,
               "capture on NAME, or number of -D; repeatable (default: any)", "NAME");
  group.flag("-D,--list-interfaces", settings.list_interfaces,
             "list the interfaces to capture on and end");
  group
      .value("-s,--snapshot-length", settings.snap_length,
             "bytes kept of each packet (default: 512, what headers need)", "BYTES")
      ->check(CLI::Range(0u, 262'144u));
  group
      .value("-B,--buffer-size", settings.buffer_kib,
             "KiB of buffer in the kernel for each interface (default: 8192)", "KIB")
      ->check(CLI::Range(64u, 2'000'000u));
  group.flag("-p,--no-promiscuous-mode", settings.no_promiscuous, "only what is for this machine");
  group.flag("--immediate", settings.immediate, "packet by packet as they come, at a higher price");
  group.value("-Z,--user", settings.user,
              "as root, become USER (default: who called sudo, else synfin, else nobody)", "USER");
  add_file_options(app, settings);
}

std::string check_live_options(const LiveSettings& settings, bool logs, bool reads) {
  if (reads && !settings.interfaces.empty())
    return "packets come from -r or from -i, not from both";
  const RotationRules& rules = settings.rotation;
  if (rules.max_files != 0 && !rules.any())
    return "-W counts files of -C or -G, and neither is there";
  const bool file = (!settings.write.empty() && settings.write != "-") || logs;
  if (rules.any() && !file)
    return "-C and -G are for the files of -w and --log, and neither is there";
  return {};
}

}  // namespace synfin
