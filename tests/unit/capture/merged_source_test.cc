#include "synfin/capture/merged_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/few_descriptors.h"
#include "synfin/capture/byte_input.h"
#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

/// A source that generates packets and overwrites the bytes of a batch when the next one is read.
class ScriptedSource final : public PacketSource {
 public:
  struct Scripted {
    std::int64_t ns;
    std::string text;
    std::uint16_t interface = 0;
  };

  ScriptedSource(std::vector<Scripted> packets, std::size_t most_at_once)
      : packets_(std::move(packets)), most_(most_at_once) {
    interfaces_.resize(8);
    for (std::size_t i = 0; i < interfaces_.size(); ++i)
      interfaces_[i].name = "if" + std::to_string(i);
  }

  std::size_t next_batch(std::span<Packet> out) override {
    for (std::string& text : lent_) std::fill(text.begin(), text.end(), '!');
    lent_.clear();
    std::size_t count = 0;
    while (count < out.size() && count < most_ && next_ < packets_.size()) {
      const Scripted& from = packets_[next_++];
      lent_.push_back(from.text);
      out[count++] = {timestamp_from_ns(from.ns),
                      reinterpret_cast<const std::uint8_t*>(lent_.back().data()),
                      static_cast<std::uint32_t>(from.text.size()),
                      1000,
                      LinkType::Raw,
                      from.interface};
    }
    if (count == 0) {
      ended_ = true;
      damage_ = last_words;
    }
    ++calls;
    return count;
  }
  bool ended() const override { return ended_; }
  const std::string& damage() const override { return damage_; }
  const std::vector<InterfaceInfo>& interfaces() const override { return interfaces_; }
  DropCounters drops() const override { return {3, 4}; }
  Progress progress() const override { return {next_, packets_.size()}; }

  std::string last_words;
  int calls = 0;

 private:
  std::vector<Scripted> packets_;
  std::size_t most_;
  std::size_t next_ = 0;
  std::deque<std::string> lent_;  ///< grows without moving what is lent
  std::vector<InterfaceInfo> interfaces_;
  std::string damage_;
  bool ended_ = false;
};

using Script = std::vector<ScriptedSource::Scripted>;
using Sources = std::vector<std::unique_ptr<PacketSource>>;

Sources sources_of(const std::vector<Script>& scripts, std::size_t most_at_once) {
  Sources sources;
  for (const Script& script : scripts)
    sources.push_back(std::make_unique<ScriptedSource>(script, most_at_once));
  return sources;
}

std::vector<std::string> texts(const std::vector<Seen>& packets) {
  std::vector<std::string> all;
  for (const Seen& seen : packets) all.push_back(seen.bytes);
  return all;
}

std::vector<std::string> merged(const std::vector<Script>& scripts, std::size_t most_at_once = 100,
                                std::size_t batch = 256) {
  return texts(read_all(*merge_sources(sources_of(scripts, most_at_once)), batch));
}

using Texts = std::vector<std::string>;

TEST(MergedSource, MergesByTime) {
  EXPECT_EQ(merged({{{1, "a1"}, {4, "a4"}}, {{2, "b2"}, {3, "b3"}, {5, "b5"}}, {}, {{0, "c0"}}}),
            (Texts{"c0", "a1", "b2", "b3", "a4", "b5"}));
}

TEST(MergedSource, TiesKeepTheGivenOrder) {
  EXPECT_EQ(merged({{{1, "a"}, {1, "A"}}, {{1, "b"}, {1, "B"}}}), (Texts{"a", "A", "b", "B"}));
}

TEST(MergedSource, KeepsTheOrderOfASourceThatStepsBack) {
  EXPECT_EQ(merged({{{10, "a10"}, {20, "a20"}, {5, "a5"}, {6, "a6"}, {30, "a30"}},
                    {{8, "b8"}, {25, "b25"}}}),
            (Texts{"b8", "a10", "a20", "a5", "a6", "b25", "a30"}));
}

TEST(MergedSource, OneAbsurdTimeDelaysNothing) {
  EXPECT_EQ(merged({{{1, "a1"}, {1'000'000, "absurd"}, {3, "a3"}, {5, "a5"}},
                    {{2, "b2"}, {4, "b4"}, {6, "b6"}}}),
            (Texts{"a1", "b2", "absurd", "a3", "b4", "a5", "b6"}));
}

/// A slow model: each packet is due at its time or the next one's.
Texts model(const std::vector<Script>& scripts) {
  Texts out;
  std::vector<std::size_t> at(scripts.size());
  for (;;) {
    std::size_t best = scripts.size();
    std::int64_t best_due = 0;
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      if (at[i] == scripts[i].size()) continue;
      std::int64_t due = scripts[i][at[i]].ns;
      if (at[i] + 1 < scripts[i].size()) due = std::min(due, scripts[i][at[i] + 1].ns);
      if (best == scripts.size() || due < best_due) best = i, best_due = due;
    }
    if (best == scripts.size()) return out;
    out.push_back(scripts[best][at[best]++].text);
  }
}

