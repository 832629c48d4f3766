/// \file
/// The reference for speed: reads a capture with libpcap, counts the packets, and does nothing
/// else.
///
///     pcap_loop CAPTURE
#include <pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char error[PCAP_ERRBUF_SIZE];
  if (argc != 2) return std::fprintf(stderr, "usage: pcap_loop CAPTURE\n"), 2;
  pcap_t* const capture = pcap_open_offline(argv[1], error);
  if (capture == nullptr) return std::fprintf(stderr, "%s\n", error), 1;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  int result = 0;
  while ((result = pcap_next_ex(capture, &header, &data)) == 1) {
    ++packets;
    bytes += header->caplen;
  }
  std::printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, bytes);
  pcap_close(capture);
  return result == PCAP_ERROR_BREAK ? 0 : 1;
}
