#include "synfin/capture/source_paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "unit/capture/savefile_builder.h"

namespace synfin::test {
namespace {

using Paths = std::vector<std::string>;

TEST(ExpandSources, KeepsPathsThatAreNoFolders) {
  const Folder folder;
  const Paths paths{"-", folder.path("none"), folder.file("a.txt", "x")};
  const auto expanded = expand_sources(paths);
  ASSERT_TRUE(expanded.ok());
  EXPECT_EQ(*expanded, paths);
}

TEST(ExpandSources, ReplacesAFolderByItsCapturesSortedByName) {
  const Folder folder;
  const std::string capture = pcap_header();
  folder.file("b.pcap", capture);
  folder.file("a.dump", capture);
  folder.file("c", gzip(section()));
  folder.file("d.pcapng.zst", zstd(section()));
  folder.file("e.pcap12", "cut off");  // its name says what it should be
  folder.file("conn.log.gz", gzip("#separator"));
  folder.file("notes.txt", "hello");
  folder.file("empty.pcap", "");  // the one that is being written
  folder.file(".hidden.pcap", capture);
  std::filesystem::create_directory(folder.path("deeper.pcap"));
  const auto expanded = expand_sources({"first", folder.path(), "-"});
  ASSERT_TRUE(expanded.ok()) << expanded.error().message;
  EXPECT_EQ(*expanded,
            (Paths{"first", folder.path("a.dump"), folder.path("b.pcap"), folder.path("c"),
                   folder.path("d.pcapng.zst"), folder.path("e.pcap12"), "-"}));
}

TEST(ExpandSources, AFolderWithoutCapturesIsAnError) {
  const Folder folder;
  folder.file("notes.txt", "hello");
  const auto expanded = expand_sources({folder.path()});
  ASSERT_FALSE(expanded.ok());
  EXPECT_EQ(expanded.error().message, folder.path() + ": the folder contains no capture file");
  EXPECT_EQ(expanded.error().kind, ErrorKind::Work);
}

TEST(ExpandSources, NamesAFileOfTheFolderThatMayNotBeRead) {
  const Folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
  const std::string locked = folder.file("trace", pcap_header());
  std::filesystem::permissions(locked, std::filesystem::perms{0});
  const uid_t user = geteuid();
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);  // root may read everything
  const auto expanded = expand_sources({folder.path()});
  ASSERT_EQ(seteuid(user), 0);
  ASSERT_FALSE(expanded.ok());
  EXPECT_EQ(expanded.error().message,
            folder.path() + ": the folder contains no capture file that can be read; " + locked +
                ": no permission to read it");
}

}  // namespace
}  // namespace synfin::test
