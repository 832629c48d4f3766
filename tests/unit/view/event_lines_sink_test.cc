// Event lines on standard output: every event but the record.
#include "synfin/view/event_lines_sink.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/event_samples.h"

namespace synfin::test {
namespace {

TEST(EventLinesSink, PrintsALineForEachEventButTheRecord) {
  const Gauges gauges;
  testing::internal::CaptureStdout();
  auto sink = EventLinesSink::open({.zone = Zone::Utc}, {.shown = true}, gauges);
  ASSERT_TRUE(sink) << sink.error().message;
  EXPECT_FALSE((*sink)->wanted().has(EventKind::Record));
  EXPECT_TRUE((*sink)->wanted().has(EventKind::Syn));
  const std::vector<Event> events{event_of(EventKind::Syn), event_of(EventKind::Fin),
                                  event_of(EventKind::Record)};
  Annotations about;
  about.port_name = "https";
  (*sink)->on_events(annotated(events, about));
  ASSERT_TRUE((*sink)->finish({}));
  ASSERT_TRUE((*sink)->finish_printing());
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << "a date and two events:\n" << text;
  EXPECT_NE(text.find("SYN"), std::string::npos);
  EXPECT_NE(text.find("(https)"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "standard output is no terminal";
}

}  // namespace
}  // namespace synfin::test
