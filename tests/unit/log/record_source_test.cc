// Logs from memory: their order, their events, pipes that pause, limits and damage; and a whole run
// of the pipeline, with one thread and with two.
#include "synfin/log/record_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "log/log_file.h"
#include "log/record_events.h"
#include "support/fake_sink.h"
#include "synfin/base/time_range.h"
#include "synfin/log/record_pipeline.h"
#include "unit/log/record_samples.h"

namespace synfin::test {
namespace {

const std::string kHeader =
    "#separator \\x09\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\tconn_"
    "state\thistory\n";

std::string row(double start, double duration, int port) {
  return std::to_string(start) + "\t192.0.2.1\t" + std::to_string(port) +
         "\t198.51.100.7\t443\ttcp\t" + std::to_string(duration) + "\tSF\tShADadFf\n";
}

class Files : public testing::Test {
 protected:
  Files() {
    char name[] = "/tmp/synfin-records-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << content;
    return folder_ + "/" + name;
  }
  std::string folder_;
};

/// The originators' ports of all records, in order.
std::vector<int> ports_of(RecordSource& source) {
  std::vector<int> ports;
  RecordBatch batch;
  while (source.read(batch)) {
    for (const Event& event : batch.events()) {
      if (event.kind == EventKind::Record) ports.push_back(event.connection.tuple.orig.port);
    }
  }
  return ports;
}

std::unique_ptr<RecordSource> source_of(const std::vector<std::string>& paths,
                                        const RecordSourceOptions& options = {}) {
  auto source = RecordSource::open(paths, options);
  EXPECT_TRUE(source) << (source ? "" : source.error().message);
  return std::move(*source);
}

TEST_F(Files, AreMergedByTheEndsOfConnections) {
  const std::string one = file("one", kHeader + row(1, 1, 1) + row(1, 5, 2) + row(2, 1, 3));
  const std::string two = file("two", kHeader + row(1, 3, 4) + row(0, 6, 5) + row(7, 0, 6));
  EXPECT_EQ(ports_of(*source_of({one, two})), (std::vector<int>{1, 4, 2, 3, 5, 6}));
}

TEST_F(Files, OfOneTimeKeepTheirOrder) {
  const std::string one = file("one", kHeader + row(1, 1, 1) + row(1, 1, 2));
  const std::string two = file("two", kHeader + row(1, 1, 3));
  EXPECT_EQ(ports_of(*source_of({one, two})), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(ports_of(*source_of({two, one})), (std::vector<int>{3, 1, 2}));
}

TEST_F(Files, WithoutRecordsCount) {
  auto source = source_of({file("empty", kHeader), file("one", kHeader + row(1, 1, 1))});
  EXPECT_EQ(ports_of(*source), std::vector<int>{1});
  EXPECT_TRUE(source->damages().empty());
}

TEST_F(Files, LimitsApplyToRecords) {
  const std::string log = file("log", kHeader + row(1, 0, 1) + row(2, 0, 2) + row(9, 0, 3));
  EXPECT_EQ(ports_of(*source_of({log}, {.limits = {.max_packets = 2}, .filter = {}})).size(), 2u);
  const RecordSourceOptions seconds{.limits = {.duration = std::chrono::seconds{3}}, .filter = {}};
  EXPECT_EQ(ports_of(*source_of({log}, seconds)).size(), 2u);
  EXPECT_EQ(ports_of(*source_of({log}, {.limits = {}, .filter = "port 3"})), std::vector<int>{3});
}

TEST_F(Files, DamageIsOneSentence) {
  const std::string log =
      file("log", kHeader + row(1, 0, 1) + "damaged\n" + row(2, 0, 2) + "again\n" + row(3, 0, 3));
  auto source = source_of({log});
  EXPECT_EQ(ports_of(*source).size(), 3u);
  ASSERT_EQ(source->damages().size(), 1u);
  EXPECT_EQ(source->damages()[0], log +
                                      ": 2 of 9 lines are no records of connections and were "
                                      "skipped; the first is line 6");
  CaptureInfo info;
  source->describe(info);
  EXPECT_EQ(info.log->unreadable, 2u);
  EXPECT_TRUE(info.log->lacks("syn_retries"));
  EXPECT_FALSE(info.log->lacks("history"));
}

TEST_F(Files, OfSynfinLackSizesThatNoRecordHas) {
  const auto line = [](int port, const std::string& more) {
    return R"({"ts":1,"id.orig_h":"192.0.2.1","id.orig_p":)" + std::to_string(port) +
           R"(,"id.resp_h":"192.0.2.2","id.resp_p":2,"proto":"tcp","conn_state":"SF",)"
           R"("outcome":"closed")" +
           more + "}\n";
  };
  const std::string lasting = R"(,"duration":2)", sized = lasting + R"(,"orig_bytes":7)";
  const std::pair<std::string, bool> cases[] = {
      {line(1, "") + line(2, lasting), true},  // unknown
      {line(1, ""), false},                    // a record of one moment has no sizes
      {line(1, lasting) + line(2, sized), false}};
  for (const auto& [text, lacks] : cases) {
    auto source = source_of({file("log", text)});
    EXPECT_FALSE(ports_of(*source).empty());
    CaptureInfo info;
    source->describe(info);
    EXPECT_EQ(info.log->lacks("orig_bytes"), lacks) << text;
    EXPECT_EQ(info.knows_bytes(), text.find("duration") == text.npos);
  }
}

TEST_F(Files, ALineWithoutEndIsBounded) {
  const std::string log =
      file("log", kHeader + std::string(3 * LogFile::kMaxLine, 'x') + "\n" + row(1, 0, 1));
  auto source = source_of({log});
  EXPECT_EQ(ports_of(*source).size(), 1u);
  EXPECT_EQ(source->damages().size(), 1u);
}

TEST_F(Files, ALongLineAtTheEndCounts) {
  for (const std::size_t more : {0u, 50'000u, 120'000u}) {
    const std::string log =
        file("log", kHeader + row(1, 0, 1) + std::string(LogFile::kMaxLine + more, 'x'));
    auto source = source_of({log});
    EXPECT_EQ(ports_of(*source).size(), 1u);
    EXPECT_EQ(source->damages().size(), 1u) << more;
  }
}

TEST_F(Files, ADurationExcludesRecordsThatBeginLaterWhereverTheyAre) {
  const std::string log = file("log", kHeader + row(0, 1, 1) + row(3000, 1, 2) + row(5, 3600, 3));
  const RecordSourceOptions minutes{.limits = {.duration = std::chrono::minutes{10}}, .filter = {}};
  auto source = source_of({log}, minutes);
  EXPECT_EQ(ports_of(*source), (std::vector<int>{1, 3}));
  CaptureInfo info;
  source->describe(info);
  EXPECT_EQ(info.log->filtered, 1u);
}

TEST_F(Files, OneThatCannotBeReadIsReportedAndTheOthersAreRead) {
  const std::string log = file("log", kHeader + row(1, 0, 1));
  auto source = source_of({log, folder_ + "/missing"});
  EXPECT_EQ(ports_of(*source), std::vector<int>{1});
  EXPECT_EQ(source->damages().size(), 1u);
}

TEST_F(Files, ADamagedLogOfAFolderIsReported) {
  const std::string good = file("conn.1.log", kHeader + row(1, 0, 1));
  const std::string cut = file("conn.2.log.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10));
  file("empty.log", "");
  const auto found = find_connection_logs({folder_});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{good, cut}));
  auto source = source_of(*found);
  EXPECT_EQ(ports_of(*source), std::vector<int>{1});
  ASSERT_EQ(source->damages().size(), 1u);
  EXPECT_NE(source->damages()[0].find("cut off"), std::string::npos) << source->damages()[0];
}

/// Without the rights of root, which may read everything.
template <typename Work>
void as_other_user(Work work) {
  const uid_t user = geteuid();
  ASSERT_EQ(seteuid(user == 0 ? 65534 : user), 0);
  work();
  ASSERT_EQ(seteuid(user), 0);
}

TEST_F(Files, OfAFolderThatMayNotBeReadAreReportedWhateverTheirName) {
  std::filesystem::permissions(folder_, std::filesystem::perms{0755});
  const std::string locked = file("s.json", "{}\n");
  std::filesystem::permissions(locked, std::filesystem::perms{0});
  as_other_user([&] {
    const auto found = find_connection_logs({folder_});
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, (std::vector<std::string>{locked}));
    const auto none = RecordSource::open(*found, {});
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("no permission"), std::string::npos);
  });
  const std::string good = file("conn.log", kHeader + row(1, 0, 1));
  std::filesystem::permissions(good, std::filesystem::perms{0644});
  as_other_user([&] {
    const auto found = find_connection_logs({folder_});
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, (std::vector<std::string>{good, locked}));
    auto source = source_of(*found);
    EXPECT_EQ(ports_of(*source), std::vector<int>{1});
    EXPECT_EQ(source->damages().size(), 1u);
  });
}

