/// \file
/// --view processes: which programs of this host send, receive, connect and fail.
///
///     ConnectionChange → the programs at its ends → totals → rows, grouped as the user chose
///
/// Programs are known only live and with --process (the view turns it on). A connection within this
/// host counts at both ends. Tested in tests/unit/view/processes_view_test.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "synfin/view/text_pool.h"
#include "synfin/view/view.h"

namespace synfin {

/// What a row of the view comprises; ViewRequest::group holds its number. `Program` is one
/// executable of one user in one unit.
enum class ProcessGroup : std::uint8_t { Program, Executable, User, Unit };
inline constexpr std::size_t kProcessGroups = 4;

/// Memory: at most kMaxPrograms programs, and 96 bytes for each open connection of a known program,
/// kMaxConnections at most. Programs beyond the bound are not listed; connections beyond it are
/// counted when they end.
class ProcessesView : public View {
 public:
  static constexpr std::size_t kMaxPrograms = 16'384;
  static constexpr std::size_t kMaxConnections = std::size_t{1} << 18;

  ProcessesView();

  void observe(const ConnectionChange& change) override;
  std::span<const std::string_view> orders() const override;
  ViewPage page(const ViewRequest& request, Lookup& lookup) const override;

 private:
  using ProgramNumber = std::uint32_t;  ///< in programs_; 0: not known

  struct Totals {
    std::uint64_t open = 0;      ///< connections now
    std::uint64_t connects = 0;  ///< attempts to connect
    std::uint64_t accepts = 0;   ///< connections accepted
    std::uint64_t failed = 0;    ///< of its attempts
    std::uint64_t in = 0;        ///< bytes received
    std::uint64_t out = 0;       ///< bytes sent
    std::uint64_t in_rate = 0;   ///< per second, by the kernel
    std::uint64_t out_rate = 0;

    void add(const Totals& more);
    void remove(const Totals& less);
  };
  /// Numbers of texts in texts_; 0 means not known.
  struct Program {
    std::uint32_t exe = 0;
    std::uint32_t user = 0;
    std::uint32_t unit = 0;
    Totals totals;
  };
  struct ConnectionId {
    ConnectionKey key;
    Timestamp first{};

    friend auto operator<=>(const ConnectionId&, const ConnectionId&) = default;
  };
  /// What a connection has added to the totals of its programs so far.
  struct Counted {
    ProgramNumber orig = 0;
    ProgramNumber resp = 0;
    Outcome outcome = Outcome::Pending;
    bool open = false;
    bool orig_is_low = false;
    std::uint64_t orig_bytes = 0;
    std::uint64_t resp_bytes = 0;
  };
  /// A row: programs that share what the grouping compares.
  struct Row {
    Program program;
    bool several_exes = false;
    bool several_users = false;
    bool several_units = false;
  };

  ProgramNumber program_of(const EndpointAnnotations& end);
  static Totals share_of(const Counted& counted, bool at_orig);
  void count(const Counted& counted);
  void uncount(const Counted& counted);
  std::vector<Totals> live_totals(const ViewRequest& request) const;
  std::vector<Row> rows(const ViewRequest& request) const;
  std::vector<Cell> cells(const Row& row) const;
  Cell name_cell(std::uint32_t number, bool several, std::string_view many) const;

  TextPool texts_;
  std::vector<Program> programs_;
  std::map<std::uint64_t, std::vector<ProgramNumber>> numbers_;  ///< by exe and user
  std::map<ConnectionId, Counted> connections_;
};

}  // namespace synfin
