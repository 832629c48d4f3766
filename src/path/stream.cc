// See stream.h.
#include "path/stream.h"

#include "synfin/base/sequence.h"

namespace synfin {
namespace {

/// Follows 32-bit numbers along a stream.
class Position {
 public:
  explicit Position(std::uint32_t base) : base_(base) {}

  std::int64_t of(std::uint32_t number) const {
    return at_ + seq_delta(number, base_ + static_cast<std::uint32_t>(at_));
  }
  void move_to(std::int64_t position) { at_ = position; }

 private:
  std::uint32_t base_;
  std::int64_t at_ = 0;
};

/// The sequence number at position 0.
std::uint32_t base_of(const SenderView& client, const SenderView& server, std::uint32_t shift) {
  if (client.isn_known) return client.isn;
  if (server.isn_known) return server.isn - shift;
  return client.segments > 0 ? client.first_seq : server.first_seq - shift;
}

void unroll_one(const Trace& trace, const TracedConnection& connection,
                const std::array<std::uint32_t, 2>& bases, std::array<Stream, 2>& streams) {
  const auto& observations = trace.observations();
  std::array<Position, 2> sent{Position(bases[kOrig]), Position(bases[kResp])};
  std::array<Position, 2> acked = sent;
  for (const Sender sender : {kOrig, kResp})
    streams[sender].reserve(connection.view[sender].segments);
  for (std::uint32_t i = connection.head; i != kNoIndex; i = observations[i].next) {
    const Observation& o = observations[i];
    if (o.has(Observation::kIsCopy) && trace.shows_packets_twice()) continue;
    const Sender sender = o.sender();
    Sent s{.time = o.time,
           .length = o.payload,
           .flags = o.tcp_flags(),
           .ip_id = o.ip_id,
           .ttl = o.ttl,
           .tos = o.tos};
    s.begin = sent[sender].of(o.seq);
    if (o.has(kAck)) s.ack = acked[other(sender)].of(o.ack);
    if (!o.has(kRst)) {  // a forged RST may have any numbers
      sent[sender].move_to(s.begin);
      if (o.has(kAck)) acked[other(sender)].move_to(s.ack);
    }
    streams[sender].push_back(s);
  }
}

}  // namespace

StreamPair unroll(const Trace& client, const Trace& server, const PathPair& pair) {
  const TracedConnection& c = client.connections()[pair.connection[kClient]];
  const TracedConnection& s = server.connections()[pair.connection[kServer]];
  StreamPair result;
  std::array<std::uint32_t, 2> at_client{}, at_server{};
  for (const Sender sender : {kOrig, kResp}) {
    if (c.view[sender].isn_known && s.view[sender].isn_known)
      result.shift[sender] = s.view[sender].isn - c.view[sender].isn;
    at_client[sender] = base_of(c.view[sender], s.view[sender], result.shift[sender]);
    at_server[sender] = at_client[sender] + result.shift[sender];
  }
  unroll_one(client, c, at_client, result.at[kClient]);
  unroll_one(server, s, at_server, result.at[kServer]);
  return result;
}

}  // namespace synfin
