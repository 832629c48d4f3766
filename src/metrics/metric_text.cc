// See metric_text.h.
#include "metrics/metric_text.h"

#include <fmt/format.h>

#include <iterator>

#include "synfin/base/escape.h"
#include "synfin/base/utf8.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxLabel = 128;

std::string_view type_name(MetricType type, MetricFormat format) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Info:
      return format == MetricFormat::OpenMetrics ? "info" : "gauge";
    case MetricType::Gauge:
      break;
  }
  return "gauge";
}

}  // namespace

void append_label_value(std::string& out, std::string_view text) {
  std::string plain;
  append_plain(plain, text);
  for (const char c : clip_utf8(plain, kMaxLabel)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

void MetricText::family(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  ending_ = type == MetricType::Counter ? "_total" : type == MetricType::Info ? "_info" : "";
  const std::string_view ending = format_ == MetricFormat::Prometheus ? ending_ : "";
  fmt::format_to(std::back_inserter(out_), "# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", name_, ending,
                 help, type_name(type, format_));
}

void MetricText::sample(Labels labels, std::uint64_t value) {
  sample(ending_, labels, fmt::format("{}", value));
}

void MetricText::sample(Labels labels, double value) {
  sample(ending_, labels, fmt::format("{}", value));
}

void MetricText::sample(std::string_view ending, Labels labels, std::string_view value) {
  out_ += name_;
  out_ += ending;
  char before = '{';
  for (const auto& [name, text] : labels) {
    out_ += before;
    out_ += name;
    out_ += "=\"";
    append_label_value(out_, text);
    out_ += '"';
    before = ',';
  }
  if (before == ',') out_ += '}';
  out_ += ' ';
  out_ += value;
  out_ += '\n';
}

std::string MetricText::take() {
  if (format_ == MetricFormat::OpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace synfin
