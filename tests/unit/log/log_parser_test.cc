// Which inputs are connection logs, and which lines of them are records.
#include "log/log_parser.h"

#include <gtest/gtest.h>

#include "log/json_line.h"

namespace synfin {
namespace {

constexpr std::string_view kHeader =
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\n";
constexpr std::string_view kRow = "1.5\t192.0.2.1\t40000\t192.0.2.2\t443\ttcp\tSF";
constexpr std::string_view kJson =
    R"({"ts":1.5,"id.orig_h":"192.0.2.1","id.orig_p":40000,"id.resp_h":"192.0.2.2",)"
    R"("id.resp_p":443,"proto":"tcp","conn_state":"SF"})";

LogParser recognized(std::string_view head) {
  auto parser = LogParser::recognize(head);
  EXPECT_TRUE(parser) << head;
  return std::move(*parser);
}

TEST(LogParser, RecognizesByContent) {
  EXPECT_EQ(recognized(kHeader).path(), "conn");
  EXPECT_TRUE(LogParser::recognize(kJson));
  EXPECT_TRUE(
      LogParser::recognize("ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,conn_state\r\n"));
  EXPECT_TRUE(LogParser::recognize(
      "\xef\xbb\xbfts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,conn_state\r\n"));
  for (const char* other :
       {"", "#", "{", "{}", "text", "#fields\tts\tuid\n",
        "#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n",
        "{\"synfin\": {\"version\": \"1\"}}", "\xd4\xc3\xb2\xa1",
        "uid\x7f,ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,conn_state\n"})
    EXPECT_FALSE(LogParser::recognize(other)) << other;
}

TEST(LogParser, WaitsForTheLineThatDecides) {
  EXPECT_FALSE(LogParser::is_enough(""));
  EXPECT_FALSE(LogParser::is_enough(kHeader.substr(0, kHeader.size() - 1)));
  EXPECT_TRUE(LogParser::is_enough(kHeader));
  EXPECT_FALSE(LogParser::is_enough(kJson));
  const std::string capture("\xd4\xc3\xb2\xa1\x02\x00\x04\x00", 8);
  EXPECT_TRUE(LogParser::is_enough(capture));
}

TEST(LogParser, RecognizesTheSameLogHoweverItArrives) {
  const std::string columns = "ts,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,conn_state";
  for (const std::string& log :
       {columns + "\r\n1", "uid," + columns + "\n1", "-x," + columns + "\n",
        "Time," + columns + "\n", "\xef\xbb\xbf" + columns + "\n", std::string(kHeader),
        std::string(kJson) + "\n"}) {
    std::size_t size = 1;
    while (size < log.size() && !LogParser::is_enough(log.substr(0, size))) ++size;
    EXPECT_TRUE(LogParser::recognize(log.substr(0, size))) << log;
  }
}

TEST(LogParser, ReadsLinesOfZeek) {
  LogParser parser = recognized(kHeader);
  RecordDraft draft;
  EXPECT_EQ(parser.parse("#close\t2026-03-01-14-30-16", draft), LineKind::NoRecord);
  EXPECT_EQ(parser.parse("", draft), LineKind::NoRecord);
  EXPECT_EQ(parser.parse(kRow, draft), LineKind::Record);
  EXPECT_EQ(draft.record.tuple.resp.port, 443);
  EXPECT_FALSE(draft.record.own_columns);
  EXPECT_EQ(parser.parse(std::string(kRow) + "\r", draft), LineKind::Record);
  EXPECT_EQ(parser.parse(std::string(kRow) + "\tmore", draft), LineKind::Unreadable);
  EXPECT_EQ(parser.parse(kRow.substr(0, kRow.size() - 3), draft), LineKind::Unreadable);
  EXPECT_EQ(parser.parse("-\t-\t-\t-\t-\ttcp\t-", draft), LineKind::Unreadable);
  ASSERT_EQ(parser.parse("1.5\t192.0.2.1\t40000\t192.0.2.2\t53\tudp\tSF", draft), LineKind::Record);
  EXPECT_FALSE(draft.is_tcp);
}

TEST(LogParser, FollowsALaterHeader) {
  LogParser parser = recognized(kHeader);
  RecordDraft draft;
  EXPECT_EQ(parser.parse("#separator ;", draft), LineKind::NoRecord);
  EXPECT_EQ(parser.parse("#unset_field;?", draft), LineKind::NoRecord);
  EXPECT_EQ(
      parser.parse("#fields;proto;conn_state;ts;id.resp_h;id.resp_p;id.orig_h;id.orig_p;duration",
                   draft),
      LineKind::NoRecord);
  ASSERT_EQ(parser.parse("tcp;SF;2;192.0.2.9;80;192.0.2.1;1;?", draft), LineKind::Record);
  EXPECT_EQ(draft.record.tuple.resp.port, 80);
}

TEST(LogParser, ReadsMembersInAnyOrder) {
  LogParser parser = recognized(kJson);
  RecordDraft draft;
  EXPECT_EQ(parser.parse(kJson, draft), LineKind::Record);
  EXPECT_EQ(parser.parse(R"( { "conn_state" : "S0", "proto":"tcp", "tunnel_parents":["]","}"],)"
                         R"("id.resp_p":22,"id.resp_h":"192.0.2.2","nested":{"a":[1,{}]},)"
                         R"("id.orig_p":1,"id.orig_h":"192.0.2.1","history":null,"ts":3} )",
                         draft),
            LineKind::Record);
  EXPECT_EQ(draft.record.tuple.resp.port, 22);
  for (const char* broken : {"{", "{\"a\"}", "{\"a\":}", "{\"a\":\"b}", "{\"a\":1", "{\"a\":1}x",
                             "{\"a\":[1}", "x", "{\"a\":1 \"b\":2}"})
    EXPECT_EQ(parser.parse(broken, draft), LineKind::Unreadable) << broken;
}

TEST(LogParser, ReadsManyMembersInAnotherOrderInEachLine) {
  LogParser parser = recognized(kJson);
  RecordDraft draft;
  for (int line = 0; line < 50; ++line) {
    std::string before = "{", after;
    for (int i = 0; i < 1100; ++i)  // more than the parser remembers
      (i < 20 * line ? before : after) += "\"x" + std::to_string(i * 7 % 1100) + "\":1,";
    const std::string text =
        before + std::string(kJson.substr(1, kJson.size() - 2)) + "," + after + "\"end\":1}";
    ASSERT_EQ(parser.parse(text, draft), LineKind::Record) << line;
    EXPECT_EQ(draft.record.tuple.resp.port, 443) << line;
  }
}

TEST(LogParser, UndoesTheEscapesOfJson) {
  EXPECT_EQ(json_unescaped(R"(a\"b\\c\/d\n\u00e4\ud83d\ude00\ud800)"),
            "a\"b\\c/d\n\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbd");
  EXPECT_EQ(json_unescaped(R"(\u12)"), "12");
  EXPECT_EQ(json_unescaped("a\\"), "a\\");
}

}  // namespace
}  // namespace synfin
