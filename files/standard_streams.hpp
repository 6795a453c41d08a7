#pragma once

#include <string>
#include <string_view>

#include "files/error.hpp"

/// Standard output and standard error. What is printed is with the system when the call returns, so that a full disk is
/// noticed at the write and not after the program said that all went well.
namespace dvfo::files {

/// Nobody reads standard output any more, as behind `| head -1`.
class reader_gone : public error {
 public:
  reader_gone();
};

/// Writes to standard output. Throws reader_gone, where SIGPIPE is ignored, and error for everything else.
void print(std::string_view text);

/// Writes to standard error. A failure is ignored: what is told there is beside the result, and must not cost it.
void tell(std::string_view text) noexcept;

/// The same with an end of line: a files::teller.
void tell_line(const std::string& text);

/// Gives a program that was started with standard streams closed some that fail, before a file of its own gets their
/// numbers and whatever is printed.
void keep_standard_streams() noexcept;

/// What libraries left in the buffers of standard output goes out. Throws as print() if that or an earlier write
/// failed.
void finish_standard_output();

}  // namespace dvfo::files
