// See owned_events.h.
#include "synfin/enrich/owned_events.h"

namespace synfin {
namespace {

std::size_t text_size(const EndpointAnnotations& about) {
  return about.name.size() + about.country.size() + about.as_org.size() + about.user.size() +
         about.exe.size() + about.cmdline.size() + about.unit.size();
}

std::size_t text_size(const Annotations& about) {
  return text_size(about.orig) + text_size(about.resp) + about.port_name.size() +
         about.process_basis.size();
}

}  // namespace

/// REQUIRES: texts_ has capacity for `text`, so that earlier views stay valid.
void OwnedEvents::copy_text(std::string_view& text) {
  const std::size_t begin = texts_.size();
  texts_.insert(texts_.end(), text.begin(), text.end());
  text = {texts_.data() + begin, text.size()};
}

void OwnedEvents::copy_texts(EndpointAnnotations& about) {
  for (std::string_view* text : {&about.name, &about.country, &about.as_org, &about.user,
                                 &about.exe, &about.cmdline, &about.unit})
    copy_text(*text);
}

void OwnedEvents::assign(std::span<const AnnotatedEvent> events, EventMask kinds) {
  events_.clear();
  abouts_.clear();
  texts_.clear();
  views_.clear();
  std::size_t text_bytes = 0;
  for (const AnnotatedEvent& e : events) {
    if (!kinds.has(e.event.kind)) continue;
    events_.push_back(e.event);
    abouts_.push_back(e.about);
    text_bytes += text_size(e.about);
  }
  texts_.reserve(text_bytes);
  views_.reserve(events_.size());
  for (std::size_t i = 0; i < events_.size(); ++i) {
    Annotations& about = abouts_[i];
    copy_texts(about.orig);
    copy_texts(about.resp);
    copy_text(about.port_name);
    copy_text(about.process_basis);
    views_.push_back({events_[i], about});
  }
}

}  // namespace synfin
