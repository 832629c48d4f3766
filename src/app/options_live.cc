// See options_live.h.
#include "synfin/app/options_live.h"

#include <CLI/CLI.hpp>

namespace synfin {

void add_live_options(CLI::App& app, LiveSettings& settings) {
  const auto group = app.add_option_group("Live capture");
  group
      ->add_option("-i,--interface", settings.interfaces,
                   "capture on NAME, or number of -D; repeatable (default: any)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  group->add_flag("-D,--list-interfaces", settings.list_interfaces,
                  "list the interfaces to capture on and end");
  group
      ->add_option("-s,--snapshot-length", settings.snap_length,
                   "bytes kept of each packet (default: 512, what headers need)")
      ->type_name("BYTES")
      ->check(CLI::Range(0u, 262'144u));
  group
      ->add_option("-B,--buffer-size", settings.buffer_kib,
                   "KiB of buffer in the kernel for each interface (default: 8192)")
      ->type_name("KIB")
      ->check(CLI::Range(64u, 2'000'000u));
  group->add_flag("-p,--no-promiscuous-mode", settings.no_promiscuous,
                  "only what is for this machine");
  group->add_flag("--immediate", settings.immediate,
                  "packet by packet as they come, at a higher price");
}

}  // namespace synfin