TEST(MergedSource, EqualsASlowModelForAllBatchSizes) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 60; ++round) {
    std::vector<Script> scripts(1 + random() % 5);
    for (std::size_t s = 0; s < scripts.size(); ++s) {
      std::int64_t now = static_cast<std::int64_t>(random() % 300);
      const std::size_t size = random() % 200;
      for (std::size_t i = 0; i < size; ++i) {
        now += static_cast<std::int64_t>(random() % 5) - (random() % 8 == 0 ? 4 : 0) +
               (random() % 50 == 0 ? 500 : 0);
        scripts[s].push_back(
            {now, std::string(1 + random() % 40, static_cast<char>('a' + s)) + std::to_string(i)});
      }
    }
    const Texts expected = model(scripts);
    for (const std::size_t most : {1UL, 2UL, 17UL, 1000UL}) {
      for (const std::size_t batch : {1UL, 2UL, 16UL, 256UL}) {
        ASSERT_EQ(merged(scripts, most, batch), expected)
            << "round " << round << ", " << most << ", " << batch;
      }
    }
  }
}

TEST(MergedSource, PassesBatchesOnIfNothingOverlaps) {
  Script first;
  Script second;
  for (int i = 0; i < 1000; ++i) first.push_back({i, "f"}), second.push_back({5000 + i, "s"});
  Sources sources = sources_of({first, second}, 100);
  const auto* watched = static_cast<ScriptedSource*>(sources[0].get());
  const auto merged = merge_sources(std::move(sources));
  std::array<Packet, 256> batch;
  EXPECT_EQ(merged->next_batch(batch), 99U) << "one is read ahead";
  for (int i = 2; i <= 10; ++i) {
    EXPECT_EQ(merged->next_batch(batch), 100U);
    EXPECT_EQ(watched->calls, i);
  }
}

TEST(MergedSource, NumbersInterfacesAsPacketsNameThem) {
  const auto merged = merge_sources(
      sources_of({{{1, "a", 2}, {4, "b", 0}}, {{2, "c", 2}, {3, "d", 2}, {5, "e", 7}}}, 1), 10);
  const std::vector<Seen> packets = read_all(*merged);
  std::vector<int> numbers;
  for (const Seen& seen : packets) numbers.push_back(seen.interface);
  EXPECT_EQ(numbers, (std::vector<int>{10, 11, 11, 12, 13}));
  std::vector<std::string> names;
  for (const InterfaceInfo& info : merged->interfaces()) names.push_back(info.name);
  EXPECT_EQ(names, (Texts{"if2", "if2", "if0", "if7"}));
}

TEST(MergedSource, SetsTheSourceOfEachPacket) {
  for (const std::size_t batch : {1UL, 256UL}) {
    const auto merged =
        merge_sources(sources_of({{{1, "a"}, {4, "b"}}, {}, {{2, "c"}, {5, "d"}, {6, "e"}}}, 2));
    std::vector<Packet> out(batch);
    std::vector<int> sources;
    while (const std::size_t count = merged->next_batch(out)) {
      for (std::size_t i = 0; i < count; ++i) sources.push_back(out[i].source);
    }
    EXPECT_EQ(sources, (std::vector<int>{0, 2, 0, 2, 2})) << batch;
  }
}

TEST(MergedSource, CollectsDamageDropsAndProgress) {
  Sources sources = sources_of({{{1, "a"}}, {{2, "b"}}, {{3, "c"}}}, 10);
  static_cast<ScriptedSource&>(*sources[2]).last_words = "third: cut";
  static_cast<ScriptedSource&>(*sources[0]).last_words = "first: cut";
  const auto merged = merge_sources(std::move(sources));
  EXPECT_EQ(read_all(*merged).size(), 3U);
  EXPECT_EQ(merged->damage(), "first: cut; third: cut");
  EXPECT_EQ(merged->damages(), (Texts{"first: cut", "third: cut"}));
  EXPECT_EQ(merged->drops().kernel, 9U);
  EXPECT_EQ(merged->drops().interface, 12U);
  EXPECT_EQ(merged->progress().done, 3U);
  EXPECT_EQ(merged->progress().total, 3U);
}

TEST(MergedSource, InterruptEndsIt) {
  const auto merged = merge_sources(sources_of({{{1, "a"}, {2, "b"}, {3, "c"}}, {{9, "z"}}}, 1));
  std::array<Packet, 1> batch;
  EXPECT_EQ(merged->next_batch(batch), 1U);
  merged->interrupt();
  EXPECT_LE(read_all(*merged).size(), 2U);
  EXPECT_TRUE(merged->ended());
}

std::string capture(std::uint32_t from, std::uint32_t count, const std::string& text) {
  std::string content = pcap_header();
  for (std::uint32_t i = 0; i < count; ++i)
    content += pcap_record(from + 2 * i, 0, text + std::to_string(i));
  return content;
}