TEST_F(Files, NoneOfWhichCanBeReadAreOneSentence) {
  const auto source = RecordSource::open({folder_ + "/a", folder_ + "/b", folder_ + "/c"}, {});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().message,
            folder_ + "/a: no such file; 2 other files cannot be read either");
}

TEST_F(Files, TimesAreInTheRangeOfPackets) {
  const std::string log =
      file("log", kHeader + row(-9.2e9, 1, 1) + row(9.2e9, 1, 2) + row(1, 9.2e9, 3));
  auto source = source_of({log});
  RecordBatch batch;
  std::size_t records = 0;
  while (source->read(batch)) {
    for (const Event& event : batch.events()) {
      EXPECT_GE(event.connection.first, kMinTime);
      EXPECT_LE(event.connection.last, kMaxTime);
      records += event.kind == EventKind::Record;
    }
  }
  EXPECT_EQ(records, 3u);
}

TEST_F(Files, NamesHaveABound) {
  const std::string log =
      file("log",
           R"({"ts":1,"id.orig_h":"192.0.2.1","id.orig_p":1,"id.resp_h":"192.0.2.2","id.resp_p":2,)"
           R"("proto":"tcp","conn_state":"SF","orig_name":")" +
               std::string(40'000, 'n') + "\"}\n");
  auto source = source_of({log});
  RecordBatch batch;
  ASSERT_TRUE(source->read(batch));
  ASSERT_EQ(batch.facts.size(), 1u);
  EXPECT_EQ(batch.facts[0].about.name.size(), 255u);
}

TEST_F(Files, ThatAreNoLogsAreRefused) {
  const auto source = RecordSource::open({file("text", "nothing\n")}, {});
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message.find("is no connection log"), std::string::npos);
}

