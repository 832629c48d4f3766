// open_sources() of merged_source.h.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "synfin/base/input_file.h"
#include "synfin/capture/merged_source.h"

namespace synfin {
namespace {

/// The number of simultaneously open sources that get full-size buffers and threads. Further ones
/// get small buffers and no thread, to limit memory.
constexpr std::size_t kMaxFullSize = 4;
constexpr std::size_t kSmallChunk = 32 * 1024;

SavefileOptions options_beside(SavefileOptions options, std::size_t open_beside) {
  options.first_interface = 0;
  if (open_beside < kMaxFullSize) return options;
  options.second_thread = false;
  options.chunk_size = std::min(options.chunk_size, kSmallChunk);
  return options;
}

/// The time at which the first packet of `source` is due (see MergedSource); empty if it has none.
std::optional<Timestamp> first_due(PacketSource& source) {
  std::optional<Timestamp> first;
  std::array<Packet, 2> packets;
  std::size_t seen = 0;
  while (seen < 2 && !source.ended()) {
    const std::size_t got = source.next_batch(std::span(packets).first(2 - seen));
    for (const Packet& packet : std::span(packets).first(got))
      first = std::min(first.value_or(packet.time), packet.time);
    seen += got;
  }
  return first;
}

/// A lane that opens its file when its first packet is due, a finished one if there is no packet,
/// or an open one if the path cannot be opened twice.
Result<MergeLane> make_lane(const std::string& path, const SavefileOptions& options) {
  struct stat about {};
  const bool reopenable = path != "-" && input_status(path, about) && S_ISREG(about.st_mode);
  Result<std::unique_ptr<PacketSource>> opened = open_savefile(
      path, reopenable ? options_beside(options, kMaxFullSize) : options_beside(options, 0));
  if (!opened) return opened.error();
  if (!reopenable) return MergeLane(std::move(*opened));
  const std::optional<Timestamp> due = first_due(**opened);
  if (!due) return MergeLane::ended(**opened);  // it has no packet, but may report damage
  return MergeLane(*due, (*opened)->progress().total, [path, options](std::size_t open_beside) {
    return open_savefile(path, options_beside(options, open_beside));
  });
}

bool is_control_only(const PacketSource& source) {
  const auto& interfaces = source.interfaces();
  return !interfaces.empty() &&
         std::all_of(interfaces.begin(), interfaces.end(), [](const InterfaceInfo& interface) {
           return interface.scope == PacketScope::Control;
         });
}

}  // namespace

PacketScope stated_scope(const std::vector<std::string>& paths, const PacketSource& source) {
  if (paths.size() == 1) return is_control_only(source) ? PacketScope::Control : PacketScope::All;
  bool any = false;
  for (const std::string& path : paths) {  // a merged source opens each capture only when needed
    if (path == "-") return PacketScope::All;
    const auto one = open_savefile(path);
    if (!one) return PacketScope::All;
    if ((*one)->interfaces().empty()) continue;  // the newest file of a rotation may be empty yet
    if (!is_control_only(**one)) return PacketScope::All;
    any = true;
  }
  return any ? PacketScope::Control : PacketScope::All;
}

Result<std::unique_ptr<PacketSource>> open_sources(const std::vector<std::string>& paths,
                                                   const SavefileOptions& options) {
  assert(!paths.empty());
  if (paths.size() == 1) return open_savefile(paths[0], options);
  std::vector<MergeLane> lanes;
  for (const std::string& path : paths) {
    Result<MergeLane> lane = make_lane(path, options);
    if (!lane) return lane.error();
    lanes.push_back(std::move(*lane));
  }
  return Result<std::unique_ptr<PacketSource>>(
      std::make_unique<MergedSource>(std::move(lanes), options.first_interface));
}

}  // namespace synfin
