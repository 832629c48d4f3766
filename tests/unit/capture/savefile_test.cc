#include "synfin/capture/savefile.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

std::string three_packets() {
  return pcap_header() + pcap_record(1, 0, "one") + pcap_record(2, 0, "two") +
         pcap_record(3, 0, "three");
}

std::string refusal(const std::string& path) {
  auto source = open_savefile(path);
  EXPECT_FALSE(source.ok());
  if (source.ok()) return "";
  EXPECT_EQ(source.error().kind, ErrorKind::Work);
  EXPECT_EQ(source.error().message.find('\n'), std::string::npos);
  return source.error().message;
}

TEST(Savefile, ReportsInOneSentenceWhyItCannotBeRead) {
  const Folder folder;
  EXPECT_EQ(refusal(folder.path("none")), folder.path("none") + ": no such file");
  EXPECT_EQ(refusal(folder.path()), folder.path() + ": is a folder, not a capture file");
  EXPECT_EQ(refusal(folder.file("empty.pcap", "")), folder.path("empty.pcap") + ": is empty");
  EXPECT_EQ(refusal(folder.file("text.pcap", "<!DOCTYPE html>")),
            folder.path("text.pcap") +
                ": is not a capture file (it begins with 3c 21 44 4f, neither pcap nor pcapng)");
  EXPECT_EQ(refusal(folder.file("tiny.pcap", "ab")),
            folder.path("tiny.pcap") +
                ": is not a capture file (it begins with 61 62, neither pcap nor pcapng)");
  EXPECT_EQ(refusal(folder.file("text.gz", gzip("hello, world"))),
            folder.path("text.gz") +
                ": is not a capture file (its decompressed data begins with 68 65 6c 6c, "
                "neither pcap nor pcapng)");
  EXPECT_EQ(refusal(folder.file("empty.gz", gzip(""))),
            folder.path("empty.gz") + ": is empty after decompression");
  EXPECT_EQ(refusal(folder.file("cut.gz", gzip(three_packets()).substr(0, 12))),
            folder.path("cut.gz") + ": the gzip data is cut off at byte 12");
}

TEST(Savefile, CompressionIsRecognizedWithoutTheName) {
  const Folder folder;
  const std::string plain = three_packets();
  const std::vector<Seen> expected = read_bytes(plain).packets;
  ASSERT_EQ(expected.size(), 3U);
  for (const std::string& content : {plain, gzip(plain), zstd(plain)}) {
    auto source = open_savefile(folder.file("capture.txt", content));
    ASSERT_TRUE(source.ok()) << source.error().message;
    EXPECT_EQ(read_all(**source), expected);
    EXPECT_EQ((*source)->damage(), "");
    EXPECT_EQ((*source)->progress().done, content.size());
    EXPECT_EQ((*source)->progress().total, content.size());
  }
}

TEST(Savefile, DamageInCompressionIsReportedBeforeItsConsequence) {
  const std::string packed = gzip(three_packets());
  const std::string cut = packed.substr(0, packed.size() - 12);
  for (const bool second_thread : {false, true}) {
    SavefileOptions options;
    options.second_thread = second_thread;
    const ReadOutcome read = read_bytes(cut, options);
    EXPECT_EQ(read.damage,
              "x.pcap: the gzip data is cut off at byte " + std::to_string(cut.size()) + "");
    EXPECT_LE(read.packets.size(), 3U);
  }
}

TEST(Savefile, OffsetsInCompressedFilesReferToTheContent) {
  const std::string cut = three_packets().substr(0, 50);
  EXPECT_EQ(
      read_bytes(zstd(cut)).damage,
      "x.pcap: in the decompressed data, the packet record at byte 43 is cut off after 7 of its 16 "
      "header bytes");
}

TEST(Savefile, FillsBatchesFromWhatIsBuffered) {
  const std::string content = three_packets();
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  auto source = open_savefile_bytes(bytes, "x");
  ASSERT_TRUE(source.ok());
  std::array<Packet, 2> batch;
  EXPECT_EQ((*source)->next_batch(batch), 2U);
  EXPECT_FALSE((*source)->ended());
  EXPECT_EQ((*source)->next_batch(batch), 1U);
  EXPECT_EQ((*source)->next_batch(batch), 0U);
  EXPECT_TRUE((*source)->ended());
}

TEST(Savefile, PacketsAreValidUntilTheNextBatch) {
  std::string content = pcap_header();
  for (unsigned i = 0; i < 200; ++i)
    content += pcap_record(i, 0, std::string(1 + i % 90, static_cast<char>('A' + i % 50)));
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  auto source = open_savefile_bytes(bytes, "x", chunks_of(64));
  ASSERT_TRUE(source.ok());
  std::array<Packet, 7> batch;
  unsigned i = 0;
  while (const std::size_t count = (*source)->next_batch(batch)) {
    for (std::size_t k = 0; k < count; ++k, ++i) {
      EXPECT_EQ(see(batch[k]).bytes, std::string(1 + i % 90, static_cast<char>('A' + i % 50)));
    }
  }
  EXPECT_EQ(i, 200U);
}

