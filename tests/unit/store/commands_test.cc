// The words of `synfin store`, as far as they need no server.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "synfin/store/store.h"

namespace synfin::test {
namespace {

std::optional<Result<int>> answer_to(std::vector<const char*> words) {
  words.insert(words.begin(), "store");
  return run_store_command(static_cast<int>(words.size()), words.data());
}

TEST(StoreImport, WithoutFilesIsAWrongCommandLine) {
  const std::vector<const char*> cases[] = {
      {"import"}, {"import", ""}, {"import", "--store", "clickhouse://192.0.2.1/synfin"}};
  for (const auto& words : cases) {
    const auto answer = answer_to(words);
    ASSERT_TRUE(answer);
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().kind, ErrorKind::Usage);
    EXPECT_NE(answer->error().message.find("names no file"), std::string::npos);
    EXPECT_EQ(answer->error().message.find("--read"), std::string::npos);
  }
}

TEST(StoreImport, OfFilesIsARun) {
  EXPECT_FALSE(answer_to({"import", "conn.log", "--store", "clickhouse://192.0.2.1/synfin"}));
  EXPECT_FALSE(answer_to({"import", "-", "--store", "clickhouse://192.0.2.1/synfin"}));
}

}  // namespace
}  // namespace synfin::test
