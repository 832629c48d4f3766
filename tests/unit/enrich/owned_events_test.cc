// Copies of events outlive the batch and its texts.
#include "synfin/enrich/owned_events.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "support/event_samples.h"

namespace synfin::test {
namespace {

TEST(OwnedEvents, KeepTextsThatTheBatchNoLongerHolds) {
  OwnedEvents owned;
  {
    const std::vector<Event> events{event_of(EventKind::Syn, 1), event_of(EventKind::Record, 2)};
    auto name = std::make_unique<std::string>("a.example");
    auto country = std::make_unique<std::string>("DE");
    Annotations about;
    about.orig.name = *name;
    about.resp.country = *country;
    about.port_name = "https";
    owned.assign(annotated(events, about));
    name->assign("xxxxxxxxx");
    country->assign("xx");
  }
  const OwnedEvents moved = std::move(owned);
  ASSERT_EQ(moved.events().size(), 2u);
  for (const AnnotatedEvent& e : moved.events()) {
    EXPECT_EQ(e.about.orig.name, "a.example");
    EXPECT_EQ(e.about.resp.country, "DE");
    EXPECT_EQ(e.about.port_name, "https");
    EXPECT_TRUE(e.about.resp.name.empty());
  }
  EXPECT_EQ(moved.events()[1].event.connection.tuple.orig.port, 2);
}

TEST(OwnedEvents, CopyOnlyTheKindsThatAreAskedFor) {
  const std::vector<Event> events{event_of(EventKind::Syn), event_of(EventKind::Record)};
  const Annotations about;
  OwnedEvents owned;
  owned.assign(annotated(events, about), EventMask::only(EventKind::Record));
  ASSERT_EQ(owned.events().size(), 1u);
  EXPECT_EQ(owned.events()[0].event.kind, EventKind::Record);
  owned.assign({});
  EXPECT_TRUE(owned.events().empty());
}

}  // namespace
}  // namespace synfin::test
