// See file_helper.h.
#include "synfin/base/file_helper.h"

namespace synfin {
namespace {

FileHelper* current = nullptr;

}  // namespace

FileHelper* file_helper() { return current; }
void set_file_helper(FileHelper* helper) { current = helper; }

}  // namespace synfin
