/// \file
/// The events of late: the screen's first tab, and what the details of one host or connection is
/// told from. Tested in tests/unit/view/screen_frame_test.cc.
#pragma once

#include <string>
#include <vector>

#include "synfin/view/bounds.h"
#include "synfin/view/text_pool.h"
#include "synfin/view/view.h"

namespace synfin {

struct RowText;

/// Keeps the latest events, kKept of them (8 MiB), without the final records.
class EventsView : public View {
 public:
  static constexpr std::size_t kKept = 32'768;

  EventsView();

  void observe(const Change& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

  /// Everything kept about one host, pair or connection: who it is, how it stands, what happened.
  Document details(const Subject& subject, const ViewRequest& request, Lookup& lookup) const;

 private:
  struct Kept {
    Event event;
    std::uint32_t orig_process = 0;  ///< in processes_
    std::uint32_t resp_process = 0;
  };

  std::size_t size() const { return count_ < kKept ? count_ : kKept; }
  /// The `n`th latest.
  const Kept& latest(std::size_t n) const { return ring_[(count_ - 1 - n) % kKept]; }
  std::uint32_t process_of(const EndpointAnnotations& end);
  void fill_text(RowText& out, const Kept& kept, Lookup& lookup) const;
  std::vector<Cell> cells(const Kept& kept, const ViewRequest& request, Lookup& lookup) const;
  Table events_table(const std::vector<const Kept*>& events, const ViewRequest& request,
                     Lookup& lookup) const;
  void add_end(Table& facts, std::string_view what, const Endpoint& end, std::uint32_t process,
               Lookup& lookup) const;
  Table connection_facts(const Kept& last, const ViewRequest& request, Lookup& lookup) const;
  Table host_facts(const Subject& subject, const std::vector<const Kept*>& events,
                   const ViewRequest& request, Lookup& lookup) const;

  std::vector<Kept> ring_;
  std::size_t count_ = 0;  ///< events ever
  TextPool processes_;
};

}  // namespace synfin
