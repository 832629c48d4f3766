// [clickhouse]: keys, where the password comes from, and what is refused.
#include "store/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace synfin::test {
namespace {

using testing::HasSubstr;
using testing::Not;

ConfigFile config_of(std::string_view lines, bool all_users_read = false) {
  ConfigFile config;
  config.path = "f";
  config.store = SecretText("[clickhouse]\n" + std::string(lines));
  config.all_users_read = all_users_read;
  return config;
}

std::string failure_of(std::string_view lines) {
  const auto settings = parse_store_settings(config_of(lines));
  return settings ? "" : settings.error().message;
}

TEST(StoreSettings, ReadsUserAndPassword) {
  const auto settings = parse_store_settings(config_of("user = synfin\npassword = a b'c\n"));
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->user, "synfin");
  EXPECT_EQ(settings->password, "a b'c");
  EXPECT_EQ(masked_text(*settings), "[clickhouse]\nuser = synfin\npassword = ***\n");
  EXPECT_TRUE(settings->warnings.empty());
  EXPECT_EQ(masked_text(*parse_store_settings(ConfigFile{})), "");
}

TEST(StoreSettings, ReadsPasswordsByReference) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("synfin-password-" + std::to_string(getpid()));
  std::ofstream(file) << "from a file\n";
  chmod(file.c_str(), 0600);
  setenv("SYNFIN_TEST_PASSWORD", "from a variable", 1);
  EXPECT_EQ(parse_store_settings(config_of("password-file = " + file))->password, "from a file");
  EXPECT_EQ(parse_store_settings(config_of("password = ${SYNFIN_TEST_PASSWORD}"))->password,
            "from a variable");
  unsetenv("SYNFIN_TEST_PASSWORD");
  std::filesystem::remove(file);
}

TEST(StoreSettings, AProcessWithoutRightsReadsThemOnce) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "from a pipe\n", 12), 12);
  close(ends[1]);
  const auto settings =
      read_store_settings(config_of("user = synfin\nplain-http = yes\npassword-file = /dev/fd/" +
                                        std::to_string(ends[0]),
                                    true),
                          nullptr);
  close(ends[0]);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->user, "synfin");
  EXPECT_EQ(settings->password, "from a pipe");
  EXPECT_TRUE(settings->plain_http);
  EXPECT_EQ(read_store_settings(config_of("password = x", true), nullptr)->warnings.size(), 1u);
}

TEST(StoreSettings, AProcessWithoutRightsReportsFaults) {
  const auto unknown = read_store_settings(config_of("pasword = secret"), nullptr);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("f:2: pasword: unknown key"));
  EXPECT_EQ(unknown.error().kind, ErrorKind::Usage);
  const auto url = parse_store_url("clickhouse://192.0.2.1/s");
  const auto unsafe = read_store_settings(config_of("password = x"), &*url);
  ASSERT_FALSE(unsafe);
  EXPECT_THAT(unsafe.error().message, HasSubstr("without TLS"));
}

TEST(StoreSettings, ErrorsNameTheLineAndNoValue) {
  EXPECT_THAT(failure_of("pasword = secret"), HasSubstr("f:2: pasword: unknown key; did you mean"));
  EXPECT_THAT(failure_of("pasword = secret"), Not(HasSubstr("secret")));
  for (const char* line : {"password hunter2", "password: hunter2", "hunter2", "hunter2 = x"}) {
    EXPECT_THAT(failure_of(line), HasSubstr("f:2: the line is not \"key = value\"")) << line;
    EXPECT_THAT(failure_of(line), Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(failure_of("password = a\npassword-file = /b"), HasSubstr("f:3: password-file: "));
  EXPECT_THAT(failure_of("password = ${SYNFIN_NO_SUCH}"), HasSubstr("SYNFIN_NO_SUCH is not set"));
  EXPECT_THAT(failure_of("plain-http = perhaps"), HasSubstr("true or false"));
  EXPECT_THAT(failure_of("ca-file = /no/such"), HasSubstr("cannot read"));
}

TEST(StoreSettings, AFileThatAllReadIsReported) {
  EXPECT_EQ(parse_store_settings(config_of("password = x", true))->warnings.size(), 1u);
  EXPECT_TRUE(parse_store_settings(config_of("user = x", true))->warnings.empty());
}

TEST(StoreSettings, APasswordNeedsTls) {
  StoreCredentials credentials;
  credentials.password = "x";
  const auto fails = [&](const char* url) {
    return !check_password_is_safe(*parse_store_url(url), credentials);
  };
  EXPECT_TRUE(fails("clickhouse://192.0.2.1/s"));
  EXPECT_FALSE(fails("clickhouses://192.0.2.1/s"));
  EXPECT_FALSE(fails("clickhouse://127.0.0.1/s"));
  credentials.plain_http = true;
  EXPECT_FALSE(fails("clickhouse://192.0.2.1/s"));
  credentials = {};
  EXPECT_FALSE(fails("clickhouse://192.0.2.1/s"));
}

}  // namespace
}  // namespace synfin::test
