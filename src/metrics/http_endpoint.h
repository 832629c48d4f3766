/// \file
/// HttpEndpoint: answers GET /metrics on a thread of its own, and nothing else.
///
/// Bounds: kMaxConnections at a time, of which the oldest is closed if more arrive; kMaxAge for
/// each connection, from its first to its last byte; 8 KiB for a request; one request for each
/// connection. Another path is answered by 404, another method by 405.
/// Spec: RFC 9110, libmicrohttpd. Tested in tests/check/metrics.py.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "metrics/metric_text.h"
#include "synfin/base/descriptor.h"
#include "synfin/base/result.h"

namespace synfin {

/// Loads libmicrohttpd, of which only this file has the functions.
Status load_microhttpd();

class HttpEndpoint {
 public:
  static constexpr unsigned kMaxConnections = 32;
  static constexpr std::chrono::seconds kMaxAge{5};

  using Render = std::function<std::string(MetricFormat)>;

  /// Serves on `socket`, which listens, until the destructor. `render` is called on the thread.
  /// REQUIRES: load_microhttpd() succeeded.
  static Result<std::unique_ptr<HttpEndpoint>> start(std::unique_ptr<Descriptor> socket,
                                                     Render render);
  ~HttpEndpoint();

 private:
  struct Impl;
  explicit HttpEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace synfin