TEST_F(Files, ThatLackColumnsOfConnectionsNameThem) {
  std::string lacking = kHeader + row(1, 0, 1);
  lacking.replace(lacking.find("conn_state"), 10, "state");
  const std::string tsv = file("tsv", lacking);
  const std::string csv = file("csv", "ts,id.orig_h,id.resp_h,id.resp_p,proto,conn_state\n");
  const std::string json = file("json", R"({"ts":1,"id.orig_h":"192.0.2.1","id.orig_p":1,)"
                                        R"("id.resp_h":"192.0.2.2","id.resp_p":2})"
                                        "\n");
  const std::pair<std::string, std::string> cases[] = {
      {tsv, "column conn_state"}, {csv, "column id.orig_p"}, {json, "columns proto, conn_state"}};
  for (const auto& [path, columns] : cases) {
    const std::string sentence = path + ": is no connection log, because it lacks the " + columns;
    const auto found = find_connection_logs({path});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().message, sentence);
    auto input = ByteInput::open(path);
    ASSERT_TRUE(input);
    const auto source = RecordSource::open(*input, {});
    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().message, sentence);
  }
  EXPECT_TRUE(find_connection_logs({file("words", "ts,proto,x\n")})->empty());
  std::ofstream(json) << R"({"ts":"never","id.orig_h":"192.0.2.1","id.orig_p":1,"proto":"tcp",)"
                      << R"("id.resp_h":"192.0.2.2","id.resp_p":2,"conn_state":"SF"})"
                      << "\n";
  EXPECT_EQ(find_connection_logs({json})->size(), 1u);  // with a damaged line
}

