/// \file
/// The keys of a ShowExpression and how each reads its values.
/// Tested in tests/unit/filter/show_expression_test.cc.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "synfin/base/result.h"
#include "synfin/filter/show_expression.h"

namespace synfin {

/// The names of all keys, in the order in which an error lists them.
std::span<const std::string_view> show_key_names();

/// nullopt if no key has this name. REQUIRES: lower case.
std::optional<ShowKey> show_key_of(std::string_view name);

/// "port:443": a term with this key, for messages.
std::string_view show_example_of(ShowKey key);

/// Reads one value. Fails with a sentence without its column, such as "'70000' is not a port".
/// REQUIRES: `text` is not empty, its ASCII letters are lower case, and `key` is not Text.
Result<ShowValue> read_show_value(ShowKey key, std::string text);

}  // namespace synfin