TEST(OpenSources, MergesFilesOfEveryKind) {
  const Folder folder;
  const std::string late = folder.file("late", gzip(capture(101, 3, "late")));
  const std::string early = folder.file("early", zstd(capture(0, 3, "early")));
  const std::string other =
      folder.file("other", section() + interface(101) + enhanced(0, 101'500'000, "other"));
  const std::string none = folder.file("none", pcap_header());
  auto source = open_sources({late, early, none, other});
  ASSERT_TRUE(source.ok()) << source.error().message;
  const std::vector<Seen> packets = read_all(**source);
  EXPECT_EQ(texts(packets),
            (Texts{"early0", "early1", "early2", "late0", "other", "late1", "late2"}));
  EXPECT_EQ(packets[4].interface, 2);
  EXPECT_EQ((*source)->interfaces().size(), 3U);
  EXPECT_EQ((*source)->interfaces()[2].link, LinkType::Raw);
  EXPECT_EQ((*source)->damage(), "");
  EXPECT_EQ((*source)->progress().done, (*source)->progress().total);
}

TEST(OpenSources, DoesNotWrapASingleOne) {
  const Folder folder;
  SavefileOptions options;
  options.first_interface = 5;
  auto source = open_sources({folder.file("a", capture(1, 1, "a"))}, options);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(dynamic_cast<MergedSource*>(source->get()), nullptr);
  EXPECT_EQ(read_all(**source).at(0).interface, 5);
}

TEST(OpenSources, FailsWithTheFirstPathThatCannotBeOpened) {
  const Folder folder;
  const auto source = open_sources(
      {folder.file("a", capture(1, 1, "a")), folder.path("none"), folder.path("nor this")});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().message, folder.path("none") + ": no such file");
}

TEST(OpenSources, ReportsTheDamageOfEachFile) {
  const Folder folder;
  const std::string cut = capture(1, 3, "a").substr(0, 59);
  const std::string header = folder.file("header", capture(1, 1, "x").substr(0, 30));
  auto source =
      open_sources({folder.file("cut", cut), folder.file("whole", capture(2, 2, "b")), header});
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(texts(read_all(**source)), (Texts{"a0", "b0", "b1"}));
  const std::string sentence = ": the packet record at byte ";
  EXPECT_EQ(
      (*source)->damages(),
      (Texts{folder.path("cut") + sentence + "42 is cut off after 17 of 18 bytes",
             folder.path("header") + sentence + "24 is cut off after 6 of its 16 header bytes"}));
}

TEST(OpenSources, AFileThatVanishesIsDamage) {
  const Folder folder;
  const std::string late = folder.file("late", capture(100, 3, "late"));
  auto source = open_sources({folder.file("early", capture(0, 3, "early")), late});
  ASSERT_TRUE(source.ok());
  std::filesystem::remove(late);
  EXPECT_EQ(read_all(**source).size(), 3U);
  EXPECT_EQ((*source)->damage(), late + ": no such file");
}

TEST(OpenSources, FilesBeyondTheLimitAreOneSentence) {
  const Folder folder;
  std::vector<std::string> paths;
  for (unsigned i = 0; i < 40; ++i)
    paths.push_back(folder.file(std::to_string(i), capture(i, 50, "p")));
  const FewDescriptors few(10);
  auto source = open_sources(paths);
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(read_all(**source).size(), 500U);
  EXPECT_EQ((*source)->damages(), Texts{not_opened_text(30, 40)});
}

TEST(OpenSources, KeepsNoFileWithoutPacketsOpen) {
  const Folder folder;
  std::vector<std::string> paths{folder.file("a", capture(1, 1, "a"))};
  for (unsigned i = 0; i < 40; ++i) paths.push_back(folder.file(std::to_string(i), pcap_header()));
  const FewDescriptors few(5);
  auto source = open_sources(paths);
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(read_all(**source).size(), 1U);
  EXPECT_EQ((*source)->damage(), "");
}

TEST(OpenSources, KeepsOnlyDueFilesOpen) {
  const Folder folder;
  std::vector<std::string> paths;
  for (unsigned i = 0; i < 300; ++i) {
    paths.push_back(folder.file(std::to_string(i), capture((i * 7 % 300) * 100, 3, "p")));
  }
  auto source = open_sources(paths);
  ASSERT_TRUE(source.ok());
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
  };
  const auto before = open_files();
  std::array<Packet, 4> batch;
  std::int64_t last = -1;
  std::size_t packets = 0;
  while (!(*source)->ended()) {
    const std::size_t count = (*source)->next_batch(batch);
    for (std::size_t i = 0; i < count; ++i, ++packets) {
      EXPECT_GT(to_ns(batch[i].time), last);
      last = to_ns(batch[i].time);
    }
    ASSERT_LE(open_files(), before + 3);
  }
  EXPECT_EQ(packets, 900U);
}

}  // namespace
}  // namespace synfin::test
