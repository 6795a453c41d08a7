#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace dvfo::inference {

/// What went wrong in this room. The numbers appear in logs and replies and never change their meaning.
enum class errc {
  bad_image = 10,     ///< an image file or buffer cannot be decoded
  bad_dataset = 20,   ///< a data set's file is missing, truncated or of the wrong size
  bad_bundle = 30,    ///< a model bundle is damaged, incomplete or of another format
  bad_frame = 40,     ///< a feature frame fails a check of the codec
  bad_argument = 50,  ///< a caller's value is outside its documented range
  io = 60,            ///< the operating system refused a file operation
};

/// Every failure of this room. The text names the thing, what was found, what was expected and what to do.
class error : public std::runtime_error {
 public:
  error(errc code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] errc code() const noexcept { return code_; }

 private:
  errc code_;
};

/// An option that cannot be as it is. The text begins with the option's name, a quantity in words ("batch size");
/// whoever asked the user for it knows how it is spelled there.
class option_error : public error {
 public:
  option_error(std::string option, const std::string& what)
      : error(errc::bad_argument, option + ": " + what), option_(std::move(option)) {}
  [[nodiscard]] const std::string& option() const noexcept { return option_; }

 private:
  std::string option_;
};

}  // namespace dvfo::inference
