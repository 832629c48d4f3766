// See row_text.h.
#include "view/row_text.h"

#include <charconv>

#include "synfin/filter/show_expression.h"
#include "view/select_rows.h"

namespace synfin {

void RowText::fill(ShowEnd& end, const Address& address, const EndpointAnnotations& known) {
  end.annotate(known);
  end.address = address;
  end.name = keep(std::string{known.name});
  end.country = keep(std::string{known.country});
  end.as_org = keep(std::string{known.as_org});
}

void RowText::fill(const SmallOutcomes& outcomes) {
  std::string list;
  for (int i = 0; i < kOutcomes; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    if (outcomes.of(outcome) == 0) continue;
    list += to_string(outcome);
    list += ' ';
  }
  about.outcomes = keep(std::move(list));
}

/// A path may hold blanks; a number and a user's name hold none.
void RowText::fill_process(ShowEnd& end, std::string_view process) {
  const std::size_t first = process.find_first_not_of("0123456789");
  const std::size_t last = process.rfind(' ');
  if (first == process.npos || first == 0 || last == process.npos || last <= first) return;
  std::from_chars(process.data(), process.data() + first, end.pid);
  end.exe = process.substr(first + 1, last - first - 1);
  end.user = process.substr(last + 1);
}

void RowText::reset() {
  clear();
  kept_.clear();
  about = {};
}

bool is_wanted(const ViewRequest& request, RowText& text) {
  if (request.show != nullptr) {
    text.about.text = text;
    return request.show->matches(text.about);
  }
  return request.filter.empty() || holds_text(text, request.filter);
}

}  // namespace synfin
