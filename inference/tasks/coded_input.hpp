#pragma once

#include <cstdint>
#include <string>

namespace dvfo::inference {

/// How an input is written where it is sent itself. The numbers cross the wire (messages::frame_kind) and never change
/// their meaning.
enum class input_coding : std::uint8_t {
  jpeg = 10,    ///< a picture as a JPEG file
  pixels = 20,  ///< a picture's rows top to bottom, 8 bits each of red, green, blue
};

/// An input, ready for the wire.
struct coded_input {
  input_coding coding = input_coding::jpeg;
  std::uint32_t width = 0;  ///< of pixels; else 0
  std::string bytes = {};
};

}  // namespace dvfo::inference
