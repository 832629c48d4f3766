#include "view/processes_view.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "synfin/filter/show_expression.h"
#include "unit/view/view_samples.h"

namespace synfin {
namespace {

using view_samples::endpoint;
using view_samples::kNoon;
using view_samples::SampleConnection;

EndpointAnnotations process(std::uint32_t pid, std::string_view exe, std::string_view user,
                            std::string_view unit = {}) {
  EndpointAnnotations end;
  end.pid = pid;
  end.exe = exe;
  end.user = user;
  end.unit = unit;
  return end;
}

class ProcessesViewTest : public testing::Test {
 protected:
  void apply(SampleConnection& c, EventKind kind, Outcome outcome, const Annotations& about) {
    connections_.apply(c.event(kind, outcome), about,
                       [this](const ConnectionChange& change) { view_.observe(change); });
  }
  /// The raw cells of the row whose first known name is `name`, by the columns' keys.
  std::map<std::string, std::string> row(const std::string& name, ViewRequest request = {}) {
    view_samples::NoNames names;
    const ViewPage page = view_.page(request, names);
    for (const auto& cells : page.table.rows) {
      std::map<std::string, std::string> row;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        row[page.table.columns[i].key] = cells[i].raw.empty() ? cells[i].text : cells[i].raw;
      }
      if (row["exe"] == name || row["user"] == name || row["unit"] == name) return row;
    }
    return {};
  }
  std::size_t rows(ViewRequest request = {}) {
    view_samples::NoNames names;
    return view_.page(request, names).table.rows.size();
  }

  const Annotations curl_to_nginx_{.orig = process(10, "/usr/bin/curl", "alice"),
                                   .resp = process(20, "/usr/sbin/nginx", "www", "nginx.service"),
                                   .port_name = {},
                                   .process_basis = {}};
  ProcessesView view_;
  OpenConnections connections_{1};
};

TEST_F(ProcessesViewTest, CountsBothEndsOfALocalConnection) {
  SampleConnection c(endpoint("127.0.0.1", 40000), endpoint("127.0.0.1", 80));
  apply(c, EventKind::Syn, Outcome::Pending, curl_to_nginx_);
  EXPECT_EQ(row("/usr/bin/curl")["open"], "1");
  EXPECT_EQ(row("/usr/sbin/nginx")["accepts"], "0");
  apply(c, EventKind::Open, Outcome::Open, curl_to_nginx_);
  EXPECT_EQ(row("/usr/sbin/nginx")["accepts"], "1");
  EXPECT_EQ(row("/usr/sbin/nginx")["connects"], "0");
  apply(c, EventKind::Close, Outcome::Closed, curl_to_nginx_);
  EXPECT_EQ(row("/usr/bin/curl")["open"], "0");
  c.last.connection.orig.bytes = 100;
  c.last.connection.resp.bytes = 5000;
  apply(c, EventKind::Record, Outcome::Closed, curl_to_nginx_);
  auto curl = row("/usr/bin/curl");
  EXPECT_EQ(curl["connects"], "1");
  EXPECT_EQ(curl["bytes_out"], "100");
  EXPECT_EQ(curl["bytes_in"], "5000");
  EXPECT_EQ(curl["failed"], "0");
  auto nginx = row("/usr/sbin/nginx");
  EXPECT_EQ(nginx["bytes_in"], "100");
  EXPECT_EQ(nginx["bytes_out"], "5000");
  EXPECT_EQ(nginx["unit"], "nginx.service");
}

TEST_F(ProcessesViewTest, CountsAProcessThatIsFoundLater) {
  SampleConnection c(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 80));
  apply(c, EventKind::Syn, Outcome::Pending, {});
  EXPECT_EQ(rows(), 0u);
  Annotations about{};
  about.orig = process(10, "/usr/bin/curl", "alice");
  apply(c, EventKind::Refused, Outcome::Refused, about);
  EXPECT_EQ(row("/usr/bin/curl")["failed"], "1");
  // What is forgotten at the end stays with the process.
  apply(c, EventKind::Record, Outcome::Refused, {});
  auto curl = row("/usr/bin/curl");
  EXPECT_EQ(curl["failed"], "1");
  EXPECT_EQ(curl["connects"], "1");
  EXPECT_EQ(curl["open"], "0");
}

