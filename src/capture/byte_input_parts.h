/// \file
/// The parts of a ByteInput, from which savefile.cc makes a reader.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "capture/byte_stream.h"
#include "capture/record_buffer.h"
#include "synfin/capture/byte_input.h"

namespace synfin {

struct ByteInputParts {
  ByteInputParts(std::string input, std::unique_ptr<ByteStream> from, std::size_t chunk_size)
      : name(std::move(input)), stream(std::move(from)), buffer(chunk_size) {}

  /// Reads until the buffer holds `size` bytes; false if the input ends before.
  bool fill_to(std::size_t size);

  std::string name;
  std::unique_ptr<ByteStream> stream;
  RecordBuffer buffer;
  bool decompressed = false;
};

}  // namespace synfin
