// See read_ahead.h.
#include "capture/read_ahead.h"

#include <signal.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <system_error>
#include <utility>

#include "synfin/base/thread.h"

namespace synfin {

ReadAhead::ReadAhead(std::unique_ptr<ByteStream> from, std::size_t chunk_size)
    : from_(std::move(from)), ring_(kChunks, chunk_size) {
  start();
}

/// The thread inherits a mask that blocks all signals, so that the program's own threads handle
/// them. A system call that the sandbox refuses raises SIGSYS, which its handler reports.
void ReadAhead::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigdelset(&all, SIGSYS);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = start_thread(ThreadRole::Decompress, [this] { fill_chunks(); });
  } catch (const std::system_error&) {
    assert(!thread_.joinable());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ReadAhead::~ReadAhead() {
  if (!thread_.joinable()) return;
  from_->interrupt();
  ring_.abandon();
  thread_.join();
}

void ReadAhead::fill_chunks() {
  try {
    while (Chunk* chunk = ring_.take_empty()) {
      const ReadResult got = from_->read(chunk->bytes);
      if (got.state == ReadState::Pause) continue;
      if (got.state == ReadState::End) break;
      chunk->size = got.size;
      ring_.hand_over();
    }
  } catch (...) {
    ring_.close();
    throw;
  }
  ring_.close();
}

ReadResult ReadAhead::read(std::span<std::uint8_t> into) {
  if (!thread_.joinable()) return from_->read(into);
  const bool is_pipe = total() == 0;
  if (is_pipe && !ring_.wait_full(kMaxInputWait)) return {0, ReadState::Pause};
  const Chunk* chunk = ring_.take_full();
  if (chunk == nullptr) return {};
  const std::size_t size = std::min(into.size(), chunk->size - taken_);
  std::memcpy(into.data(), chunk->bytes.data() + taken_, size);
  taken_ += size;
  if (taken_ == chunk->size) {
    taken_ = 0;
    ring_.give_back();
  }
  return {size, ReadState::Data};
}

}  // namespace synfin
