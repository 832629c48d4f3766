// The parts of FieldBuffer that a line rarely needs.
//
// Tested in tests/unit/log/field_buffer_test.cc.
#include "log/field_buffer.h"

namespace synfin {

void FieldBuffer::flush() {
  const auto size = static_cast<std::size_t>(end_ - bytes_.data());
  end_ = bytes_.data();  // first, because append() may throw
  out_.append(bytes_.data(), size);
}

// Inline, this would make GCC 12 warn about lengths that a short word cannot have.
void FieldBuffer::copy_long(char* to, const char* from, std::size_t size) {
  std::memcpy(to, from, size);
}

}  // namespace synfin
