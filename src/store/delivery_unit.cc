// See delivery_unit.h.
#include "store/delivery_unit.h"

namespace synfin {

Status DeliveryUnit::add(const SpoolFile& file, SpoolFileReader& batch) {
  if (const Status read = batch.append_blocks(blocks); !read) return read;
  if (files.empty()) first = batch.header();
  files.push_back(file);
  rows += batch.header().rows;
  last_batch = file.batch;
  return Ok{};
}

void DeliveryUnit::clear() {
  files.clear();
  blocks.clear();
  rows = last_batch = 0;
  uncertain = too_large = false;
}

}  // namespace synfin
