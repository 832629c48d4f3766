// The part of FieldBuffer that a line needs once or twice.
//
// Tested in tests/unit/log/field_buffer_test.cc.
#include "synfin/log/field_buffer.h"

namespace synfin {

void FieldBuffer::flush() {
  out_.append(bytes_.data(), static_cast<std::size_t>(end_ - bytes_.data()));
  end_ = bytes_.data();
}

}  // namespace synfin
