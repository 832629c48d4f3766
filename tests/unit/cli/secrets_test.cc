// Secrets from files, variables and credentials.
#include "synfin/cli/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace synfin {
namespace {

class Secrets : public testing::Test {
 protected:
  Secrets() { std::filesystem::create_directories(folder_); }
  ~Secrets() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& text, mode_t mode = 0600) {
    const std::string name = folder_ / "secret";
    std::ofstream(name) << text;
    EXPECT_EQ(chmod(name.c_str(), mode), 0);
    return name;
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("synfin-secrets-" + std::to_string(getpid()));
  std::vector<std::string> warnings_;
};

TEST_F(Secrets, FilesHaveOneLine) {
  EXPECT_EQ(*read_secret_file(write("a secret \r\n"), {}, warnings_), "a secret ");
  EXPECT_FALSE(read_secret_file(write("\n"), {}, warnings_));
  EXPECT_FALSE(read_secret_file(write("a\nb\n"), {}, warnings_));
  EXPECT_FALSE(read_secret_file(write(std::string(5000, 'x')), {}, warnings_));
  EXPECT_FALSE(read_secret_file(folder_ / "none", {}, warnings_));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(Secrets, AFileThatOthersReadIsReported) {
  ASSERT_TRUE(read_secret_file(write("x", 0644), {}, warnings_));
  EXPECT_THAT(warnings_, testing::ElementsAre(testing::HasSubstr("chmod o-r")));
}

TEST_F(Secrets, CredentialsAreFilesOfSystemd) {
  write("from systemd");
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_FALSE(read_credential("secret", {}, warnings_));
  setenv("CREDENTIALS_DIRECTORY", folder_.c_str(), 1);
  EXPECT_EQ(*read_credential("secret", {}, warnings_), "from systemd");
  EXPECT_FALSE(read_credential("../secret", {}, warnings_));
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(Secrets, VariablesAreExpandedAndForgotten) {
  setenv("SYNFIN_TEST_A", "alpha", 1);
  EXPECT_EQ(*expand_variables("x${SYNFIN_TEST_A}y${SYNFIN_TEST_A}"), "xalphayalpha");
  EXPECT_EQ(*expand_variables("$SYNFIN ${open"), "$SYNFIN ${open");
  EXPECT_FALSE(expand_variables("${SYNFIN_TEST_NONE}"));
  const char* const where = getenv("SYNFIN_TEST_A");
  forget_variables("url = ${SYNFIN_TEST_A}");
  EXPECT_EQ(std::string(where, 5), std::string(5, '\0'));
  unsetenv("SYNFIN_TEST_A");
}

TEST_F(Secrets, AVariableThatAnotherSectionNeedsIsKept) {
  setenv("SYNFIN_TEST_SHARED", "value", 1);
  forget_variables("a = ${SYNFIN_TEST_SHARED}", "b = ${SYNFIN_TEST_SHARED}");
  EXPECT_EQ(*expand_variables("${SYNFIN_TEST_SHARED}"), "value");
  forget_variables("b = ${SYNFIN_TEST_SHARED}");
  EXPECT_NE(*expand_variables("${SYNFIN_TEST_SHARED}"), "value");
  unsetenv("SYNFIN_TEST_SHARED");
}

}  // namespace
}  // namespace synfin
