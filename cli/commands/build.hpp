#pragma once

namespace dvfo::cli {

/// Whether this build has the nodes, and with them CAF and Protobuf (-DDVFO_NODES). What needs them is compiled only
/// then, and is named only behind `if constexpr` on this constant.
inline constexpr bool has_nodes = DVFO_HAS_NODES;

}  // namespace dvfo::cli