TEST_F(ProcessesViewTest, FollowsEndsThatChangeRoles) {
  SampleConnection c(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 50000));
  Annotations about{};
  about.orig = process(10, "/bin/a", "alice");
  apply(c, EventKind::Midstream, Outcome::Midstream, about);
  EXPECT_EQ(row("/bin/a")["open"], "1");
  EXPECT_EQ(row("/bin/a")["connects"], "0") << "it was open before";
  c.last.connection.tuple = c.last.connection.tuple.reversed();
  apply(c, EventKind::Open, Outcome::Open,
        {.orig = {}, .resp = about.orig, .port_name = {}, .process_basis = {}});
  auto a = row("/bin/a");
  EXPECT_EQ(a["open"], "1");
  EXPECT_EQ(a["accepts"], "1");
  EXPECT_EQ(a["connects"], "0");
}

TEST_F(ProcessesViewTest, TakesBackAConnectionThatIsNotToBeShown) {
  SampleConnection c(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 80));
  apply(c, EventKind::Open, Outcome::Open, curl_to_nginx_);
  connections_.withdraw(c.event(EventKind::Fin, Outcome::Closed), curl_to_nginx_,
                        [this](const ConnectionChange& change) { view_.observe(change); });
  EXPECT_EQ(row("/usr/bin/curl")["open"], "0");
  EXPECT_EQ(row("/usr/bin/curl")["connects"], "0");
  EXPECT_EQ(connections_.size(), 0u);
}

TEST_F(ProcessesViewTest, CountsWhatIsOpenAsTheInputEnds) {
  SampleConnection open(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 80));
  apply(open, EventKind::Syn, Outcome::Pending, curl_to_nginx_);
  apply(open, EventKind::Open, Outcome::Open, curl_to_nginx_);
  open.last.connection.state = ConnState::S1;
  apply(open, EventKind::Record, Outcome::Open, curl_to_nginx_);
  SampleConnection old(endpoint("192.0.2.1", 40001), endpoint("198.51.100.1", 80));
  apply(old, EventKind::Midstream, Outcome::Midstream, curl_to_nginx_);
  apply(old, EventKind::Record, Outcome::Midstream, curl_to_nginx_);
  SampleConnection closed(endpoint("192.0.2.1", 40002), endpoint("198.51.100.1", 80));
  apply(closed, EventKind::Open, Outcome::Open, curl_to_nginx_);
  apply(closed, EventKind::Close, Outcome::Closed, curl_to_nginx_);
  apply(closed, EventKind::Record, Outcome::Closed, curl_to_nginx_);
  EXPECT_EQ(row("/usr/bin/curl")["open"], "2");
  EXPECT_EQ(row("/usr/sbin/nginx")["open"], "2");
}

TEST_F(ProcessesViewTest, GroupsByExecutableUserAndUnit) {
  std::uint16_t port = 1000;
  for (const auto& p :
       {process(1, "/bin/a", "alice", "one.service"), process(2, "/bin/a", "bob", "one.service"),
        process(3, "/bin/b", "bob", "two.service"), process(4, "/bin/b", "bob")}) {
    SampleConnection c(endpoint("192.0.2.1", port++), endpoint("198.51.100.1", 80));
    Annotations about{};
    about.orig = p;
    apply(c, EventKind::Syn, Outcome::Pending, about);
  }
  const auto grouped = [](ProcessGroup group) {
    ViewRequest request;
    request.group = static_cast<std::size_t>(group);
    return request;
  };
  EXPECT_EQ(rows(grouped(ProcessGroup::Program)), 4u);
  EXPECT_EQ(rows(grouped(ProcessGroup::Executable)), 2u);
  EXPECT_EQ(rows(grouped(ProcessGroup::User)), 2u);
  EXPECT_EQ(rows(grouped(ProcessGroup::Unit)), 3u);
  auto a = row("/bin/a", grouped(ProcessGroup::Executable));
  EXPECT_EQ(a["connects"], "2");
  EXPECT_EQ(a["user"], "several");
  EXPECT_EQ(a["unit"], "one.service");
  EXPECT_EQ(row("bob", grouped(ProcessGroup::User))["connects"], "3");
  EXPECT_EQ(row("one.service", grouped(ProcessGroup::Unit))["open"], "2");
}