TEST_F(Files, AFolderHoldsTheLogsOfADay) {
  const std::string first = file("conn.00.log", kHeader + row(1, 0, 1));
  const std::string second = file("conn.01.log", kHeader + row(2, 0, 2));
  file("dns.log", "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n");
  file("notes", "text\n");
  std::string longer = kHeader + row(1, 0, 1);
  longer.replace(longer.find("#path\tconn"), 10, "#path\tconn_long");
  file("conn_long.log", longer);
  const auto found = find_connection_logs({folder_});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{first, second}));
  EXPECT_TRUE(find_connection_logs({folder_ + "/notes"})->empty());
  EXPECT_FALSE(find_connection_logs({first, folder_ + "/notes"}));
}

/// A pipe returns what has arrived, and interrupt() ends a read that waits.
TEST(RecordSource, APipeDoesNotWaitForAFullBatch) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string path = "/dev/fd/" + std::to_string(ends[0]);
  const std::string begin = kHeader + row(1, 0, 1) + row(2, 0, 2);
  ASSERT_EQ(write(ends[1], begin.data(), begin.size()), static_cast<ssize_t>(begin.size()));
  auto input = ByteInput::open(path);
  ASSERT_TRUE(input);
  auto source = RecordSource::open(*input, {});
  ASSERT_TRUE(source && *source);
  RecordBatch batch;
  ASSERT_TRUE((*source)->read(batch));
  EXPECT_EQ(batch.events().back().connection.tuple.orig.port, 2);
  std::thread reader([&] { EXPECT_FALSE((*source)->read(batch)); });
  (*source)->interrupt();
  reader.join();
  EXPECT_TRUE((*source)->damages().empty());
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Files, TheEventsAreTheSameWithOneThreadAndWithTwo) {
  std::string log = kHeader;
  for (int i = 1; i <= 3000; ++i) log += row(i, 0.5, i);
  const std::string path = file("log", log);
  std::vector<EventKind> kinds[2];
  for (const unsigned threads : {1u, 2u}) {
    Annotator annotator{EnrichmentOptions{}};
    EventDispatcher dispatcher(annotator, nullptr, false);
    FakeSink* const sink = dispatcher.add(std::make_unique<FakeSink>());
    auto source = source_of({path});
    Gauges gauges;
    RecordPipeline pipeline({{path}, {}, threads}, *source, dispatcher, annotator.book(),
                            annotator.logged_processes(), gauges);
    pipeline.run();
    kinds[threads - 1] = sink->kinds;
    EXPECT_EQ(pipeline.capture_info().log->records, 3000u);
  }
  EXPECT_EQ(kinds[0].size(), 9000u);
  EXPECT_EQ(kinds[0], kinds[1]);
}

TEST(RecordEvents, SayWhatTheRecordProves) {
  const auto kinds_of = [](const ConnectionRecord& record, EventMask wanted = EventMask::all()) {
    std::vector<Event> out(kMaxRecordEvents);
    out.resize(record_events(record, wanted, out));
    std::vector<EventKind> kinds;
    for (const Event& event : out) kinds.push_back(event.kind);
    return kinds;
  };
  EXPECT_EQ(kinds_of(closed_record()),
            (std::vector{EventKind::Open, EventKind::Close, EventKind::Record}));
  EXPECT_EQ(kinds_of(single_syn()), (std::vector{EventKind::Unanswered, EventKind::Record}));
  EXPECT_EQ(kinds_of(closed_record(), EventMask::only(EventKind::Record)),
            std::vector{EventKind::Record});
}

}  // namespace
}  // namespace synfin::test
