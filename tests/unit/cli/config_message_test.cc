// A configuration file between two processes: all of it arrives, and bytes that are no such message
// are an error.
#include "cli/config_message.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace synfin {
namespace {

ConfigFile sample() {
  ConfigFile file;
  file.all_users_read = true;
  file.notify = SecretText("[notify.x]\nurl = \n");
  file.store = SecretText(std::string_view("a\0b", 3));
  file.entries = {{"", "view", "none", 1}, {"live", "interface", "", 7}};
  return file;
}

std::string text_of(const ConfigFile& file) {
  std::string all = file.all_users_read ? "all users\n" : "";
  all.append(file.notify.view()).append(file.store.view()).append("\n");
  for (const ConfigEntry& entry : file.entries)
    all += entry.section + "|" + entry.key + "|" + entry.value + "|" + std::to_string(entry.line) +
           "\n";
  return all;
}

TEST(ConfigMessage, HasAllOfTheFile) {
  const auto file = unpack_config(pack_config(sample()).view());
  ASSERT_TRUE(file);
  EXPECT_EQ(text_of(*file), text_of(sample()));
  const auto none = unpack_config(pack_config(ConfigFile{}).view());
  ASSERT_TRUE(none);
  EXPECT_EQ(text_of(*none), text_of({}));
}

TEST(ConfigMessage, APartIsAnError) {
  const SecretText whole = pack_config(sample());
  for (std::size_t size = 0; size < whole.view().size(); ++size)
    EXPECT_FALSE(unpack_config(whole.view().substr(0, size))) << size;
}

TEST(ConfigMessage, OtherNumbersAreAnError) {
  std::string packed(pack_config(sample()).view());
  for (std::size_t at = 0; at + 8 <= packed.size(); ++at) {
    std::string changed = packed;
    std::memset(changed.data() + at, 0xFF, 8);
    (void)unpack_config(changed);  // must not read beyond the end
  }
  std::memset(packed.data(), 0xFF, 8);
  EXPECT_FALSE(unpack_config(packed));
  EXPECT_FALSE(unpack_config(""));
  EXPECT_FALSE(unpack_config(std::string(pack_config(sample()).view()) + "x"));
}

}  // namespace
}  // namespace synfin