/// A pipe whose reading end replaces standard input during its lifetime.
class PipedStdin {
 public:
  PipedStdin() : saved_(dup(0)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    dup2(ends[0], 0);
    close(ends[0]);
    writer_ = ends[1];
  }
  ~PipedStdin() {
    close_writer();
    dup2(saved_, 0);
    close(saved_);
  }
  void write(const std::string& bytes) {
    EXPECT_EQ(::write(writer_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void close_writer() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }

 private:
  int saved_;
  int writer_;
};

std::vector<std::string> next(PacketSource& source) {
  std::array<Packet, 256> batch;
  std::vector<std::string> texts;
  std::size_t count = 0;
  while (count == 0 && !source.ended()) count = source.next_batch(batch);
  for (std::size_t i = 0; i < count; ++i) texts.push_back(see(batch[i]).bytes);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(SavefileFromPipe, ReturnsPacketsAsTheyArrive) {
  PipedStdin in;
  in.write(pcap_header());
  auto source = open_savefile("-");
  ASSERT_TRUE(source.ok()) << source.error().message;
  in.write(pcap_record(1, 0, "one"));
  EXPECT_EQ(next(**source), Texts{"one"});  // waits for ever if it wants more
  in.write(pcap_record(2, 0, "two") + pcap_record(3, 0, "three") +
           pcap_record(4, 0, "four").substr(0, 18));
  EXPECT_EQ(next(**source), (Texts{"two", "three"}));
  in.write(pcap_record(4, 0, "four").substr(18));
  EXPECT_EQ(next(**source), Texts{"four"});
  EXPECT_FALSE((*source)->ended());
  in.write("cut");
  in.close_writer();
  EXPECT_EQ(next(**source), Texts{});
  EXPECT_TRUE((*source)->ended());
  EXPECT_EQ(
      (*source)->damage(),
      "standard input: the packet record at byte 103 is cut off after 3 of its 16 header bytes");
}

/// Writes the compressed header of a capture into the pipe and opens it. Null on failure.
std::unique_ptr<PacketSource> open_compressed(PipedStdin& in, bool second_thread) {
  in.write(gzip(pcap_header()));
  SavefileOptions options;
  options.second_thread = second_thread;
  auto source = open_savefile("-", options);
  EXPECT_TRUE(source.ok()) << (source ? "" : source.error().message);
  return source ? std::move(*source) : nullptr;
}

TEST(SavefileFromPipe, ReadsCompressedInputAsItArrives) {
  for (const bool second_thread : {false, true}) {
    PipedStdin in;
    const auto source = open_compressed(in, second_thread);
    ASSERT_NE(source, nullptr);
    in.write(gzip(pcap_record(1, 0, "one")));
    EXPECT_EQ(next(*source), Texts{"one"});
    in.write(gzip(pcap_record(2, 0, "two")));
    EXPECT_EQ(next(*source), Texts{"two"});
    in.close_writer();
    EXPECT_EQ(next(*source), Texts{});
    EXPECT_EQ(source->damage(), "");
  }
}

TEST(SavefileFromPipe, InterruptEndsAWaitWithoutDamage) {
  for (const bool compressed : {false, true}) {
    PipedStdin in;
    const std::string begun = pcap_header() + "half a";
    in.write(compressed ? gzip(begun) : begun);
    auto source = open_savefile("-");
    ASSERT_TRUE(source.ok());
    std::thread waker([&] { (*source)->interrupt(); });
    EXPECT_EQ(next(**source), Texts{});
    EXPECT_TRUE((*source)->ended());
    EXPECT_EQ((*source)->damage(), "");
    waker.join();
  }
}

TEST(SavefileFromPipe, ASignalIsAPauseNotTheEnd) {
  PipedStdin in;
  in.write(pcap_header());
  auto source = open_savefile("-");
  ASSERT_TRUE(source.ok());
  struct sigaction action {};
  action.sa_handler = [](int) {};
  struct sigaction before {};
  sigaction(SIGALRM, &action, &before);
  ualarm(2000, 2000);  // repeatedly, because the first may come before the wait
  std::array<Packet, 1> batch;
  EXPECT_EQ((*source)->next_batch(batch), 0U);
  ualarm(0, 0);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_FALSE((*source)->ended());
  in.write(pcap_record(1, 0, "one"));
  EXPECT_EQ(next(**source), Texts{"one"});
}

TEST(SavefileFromPipe, PausesWhileNothingArrives) {
  for (const bool second_thread : {false, true}) {
    PipedStdin in;
    const auto source = open_compressed(in, second_thread);
    ASSERT_NE(source, nullptr);
    std::array<Packet, 1> batch;
    EXPECT_EQ(source->next_batch(batch), 0U);  // would wait for ever
    EXPECT_FALSE(source->ended());
    in.write(gzip(pcap_record(1, 0, "one")));
    EXPECT_EQ(next(*source), Texts{"one"});
  }
}

TEST(SavefileFromPipe, IsDestroyedWhileItsThreadWaits) {
  for (int i = 0; i < 20; ++i) {
    PipedStdin in;
    in.write(gzip(three_packets()));
    auto source = open_savefile("-");
    ASSERT_TRUE(source.ok());
    if (i % 2 == 0) next(**source);
  }
}

TEST(SavefileFromPipe, NothingOrTooLittleIsOneSentence) {
  for (const auto& [content, sentence] :
       {std::pair{std::string(), "standard input: is empty"},
        std::pair{pcap_header().substr(0, 20),
                  "standard input: the pcap header is cut off after 20 of 24 bytes"}}) {
    PipedStdin in;
    in.write(content);
    in.close_writer();
    EXPECT_EQ(refusal("-"), sentence);
  }
}

TEST(Savefile, InterruptEndsAFileToo) {
  std::string content = pcap_header();
  for (int i = 0; i < 1000; ++i) content += pcap_record(1, 0, "x");
  const std::vector<std::uint8_t> bytes(content.begin(), content.end());
  auto source = open_savefile_bytes(bytes, "x", chunks_of(100));
  ASSERT_TRUE(source.ok());
  EXPECT_GT(next(**source).size(), 0U);
  (*source)->interrupt();
  EXPECT_LT(read_all(**source).size(), 100U);
  EXPECT_EQ((*source)->damage(), "");
}

}  // namespace
}  // namespace synfin::test
