// Configuration files: which lines are read as what, and that each mistake names its line.
#include "synfin/cli/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

using testing::HasSubstr;

std::string listing(std::string_view text) {
  const auto entries = parse_config(text, "f");
  if (!entries) return entries.error().message;
  std::string all;
  for (const ConfigEntry& e : *entries)
    all += e.section + "|" + e.key + "|" + e.value + "|" + std::to_string(e.line) + "\n";
  return all;
}

TEST(ConfigFile, HasSectionsAndLines) {
  EXPECT_EQ(listing("view = events\n\n# a comment\n; another\n[live]\ninterface = eth0\n"
                    "interface=eth1\n  [names]\nno_geoip\n"),
            "|view|events|1\nlive|interface|eth0|6\nlive|interface|eth1|7\n"
            "names|no-geoip|true|9\n");
}

TEST(ConfigFile, ValuesAreTakenAsTheyAre) {
  EXPECT_EQ(listing("[input]\nfilter = tcp port 80, or #2\nx.y = [2001:db8::1]:53\n"
                    "show = \" 'a' \"\nempty =\n"),
            "input|filter|tcp port 80, or #2|2\ninput|x.y|[2001:db8::1]:53|3\n"
            "input|show| 'a' |4\ninput|empty||5\n");
}

TEST(ConfigFile, EndsOfLinesOfOtherSystemsAreNoPartOfValues) {
  EXPECT_EQ(listing("[live]\r\nuser = nobody\r\n"), "live|user|nobody|2\n");
}

TEST(ConfigFile, NothingIsSkippedSilently) {
  EXPECT_EQ(listing("n\n[output]\n l\t\n;\nutc\nl = no\n"),
            "|n|true|1\noutput|l|true|3\noutput|utc|true|5\noutput|l|no|6\n");
  EXPECT_THAT(listing("[live]\n=p\n"), HasSubstr("f:2: the line is neither"));
  EXPECT_THAT(listing("[]\n"), HasSubstr("f:1: the line is neither"));
  EXPECT_EQ(listing("[live\nuser = x\n"), "|[live|true|1\n|user|x|2\n");
}

/// CLI11 would divide such a value into several, or continue it on the next line.
TEST(ConfigFile, ControlCharactersAreRefused) {
  EXPECT_THAT(listing("[live]\nuser = a\x04z\n"),
              HasSubstr("f:2: the line has a control character"));
  EXPECT_THAT(listing("b = \x02,x\nuser = z\n"),
              HasSubstr("f:1: the line has a control character"));
  EXPECT_THAT(listing("[li\x05ve]\nuser = z\n"),
              HasSubstr("f:1: the line has a control character"));
  EXPECT_EQ(listing("# \x02\nuser = a\tb\n"), "|user|a\tb|2\n");
}

TEST(ConfigFile, NotificationsAreDivided) {
  SecretText text("a = b\n[notify]\nurl = secret\n[notify.x]\npassword = y\n[live]\nuser = z");
  SecretText store;
  const std::string others = split_config(text, store);
  EXPECT_EQ(others, "a = b\n\n\n\n\n[live]\nuser = z\n");
  EXPECT_EQ(listing(text.view()), "notify|url|secret|3\nnotify.x|password|y|5\n");
}

class ConfigFolder : public testing::Test {
 protected:
  ConfigFolder() {
    std::filesystem::create_directories(path_);
    setenv("SUDO_UID", "4711", 1);
  }
  ~ConfigFolder() override {
    unsetenv("SUDO_UID");
    std::filesystem::remove_all(path_);
  }
  std::string write(mode_t mode, const std::string& text = "view = none\n") {
    const std::string name = path_ / "synfin.conf";
    std::ofstream(name) << text;
    EXPECT_EQ(chmod(name.c_str(), mode), 0);
    return name;
  }
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("synfin-config-" + std::to_string(getpid()));
};

TEST_F(ConfigFolder, SaysWhetherAllUsersMayRead) {
  EXPECT_TRUE(load_config(write(0644))->all_users_read);
  EXPECT_FALSE(load_config(write(0640))->all_users_read);
}

TEST_F(ConfigFolder, RootReadsNoFileThatOthersMayChange) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  const std::string name = write(0666);
  const auto writable = load_config(name);
  ASSERT_FALSE(writable);
  EXPECT_THAT(writable.error().message, HasSubstr("chmod go-w"));
  write(0644);
  ASSERT_EQ(chown(name.c_str(), 4712, 0), 0);
  EXPECT_FALSE(load_config(name));
  ASSERT_EQ(chown(name.c_str(), 4711, 0), 0);
  EXPECT_TRUE(load_config(name)) << "the user who called sudo may name a file of their own";
}

TEST_F(ConfigFolder, RootSearchesNoHomeFolder) {
  const auto places = config_places();
  EXPECT_EQ(places.back(), "/etc/synfin/synfin.conf");
  EXPECT_EQ(places.size(), geteuid() == 0 ? 1U : 2U);
}

TEST_F(ConfigFolder, AFileThatIsNamedMustExist) {
  EXPECT_FALSE(load_config("/nonexistent/synfin.conf"));
  EXPECT_TRUE(load_config("/dev/null"));
  EXPECT_FALSE(load_config(path_));
}

TEST(ConfigLine, MeansTheSameWhenItIsRead) {
  for (const std::string value :
       {"a", " a ", "a\\b", "\"a\"", "'a'", "\\d", "`x`", "b\xc3\xbc", "a = b", ""}) {
    const auto entries = parse_config(config_line("key", value), "f");
    ASSERT_TRUE(entries) << value;
    ASSERT_EQ(entries->size(), 1u) << value;
    EXPECT_EQ((*entries)[0].value, value);
  }
  EXPECT_EQ(config_line("key", "a\xc2\x9b"),
            "# key has characters that are not shown as they are: a\\xc2\\x9b\n");
}

}  // namespace
}  // namespace synfin
