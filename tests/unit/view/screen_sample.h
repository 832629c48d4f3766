/// \file
/// A screen with sample data, for the tests of what it shows.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "synfin/view/events_view.h"
#include "synfin/view/screen_frame.h"
#include "unit/view/changes.h"

namespace synfin::view_test {

/// A model with services, clients, events and one hostile name.
class SampleModel : public ScreenModel {
 public:
  SampleModel() {
    ViewSetOptions options;
    options.bounds = {.max_hosts = 4000, .seed = 1};
    views_ = std::make_unique<ViewSet>(options);
    for (std::size_t i = 0; i < kViewKinds; ++i) views_->add(static_cast<ViewKind>(i));
  }
  void add(std::uint32_t clients) {
    for (std::uint32_t i = 0; i < clients; ++i) {
      ConnectionScript s({Address::from_v4(0xC6120000u + i), 1},
                         at("198.51.100.1", static_cast<std::uint16_t>(1000 + i)));
      for (const auto& [kind, outcome] : {std::pair{EventKind::Syn, Outcome::Unanswered},
                                          {EventKind::Open, Outcome::Open},
                                          {EventKind::Close, Outcome::Closed},
                                          {EventKind::Record, Outcome::Closed}}) {
        views_->observe(s.emit(kind, outcome), {});
      }
    }
  }

  ScreenHeader header() override {
    ScreenHeader h;
    h.source = "eth0";
    h.scope = PacketScope::Control;
    h.filter = "tcp port 80";
    h.open = 12;
    h.rate = 1234;
    h.memory = 50 << 20;
    h.dropped_events = dropped_events;
    h.now = kStart;
    return h;
  }
  ViewPage page(ViewKind kind, const ViewRequest& request) override {
    ++pages;
    return views_->view(kind)->page(request, names_);
  }
  std::span<const std::string_view> orders(ViewKind kind) override {
    return views_->view(kind)->orders();
  }
  Document summary(const ViewRequest&) override {
    Document document;
    document.title = "report " + std::to_string(++summaries);
    return document;
  }
  Document details(const RowTarget& subject, const ViewRequest& request) override {
    return views_->events()->details(subject, request, names_);
  }
  std::string write_report() override { return "written"; }
  std::string take_notice() override { return {}; }
  void quit() override {}

  /// Feeds an event of a connection.
  void observe(const Event& event) { views_->observe(event, {}); }
  void hide_names() { names_.hidden = true; }

  int pages = 0;
  int summaries = 0;
  std::uint64_t dropped_events = 0;

 private:
  class Hostile : public FewNames {
   public:
    bool hidden = false;

   private:
    EndpointAnnotations about(const Address&) override {
      if (hidden) return {};
      return {.name = "evil\x1b[2J\nname",
              .country = {},
              .as_org = {},
              .user = {},
              .exe = {},
              .asn = 0,
              .pid = 0,
              .local = {}};
    }
  };
  Hostile names_;
  std::unique_ptr<ViewSet> views_;
};

class ScreenFrameTest : public testing::Test {
 protected:
  std::string draw(ScreenSize size = {}) {
    const Frame frame = frames_.draw(state_, size);
    selected_ = frame.selected;
    EXPECT_EQ(frame.lines.size(), size.height);
    std::string text;
    for (const Line& line : frame.lines) {
      std::string all;
      for (const Piece& piece : line) all += piece.text;
      EXPECT_LE(columns_of(all), size.width) << all;
      text += all + '\n';
    }
    return text;
  }
  /// The frame without its header and the line of keys.
  std::string draw_body(ScreenSize size) {
    std::string text = draw(size);
    text.erase(0, text.find('\n'));
    return text.substr(0, text.rfind('\n', text.size() - 2));
  }
  void type(std::u32string_view text) {
    for (const char32_t c : text) state_.press({.key = Key::Character, .character = c});
  }
  SampleModel model_;
  ScreenState state_{ViewKind::Services};
  ScreenFrames frames_{model_, {.unicode = true, .zone = Zone::Utc}};
  std::optional<std::size_t> selected_;
};

}  // namespace synfin::view_test
