// See packet_pipeline.h.
#include "app/packet_pipeline.h"

#include <set>
#include <utility>

#include "synfin/base/seed.h"
#include "synfin/capture/link_names.h"

namespace synfin {
namespace {

TableOptions table_options(const PipelineOptions& options, EventMask events) {
  TableOptions table = options.table;
  table.scope = options.reader.scope;
  table.events = events;
  table.seed = random_seed();
  return table;
}

}  // namespace

PacketPipeline::PacketPipeline(PipelineOptions options, PacketSource& source,
                               EventDispatcher& outputs, PacketThreadChannel& channel)
    : options_(std::move(options)),
      source_(source),
      outputs_(outputs),
      channel_(channel),
      reader_(options_.reader, source),
      table_(table_options(options_, outputs.wanted())) {}

CaptureInfo PacketPipeline::capture_info() const {
  CaptureInfo info;
  info.sources = options_.sources;
  info.scope = options_.reader.scope;
  info.filter = options_.filter;
  std::set<std::string> links;
  for (const InterfaceInfo& interface : source_.interfaces())
    links.insert(link_type_name(interface.link_number));
  info.link_types.assign(links.begin(), links.end());
  if (reader_.gate().any()) {
    info.first_packet = reader_.gate().first();
    info.last_packet = reader_.gate().last();
  }
  info.ledger = reader_.ledger(table_.counters());
  info.ledger.dropped_ring = channel_.gauges.dropped_ring.load(std::memory_order_relaxed);
  info.gaps = losses_.sentences();
  info.damage = source_.damages();
  table_.counters().add_to(info);
  return info;
}

void PacketPipeline::publish_table() {
  Gauges& gauges = channel_.gauges;
  gauges.open.store(table_.open(), std::memory_order_relaxed);
  gauges.copies.store(table_.counters().copies, std::memory_order_relaxed);
  gauges.late.store(table_.counters().late, std::memory_order_relaxed);
}

}  // namespace synfin
