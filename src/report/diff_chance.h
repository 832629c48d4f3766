/// \file
/// AbsenceTest: is the absence of a pair on one side more than chance?
///
/// A pair that is rarely used may be absent by chance. The pairs that both sides have show how
/// regular this traffic is and how many pairs of each rate there are, and from that follows how
/// many absences chance produces. Tested in tests/unit/report/diff_test.cc.
#pragma once

#include <cstdint>
#include <vector>

namespace synfin {

class AbsenceTest {
 public:
  /// `share` is the part of the time that the first side covers, between 0 and 1.
  explicit AbsenceTest(double share) : share_(share) {}

  /// Adds a pair by the number of slots of time in which each side used it.
  void add(unsigned before, unsigned after);
  /// Call it once, after the last pair.
  void evaluate();

  /// True if an absence of a pair that the other side used in so many slots is no chance.
  bool is_change(unsigned before, unsigned after) const;

 private:
  struct Uses {
    unsigned before, after;
  };
  double effective(unsigned uses) const { return uses / dispersion_; }
  bool is_regular() const;
  bool has_no_rare_pairs() const;
  double bound(bool absent_before) const;

  double share_;
  std::vector<Uses> uses_;
  double dispersion_ = 1;                ///< of counts, against those of independent connections: 1
  double gone_from_ = 0, new_from_ = 0;  ///< effective uses from which an absence is a change
};

}  // namespace synfin
