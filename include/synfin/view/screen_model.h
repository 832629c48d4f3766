/// \file
/// ScreenModel: the interface through which the live screen reads data and issues requests. It
/// keeps the screen independent of captures and threads.
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
  std::uint64_t dropped = 0;         ///< packets
  std::uint64_t dropped_events = 0;  ///< shown if not 0
  std::uint64_t memory = 0;          ///< resident set, in bytes
  Timestamp now{};
  bool ended = false;  ///< the input has ended
};

/// All on which the rows of a list depend, beside the data and the window of rows.
struct ListKey {
  ViewKind kind = ViewKind::None;
  std::size_t order = 0;
  bool reversed = false;
  std::size_t group = 0;
  std::size_t width = 0;
  bool each = false;
  std::string filter = {};

  static ListKey of(ViewKind kind, const ViewRequest& request) {
    return {kind,          request.order, request.reversed,           request.group,
            request.width, request.each,  std::string{request.filter}};
  }
  friend bool operator==(const ListKey&, const ListKey&) = default;
};

/// Called only on the screen's thread; returned values are copies.
class ScreenModel {
 public:
  virtual ~ScreenModel() = default;

  virtual ScreenHeader header() = 0;
  /// REQUIRES: `kind` has rows, so it is neither Summary nor None.
  virtual ViewPage page(ViewKind kind, const ViewRequest& request) = 0;
  virtual std::span<const std::string_view> orders(ViewKind kind) = 0;
  virtual Document summary(const ViewRequest& request) = 0;
  virtual Document details(const RowTarget& target, const ViewRequest& request) = 0;
  /// Writes the report now. Returns a sentence about the result for the user.
  virtual std::string write_report() = 0;
  /// The latest message for the user since the last call, or an empty string.
  virtual std::string take_notice() = 0;
  /// Ends the run at the user's request.
  virtual void quit() = 0;
  /// A call has thrown `exception`, and the screen has ended.
  virtual void on_exception(const std::exception_ptr& /*exception*/) {}
};

}  // namespace synfin
