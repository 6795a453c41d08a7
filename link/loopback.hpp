#pragma once

#include <string>

/// The one rule about plain connections, for whoever listens, connects, or looks whether that would be possible.
namespace dvfo::link {

/// Whether `host` is loopback: 127.0.0.0/8, ::1 or localhost. Names are not looked up.
bool is_loopback(const std::string& host);

/// Why a connection without TLS may not be made to, or taken on, `host`, and what to do; empty if it may.
std::string refusal_of_plain(const std::string& host);

}  // namespace dvfo::link
