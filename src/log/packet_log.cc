// See packet_log.h.
#include "synfin/log/packet_log.h"

#include <ctime>
#include <utility>

#include "synfin/base/diagnostics.h"

namespace synfin {

PcapngWriter::About packet_log_section(const std::string& filter, PacketScope scope) {
  PcapngWriter::About about;
  about.program = "synfin " SYNFIN_VERSION;
  about.filter = filter;
  about.scope = scope;
  return about;
}

Result<std::unique_ptr<PacketLog>> PacketLog::open(const std::string& path, RotationRules rules,
                                                   PcapngWriter::About about,
                                                   const PacketSource& source) {
  std::unique_ptr<PacketLog> log(new PacketLog(std::move(about), source));
  PacketLog* self = log.get();
  auto output = RotatingOutput::open(path, rules,
                                     {.begin = [self](std::string& out) { self->begin(out); },
                                      .end = [self](std::string& out) { self->end(out); },
                                      .has_lines = false});
  if (!output) return output.error();
  log->output_.emplace(std::move(*output));
  return Result<std::unique_ptr<PacketLog>>(std::move(log));
}

void PacketLog::write(const Packet& packet) {
  output_->advance(seconds_of(packet.time));
  const std::span<const InterfaceInfo> interfaces = source_.interfaces();
  if (writer_.describe_interface(output_->buffer(), packet, interfaces)) output_->keep_piece();
  writer_.append(output_->buffer(), packet, interfaces);
  last_ = packet.time;
  output_->commit();
}

std::size_t PacketLog::decode_and_keep(Decoder& decoder, PacketScope scope,
                                       std::span<const Packet> packets,
                                       std::span<Segment> segments) {
  std::size_t decoded = 0;
  for (const Packet& packet : packets) {
    Segment& segment = segments[decoded];
    if (decoder.decode({&packet, 1}, {&segment, 1}) == 0) continue;
    if (scope == PacketScope::All || !is_data(segment)) write(packet);
    ++decoded;
  }
  return decoded;
}

void PacketLog::poll(unsigned reopen_requests) {
  if (reopen_requests != reopened_) {
    reopened_ = reopen_requests;
    output_->reopen();
  }
  const std::time_t now = std::time(nullptr);
  if (std::exchange(flushed_, now) == now) return;
  output_->advance();
  output_->flush();
  limit_reached_ = output_->limit_reached();
  if (const auto failure = output_->take_failure())
    log(LogLevel::Error, failure->message + "; the other outputs continue");
}

/// Each file records the drops that occurred while it was written.
void PacketLog::end(std::string& out) {
  const DropCounters now = source_.drops();
  writer_.end(out, {now.kernel - counted_drops_.kernel, now.interface - counted_drops_.interface},
              last_);
  counted_drops_ = now;
}

Status PacketLog::finish() { return output_->close(); }

}  // namespace synfin
