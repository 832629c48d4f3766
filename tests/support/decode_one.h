/// \file
/// Decodes one packet from a buffer of exactly its captured size, so that AddressSanitizer detects
/// reads beyond them.
#pragma once

#include <iosfwd>

#include "support/packet_builder.h"
#include "synfin/decode/decoder.h"

namespace synfin::test {

/// The counter that counted a packet.
enum class Fate { Decoded, NotTcp, Fragment, Truncated, Malformed, UnsupportedLink, BadChecksum };
std::ostream& operator<<(std::ostream& out, Fate fate);

struct DecodedPacket {
  Fate fate = Fate::Malformed;
  Segment segment;  ///< valid for Fate::Decoded
};

/// Decodes the first `caplen` of `bytes`, with interface 7, into a segment with arbitrary old
/// values, which reveal fields that the decoder does not set. Throws std::logic_error if the
/// counters do not add up to one packet.
DecodedPacket decode_one(const Bytes& bytes, LinkType link, std::size_t caplen = SIZE_MAX,
                         DecodeOptions options = {});

/// Decodes a literal with the link type of its first layer.
DecodedPacket decode_one(const Stack& packet, std::size_t caplen = SIZE_MAX,
                         DecodeOptions options = {});

/// All fields except time, source and interface, for messages and comparisons.
std::string describe(const Segment& segment);

}  // namespace synfin::test
