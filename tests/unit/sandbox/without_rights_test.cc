// Work in a process without rights: what it has, what it returns, and how it can fail.
#include "synfin/sandbox/without_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <new>
#include <string>

namespace synfin {
namespace {

using testing::HasSubstr;

/// The lines of /proc/self/status.
SecretText own_status() {
  std::ifstream status("/proc/self/status");
  std::string text(std::istreambuf_iterator<char>(status), {});
  return SecretText(text);
}

TEST(WithoutRights, TheProcessHasNone) {
  const auto status = run_without_rights("a file", own_status, 10000);
  ASSERT_TRUE(status);
  const std::string text(status->view());
  for (const char* const set : {"CapPrm", "CapEff", "CapInh"})
    EXPECT_THAT(text, HasSubstr(std::string(set) + ":\t0000000000000000\n"));
  EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Uid:\t0\t")));
}

TEST(WithoutRights, ReturnsAllBytes) {
  const std::string sent(3'000'000, 'x');
  const auto got = run_without_rights(
      "a file", [&] { return SecretText(sent); }, sent.size());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->view(), sent);
  EXPECT_EQ(run_without_rights(
                "a file", [] { return SecretText(); }, 0)
                ->view(),
            "");
}

TEST(WithoutRights, FailsWithTheErrorOfTheWork) {
  for (const ErrorKind kind : {ErrorKind::Work, ErrorKind::Usage}) {
    const auto got = run_without_rights(
        "a file",
        [kind]() -> Result<SecretText> {
          return Error{"line 3: what", kind};
        },
        10);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message, "line 3: what");
    EXPECT_EQ(got.error().kind, kind);
  }
}

TEST(WithoutRights, FailsIfTheProcessDoes) {
  const auto failed = [](const std::function<Result<SecretText>()>& work) {
    const auto got = run_without_rights("a file", work, 10);
    return got ? std::string() : got.error().message;
  };
  EXPECT_THAT(failed([] { return SecretText("more than 10 bytes"); }),
              testing::AllOf(HasSubstr("cannot read a file"), HasSubstr("early")));
  EXPECT_THAT(failed([]() -> Result<SecretText> { throw std::bad_alloc(); }), HasSubstr("early"));
  EXPECT_THAT(failed([]() -> Result<SecretText> {
                raise(SIGKILL);
                return SecretText();
              }),
              HasSubstr("early"));
}

}  // namespace
}  // namespace synfin
