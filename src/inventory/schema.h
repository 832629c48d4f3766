/// \file
/// The tables of the state file as a list of migrations. A migration never changes once it is
/// released; a new version of the schema is a new entry at the end.
#pragma once

#include <span>

namespace synfin {

/// Identifies a state file of synfin among SQLite databases: "SFIN".
inline constexpr int kApplicationId = 0x5346494E;

/// The SQL that leads from schema version i to version i + 1. The version of the newest schema is
/// the number of entries.
std::span<const char* const> schema_migrations();

}  // namespace synfin
