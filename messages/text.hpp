#pragma once

#include <string>
#include <string_view>

namespace dvfo::messages {

/// `text` as it may stand in a message and end in the other node's log: cut to max_text_bytes, and any byte that is not
/// printable ASCII replaced by '?', so that it can neither break lines nor steer a terminal.
std::string clean_text(std::string_view text);

}  // namespace dvfo::messages
