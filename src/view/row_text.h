/// \file
/// RowText: the text and the properties of one row of a view, with which a filter compares. See
/// synfin/filter/show_expression.h. Tested in tests/unit/view/row_text_test.cc.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include "synfin/filter/show_subject.h"
#include "synfin/report/summary_data.h"
#include "synfin/view/view.h"

namespace synfin {

/// The text that the row shows, for a filter without a key, and its parts, for typed terms.
struct RowText : std::string {
  ShowSubject about;

  /// Keeps a copy for `about`, which is valid until reset().
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }
  /// Fills an end from `known`. Copies the texts, because the next call of a Lookup invalidates
  /// them.
  void fill(ShowEnd& end, const Address& address, const EndpointAnnotations& known);
  /// Names the outcomes that a group of connections has had.
  void fill(const SmallOutcomes& outcomes);
  /// Fills an end with a process as views keep it: "4711 /usr/bin/curl alice", "4711/curl alice".
  void fill_process(ShowEnd& end, std::string_view process);
  void reset();

 private:
  std::list<std::string> kept_;
};

/// True if `request` selects rows with this text. Sets text.about.text.
bool is_wanted(const ViewRequest& request, RowText& text);

}  // namespace synfin
