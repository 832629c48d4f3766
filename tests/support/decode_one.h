/// \file
/// One packet through a Decoder, from a buffer that ends where the captured bytes end: under
/// AddressSanitizer a read past them is an error.
#pragma once

#include <iosfwd>

#include "support/packet_builder.h"
#include "synfin/decode/decoder.h"

namespace synfin::test {

/// Which counter a packet went into.
enum class Fate { Decoded, NotTcp, Fragment, Truncated, Malformed, UnsupportedLink, BadChecksum };
std::ostream& operator<<(std::ostream& out, Fate fate);

struct DecodedPacket {
  Fate fate = Fate::Malformed;
  Segment segment;  ///< of Fate::Decoded
};

/// Decodes, as of interface 7, the first `caplen` of `bytes` into a segment that held other values
/// before, so that a field that nobody sets shows. Throws std::logic_error where the counters do
/// not add up to one packet.
DecodedPacket decode_one(const Bytes& bytes, LinkType link, std::size_t caplen = SIZE_MAX,
                         DecodeOptions options = {});

/// The same for a literal, with the link that its first layer is.
DecodedPacket decode_one(const Stack& packet, std::size_t caplen = SIZE_MAX,
                         DecodeOptions options = {});

/// All fields but time, source and interface, for messages and comparisons.
std::string describe(const Segment& segment);

}  // namespace synfin::test