TEST_F(ProcessesViewTest, AddsWhatTheKernelCountsOfOpenConnections) {
  SampleConnection c(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 80));
  apply(c, EventKind::Open, Outcome::Open, curl_to_nginx_);
  HostSockets host;
  HostSocket& s = host.sockets.emplace_back();
  s.local = c.last.connection.tuple.orig;
  s.remote = c.last.connection.tuple.resp;
  s.state = SocketState::Established;
  s.traffic = {.bytes_acked = 101, .bytes_received = 3000};
  s.sent_rate = 7;
  s.received_rate = 8;
  ViewRequest request;
  request.host = &host;
  auto curl = row("/usr/bin/curl", request);
  EXPECT_EQ(curl["bytes_out"], "100") << "the SYN's acknowledgement is no byte";
  EXPECT_EQ(curl["bytes_in"], "3000");
  EXPECT_EQ(curl["out_rate"], "7");
  EXPECT_EQ(curl["in_rate"], "8");
  EXPECT_EQ(row("/usr/sbin/nginx", request)["bytes_in"], "0") << "its socket is not listed";
  s.state = SocketState::CloseWait;
  ++s.traffic->bytes_received;
  EXPECT_EQ(row("/usr/bin/curl", request)["bytes_in"], "3000") << "a FIN is no byte";
  // The record counts the same bytes only once.
  c.last.connection.orig.bytes = 100;
  c.last.connection.resp.bytes = 3000;
  apply(c, EventKind::Record, Outcome::Closed, curl_to_nginx_);
  EXPECT_EQ(row("/usr/bin/curl", request)["bytes_out"], "100");
}

TEST_F(ProcessesViewTest, FiltersAndSorts) {
  std::uint16_t port = 1000;
  for (const char* exe : {"/bin/c", "/bin/a", "/bin/b"}) {
    SampleConnection c(endpoint("192.0.2.1", port++), endpoint("198.51.100.1", 80));
    Annotations about{};
    about.orig = process(1, exe, exe[5] == 'a' ? "alice" : "bob");
    apply(c, EventKind::Syn, Outcome::Pending, about);
  }
  const auto show = ShowExpression::parse("user:bob -process:b").value();
  ViewRequest request;
  request.show = &show;
  EXPECT_EQ(rows(request), 1u);
  EXPECT_FALSE(row("/bin/c", request).empty());
  ViewRequest by_name;
  by_name.order = 4;
  view_samples::NoNames names;
  const ViewPage page = view_.page(by_name, names);
  ASSERT_EQ(page.table.rows.size(), 3u);
  EXPECT_EQ(page.table.rows[0][0].text, "/bin/a");
  EXPECT_EQ(page.table.rows[2][0].text, "/bin/c");
  EXPECT_EQ(page.targets[0].process, "/bin/a");
}

TEST_F(ProcessesViewTest, AnAbortedAttemptIsNoFailure) {
  SampleConnection c(endpoint("192.0.2.1", 40000), endpoint("198.51.100.1", 80));
  Annotations about{};
  about.orig = process(10, "/usr/bin/curl", "alice");
  apply(c, EventKind::Syn, Outcome::Pending, about);
  apply(c, EventKind::Aborted, Outcome::Aborted, about);
  EXPECT_EQ(row("/usr/bin/curl")["connects"], "1");
  EXPECT_EQ(row("/usr/bin/curl")["failed"], "0");
}

TEST_F(ProcessesViewTest, MarksAllColumnsOfASum) {
  using Keys = std::vector<std::string_view>;
  const std::vector<Keys> expected{
      {"bytes_in", "bytes_out"}, {"open"}, {"connects", "accepts"}, {"failed"}, {"exe"}};
  view_samples::NoNames names;
  ViewRequest request;
  for (; request.order < expected.size(); ++request.order) {
    const auto marked = view_.page(request, names).table.sort_keys;
    Keys keys(marked.begin(), marked.end());
    std::erase(keys, "");
    EXPECT_EQ(keys, expected[request.order]) << request.order;
  }
}

TEST_F(ProcessesViewTest, HasABound) {
  for (std::size_t i = 0; i < ProcessesView::kMaxPrograms + 10; ++i) {
    SampleConnection c(endpoint("192.0.2.1", static_cast<std::uint16_t>(i)),
                       endpoint("198.51.100.1", static_cast<std::uint16_t>(i >> 8)));
    const std::string exe = "/bin/" + std::to_string(i);
    Annotations about{};
    about.orig = process(1, exe, "alice");
    apply(c, EventKind::Open, Outcome::Open, about);
    apply(c, EventKind::Record, Outcome::Closed, about);
  }
  EXPECT_EQ(rows(), ProcessesView::kMaxPrograms);
}

TEST_F(ProcessesViewTest, SaysWhyItIsEmpty) {
  view_samples::NoNames names;
  EXPECT_NE(view_.page({}, names).table.note.find("--process"), std::string::npos);
}

}  // namespace
}  // namespace synfin
