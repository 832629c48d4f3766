/// \file
/// MetricText: writes metrics as OpenMetrics 1.0 or in the Prometheus text format 0.0.4.
///
/// Both formats have families of samples; they differ in the name of a counter's family, in the
/// type of an info metric, and in the last line. Texts of labels may be hostile: unsafe characters
/// are escaped as in every plain text (base/escape.h) and then as the formats demand.
/// Tested in tests/unit/metrics/metric_text_test.cc.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace synfin {

enum class MetricFormat : unsigned char { OpenMetrics, Prometheus };
enum class MetricType : unsigned char { Counter, Gauge, Histogram, Info };

/// Appends `text` as the value of a label, without its quotes, shortened to 128 bytes.
void append_label_value(std::string& out, std::string_view text);

class MetricText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  explicit MetricText(MetricFormat format) : format_(format) {}

  /// Begins a family. `name` is without the ending "_total" or "_info"; `help` is one line without
  /// a backslash.
  void family(std::string_view name, MetricType type, std::string_view help);
  /// A sample of the family, with the ending that its type demands. REQUIRES: family() was called,
  /// and not for a histogram.
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);
  /// A sample with this ending: "_bucket", "_sum" or "_count" of a histogram.
  void sample(std::string_view ending, Labels labels, std::string_view value);

  /// The text with its last line. Called once.
  std::string take();

 private:
  MetricFormat format_;
  std::string name_;
  std::string_view ending_;  ///< of plain samples
  std::string out_;
};

}  // namespace synfin
