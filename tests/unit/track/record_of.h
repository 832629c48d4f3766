/// \file
/// record_of(): fill_record() as a function that returns the record.
#pragma once

#include "track/fill_record.h"

namespace synfin {

inline ConnectionRecord record_of(const Slot& slot, const Detail* detail = nullptr,
                                  const RecordContext& context = {}) {
  ConnectionRecord record;
  fill_record(slot, detail, {}, context, record);
  return record;
}

}  // namespace synfin
