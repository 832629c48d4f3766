/// \file
/// What the live screen shows and asks for, so that it knows nothing of captures and threads.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "synfin/base/packet_scope.h"
#include "synfin/report/document.h"
#include "synfin/view/view.h"
#include "synfin/view/view_set.h"

namespace synfin {

struct ScreenHeader {
  std::string source;  ///< interfaces or files
  PacketScope scope = PacketScope::All;
  std::string filter;  ///< empty without one
  double rate = 0;     ///< new connections per second
  double packet_rate = 0;
  std::uint64_t open = 0;
  std::uint64_t dropped = 0;
  std::uint64_t memory = 0;  ///< resident, in bytes
  Timestamp now{};
  bool ended = false;  ///< the input has come to its end
};

/// Called on the screen's thread alone; what it returns is the caller's own.
class ScreenModel {
 public:
  virtual ~ScreenModel() = default;

  virtual ScreenHeader header() = 0;
  /// REQUIRES: a view that has rows: neither Summary nor None.
  virtual ViewPage page(ViewKind kind, const ViewRequest& request) = 0;
  virtual std::span<const std::string_view> orders(ViewKind kind) = 0;
  virtual Document summary(const ViewRequest& request) = 0;
  virtual Document details(const Subject& subject, const ViewRequest& request) = 0;
  /// Writes the report now. Returns what to say about it.
  virtual std::string write_report() = 0;
  /// What came up since the last call, or nothing.
  virtual std::string take_notice() = 0;
  /// The person wants the run to end.
  virtual void quit() = 0;
  /// A call has thrown `exception`, and the screen has ended.
  virtual void on_exception(const std::exception_ptr& /*exception*/) {}
};

}  // namespace synfin
