#pragma once

#include <cstddef>
#include <string>

/// How far something is, on standard error.
namespace dvfo::cli {

/// "[#####     ]  43 %" for a fraction in [0, 1].
std::string progress_bar(double fraction);

/// "4:05" or "1:02:03".
std::string clock_text(double seconds);

/// Whether standard error is a terminal, where a line may be drawn over again.
bool stderr_is_terminal();

/// A bar of images on standard error, drawn over again, where that is a terminal; nothing elsewhere.
void show_images(std::size_t done, std::size_t all);

}  // namespace dvfo::cli
