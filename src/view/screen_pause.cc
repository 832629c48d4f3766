// See screen_pause.h.
#include "synfin/view/screen_pause.h"

#include <algorithm>
#include <utility>

namespace synfin {
namespace {

/// The rows that a view returns for a request of `count` rows from `first` on: headings do not
/// count, and the first row keeps the heading of its group.
ViewPage part_of(const ViewPage& all, std::size_t first, std::size_t count) {
  ViewPage part = all;
  part.table.rows.clear();
  part.targets.clear();
  const auto add = [&](std::size_t row) {
    part.table.rows.push_back(all.table.rows[row]);
    part.targets.push_back(all.targets[row]);
  };
  std::optional<std::size_t> heading;
  std::size_t entries = 0;
  for (std::size_t row = 0; row < all.table.rows.size(); ++row) {
    if (all.is_heading(row)) {
      heading = row;
      continue;
    }
    const std::size_t entry = entries++;
    if (entry < first || entry - first >= count) continue;
    if (heading) add(*std::exchange(heading, std::nullopt));
    add(row);
  }
  part.of = std::min(all.of, entries);
  return part;
}

}  // namespace

bool ScreenPause::follow(const ScreenState& state) {
  if (state.paused()) {
    if (!kept_) kept_ = Kept{.tab = state.tab(), .page = {}, .target = {}, .document = {}};
    return false;
  }
  const bool left = kept_ && kept_->tab != state.tab();
  kept_.reset();
  return left;
}

ViewPage ScreenPause::page(ViewKind tab, const ViewRequest& request) {
  if (!kept_) return model_.page(tab, request);
  ListKey list = ListKey::of(tab, request);
  if (!kept_->page || kept_->list != list) {
    ViewRequest all = request;
    all.first = 0;
    all.count = kMaxRows;
    kept_->page = model_.page(tab, all);
    kept_->list = std::move(list);
  }
  return part_of(*kept_->page, request.first, request.count);
}

Document ScreenPause::document(const std::optional<RowTarget>& target, const ViewRequest& request) {
  const auto read = [&] {
    return target ? model_.details(*target, request) : model_.summary(request);
  };
  if (!kept_) return read();
  if (!kept_->document || kept_->target != target) {
    kept_->document = read();
    kept_->target = target;
  }
  return *kept_->document;
}

bool ScreenPause::cuts_list() const { return kept_ && kept_->page && kept_->page->of > kMaxRows; }

}  // namespace synfin
