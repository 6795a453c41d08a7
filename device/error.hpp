#pragma once

#include <stdexcept>
#include <string>

namespace dvfo::device {

/// What went wrong in this room. The numbers appear in logs and never change their meaning.
enum class errc {
  unknown_board = 10,  ///< no profile has this name, or the machine was not recognised
  bad_file = 20,       ///< a parameter, measurement or state file is damaged or of another format
  bad_argument = 30,   ///< a caller's value is outside its documented range
  io = 40,             ///< the operating system refused a file operation
};

/// Every failure of this room that a caller must hear of. The text names the thing, what was found, what was expected
/// and what to do. A sensor or a knob that is missing or fails is no error: it is absent, with a reason.
class error : public std::runtime_error {
 public:
  error(errc code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] errc code() const noexcept { return code_; }

 private:
  errc code_;
};

}  // namespace dvfo::device
