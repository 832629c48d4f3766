/// \file
/// Reads arbitrary bytes as the ports of a host and as changes of a state file, which the user of a
/// service may write and root may read. What is read must be written as bytes that mean the same,
/// and every output about it must have its form.
#include "inventory/inventory_json.h"
#include "inventory/state_pack.h"
#include "support/fuzz_input.h"
#include "support/output_checks.h"
#include "synfin/inventory/host_table.h"
#include "synfin/inventory/inventory_tables.h"
#include "synfin/report/document.h"

using namespace synfin;
using fuzz::require;

namespace {

/// An inventory with one host.
struct OneHost {
  Inventory inventory{{}, {}};
  HostEntry* host = inventory.table().add(*Address::parse("192.0.2.1"));

  bool unpack(std::string_view bytes) { return unpack_ports(bytes, inventory, *host); }
  std::string pack() const { return pack_ports(inventory, *host); }
};

/// As text, Markdown and HTML.
void check_document(Table table) {
  RenderOptions options;
  options.zone = Zone::Utc;
  Document document;
  if (table.rows.empty()) return;
  document.tables.push_back(std::move(table));
  fuzz::check_text(render_text(document, options));
  fuzz::check_text(render_markdown(document));
  fuzz::check_html(render_html(document));
}

void read_ports(std::string_view bytes) {
  OneHost first, again;
  if (!first.unpack(bytes)) return;
  const std::string packed = first.pack();
  require(again.unpack(packed), "the ports can be read again");
  require(again.pack() == packed, "the ports are the same");
  std::string line;
  append_host_json(line, first.inventory, *first.host, {});
  fuzz::check_json_lines(line);
  const HostEntry* const hosts[] = {first.host};
  const auto no_names = [](std::uint16_t) { return std::string_view{}; };
  check_document(hosts_table(first.inventory, hosts, no_names, Zone::Utc));
  check_document(ports_table(first.inventory, hosts, {}, no_names, Zone::Utc));
}

std::vector<std::string> packed(const std::vector<Change>& changes) {
  PackedChanges all;
  for (const Change& change : changes) all.add(change);
  std::vector<std::string> blocks;
  for (const PackedChanges::Block& block : all.blocks()) blocks.push_back(block.bytes);
  return blocks;
}

void read_changes(std::string_view bytes) {
  std::vector<Change> changes, again;
  if (!unpack_changes(bytes, changes)) return;
  const std::vector<std::string> blocks = packed(changes);
  for (const std::string& block : blocks)
    require(unpack_changes(block, again), "the changes can be read again");
  require(again.size() == changes.size() && packed(again) == blocks, "the changes are the same");
  std::string lines;
  ChangesTable rows(Zone::Utc);
  for (const Change& change : changes) {
    append_change_json(lines, change);
    append_change_event(lines, change);
    rows.add(change);
  }
  fuzz::check_json_lines(lines);
  check_document(rows.take());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes rest(data, size);
  const bool ports = fuzz::take_byte(rest) % 2 == 0;
  if (ports) {
    read_ports(fuzz::text_of(rest));
  } else {
    read_changes(fuzz::text_of(rest));
  }
  return 0;
}
