// See savefile.h.
#include "synfin/capture/savefile.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/byte_input_parts.h"
#include "capture/classic_pcap.h"
#include "capture/pcapng.h"
#include "capture/time_check.h"

namespace synfin {
namespace {

/// The input of a reader, independent of the file format.
using Input = ByteInputParts;

/// The source for one format: ClassicPcap or Pcapng.
template <typename Format>
class SavefileReader final : public PacketSource {
 public:
  SavefileReader(std::unique_ptr<Input> input, Format format)
      : input_owner_(std::move(input)), input_(*input_owner_), format_(std::move(format)) {}

  std::size_t next_batch(std::span<Packet> out) override;
  bool ended() const override { return ended_ && !pending_; }
  const std::string& damage() const override { return damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return format_.interfaces(); }
  DropCounters drops() const override { return format_.drops(); }
  Progress progress() const override { return {input_.stream->consumed(), input_.stream->total()}; }
  void interrupt() noexcept override;

 private:
  std::size_t read(std::span<Packet> out);
  std::size_t settle_first(std::span<Packet> out, std::size_t count);
  void end();
  void update_damage();

  std::unique_ptr<Input> input_owner_;
  Input& input_;
  Format format_;
  TimeCheck times_;
  std::string end_damage_;  ///< a clause about the end of the input; empty if it is complete
  std::string damage_;
  std::optional<Packet> pending_;  ///< was read ahead, with its bytes in copies_[1]
  std::vector<std::uint8_t> copies_[2];
  bool stream_failed_ = false;
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

template <typename Format>
std::size_t SavefileReader<Format>::next_batch(std::span<Packet> out) {
  assert(!out.empty());
  if (pending_) {
    out[0] = *std::exchange(pending_, std::nullopt);
    return 1;
  }
  std::size_t count = read(out);
  if (count > 0 && times_.needs_next(out[0].time)) [[unlikely]]
    count = settle_first(out, count);
  times_.correct(out.first(count));
  update_damage();
  return count;
}

/// Reads packets whose times are still to be checked.
template <typename Format>
std::size_t SavefileReader<Format>::read(std::span<Packet> out) {
  while (!ended_) {
    const std::size_t count = format_.walk(input_.buffer, out);
    if (count > 0) return count;
    ended_ = format_.stopped() || interrupted_.load(std::memory_order_relaxed);
    if (ended_) break;
    const ReadState state = input_.buffer.fill(*input_.stream);
    if (state == ReadState::Pause) break;
    if (state == ReadState::End) end();
  }
  return 0;
}

/// Corrects the time of the first packet by that of the second one, which it reads from a file if
/// necessary.
/// Reading invalidates the first packet's bytes, so it copies them. Returns the number of packets.
template <typename Format>
std::size_t SavefileReader<Format>::settle_first(std::span<Packet> out, std::size_t count) {
  if (count > 1) {
    times_.correct_first(out[0], out[1].time);
    return count;
  }
  const auto copy = [](Packet packet, std::vector<std::uint8_t>& bytes) {
    bytes.assign(packet.data, packet.data + packet.caplen);
    packet.data = bytes.data();
    return packet;
  };
  out[0] = copy(out[0], copies_[0]);
  Packet second;
  const bool is_pipe = input_.stream->total() == 0;  // reading ahead from a pipe could wait
  const bool found = !is_pipe && read({&second, 1}) > 0;
  times_.correct_first(out[0], found ? second.time : out[0].time);
  if (!found) return 1;
  if (out.size() > 1) {
    out[1] = second;
    return 2;
  }
  times_.correct({&second, 1});
  pending_ = copy(second, copies_[1]);
  return 1;
}

/// Handles the end of the input; an incomplete record in the buffer is damage.
template <typename Format>
void SavefileReader<Format>::end() {
  ended_ = true;
  if (interrupted_.load(std::memory_order_relaxed)) return;
  end_damage_ = input_.stream->failure();
  stream_failed_ = !end_damage_.empty();
  if (!stream_failed_ && (input_.buffer.size() > 0 || input_.buffer.skipping() > 0))
    end_damage_ = format_.describe_tail(input_.buffer);
}

/// Joins the clauses about the records, the times and the end of the input to one sentence.
template <typename Format>
void SavefileReader<Format>::update_damage() {
  const bool none = format_.damage().empty() && times_.damage().empty() && end_damage_.empty();
  if (none) [[likely]]
    return;
  const bool in_records = !format_.damage().empty() || (!end_damage_.empty() && !stream_failed_);
  damage_ = fmt::format("{}: {}", input_.name,
                        input_.decompressed && in_records ? "in the decompressed data, " : "");
  std::string_view separator;
  for (const std::string* clause :
       {&format_.damage(), &times_.damage(), &std::as_const(end_damage_)}) {
    if (clause->empty()) continue;
    damage_ += separator;
    damage_ += *clause;
    separator = "; ";
  }
}

template <typename Format>
void SavefileReader<Format>::interrupt() noexcept {
  interrupted_.store(true, std::memory_order_relaxed);
  input_.stream->interrupt();
}

using Opened = Result<std::unique_ptr<PacketSource>>;

Error refuse(const Input& input, const std::string& clause) {
  return {fmt::format("{}: {}", input.name, clause)};
}

/// The error for an input that ends within the file header.
Error refuse_short(const Input& input, const char* format, std::size_t wanted) {
  const std::string& failure = input.stream->failure();
  if (!failure.empty()) return refuse(input, failure);
  return refuse(input, fmt::format("the {} header is cut off after {} of {} bytes", format,
                                   input.buffer.size(), wanted));
}

Opened open_classic(std::unique_ptr<Input> input, const SavefileOptions& options) {
  if (!input->fill_to(ClassicPcap::kHeaderSize))
    return refuse_short(*input, "pcap", ClassicPcap::kHeaderSize);
  Result<ClassicPcap> parsed = ClassicPcap::parse(input->buffer.begin(), options.first_interface);
  if (!parsed) return refuse(*input, parsed.error().message);
  input->buffer.consume(ClassicPcap::kHeaderSize);
  return Opened(
      std::make_unique<SavefileReader<ClassicPcap>>(std::move(input), std::move(*parsed)));
}

/// Reads the interface descriptions that are already buffered, so that a filter can be compiled for
/// them early.
Opened open_pcapng(std::unique_ptr<Input> input, const SavefileOptions& options) {
  if (!input->fill_to(Pcapng::kHeadSize)) return refuse_short(*input, "pcapng", Pcapng::kHeadSize);
  Result<Pcapng> parsed = Pcapng::parse(input->buffer.begin(), options.first_interface);
  if (!parsed) return refuse(*input, parsed.error().message);
  parsed->walk(input->buffer, {});
  if (parsed->stopped() && parsed->interfaces().empty()) return refuse(*input, parsed->damage());
  return Opened(std::make_unique<SavefileReader<Pcapng>>(std::move(input), std::move(*parsed)));
}

Error refuse_content(const Input& input) {
  const std::span head(input.buffer.begin(), std::min<std::size_t>(input.buffer.size(), 4));
  if (head.size() < 4 && !input.stream->failure().empty())
    return refuse(input, input.stream->failure());
  if (head.empty())
    return refuse(input, input.decompressed ? "is empty after decompression" : "is empty");
  return refuse(input,
                fmt::format("is not a capture file ({} with {:02x}, neither pcap nor pcapng)",
                            input.decompressed ? "its decompressed data begins" : "it begins",
                            fmt::join(head, " ")));
}

}  // namespace

Opened open_savefile(ByteInput input, const SavefileOptions& options) {
  std::unique_ptr<Input> parts = std::move(input.parts_);
  const bool four = parts->buffer.size() >= 4;
  if (four && ClassicPcap::recognizes(parts->buffer.begin()))
    return open_classic(std::move(parts), options);
  if (four && Pcapng::recognizes(parts->buffer.begin()))
    return open_pcapng(std::move(parts), options);
  return refuse_content(*parts);
}

Opened open_savefile(const std::string& path, const SavefileOptions& options) {
  Result<ByteInput> input = ByteInput::open(path, options);
  if (!input) return input.error();
  return open_savefile(std::move(*input), options);
}

Opened open_savefile_bytes(std::span<const std::uint8_t> bytes, const std::string& name,
                           const SavefileOptions& options) {
  Result<ByteInput> input = ByteInput::of_bytes(bytes, name, options);
  if (!input) return input.error();
  return open_savefile(std::move(*input), options);
}

}  // namespace synfin
