// How the client parses results and chooses hosts. tests/store/ has the servers.
#include "store/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/silent_server.h"

namespace synfin::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(StoreClient, ParsesRows) {
  const auto rows = StoreClient::parse_rows("1\ta\\tb\\\\\\n\n\t\n");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0], ElementsAre("1", "a\tb\\\n"));
  EXPECT_THAT(rows[1], ElementsAre("", ""));
  EXPECT_TRUE(StoreClient::parse_rows("").empty());
}

TEST(StoreClient, AHostThatIsAwayIsNamed) {
  StoreClient client(*parse_store_url("clickhouse://127.0.0.1:1,127.0.0.1:2/s"), {});
  const auto answer = client.query(sql("SELECT 1"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("127.0.0.1:2 does not answer"));
  EXPECT_FALSE(client.answered());
  const StoreFailure failure = client.insert(sql("INSERT INTO t FORMAT Native"), "x", {});
  EXPECT_FALSE(failure.sentence.empty());
  EXPECT_FALSE(failure.uncertain) << "nothing was sent";
}

StoreUrl url_of(const SilentServer& server) {
  return *parse_store_url(fmt::format("clickhouse://127.0.0.1:{}/s", server.port()));
}

TEST(StoreClient, AnInsertionThatIsCancelledIsUncertain) {
  const SilentServer server;
  StoreClient client(url_of(server), {}, {.cancelled = [] { return true; }});
  const StoreFailure failure = client.insert(sql("INSERT INTO t FORMAT Native"), "x", {});
  EXPECT_THAT(failure.sentence, HasSubstr("was cancelled"));
  EXPECT_TRUE(failure.uncertain);
}

TEST(StoreClient, AServerThatIsSilentForTooLongDoesNotAnswer) {
  const SilentServer server;
  StoreClient client(url_of(server), {}, {.longest = std::chrono::milliseconds{200}});
  const StoreFailure failure = client.insert(sql("INSERT INTO t FORMAT Native"), "x", {});
  EXPECT_THAT(failure.sentence, HasSubstr("does not answer"));
  EXPECT_TRUE(failure.uncertain);
}

TEST(StoreClient, TheEndOfAQueryWaitsForASilentServerForSecondsOnly) {
  const SilentServer server;
  StoreClient client(url_of(server), {});
  const auto begin = std::chrono::steady_clock::now();
  const auto answer =
      client.query(sql("SELECT 1"), {.query_id = "q", .cancelled = [] { return true; }});
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(answer.error().message, "the query was cancelled");
  EXPECT_GT(took, std::chrono::seconds{2}) << "KILL QUERY was not sent";
  EXPECT_LT(took, std::chrono::seconds{10});
}

TEST(StoreClient, HostsCanBeChosen) {
  StoreClient client(*parse_store_url("clickhouse://a,b,c/s"), {});
  client.use_hosts({1, 2});
  EXPECT_EQ(client.host_text(), "b:8123");
  client.skip_host();
  EXPECT_EQ(client.host_text(), "c:8123");
  client.skip_host();
  EXPECT_EQ(client.host_text(), "b:8123");
}

}  // namespace
}  // namespace synfin::test
