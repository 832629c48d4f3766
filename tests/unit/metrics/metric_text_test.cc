// The text of metrics in both formats, with hostile labels.
#include "metrics/metric_text.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

std::string label(std::string_view text) {
  std::string out;
  append_label_value(out, text);
  return out;
}

TEST(MetricText, WritesOpenMetrics) {
  MetricText text(MetricFormat::OpenMetrics);
  text.family("synfin_build", MetricType::Info, "The version.");
  text.sample({{"version", "1"}}, std::uint64_t{1});
  text.family("synfin_events", MetricType::Counter, "Events.");
  text.sample({{"kind", "syn"}, {"side", "x"}}, std::uint64_t{3});
  text.family("open", MetricType::Gauge, "Open.");
  text.sample({}, 0.25);
  text.family("t", MetricType::Histogram, "Times.");
  text.sample("_bucket", {{"le", "+Inf"}}, "2");
  EXPECT_EQ(text.take(),
            "# HELP synfin_build The version.\n# TYPE synfin_build info\n"
            "synfin_build_info{version=\"1\"} 1\n"
            "# HELP synfin_events Events.\n# TYPE synfin_events counter\n"
            "synfin_events_total{kind=\"syn\",side=\"x\"} 3\n"
            "# HELP open Open.\n# TYPE open gauge\nopen 0.25\n"
            "# HELP t Times.\n# TYPE t histogram\nt_bucket{le=\"+Inf\"} 2\n# EOF\n");
}

TEST(MetricText, WritesTheOlderFormat) {
  MetricText text(MetricFormat::Prometheus);
  text.family("synfin_build", MetricType::Info, "The version.");
  text.sample({{"version", "1"}}, std::uint64_t{1});
  text.family("synfin_events", MetricType::Counter, "Events.");
  text.sample({}, std::uint64_t{3});
  EXPECT_EQ(text.take(),
            "# HELP synfin_build_info The version.\n# TYPE synfin_build_info gauge\n"
            "synfin_build_info{version=\"1\"} 1\n"
            "# HELP synfin_events_total Events.\n# TYPE synfin_events_total counter\n"
            "synfin_events_total 3\n");
}

TEST(MetricText, EscapesHostileLabels) {
  EXPECT_EQ(label("https"), "https");
  EXPECT_EQ(label("a\"} 1\nfake 2"), R"(a\"} 1\\x0afake 2)");
  EXPECT_EQ(label("back\\slash"), R"(back\\\\slash)");
  EXPECT_EQ(label("\xff\x1b[31m"), R"(\\xff\\x1b[31m)");
  EXPECT_EQ(label("grün"), "grün");
  EXPECT_EQ(label(std::string(1000, 'x')).size(), 128u);
}

}  // namespace
}  // namespace synfin
