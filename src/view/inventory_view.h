/// \file
/// InventoryView (--view inventory): hosts with their ports by state, newest changes first.
///
/// It shows the inventory of the run, which counts on its own, and so observes nothing. Tested in
/// tests/unit/view/inventory_view_test.cc.
#pragma once

#include "synfin/inventory/inventory.h"
#include "synfin/view/view.h"

namespace synfin {

class InventoryView : public View {
 public:
  /// REQUIRES: `inventory` outlives the view, or its owner no longer calls it.
  void set_inventory(const Inventory& inventory) { inventory_ = &inventory; }

  /// The ports of a host, for its details page. No rows if the host is not known.
  Table ports_of(const Address& host, Lookup& lookup, Zone zone) const;

  void observe(const ConnectionChange& /*change*/) override {}
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

 private:
  const Inventory* inventory_ = nullptr;  ///< null: nothing is known
};

}  // namespace synfin
