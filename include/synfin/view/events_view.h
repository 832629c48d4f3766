/// \file
/// EventsView: the latest events, shown in the screen's first tab, and the source of the details
/// page of a host or a connection. Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/view/bounds.h"
#include "synfin/view/text_pool.h"
#include "synfin/view/view.h"

namespace synfin {

struct RowText;

/// Stores the latest kMaxEvents events (8 MiB) without EventKind::Record.
class EventsView : public View {
 public:
  static constexpr std::size_t kMaxEvents = 32'768;

  EventsView();

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// The details page of `target`: its properties and its stored events, oldest first.
  Document details(const RowTarget& target, const ViewRequest& request, Lookup& lookup) const;

 private:
  struct StoredEvent {
    Event event;
    std::uint32_t orig_process = 0;  ///< number in processes_
    std::uint32_t resp_process = 0;
  };

  std::size_t size() const { return count_ < kMaxEvents ? count_ : kMaxEvents; }
  /// The `n`th latest.
  const StoredEvent& latest(std::size_t n) const { return ring_[(count_ - 1 - n) % kMaxEvents]; }
  std::uint32_t process_of(const EndpointAnnotations& end);
  void fill_row(RowText& out, const StoredEvent& stored, Lookup& lookup) const;
  std::vector<Cell> cells(const StoredEvent& stored, const ViewRequest& request,
                          Lookup& lookup) const;
  Table events_table(const std::vector<const StoredEvent*>& events, const ViewRequest& request,
                     Lookup& lookup) const;
  void add_end(Table& properties, std::string_view role, const Endpoint& end, std::uint32_t process,
               Lookup& lookup) const;
  Table connection_properties(const StoredEvent& last, const ViewRequest& request,
                              Lookup& lookup) const;
  Table host_properties(const RowTarget& target, const std::vector<const StoredEvent*>& events,
                        const ViewRequest& request, Lookup& lookup) const;

  std::vector<StoredEvent> ring_;
  std::size_t count_ = 0;  ///< events observed, including those that have been overwritten
  TextPool processes_;
};

}  // namespace synfin
